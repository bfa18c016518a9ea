//! The life of a VM with a persistent disk, and what the cloud refuses on the way.

use serde_json::{Value, json};
use simulator_cloudstack::{Running, Simulator, World};

const ZONE: &str = "a6c74611-d80a-4d66-aaa1-3e942ee40e51";
const NETWORK: &str = "353d03e3-8670-4ea5-8d1d-41ae93389137";
const OFFERING: &str = "5c672848-d88d-42ed-bdb2-06e2f0ccf573";
const HUGE: &str = "fd0ad7fd-7d2a-41d6-9381-956f9808ecde";
const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";
const CUSTOM_DISK: &str = "6bbc4800-ae39-409f-9d9c-0bdb43d7a2c8";

fn start() -> Running {
    let world = World::builtin().instant();
    Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).expect("a free port")
}

/// What stands under the single key of an answer.
fn inner(body: Value) -> Value {
    body.as_object().and_then(|map| map.values().next()).cloned().unwrap_or_default()
}

fn call(cloud: &Running, command: &str, params: &[(&str, &str)]) -> (u16, Value) {
    let (status, body) = cloud.call("admin", command, params);
    (status, inner(body))
}

/// Starts a job and returns what it came to.
fn job(cloud: &Running, account: &str, command: &str, params: &[(&str, &str)]) -> Value {
    let (status, body) = cloud.call(account, command, params);
    let started = inner(body);
    assert_eq!(status, 200, "{command}: {started}");
    let id = started["jobid"].as_str().expect("a job id");
    inner(cloud.call(account, "queryAsyncJobResult", &[("jobid", id)]).1)
}

fn deploy(cloud: &Running, name: &str, more: &[(&str, &str)]) -> Value {
    let mut params = vec![
        ("name", name),
        ("zoneid", ZONE),
        ("templateid", TEMPLATE),
        ("iptonetworklist[0].networkid", NETWORK),
    ];
    if !more.iter().any(|(name, _)| *name == "serviceofferingid") {
        params.push(("serviceofferingid", OFFERING));
    }
    params.extend(more);
    job(cloud, "admin", "deployVirtualMachine", &params)
}

fn id(job: &Value) -> String {
    job["jobinstanceid"].as_str().unwrap_or_default().to_owned()
}

/// A disk is `Allocated` until it is attached, gets the first free device id but never 3, is
/// there after its VM is gone, and goes when it is deleted.
#[test]
fn a_persistent_disk_outlives_its_vm() {
    let cloud = start();
    let vm = deploy(&cloud, "vm-1", &[("diskofferingid", CUSTOM_DISK), ("size", "5")]);
    assert_eq!(vm["jobresult"]["virtualmachine"]["state"], "Running");
    let vm = id(&vm);
    let disk =
        [("name", "disk-1"), ("zoneid", ZONE), ("diskofferingid", CUSTOM_DISK), ("size", "3")];
    let disk = id(&job(&cloud, "admin", "createVolume", &disk));
    let shown =
        |field: &str| call(&cloud, "listVolumes", &[("id", &disk)]).1["volume"][0][field].clone();
    assert_eq!(shown("state"), "Allocated");

    let attach = [("id", disk.as_str()), ("virtualmachineid", vm.as_str())];
    let attached = job(&cloud, "admin", "attachVolume", &attach);
    assert_eq!(attached["jobresult"]["volume"]["deviceid"], 2);
    assert_eq!(shown("state"), "Ready");
    let again = job(&cloud, "admin", "attachVolume", &attach);
    assert_eq!((&again["jobstatus"], &again["jobresultcode"]), (&json!(2), &json!(431)));
    let (status, refusal) = call(&cloud, "deleteVolume", &[("id", &disk)]);
    assert_eq!((status, &refusal["cserrorcode"]), (431, &json!(4350)));

    let volumes = call(&cloud, "listVolumes", &[("virtualmachineid", &vm), ("type", "DATADISK")]).1;
    let ephemeral = volumes["volume"][0]["id"].as_str().expect("the disk made with the VM");
    let destroy = [("id", vm.as_str()), ("expunge", "true"), ("volumeids", ephemeral)];
    let gone = job(&cloud, "admin", "destroyVirtualMachine", &destroy);
    assert_eq!(gone["jobresult"]["virtualmachine"]["nic"], json!([]));
    assert_eq!(call(&cloud, "listVirtualMachines", &[("id", &vm)]), (200, json!({})));
    assert_eq!(shown("virtualmachineid"), Value::Null);
    assert_eq!(call(&cloud, "deleteVolume", &[("id", &disk)]).1, json!({"success": true}));
    assert_eq!(cloud.cloud().volumes.len(), 0);
    assert_eq!(call(&cloud, "deleteVolume", &[("id", &disk)]).0, 431);
}

