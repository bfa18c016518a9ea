//! The life of an environment: made, changed, stopped, deleted.

use crate::toy::{stage, stage_with_release};
use create_env::{Created, Error, Options, VmPlan};
use std::time::Duration;
use test_support::environment::worker::Verb;
use test_support::environment::{Cloud, Wanted};

fn wanted() -> Wanted {
    Wanted::default()
}

/// The whole life, in the CLI's order of calls; nothing is left at the end.
#[test]
fn an_environment_is_made_and_deleted() {
    let stage = stage();
    assert!(matches!(stage.create(), Created::Deployed { .. }));
    assert_eq!(
        stage.cloud.calls(),
        [
            "create_stemcell",
            "create_vm",
            "set_vm_metadata",
            "create_disk",
            "attach_disk",
            "set_disk_metadata"
        ]
    );
    assert_eq!(stage.cloud.written_on(&stage.disk()).len(), 1, "the jobs were started");
    let state = stage.state();
    assert_eq!(state["current_vm_cid"], stage.vm());
    assert_eq!(state["releases"].as_array().unwrap().len(), 1);

    assert_eq!(stage.create(), Created::Unchanged);
    assert_eq!(stage.cloud.calls(), [""; 0], "nothing is asked where nothing changes");

    stage.act(Verb::Delete).unwrap();
    assert_eq!(stage.cloud.calls(), ["has_vm", "delete_vm", "delete_disk", "delete_stemcell"]);
    assert!(stage.is_empty());
    assert!(!stage.path().join("state.json").exists());
    assert!(!stage.path().join(".state.json.call").exists());
    let installations = stage.path().join("home/installations");
    assert_eq!(std::fs::read_dir(installations).unwrap().count(), 0);
    let error = stage.act(Verb::Delete).unwrap_err();
    assert!(matches!(error, Error::NoEnvironment(_)), "{error}");
}

