//! Agents live as long as their VMs run, and find what a VM finds.

use serde_json::Value;
use simulator_cloudstack::agents::Agents;
use simulator_cloudstack::{Running, Simulator, World};
use std::path::Path;
use std::time::{Duration, Instant};

const ZONE: &str = "a6c74611-d80a-4d66-aaa1-3e942ee40e51";
const NETWORK: &str = "353d03e3-8670-4ea5-8d1d-41ae93389137";
const OFFERING: &str = "5c672848-d88d-42ed-bdb2-06e2f0ccf573";
const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";

fn call(cloud: &Running, command: &str, params: &[(&str, &str)]) -> Value {
    let (status, body) = cloud.call("admin", command, params);
    assert_eq!(status, 200, "{command}: {body}");
    body.as_object().and_then(|map| map.values().next()).cloned().unwrap_or_default()
}

/// Waits until it holds; a test that never sees it fails.
fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().count()
}

/// A command is started with its VM and again with a reboot, told where its settings are, finds
/// its disk as a file, and is gone with the VM.
#[test]
fn a_command_lives_as_long_as_its_vm_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (starts, place) = (folder.path().join("starts"), folder.path().join("place"));
    let command = format!(
        "echo $CPI_SIM_VM $CPI_SIM_METADATA >> {}; echo $CPI_SIM_DIR $$ > {}; exec sleep 1000",
        starts.display(),
        place.display()
    );
    let cloud = Simulator::spawn_thread(World::builtin().instant(), ([127, 0, 0, 1], 0).into());
    let cloud = cloud.unwrap();
    cloud.keep_agents(Agents::Command(command)).unwrap();
    let what = [("zoneid", ZONE), ("templateid", TEMPLATE), ("serviceofferingid", OFFERING)];
    let vm =
        call(&cloud, "deployVirtualMachine", &[&what[..], &[("networkids", NETWORK)]].concat());
    let vm = vm["id"].as_str().unwrap().to_owned();
    until("the agent starts", || lines(&starts) == 1 && lines(&place) == 1);
    let told = std::fs::read_to_string(&starts).unwrap();
    assert!(told.starts_with(&format!("{vm} http://127.0.0.1:")), "{told}");
    let place = std::fs::read_to_string(&place).unwrap();
    let (dir, process) = place.trim().split_once(' ').unwrap();
    assert!(Path::new(dir).join("dev/sda").is_file(), "the root disk");
    call(&cloud, "rebootVirtualMachine", &[("id", &vm)]);
    until("the agent starts again", || lines(&starts) == 2);
    let old = Path::new("/proc").join(process);
    assert!(!old.exists(), "the agent before the reboot is still there");
    call(&cloud, "destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
    until("the agent and its folder go", || cloud.agents().is_empty() && !Path::new(dir).exists());
}

/// An agent that finds no settings says so, and one that was not asked for is not there.
#[test]
fn an_agent_without_settings_says_so() {
    let cloud = Simulator::spawn_thread(World::builtin().instant(), ([127, 0, 0, 1], 0).into());
    let cloud = cloud.unwrap();
    let what = [("zoneid", ZONE), ("templateid", TEMPLATE), ("serviceofferingid", OFFERING)];
    call(&cloud, "deployVirtualMachine", &[&what[..], &[("networkids", NETWORK)]].concat());
    assert!(cloud.agents().is_empty());
    cloud.keep_agents(Agents::Builtin).unwrap();
    until("the agent tells its problem", || {
        cloud.agents().iter().any(|agent| agent.problem.is_some() && agent.address.is_none())
    });
}
