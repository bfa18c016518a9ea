//! The release's files agree with the schema and with one another.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use xtask::cloud_job::{CLOUDSTACK, CloudJob, JOBS};
use xtask::job::{self, Job};
use xtask::{root, schema, spec};

fn committed(cloud: &CloudJob) -> String {
    std::fs::read_to_string(cloud.spec(&root())).unwrap()
}

/// A property that the CPI has, the job has: or nobody could set it.
#[test]
fn the_specs_are_current() {
    for cloud in &JOBS {
        let current = spec::generate(&root(), cloud).unwrap();
        assert!(committed(cloud) == current, "{}: the spec is old: cargo xtask spec", cloud.name);
        for (name, renewed) in spec::templates(&root(), cloud).unwrap() {
            let template = std::fs::read_to_string(cloud.template(&root(), name)).unwrap();
            assert!(template == renewed, "{}: {name} is old: cargo xtask spec", cloud.name);
        }
    }
}

/// Reads what was generated with the eyes of BOSH: every property of the schema is there.
#[test]
fn the_specs_have_every_property_of_the_schema() {
    for cloud in &JOBS {
        let job = Job::parse(&committed(cloud)).unwrap();
        let of_schema = schema::properties(&root(), cloud).unwrap();
        assert!(of_schema.len() > 40, "{of_schema:?}");
        for property in of_schema {
            let described = job.properties.get(&property.name).expect(&property.name);
            assert!(!described.description.is_empty(), "{}", property.name);
            let shown = property.deprecated || !described.example.is_null();
            assert!(shown, "{} has no example", property.name);
        }
        let others = JOBS.iter().filter(|other| *other != cloud);
        let foreign = |name: &str| others.clone().any(|other| name.starts_with(other.plugin));
        assert!(!job.properties.keys().any(|name| foreign(name)), "{}", cloud.name);
    }
}

/// What the example has and no property is for would be dropped by BOSH without a word.
#[test]
fn the_examples_have_no_property_of_its_own() {
    fn leaves(values: &Value, at: &str, known: &BTreeSet<String>, unknown: &mut Vec<String>) {
        match values {
            _ if known.contains(at) => {}
            Value::Object(map) => {
                for (key, value) in map {
                    let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                    leaves(value, &at, known, unknown);
                }
            }
            _ => unknown.push(at.to_owned()),
        }
    }
    for cloud in &JOBS {
        let known = Job::parse(&committed(cloud)).unwrap().properties.into_keys().collect();
        let mut unknown = Vec::new();
        leaves(&spec::example(&root(), cloud).unwrap(), "", &known, &mut unknown);
        assert_eq!(unknown, Vec::<String>::new(), "{}", cloud.example);
    }
}

/// Renders the template with these properties; none where there is no Ruby.
fn rendered(template: &str, given: Value) -> Option<String> {
    if !job::has_ruby() {
        test_support::skip("ruby is not installed (Debian's package 'ruby')");
        return None;
    }
    rendered_for(&CLOUDSTACK, template, given)
}

fn rendered_for(cloud: &CloudJob, template: &str, given: Value) -> Option<String> {
    if !job::has_ruby() {
        return None;
    }
    let text = std::fs::read_to_string(cloud.template(&root(), template)).unwrap();
    let values = Job::parse(&committed(cloud)).unwrap().values(&given);
    Some(job::render(&text, &values).unwrap())
}

fn config(given: Value) -> Option<Value> {
    let text = rendered("cpi.json.erb", given)?;
    let config: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(config["cloud"]["plugin"], "cloudstack");
    Some(config["cloud"]["properties"].clone())
}

#[test]
fn only_what_is_given_is_rendered() {
    let Some(properties) = config(json!({"cloudstack": {"endpoint": "e"}, "bogus": 1})) else {
        return;
    };
    let cloudstack = properties["cloudstack"].as_object().unwrap();
    assert_eq!((&cloudstack["endpoint"], &cloudstack["expunge_vm"]), (&json!("e"), &json!(true)));
    for absent in ["project", "ca_cert", "timeout", "stemcell", "registry"] {
        assert!(!cloudstack.contains_key(absent), "{absent}: {}", cloudstack[absent]);
    }
    assert_eq!((properties.get("state_dir"), properties.get("bogus")), (None, None));
}

