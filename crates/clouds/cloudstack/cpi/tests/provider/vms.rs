//! VMs: made in one job, gone in one, and told from each other.

use crate::bench::*;
use serde_json::{Value, json};

/// Name, MAC, address, disk and settings are all in the one deploy call.
#[tokio::test]
async fn a_vm_comes_complete_from_one_job() {
    let bench = Bench::new().await;
    let networks = json!({"default": manual("bosh-net", "10.50.0.30")});
    let vm = json!({"compute_offering": "Small Instance", "disk": 4000, "root_disk_size": 10000});
    let answer = bench.ask("create_vm", vm_arguments(vm, networks)).await.unwrap();
    let cid = answer[0].as_str().unwrap();
    let row = bench.vm_row(cid);
    let nic = &row["nic"][0];
    assert_eq!((&row["state"], &nic["ipaddress"]), (&json!("Running"), &json!("10.50.0.30")));
    assert!(row["name"].as_str().unwrap().starts_with("vm-"));

    let settings = bench.settings(cid);
    assert_eq!(settings["agent_id"], "agent-1");
    assert_eq!(settings["vm"]["name"], row["name"]);
    assert_eq!(settings["mbus"], "nats://nats:pw@10.50.0.6:4222");
    assert_eq!(settings["env"], json!({"bosh": {"group": "g"}}));
    assert_eq!(settings["networks"]["default"]["mac"], nic["macaddress"]);
    assert_eq!(settings["networks"]["default"]["ip"], "10.50.0.30");
    let disks = json!({"system": "/dev/sda", "persistent": {}, "ephemeral": "/dev/sdb"});
    assert_eq!(settings["disks"], disks);
    assert_eq!(answer[1]["default"]["mac"], nic["macaddress"], "the director is told, too");

    let volumes = bench.rows("listVolumes", "volume", &[("virtualmachineid", cid)]);
    let sizes: Vec<_> = volumes.iter().map(|v| (v["type"].clone(), v["size"].clone())).collect();
    let gib = |gib: u64| json!(gib << 30);
    assert!(sizes.contains(&(json!("DATADISK"), gib(4))), "4000 MiB round up: {sizes:?}");
    assert!(sizes.contains(&(json!("ROOT"), gib(10))), "10000 MiB round up: {sizes:?}");
}

/// Nobody asks for an ephemeral disk: there is none, and the agent is not told of one.
#[tokio::test]
async fn without_a_size_a_custom_default_makes_no_disk() {
    let bench = Bench::new().await;
    let answer = bench.ask("create_vm", vm_arguments(json!({"disk": 0}), json!({}))).await.unwrap();
    let cid = answer[0].as_str().unwrap();
    assert_eq!(bench.rows("listVolumes", "volume", &[("virtualmachineid", cid)]).len(), 1);
    assert_eq!(bench.settings(cid)["disks"], json!({"system": "/dev/sda", "persistent": {}}));
}

/// A fixed offering has its size; one that is too small is refused, and both sizes are named.
#[tokio::test]
async fn a_fixed_ephemeral_offering_must_be_large_enough() {
    let bench = Bench::new().await;
    let fits = json!({"ephemeral_disk_offering": "Small", "disk": 5120});
    let answer = bench.ask("create_vm", vm_arguments(fits, json!({}))).await.unwrap();
    let cid = answer[0].as_str().unwrap();
    let volumes = bench.rows("listVolumes", "volume", &[("virtualmachineid", cid)]);
    assert!(volumes.iter().any(|volume| volume["size"] == json!(5u64 << 30)));

    let small = json!({"ephemeral_disk_offering": "Small", "disk": 5121});
    let error = bench.ask("create_vm", vm_arguments(small, json!({}))).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false));
    for part in ["arguments[2].ephemeral_disk_offering", "5 GiB", "5121 MiB"] {
        assert!(error.message.contains(part), "{error}");
    }
}

