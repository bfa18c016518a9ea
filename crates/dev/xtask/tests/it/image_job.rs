//! The job that serves images: what its templates make of an operator's properties.

use serde_json::{Value, json};
use xtask::image_job::IMAGE_JOB;
use xtask::job::{self, Job};
use xtask::root;

fn read(file: &str) -> String {
    let folder = root().join("release/jobs").join(IMAGE_JOB);
    std::fs::read_to_string(folder.join(file)).unwrap()
}

/// None where there is no Ruby.
fn rendered(template: &str, given: &Value) -> Option<anyhow::Result<String>> {
    if !job::has_ruby() {
        test_support::skip("ruby is not installed (Debian's package 'ruby')");
        return None;
    }
    let values = Job::parse(&read("spec")).unwrap().values(given);
    Some(job::render(&read(&format!("templates/{template}")), &values))
}

/// The arguments of the server.
fn arguments(given: Value) -> Option<Vec<String>> {
    let bpm = rendered("bpm.yml.erb", &given)?.unwrap();
    let bpm: Value = serde_saphyr::from_str(&bpm).unwrap();
    let args = bpm["processes"][0]["args"].as_array().unwrap().clone();
    Some(args.into_iter().map(|arg| arg.as_str().expect("a text").to_owned()).collect())
}

fn after<'a>(arguments: &'a [String], name: &str) -> Option<&'a str> {
    let at = arguments.iter().position(|argument| argument == name)?;
    arguments.get(at + 1).map(String::as_str)
}

/// Everybody on the VM sees a process's arguments.
#[test]
fn no_secret_is_among_the_arguments() {
    let given = json!({"password": "hush-hush-hush", "http_port": 80,
        "tls": {"certificate": "CERT", "private_key": "SECRET KEY"}});
    let Some(arguments) = arguments(given.clone()) else { return };
    let all = arguments.join(" ");
    assert!(!all.contains("hush") && !all.contains("SECRET"), "{all}");
    let password = rendered("password.erb", &given).unwrap().unwrap();
    assert_eq!(password, "hush-hush-hush\n");
    assert_eq!(rendered("key.pem.erb", &given).unwrap().unwrap(), "SECRET KEY\n");
}

#[test]
fn it_listens_where_it_is_told() {
    let tls = json!({"certificate": "C", "private_key": "K"});
    let secure = json!({"password": "p", "tls": tls});
    let Some(secure) = arguments(secure) else { return };
    assert_eq!(after(&secure, "--listen-tls"), Some("0.0.0.0:8443"));
    assert_eq!(after(&secure, "--listen"), None, "nothing without TLS that nobody asked for");
    let both = json!({"password": "p", "tls": tls, "http_port": 80, "address": "::1",
        "https_port": 443, "max_size": "5G", "public_url": "https://images"});
    let both = arguments(both).unwrap();
    assert_eq!(after(&both, "--listen-tls"), Some("[::1]:443"));
    assert_eq!(after(&both, "--listen"), Some("[::1]:80"));
    assert_eq!(after(&both, "--max-size"), Some("5G"));
    assert_eq!(after(&both, "--public-url"), Some("https://images"));
    let nowhere = rendered("bpm.yml.erb", &json!({"password": "p"})).unwrap().unwrap_err();
    assert!(nowhere.to_string().contains("give tls.certificate and tls.private_key, or http_port"));
    let nobody = rendered("password.erb", &json!({"http_port": 80})).unwrap().unwrap_err();
    assert!(nobody.to_string().contains("password"), "{nobody}");
}

#[test]
fn every_property_is_described() {
    let job = Job::parse(&read("spec")).unwrap();
    for (name, property) in &job.properties {
        assert!(property.description.ends_with('.'), "{name}");
        let shown = !property.default.is_null() || !property.example.is_null();
        assert!(shown, "{name} has neither default nor example");
    }
}