/// Quotes and line ends in secrets and certificates do not break the file.
#[test]
fn values_arrive_as_they_are() {
    let odd = "a\"b\\c\n#{1+1} <%= 7 %> ü";
    let given = json!({"cloudstack": {"secret_access_key": odd, "ca_cert": odd}});
    let Some(properties) = config(given) else { return };
    assert_eq!(properties["cloudstack"]["secret_access_key"], odd);
    assert_eq!(properties["cloudstack"]["ca_cert"], odd);
}

/// As bosh-deployment gives them: to the director's jobs, and to the CPI of create-env.
#[test]
fn what_is_the_director_s_is_found() {
    let director = json!({
        "ntp": ["n1"],
        "blobstore": {"provider": "dav", "address": "10.0.0.6", "port": 25250,
                      "agent": {"user": "agent", "password": "s"}, "tls": {"cert": {"ca": "CA"}}},
        "debug": {"cpi": {"api_version": 2}},
    });
    let Some(properties) = config(director) else { return };
    let dav = json!({"provider": "dav", "options": {
        "endpoint": "https://10.0.0.6:25250", "user": "agent", "password": "s",
        "tls": {"cert": {"ca": "CA"}}}});
    assert_eq!(properties["agent"], json!({"ntp": ["n1"], "blobstore": dav}));
    assert_eq!(properties["cloudstack"]["debug"]["cpi"]["api_version"], 2);

    let local = json!({"blobstore": {"provider": "local", "path": "/p"}});
    let local = config(local).unwrap()["agent"]["blobstore"].clone();
    assert_eq!(local, json!({"provider": "local", "options": {"blobstore_path": "/p"}}));

    let both = json!({"ntp": ["n1"], "blobstore": {"provider": "local", "path": "/p"},
        "agent": {"ntp": ["n2"], "blobstore": {"provider": "s3", "options": {"x": 1}}}});
    let agent = config(both).unwrap()["agent"].clone();
    assert_eq!(agent["ntp"], json!(["n2"]));
    assert_eq!(agent["blobstore"], json!({"provider": "s3", "options": {"x": 1}}));
}

/// The wrapper sets what is given, quoted, and hands over the process.
#[test]
fn the_wrapper_only_sets_what_must_be_set() {
    let given = json!({"env": {"https_proxy": "http://u:p'$x@h:1", "no_proxy": ""}});
    let Some(script) = rendered("cpi.erb", given) else { return };
    let exports: Vec<_> = script.lines().filter(|line| line.starts_with("export")).collect();
    assert_eq!(exports, [r"export https_proxy=http://u:p\'\$x@h:1"]);
    assert!(script.contains("\nexec "), "{script}");
}

#[test]
fn the_folder_for_state_is_vcap_s_alone() {
    let Some(script) = rendered("pre-start.erb", json!({})) else { return };
    assert!(script.ends_with(" -m 0700 -o vcap -g vcap /var/vcap/store/cloudstack_cpi\n"));
    let own = rendered("pre-start.erb", json!({"state_dir": "/a b"})).unwrap();
    assert!(own.ends_with(" -m 0700 -o vcap -g vcap /a\\ b\n"), "{own}");
}

/// Every job starts the one program with a config, a folder and a cloud of its own.
#[test]
fn jobs_differ_in_their_cloud_only() {
    let softlayer = &xtask::cloud_job::SOFTLAYER;
    let given = json!({"softlayer": {"username": "u"}, "cloudstack": {"endpoint": "e"}});
    let Some(text) = rendered_for(softlayer, "cpi.json.erb", given) else { return };
    let config: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(config["cloud"]["plugin"], "softlayer");
    assert_eq!(config["cloud"]["properties"]["softlayer"]["username"], "u");
    assert_eq!(config["cloud"]["properties"].get("cloudstack"), None);
    let script = rendered_for(softlayer, "cpi.erb", json!({})).unwrap();
    assert!(script.contains("/var/vcap/packages}/cloudstack_cpi/bin/cpi"), "{script}");
    assert!(script.contains("/var/vcap/jobs}/softlayer_cpi/config/cpi.json"), "{script}");
    let script = rendered_for(softlayer, "pre-start.erb", json!({})).unwrap();
    assert!(script.ends_with(" /var/vcap/store/softlayer_cpi\n"), "{script}");
}