/// A custom offering wants cores and memory; a constrained one refuses to be told the speed.
#[tokio::test]
async fn custom_offerings_get_what_they_want() {
    let bench = Bench::new().await;
    for offering in ["bosh.custom", "bosh.constrained"] {
        let vm = json!({"compute_offering": offering, "cpu": 2, "ram": 1024, "cpu_speed": 500});
        let answer = bench.ask("create_vm", vm_arguments(vm, json!({}))).await.unwrap();
        let row = bench.vm_row(answer[0].as_str().unwrap());
        assert_eq!((&row["cpunumber"], &row["memory"]), (&json!(2), &json!(1024)), "{offering}");
    }
    let vm = json!({"compute_offering": "bosh.custom", "cpu": 2});
    let error = bench.ask("create_vm", vm_arguments(vm, json!({}))).await.unwrap_err();
    assert!(error.message.contains("arguments[2].ram is required"), "{error}");
    let vm = json!({"compute_offering": "bosh.constrained", "cpu": 9, "ram": 1024});
    let error = bench.ask("create_vm", vm_arguments(vm, json!({}))).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("CpiError", false), "{error}");
}

/// What cannot be is told with the culprit's path and name, before and after asking the cloud.
#[tokio::test]
async fn a_bad_request_is_told_with_its_path() {
    let bench = Bench::new().await;
    let with = |vm: Value| vm_arguments(vm, json!({}));
    let network = |network: Value| vm_arguments(json!({}), json!({"n": network}));
    let cases = [
        (
            with(json!({"compute_offering": "none"})),
            "arguments[2].compute_offering: service offering 'none' not found",
        ),
        (with(json!({"compute_offering": null})), "arguments[2].compute_offering is required"),
        (with(json!({"zone": "nowhere"})), "arguments[2].zone: zone 'nowhere' not found"),
        (
            with(json!({"ephemeral_disk_offering": "x"})),
            "arguments[2].ephemeral_disk_offering: disk offering 'x' not found",
        ),
        (with(json!({"key_name": "nobody"})), "keypairs"),
        (with(json!({"lbs": [{"name": "web"}]})), "arguments[2].lbs"),
        (network(manual("no-net", "10.50.0.9")), "arguments[3].n.cloud_properties.name: network"),
        (network(json!({"type": "vip", "ip": "1.2.3.4"})), "arguments[3]: no manual or dynamic"),
        (
            network(json!({"type": "dynamic", "cloud_properties": {}})),
            "arguments[3].n.cloud_properties.name is required",
        ),
        (
            network(json!({"type": "manual", "cloud_properties": {"name": "bosh-net"}})),
            "arguments[3].n.ip is required",
        ),
    ];
    for (arguments, part) in cases {
        let error = bench.ask("create_vm", arguments).await.unwrap_err();
        assert!(error.message.contains(part), "{part}: {error}");
        assert!(!error.ok_to_retry, "{error}");
    }
    let error = bench
        .ask(
            "create_vm",
            json!(["a", NOWHERE, {"compute_offering": "Small Instance"},
            {"n": {"type": "dynamic", "cloud_properties": {"name": "bosh-net"}}}, [], {}]),
        )
        .await
        .unwrap_err();
    assert_eq!(kind(&error), "VMCreationFailed", "{error}");
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// CloudStack would refuse it after the upload; the operator is told what is too long.
#[tokio::test]
async fn user_data_that_is_too_long_is_refused_before_the_call() {
    let bench = Bench::new().await;
    let mut arguments = vm_arguments(json!({}), json!({}));
    arguments[5] = json!({"bosh": {"long": "x".repeat(30_000)}});
    let error = bench.ask("create_vm", arguments).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", false));
    assert!(error.message.contains("32768"), "{error}");
    assert!(!bench.calls().contains(&"deployVirtualMachine".to_owned()));
}

/// The director tries again where there may be room the next time, and only there. In either
/// case nothing is left: an Error VM would hold name and address.
#[tokio::test]
async fn a_failed_deploy_is_undone_and_tells_whether_to_try_again() {
    let bench = Bench::new().await;
    let huge = json!({"compute_offering": "bosh.huge"});
    let error = bench.ask("create_vm", vm_arguments(huge, json!({}))).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", true), "{error}");
    assert_eq!(bench.inventory(), Vec::<String>::new());

    let networks = || json!({"default": manual("bosh-net", "10.50.0.40")});
    bench.ask("create_vm", vm_arguments(json!({}), networks())).await.unwrap();
    let error = bench.ask("create_vm", vm_arguments(json!({}), networks())).await.unwrap_err();
    assert_eq!((kind(&error), error.ok_to_retry), ("VMCreationFailed", true), "{error}");
    assert!(error.message.contains("the address is taken"), "{error}");
    assert_eq!(bench.rows("listVirtualMachines", "virtualmachine", &[]).len(), 1);
}

/// The address is free when delete_vm answers, and persistent disks survive.
#[tokio::test]
async fn a_deleted_vm_takes_its_ephemeral_disk_and_leaves_the_persistent_one() {
    let bench = Bench::new().await;
    let networks = || json!({"default": manual("bosh-net", "10.50.0.50")});
    let create = async || {
        let answer = bench.ask("create_vm", vm_arguments(json!({}), networks())).await.unwrap();
        answer[0].as_str().unwrap().to_owned()
    };
    let vm = create().await;
    let disk = bench.disk().await;
    bench.ask("attach_disk", json!([vm, disk])).await.unwrap();
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.ask("has_vm", json!([vm])).await.unwrap(), false);
    let left = bench.rows("listVolumes", "volume", &[]);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!((&left[0]["id"], left[0].get("virtualmachineid")), (&json!(disk), None));

    let again = create().await;
    bench.ask("attach_disk", json!([again, disk])).await.unwrap();
    bench.ask("delete_vm", json!([vm])).await.expect("what is gone is deleted");
    bench.ask("delete_vm", json!([NOWHERE])).await.expect("what never was is deleted");
}

