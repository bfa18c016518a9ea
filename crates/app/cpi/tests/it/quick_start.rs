//! The commands of the quick start: ours are run as they stand there, on an embedded cloud; of
//! the others the files are checked (xtask's tests), and here that they are known ones.

use serde_json::{Value, json};
use simulator_cloudstack::{Simulator, World};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.."))
}

/// What stands between fences of this kind in a page.
fn blocks(kind: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join("docs/quick-start.md")).unwrap();
    let opening = format!("```{kind}\n");
    let rest = text.split(&opening).skip(1);
    rest.map(|rest| rest.split("\n```").next().unwrap().to_owned()).collect()
}

/// Each command of the page, on one line.
fn commands() -> Vec<String> {
    let text = blocks("sh").join("\n").replace("\\\n", " ");
    text.lines().map(str::to_owned).collect()
}

/// The config of the page, for a cloud that is here.
fn write_config(folder: &Path, cloud: &simulator_cloudstack::Running) {
    let config = blocks("json").into_iter().next().unwrap();
    let mut config: Value = serde_json::from_str(&config).unwrap();
    let keys = cloud.credentials("admin").unwrap();
    let properties = &mut config["cloud"]["properties"];
    properties["state_dir"] = json!(folder.join("state"));
    let cloudstack = &mut properties["cloudstack"];
    cloudstack["endpoint"] = json!(cloud.endpoint());
    cloudstack["api_key"] = json!(keys.api_key);
    cloudstack["secret_access_key"] = json!(keys.secret_key);
    cloudstack["default_zone"] = json!("adv");
    cloudstack["default_offer"] = json!({"disk": "Custom", "ephemeral_disk": "Custom"});
    std::fs::write(folder.join("cpi.json"), config.to_string()).unwrap();
}

/// Ours are run, but where they need what is fetched before.
fn is_run(command: &str) -> bool {
    command.starts_with("cpi ") && !command.contains("bosh-deployment")
}

#[test]
fn our_commands_run_as_they_stand_there() {
    let folder = tempfile::tempdir().unwrap();
    let cloud = Simulator::spawn_thread(World::builtin(), (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
    write_config(folder.path(), &cloud);
    std::os::unix::fs::symlink(root().join("manifests"), folder.path().join("manifests")).unwrap();
    std::os::unix::fs::symlink(CPI, folder.path().join("cpi")).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let mut count = 0;
    for command in commands().iter().filter(|command| is_run(command)) {
        let output = Command::new("sh")
            .args(["-c", command])
            .current_dir(folder.path())
            .env("PATH", &path)
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let words = String::from_utf8_lossy(&output.stderr);
        // The doctor ends with 1 where something is wrong: here TLS is only warned of.
        assert!(output.status.success(), "{command}:\n{said}\n{words}");
        assert!(!said.is_empty(), "{command} says nothing");
        count += 1;
    }
    assert_eq!(count, 4);
}

/// A misspelt command is found; what it does is bosh's.
#[test]
fn the_other_commands_are_known_ones() {
    let known = [
        "git clone https://github.com/cloudfoundry/bosh-deployment",
        "cpi create-env bosh-deployment/bosh.yml ",
        "bosh alias-env ",
        "bosh -e bosh-1 log-in",
        "bosh -e bosh-1 update-cloud-config ",
        "bosh -e bosh-1 upload-stemcell ",
    ];
    for command in commands().iter().filter(|command| !is_run(command)) {
        assert!(known.iter().any(|known| command.starts_with(known)), "{command}");
    }
}