/// Device id 3 is the CD-ROM's: after 1 and 2 comes 4.
#[test]
fn device_ids_skip_the_cd_rom() {
    let cloud = start();
    let vm = id(&deploy(&cloud, "vm-1", &[]));
    let mut devices = Vec::new();
    for _ in 0..6 {
        let disk = [("zoneid", ZONE), ("diskofferingid", CUSTOM_DISK), ("size", "1")];
        let disk = id(&job(&cloud, "admin", "createVolume", &disk));
        let attached =
            job(&cloud, "admin", "attachVolume", &[("id", &disk), ("virtualmachineid", &vm)]);
        devices.push(attached["jobresult"]["volume"]["deviceid"].as_u64().unwrap_or_default());
    }
    assert_eq!(devices, [1, 2, 4, 5, 6, 7]);
}

/// A static address and a host name are taken until the VM is expunged, not only destroyed.
#[test]
fn addresses_and_names_are_free_only_after_the_expunge() {
    let cloud = start();
    let address = [("iptonetworklist[0].ip", "10.50.0.9")];
    let vm = id(&deploy(&cloud, "vm-1", &address));
    job(&cloud, "admin", "destroyVirtualMachine", &[("id", &vm)]);
    let base = [
        ("zoneid", ZONE),
        ("templateid", TEMPLATE),
        ("serviceofferingid", OFFERING),
        ("iptonetworklist[0].networkid", NETWORK),
    ];
    let with = |more: &[(&'static str, &'static str)]| {
        let params: Vec<(&str, &str)> = base.iter().chain(more).copied().collect();
        call(&cloud, "deployVirtualMachine", &params).0
    };
    assert_eq!(with(&[("name", "vm-1")]), 431);
    assert_eq!(with(&[("name", "vm-2"), ("iptonetworklist[0].ip", "10.50.0.9")]), 530);
    let expunged = job(&cloud, "admin", "expungeVirtualMachine", &[("id", &vm)]);
    assert_eq!(expunged["jobstatus"], 1);
    let again = deploy(&cloud, "vm-1", &address);
    assert_eq!(again["jobresult"]["virtualmachine"]["nic"][0]["ipaddress"], "10.50.0.9");
}

/// A VM that no host takes stays behind in `Error`, with its address but without disks.
#[test]
fn a_vm_without_room_is_left_in_error() {
    let cloud = start();
    let failed = deploy(&cloud, "vm-1", &[("serviceofferingid", HUGE)]);
    assert_eq!((&failed["jobstatus"], &failed["jobresultcode"]), (&json!(2), &json!(533)));
    let vms = call(&cloud, "listVirtualMachines", &[("name", "vm-1")]).1;
    assert_eq!(vms["virtualmachine"][0]["state"], "Error");
    assert!(vms["virtualmachine"][0]["nic"][0]["ipaddress"].is_string());
    assert_eq!(cloud.cloud().volumes.len(), 0);
}