/// A VM that is stopped, broken or destroyed must go as well.
#[tokio::test]
async fn a_vm_in_any_state_can_be_deleted() {
    let bench = Bench::new().await;
    let stopped = bench.vm().await;
    bench.raw("stopVirtualMachine", &[("id", &stopped)]);
    bench.ask("delete_vm", json!([stopped])).await.unwrap();

    let destroyed = bench.vm().await;
    bench.raw("destroyVirtualMachine", &[("id", &destroyed)]);
    assert_eq!(bench.ask("has_vm", json!([destroyed])).await.unwrap(), false);
    bench.ask("delete_vm", json!([destroyed])).await.unwrap();
    let rows = bench.rows("listVirtualMachines", "virtualmachine", &[("listall", "true")]);
    assert_eq!(rows, Vec::<Value>::new(), "the destroyed one is expunged");

    let offering = bench.rows("listServiceOfferings", "serviceoffering", &[("name", "bosh.huge")]);
    let network = bench.rows("listNetworks", "network", &[("keyword", "bosh-net2")]);
    let broken = bench.raw(
        "deployVirtualMachine",
        &[
            ("zoneid", network[0]["zoneid"].as_str().unwrap()),
            ("serviceofferingid", offering[0]["id"].as_str().unwrap()),
            ("templateid", TEMPLATE),
            ("networkids", network[0]["id"].as_str().unwrap()),
        ],
    );
    let broken = broken["id"].as_str().unwrap();
    assert_eq!(bench.vm_row(broken)["state"], "Error");
    bench.ask("delete_vm", json!([broken])).await.unwrap();
    let rows = bench.rows("listVirtualMachines", "virtualmachine", &[("listall", "true")]);
    assert_eq!(rows, Vec::<Value>::new());
}

/// The Go CPI made its ephemeral disks apart and named them; they go with their VM.
#[tokio::test]
async fn the_go_cpi_s_ephemeral_disk_goes_with_its_vm() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    let zone = bench.vm_row(&vm)["zoneid"].clone();
    let offering = bench.rows("listDiskOfferings", "diskoffering", &[("name", "Small")]);
    let made = bench.raw(
        "createVolume",
        &[
            ("name", "cpi-ephemeral-disk-1"),
            ("zoneid", zone.as_str().unwrap()),
            ("diskofferingid", offering[0]["id"].as_str().unwrap()),
        ],
    );
    let id = made["id"].as_str().unwrap();
    bench.raw("attachVolume", &[("id", id), ("virtualmachineid", &vm)]);
    assert_eq!(bench.ask("get_disks", json!([vm])).await.unwrap(), json!([]));
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.inventory(), Vec::<String>::new());
}