/// The same with the CPI's release: compiled and rendered here, once.
#[test]
fn the_cpi_may_come_from_a_release() {
    let stage = stage_with_release();
    stage.create();
    stage.vm();
    let id = stage.state()["installation_id"].as_str().unwrap().to_owned();
    let installation = stage.path().join("home/installations").join(id);
    assert!(installation.join("packages/toy_cpi/cpi.rb").is_file());
    assert!(!installation.join("jobs").exists(), "rendered jobs hold secrets");
    let index = std::fs::read_to_string(installation.join("compiled_packages.json")).unwrap();
    assert!(index.contains(r#""PackageName":"toy_cpi""#), "{index}");
    let blobs = || std::fs::read_dir(installation.join("blobs")).unwrap().count();
    assert_eq!(blobs(), 1);
    stage.want(Wanted { text: "other", ..wanted() });
    stage.create();
    assert_eq!(blobs(), 1, "it is compiled once");
    stage.act(Verb::Delete).unwrap();
    assert!(stage.is_empty());
}

/// Jobs alone are applied in place; what a VM is made of makes another one, which compiles
/// nothing.
#[test]
fn only_what_has_to_change_changes() {
    let stage = stage();
    stage.create();
    let (vm, disk) = (stage.vm(), stage.disk());
    stage.cloud.calls();
    stage.want(Wanted { text: "other", ..wanted() });
    stage.create();
    assert_eq!((stage.cloud.calls(), stage.vm()), (vec!["has_vm".to_owned()], vm.clone()));
    assert_eq!(stage.cloud.written_on(&disk).len(), 2, "the jobs were started again");

    stage.want(Wanted { vm_type: "m2", text: "other", ..wanted() });
    stage.create();
    assert_ne!(stage.vm(), vm);
    assert_eq!(stage.disk(), disk);
    assert_eq!(
        stage.cloud.calls(),
        ["has_vm", "delete_vm", "create_vm", "set_vm_metadata", "attach_disk", "set_disk_metadata"]
    );
    assert_eq!(stage.cloud.written_on(&disk).len(), 3, "the disk's content is as it was");

    stage.want(Wanted { stemcell: "1.2", vm_type: "m2", ..wanted() });
    stage.create();
    let calls = stage.cloud.calls();
    assert_eq!(
        (calls[0].as_str(), calls.last().unwrap().as_str()),
        ("create_stemcell", "delete_stemcell")
    );
    assert_eq!(stage.cloud.cids("stemcells").len(), 1);
}

/// A disk grows in place where the CPI can, else its content moves; it never shrinks or goes
/// unless that is wanted.
#[test]
fn disks_keep_their_content() {
    let stage = stage();
    stage.create();
    let first = stage.disk();
    stage.cloud.set("resizes", "");
    stage.want(Wanted { disk: 6144, ..wanted() });
    stage.create();
    assert_eq!((stage.disk(), stage.cloud.size(&first)), (first.clone(), "6144".to_owned()));
    let written = stage.cloud.written_on(&first);
    assert_eq!(written.len(), 2);

    std::fs::remove_file(stage.path().join("cloud/resizes")).unwrap();
    stage.want(Wanted { disk: 8192, ..wanted() });
    stage.create();
    let second = stage.disk();
    assert_ne!(second, first);
    assert_eq!(stage.cloud.written_on(&second)[..2], written);

    stage.want(Wanted { disk: 8192, disk_type: "slow", ..wanted() });
    stage.create();
    let third = stage.disk();
    assert_ne!(third, second);
    assert_eq!(stage.cloud.written_on(&third)[..2], written);

    stage.cloud.calls();
    for disk in [1024, 0] {
        stage.want(Wanted { disk, disk_type: "slow", ..wanted() });
        let error = stage.act(Verb::Create).unwrap_err();
        assert!(
            matches!(error, Error::Refused(_)) && error.to_string().contains(&third),
            "{error}"
        );
    }
    assert_eq!(stage.cloud.calls(), [""; 0], "nothing was touched");
    let options = Options { allow_disk_deletion: true, ..Options::default() };
    stage.with(&options, create_env::create).unwrap();
    assert!(stage.cloud.cids("disks").is_empty());
}

/// What the plan says: before anything is touched, and without touching anything.
#[test]
fn a_plan_changes_nothing() {
    let stage = stage();
    let plan = stage.with(&Options::default(), create_env::plan).unwrap();
    assert_eq!((&plan.vm, plan.unchanged), (&VmPlan::Create, false));
    assert!(stage.is_empty());
    stage.create();
    assert!(stage.with(&Options::default(), create_env::plan).unwrap().unchanged);
    stage.want(Wanted { vm_type: "m2", stemcell: "1.2", ..wanted() });
    stage.cloud.calls();
    let plan = stage.with(&Options::default(), create_env::plan).unwrap();
    let old = stage.state()["stemcells"][0]["cid"].as_str().unwrap().to_owned();
    assert_eq!(plan.deleted, [stage.vm(), old]);
    assert_eq!(plan.upload_stemcell.as_deref(), Some("toy-stemcell/1.2"));
    assert_eq!(stage.cloud.calls(), [""; 0]);
}

/// Whatever can fail without a VM does before the old one is touched.
#[test]
fn errors_come_before_anything_is_touched() {
    let stage = stage();
    stage.create();
    stage.cloud.calls();
    let path = stage.path().join("manifest.yml");
    let good = std::fs::read_to_string(&path).unwrap();
    let bad: [(&str, &str, &str); 4] = [
        (r#""name":"web","release":"web""#, r#""name":"wob","release":"web""#, "'wob'"),
        ("stemcell-1.1.tgz", "manifest.yml", "stemcell"),
        ("@127.0.0.1:", "@127.0.0.2:", "127.0.0.2"),
        (r#""text":"hello""#, r#""text":null,"lost":1"#, ""),
    ];
    for (from, to, expected) in bad {
        let text = good.replace(from, to).replace("m1", "m2");
        assert_ne!(text, good);
        std::fs::write(&path, text).unwrap();
        if expected.is_empty() {
            continue;
        }
        let error = stage.act(Verb::Create).unwrap_err().to_string();
        assert!(error.contains(expected), "expected {expected}: {error}");
    }
    assert_eq!(stage.cloud.calls(), [""; 0]);
    assert_ne!(stage.state()["current_manifest_sha"], "");
}

/// A deployment that is finished does not fail over what cannot be cleaned up; the next run does
/// it.
#[test]
fn cleaning_up_is_tried_again() {
    let stage = stage();
    stage.create();
    stage.cloud.fail("delete_stemcell", "CloudError");
    stage.want(Wanted { stemcell: "1.2", ..wanted() });
    stage.create();
    assert_eq!(stage.cloud.cids("stemcells").len(), 2);
    stage.create();
    assert_eq!(stage.cloud.cids("stemcells").len(), 1);
    assert_eq!(stage.create(), Created::Unchanged);
}

/// What is gone already is no reason to fail.
#[test]
fn what_is_gone_is_gone() {
    let stage = stage();
    stage.create();
    std::fs::remove_dir_all(stage.path().join("cloud/vms").join(stage.vm())).unwrap();
    stage.want(Wanted { text: "other", ..wanted() });
    stage.create();
    assert_eq!(stage.cloud.written_on(&stage.disk()).len(), 2);
    std::fs::remove_dir_all(stage.path().join("cloud/vms").join(stage.vm())).unwrap();
    std::fs::remove_dir_all(stage.path().join("cloud/disks").join(stage.disk())).unwrap();
    stage.act(Verb::Delete).unwrap();
    assert!(stage.is_empty());
}

/// A failure that says where it stands leaves a state from which the next run goes on, with the
/// VM that is there.
#[test]
fn the_next_run_goes_on() {
    let stage = stage();
    stage.cloud.fail("attach_disk", "CloudError");
    let error = stage.act(Verb::Create).unwrap_err().to_string();
    assert!(error.contains("CPI 'attach_disk': Bosh::Clouds::CloudError"), "{error}");
    let (vm, disk) = (stage.vm(), stage.disk());
    stage.create();
    assert_eq!((stage.vm(), stage.disk()), (vm, disk));
    stage.act(Verb::Delete).unwrap();
    assert!(stage.is_empty());
}

/// A CPI that dies leaves something that nobody knows of, which is said, and kept in mind.
#[test]
fn a_cpi_that_dies_is_remembered() {
    let stage = stage();
    stage.cloud.fail("create_vm", "die");
    let error = stage.act(Verb::Create).unwrap_err().to_string();
    assert!(error.contains("CPI 'create_vm'") && error.contains("on standard error"), "{error}");
    assert_eq!(stage.state()["create_env"]["unknown"][0]["method"], "create_vm");
    stage.create();
    stage.vm();
}

/// Jobs of a VM that stays are stopped and started by its agent alone.
#[test]
fn jobs_are_stopped_and_started() {
    let stage = stage();
    stage.create();
    stage.cloud.calls();
    let options = Options { reach_timeout: Duration::from_millis(200), ..Options::default() };
    let run =
        |act: fn(&create_env::Environment<'_>) -> Result<(), Error>| stage.with(&options, act);
    run(create_env::stop).unwrap();
    run(create_env::start).unwrap();
    assert_eq!(stage.cloud.written_on(&stage.disk()).len(), 2);
    assert_eq!(stage.cloud.calls(), [""; 0]);
    std::fs::remove_dir_all(stage.path().join("cloud/vms").join(stage.vm())).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    let error = run(create_env::stop).unwrap_err();
    assert!(matches!(error, Error::Agent(_)), "{error}");
}

/// A state file that was made by hand has no ids, or wrong ones: whatever it says, nobody else's
/// installation is removed.
#[test]
fn only_our_own_installation_is_removed() {
    let stage = stage();
    let other = stage.path().join("home/installations/other/blobs");
    let outside = stage.path().join("home/precious");
    for folder in [&other, &outside] {
        std::fs::create_dir_all(folder).unwrap();
    }
    for id in ["", "..", "../precious", "."] {
        let state = serde_json::json!({"installation_id": id, "current_vm_cid": "gone"});
        std::fs::write(stage.path().join("state.json"), state.to_string()).unwrap();
        stage.act(Verb::Delete).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert!(other.is_dir() && outside.is_dir(), "{id}");
    }
}