/// A plain user may destroy but not expunge, and does not see what is destroyed.
#[test]
fn plain_users_do_not_expunge() {
    let cloud = start();
    let basic = "7f04f6fa-dfa0-4935-95a8-822048a583e8";
    let params = [("zoneid", basic), ("serviceofferingid", OFFERING), ("templateid", TEMPLATE)];
    let deployed = job(&cloud, "bosh", "deployVirtualMachine", &params);
    let vm = id(&deployed);
    let row = &deployed["jobresult"]["virtualmachine"];
    assert_eq!((&row["hostid"], &row["instancename"]), (&Value::Null, &Value::Null));
    let refused = job(&cloud, "bosh", "destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]);
    assert_eq!((&refused["jobstatus"], &refused["jobresultcode"]), (&json!(2), &json!(530)));
    let destroyed = job(&cloud, "bosh", "destroyVirtualMachine", &[("id", &vm)]);
    assert_eq!(destroyed["jobresult"]["virtualmachine"]["state"], "Destroyed");
    let listed = cloud.call("bosh", "listVirtualMachines", &[("id", &vm)]).1;
    assert_eq!(inner(listed), json!({}));
    let elsewhere = cloud.call("bosh", "listVirtualMachines", &[("listall", "true")]).1;
    assert_eq!(inner(elsewhere), json!({}));
}

/// Nobody touches what belongs to another account.
#[test]
fn owners_are_checked() {
    let cloud = start();
    let vm = id(&deploy(&cloud, "vm-1", &[]));
    assert_eq!(cloud.call("bosh", "stopVirtualMachine", &[("id", &vm)]).0, 531);
    assert_eq!(inner(cloud.call("bosh", "listVirtualMachines", &[("id", &vm)]).1), json!({}));
}

/// Jobs on one VM run one after the other, each taking its time; a virtual clock shows when.
#[test]
fn jobs_on_one_vm_wait_for_each_other() {
    use simulator_cloudstack::state::clock::Clock;
    use simulator_cloudstack::world::Latency;
    use std::time::Duration;
    let mut world = World::builtin().instant();
    world.latency.default = Latency { call: 0, job: 1000 };
    let cloud = Simulator::spawn_thread_with(world, Clock::stopped(), ([127, 0, 0, 1], 0).into())
        .expect("a free port");
    let params = [
        ("name", "vm-1"),
        ("zoneid", ZONE),
        ("templateid", TEMPLATE),
        ("serviceofferingid", OFFERING),
        ("networkids", NETWORK),
    ];
    let vm = call(&cloud, "deployVirtualMachine", &params).1["id"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let stop = call(&cloud, "stopVirtualMachine", &[("id", &vm)]).1["jobid"].clone();
    let state = || {
        call(&cloud, "listVirtualMachines", &[("id", &vm)]).1["virtualmachine"][0]["state"].clone()
    };
    assert_eq!(state(), "Starting");
    cloud.advance(Duration::from_millis(1000));
    assert_eq!(state(), "Stopping");
    cloud.advance(Duration::from_millis(999));
    assert_eq!(state(), "Stopping");
    cloud.advance(Duration::from_millis(1));
    assert_eq!(state(), "Stopped");
    let stop = stop.as_str().unwrap_or_default();
    assert_eq!(call(&cloud, "queryAsyncJobResult", &[("jobid", stop)]).1["jobstatus"], 1);
}

/// A job id that was used before is refused, but only after the VM was made: the recorded trap.
#[test]
fn a_used_job_id_leaves_a_stopped_vm() {
    let cloud = start();
    let custom = ("customjobid", "0a0b0c0d-0000-4000-8000-000000000001");
    let first = deploy(&cloud, "vm-1", &[custom]);
    assert_eq!(first["jobid"], custom.1);
    let params = [
        ("name", "vm-2"),
        ("zoneid", ZONE),
        ("templateid", TEMPLATE),
        ("serviceofferingid", OFFERING),
        ("networkids", NETWORK),
        custom,
    ];
    let (status, refusal) = call(&cloud, "deployVirtualMachine", &params);
    assert_eq!((status, &refusal["cserrorcode"]), (530, &json!(9999)));
    let left = call(&cloud, "listVirtualMachines", &[("name", "vm-2")]).1;
    assert_eq!(left["virtualmachine"][0]["state"], "Stopped");
}

/// Every call that the client can make has a handler.
#[test]
fn every_command_of_the_client_is_answered() {
    let known: Vec<&str> = simulator_cloudstack::commands().map(|command| command.name).collect();
    let missing: Vec<&str> = cloudstack::COMMANDS
        .iter()
        .map(|command| command.name)
        .filter(|name| !known.contains(name))
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

/// A network of another account or zone is refused, and two NICs with one MAC.
#[test]
fn networks_must_be_ones_own() {
    let cloud = start();
    let deploy = |account: &str, more: &[(&str, &str)]| {
        let base = [("zoneid", ZONE), ("templateid", TEMPLATE), ("serviceofferingid", OFFERING)];
        let params: Vec<(&str, &str)> = base.iter().chain(more).copied().collect();
        let (status, body) = cloud.call(account, "deployVirtualMachine", &params);
        (status, inner(body)["errortext"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(deploy("bosh", &[("networkids", NETWORK)]).0, 531);
    let elsewhere = deploy("admin", &[("networkids", "47cd1572-9a87-4173-821b-4500447622db")]);
    assert_eq!(elsewhere.0, 431, "{}", elsewhere.1);
    let mac = "02:00:aa:bb:cc:01";
    let twice = deploy(
        "admin",
        &[
            ("iptonetworklist[0].networkid", NETWORK),
            ("iptonetworklist[0].mac", mac),
            ("iptonetworklist[1].networkid", "f35043d5-e13d-4c9b-8809-2b556567f15d"),
            ("iptonetworklist[1].mac", mac),
        ],
    );
    assert!(twice.0 == 431 && twice.1.contains(mac), "{twice:?}");
}

/// An account's limit is refused with 535 before anything is made.
#[test]
fn limits_are_kept() {
    let mut world = World::builtin().instant();
    world.accounts[0].limits.insert("user_vm".into(), 1);
    let cloud = Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).expect("a free port");
    deploy(&cloud, "vm-1", &[]);
    let params = [
        ("name", "vm-2"),
        ("zoneid", ZONE),
        ("templateid", TEMPLATE),
        ("serviceofferingid", OFFERING),
        ("networkids", NETWORK),
    ];
    let (status, refusal) = call(&cloud, "deployVirtualMachine", &params);
    assert_eq!((status, &refusal["cserrorcode"]), (535, &json!(9999)));
    assert_eq!(cloud.inventory().vms.len(), 1);
}

/// A destroyed VM is removed for good once `expunge.delay` is over, and an ended job is
/// forgotten after a day.
#[test]
fn time_expunges_vms_and_forgets_jobs() {
    let mut world = World::builtin().instant();
    world.settings.expunge_delay = 60;
    let clock = simulator_cloudstack::state::clock::Clock::stopped();
    let cloud = Simulator::spawn_thread_with(world, clock, ([127, 0, 0, 1], 0).into())
        .expect("a free port");
    let deployed = deploy(&cloud, "vm-1", &[]);
    job(&cloud, "admin", "destroyVirtualMachine", &[("id", &id(&deployed))]);
    cloud.advance(std::time::Duration::from_secs(59));
    assert_eq!(cloud.inventory().vms.len(), 1);
    cloud.advance(std::time::Duration::from_secs(1));
    assert_eq!(cloud.inventory(), simulator_cloudstack::Inventory::default());
    assert_eq!(cloud.jobs().len(), 2);
    cloud.advance(std::time::Duration::from_secs(24 * 60 * 60));
    assert_eq!(cloud.jobs(), []);
    let asked = [("jobid", deployed["jobid"].as_str().unwrap_or_default())];
    assert_eq!(call(&cloud, "queryAsyncJobResult", &asked).0, 431);
}

/// A snapshot needs a stored volume, survives it, and becomes a template or a volume.
#[test]
fn a_snapshot_survives_its_volume() {
    let cloud = start();
    let vm = id(&deploy(&cloud, "vm-1", &[]));
    let disk = [("zoneid", ZONE), ("diskofferingid", CUSTOM_DISK), ("size", "2")];
    let disk = id(&job(&cloud, "admin", "createVolume", &disk));
    assert_eq!(call(&cloud, "createSnapshot", &[("volumeid", &disk)]).0, 431);
    job(&cloud, "admin", "attachVolume", &[("id", &disk), ("virtualmachineid", &vm)]);
    let taken = job(&cloud, "admin", "createSnapshot", &[("volumeid", &disk)]);
    assert_eq!(taken["jobresult"]["snapshot"]["state"], "BackedUp");
    let snapshot = id(&taken);
    job(&cloud, "admin", "detachVolume", &[("id", &disk)]);
    call(&cloud, "deleteVolume", &[("id", &disk)]);
    let restored = job(&cloud, "admin", "createVolume", &[("snapshotid", &snapshot)]);
    assert_eq!(restored["jobresult"]["volume"]["state"], "Ready");
    assert_eq!(restored["jobresult"]["volume"]["size"], 2_147_483_648_u64);
    let gone = job(&cloud, "admin", "deleteSnapshot", &[("id", &snapshot)]);
    assert_eq!(gone["jobstatus"], 1);
    let again = job(&cloud, "admin", "deleteSnapshot", &[("id", &snapshot)]);
    assert_eq!((&again["jobstatus"], &again["jobresultcode"]), (&json!(2), &json!(431)));
}

/// With a seed, ids and addresses come in the same order each time.
#[test]
fn a_seeded_world_repeats_itself() {
    let run = || {
        let mut world = World::builtin().instant();
        world.seed = Some(7);
        let cloud =
            Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into()).expect("a free port");
        let vm = deploy(&cloud, "vm-1", &[]);
        let nic = &vm["jobresult"]["virtualmachine"]["nic"][0];
        (id(&vm), nic["ipaddress"].clone(), nic["macaddress"].clone())
    };
    assert_eq!(run(), run());
}