/// A cloud that cannot be asked is an error, not a no: the director would make a second VM.
#[tokio::test]
async fn absent_is_told_from_unknown() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    assert_eq!(bench.ask("has_vm", json!([vm])).await.unwrap(), true);
    assert_eq!(bench.ask("has_vm", json!([NOWHERE])).await.unwrap(), false);
    assert_eq!(bench.ask("has_vm", json!(["cpivm-none"])).await.unwrap(), false);
    let wrong = bench.cloud_with(json!({"secret_access_key": "wrong"}));
    let error = ask(&wrong, "has_vm", json!([vm])).await.unwrap_err();
    assert_eq!(kind(&error), "CloudError");
    assert!(error.message.contains("check api_key and secret_access_key"), "{error}");
}

/// cck reboots VMs whose agent does not answer, stopped ones among them.
#[tokio::test]
async fn a_stopped_vm_is_started_by_reboot() {
    let bench = Bench::new().await;
    let vm = bench.vm().await;
    bench.ask("reboot_vm", json!([vm])).await.unwrap();
    bench.raw("stopVirtualMachine", &[("id", &vm)]);
    bench.ask("reboot_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.vm_row(&vm)["state"], "Running");
    let error = bench.ask("reboot_vm", json!([NOWHERE])).await.unwrap_err();
    assert_eq!(kind(&error), "VMNotFound");
    bench.ask("delete_vm", json!([vm])).await.unwrap();
    assert_eq!(kind(&bench.ask("reboot_vm", json!([vm])).await.unwrap_err()), "VMNotFound");
}

/// `vm_resources` become an offering: the smallest that fits, a custom one, or an error.
#[tokio::test]
async fn resources_become_the_smallest_offering_that_fits() {
    let bench = Bench::new().await;
    let calculate = async |cpu: u64, ram: u64| {
        let wanted = json!({"cpu": cpu, "ram": ram, "ephemeral_disk_size": 3000});
        bench.ask("calculate_vm_cloud_properties", json!([wanted])).await
    };
    let answer = calculate(1, 512).await.unwrap();
    assert_eq!(answer["disk"], 3000);
    assert_eq!(answer["compute_offering"], "Small Instance");
    assert_eq!(calculate(1, 513).await.unwrap()["compute_offering"], "Medium Instance");
    let vm = calculate(1, 600).await.unwrap();
    bench.ask("create_vm", vm_arguments(vm, json!({}))).await.expect("it can be used as it is");
    let custom = calculate(2, 2_000_000).await.unwrap();
    let expected =
        json!({"compute_offering": "bosh.custom", "cpu": 2, "ram": 2_000_000, "disk": 3000});
    assert_eq!(custom, expected);

    let mut world = simulator_cloudstack::World::builtin().instant();
    world.service_offerings.retain(|offering| offering.cores.is_some());
    let fixed = Bench::of(world, "admin").await;
    let wanted = json!([{"cpu": 99, "ram": 512, "ephemeral_disk_size": 0}]);
    let error = fixed.ask("calculate_vm_cloud_properties", wanted).await.unwrap_err();
    assert!(error.message.contains("no service offering fits 99 cpus"), "{error}");
    let error = bench.ask("calculate_vm_cloud_properties", json!([{"cpu": 1}])).await.unwrap_err();
    assert!(error.message.contains("arguments[0].ram"), "{error}");
}

/// Tags of the config bound what is chosen: host tags the service offering, storage tags the
/// ephemeral disk's; what comes out makes a VM, of the size that was asked for.
#[tokio::test]
async fn resources_become_offerings_with_the_right_tags() {
    let mut world = simulator_cloudstack::World::builtin().instant();
    let small = world.service_offerings.iter().find(|row| row.name == "Small Instance");
    let small = small.unwrap().clone();
    world.zones[0].clusters[0].tags = Some("ssd".into());
    for (name, tags) in [("a-slow", "bosh,slow"), ("bosh.small", "bosh")] {
        let (name, host_tags) = (name.to_owned(), Some(tags.to_owned()));
        let row = simulator_cloudstack::world::ServiceOfferingSpec {
            name,
            id: None,
            host_tags,
            ..small.clone()
        };
        world.service_offerings.push(row);
    }
    let custom = world.disk_offerings.iter().find(|row| row.name == "Custom").unwrap().clone();
    for (name, tags) in [("a-slow", "ssd,slow"), ("quick", "ssd")] {
        let (name, tags) = (name.to_owned(), Some(tags.to_owned()));
        world.disk_offerings.push(simulator_cloudstack::world::DiskOfferingSpec {
            name,
            id: None,
            tags,
            ..custom.clone()
        });
    }
    let bench = Bench::of(world, "admin").await;
    let tags = json!({"compute_tags": ["bosh"], "not_compute_tags": ["slow"],
                      "disk_tags": ["ssd"], "not_disk_tags": ["slow"]});
    let cloud = bench.cloud_with(json!({"calculate": tags}));
    let wanted = json!([{"cpu": 1, "ram": 512, "ephemeral_disk_size": 3000}]);
    let vm = ask(&cloud, "calculate_vm_cloud_properties", wanted.clone()).await.unwrap();
    let expected = json!({"compute_offering": "bosh.small", "disk": 3000,
                          "ephemeral_disk_offering": "quick"});
    assert_eq!(vm, expected);
    let made = ask(&cloud, "create_vm", vm_arguments(vm, json!({}))).await.unwrap();
    let of = [("virtualmachineid", made[0].as_str().unwrap()), ("type", "DATADISK")];
    let disk = bench.rows("listVolumes", "volume", &of).remove(0);
    assert_eq!((&disk["diskofferingname"], &disk["size"]), (&json!("quick"), &json!(3u64 << 30)));

    let nowhere = bench.cloud_with(json!({"calculate": {"disk_tags": ["tape"]}}));
    let error = ask(&nowhere, "calculate_vm_cloud_properties", wanted).await.unwrap_err();
    assert!(error.message.contains("calculate.disk_tags holds 3 GiB"), "{error}");
}

/// `info` precedes every call: it needs no config, no folder and no cloud.
#[tokio::test]
async fn info_touches_nothing() {
    let bench = Bench::new().await;
    let nowhere = || cpi_kit::StateDir::lazy(|| panic!("info opens nothing"));
    let info = async |properties: Value| {
        let cloud = cpi_cloudstack::CloudStack::new(cpi_kit::Setup {
            properties: serde_json::from_value(properties).unwrap(),
            agent: Default::default(),
            state_dir: nowhere(),
            director_uuid: None,
            request_id: None,
        })
        .unwrap();
        ask(&cloud, "info", json!([])).await
    };
    let expected = json!({"api_version": 3, "stemcell_formats": ["cloudstack-light", "cloudstack-qcow2", "cloudstack-raw",
                          "cloudstack-vhd", "cloudstack-vhdx", "cloudstack-ova",
                          "openstack-qcow2", "openstack-raw",
                          "vsphere-ova", "vsphere-ovf"]});
    assert_eq!(info(json!({})).await.unwrap(), expected);
    assert_eq!(info(json!({"api_version": 2})).await.unwrap()["api_version"], 2);
    let debug = json!({"debug": {"cpi": {"api_version": 2}}});
    assert_eq!(info(debug).await.unwrap()["api_version"], 2);
    assert!(info(json!({"api_version": 7})).await.is_err());
    assert_eq!(bench.calls(), Vec::<String>::new());
}

/// What no CPI has any more is told so.
#[tokio::test]
async fn what_is_not_there_is_told_in_the_director_s_words() {
    let bench = Bench::new().await;
    for (method, arguments, expected) in [
        ("configure_networks", json!(["v", {}]), "NotImplemented"),
        ("ping", json!([]), "NotImplemented"),
        ("current_vm_id", json!([]), "NotImplemented"),
    ] {
        let error = bench.ask(method, arguments).await.unwrap_err();
        assert_eq!(kind(&error), expected, "{method}");
    }
}

/// A config that lacks the essential is told by the first call that needs it.
#[tokio::test]
async fn a_missing_property_is_named_by_the_first_call() {
    let bench = Bench::new().await;
    let error =
        ask(&bench.cloud_with(json!({"endpoint": ""})), "has_vm", json!(["x"])).await.unwrap_err();
    assert_eq!(kind(&error), "CpiError");
    assert!(error.message.contains("cloud.properties.cloudstack.endpoint"), "{error}");
    let error =
        ask(&bench.cloud_with(json!({"ca_cert": "x"})), "has_vm", json!(["x"])).await.unwrap_err();
    assert!(error.message.contains("cloud.properties.cloudstack.ca_cert"), "{error}");
}
