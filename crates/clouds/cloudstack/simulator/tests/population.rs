//! A cloud that is large from the start.

use simulator_cloudstack::{Simulator, World};
use std::time::{Duration, Instant};

/// 10,000 VMs are there when the cloud starts, and a list writes out no more than a page of them.
#[test]
fn a_large_cloud_starts_at_once_and_lists_a_page() {
    let world = World::builtin_with(
        "population: [{account: admin, zone: adv, vms: 10000, volumes: 20000, networks: 500, \
         service_offerings: 200, templates: 1000}]",
    )
    .expect("a world");
    let began = Instant::now();
    let cloud =
        Simulator::spawn_thread(world.instant(), ([127, 0, 0, 1], 0).into()).expect("a free port");
    // Not a measurement: what is slow by its kind takes minutes.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    let count = |command: &str, params: &[(&str, &str)]| {
        let (status, body) = cloud.call("admin", command, params);
        assert_eq!(status, 200, "{body}");
        let list = body.as_object().and_then(|body| body.values().next()).cloned();
        let list = list.unwrap_or_default();
        let rows = list.as_object().and_then(|list| list.values().find_map(|it| it.as_array()));
        (list["count"].as_u64().unwrap_or_default(), rows.map_or(0, Vec::len))
    };
    assert_eq!(count("listVirtualMachines", &[]), (10_000, 500));
    assert_eq!(count("listVolumes", &[("type", "DATADISK")]), (10_000, 500));
    assert_eq!(count("listVirtualMachines", &[("keyword", "load-777")]), (11, 11));
    assert_eq!(count("listVirtualMachines", &[("page", "20"), ("pagesize", "500")]), (10_000, 500));
    let networks = count("listNetworks", &[("keyword", "LOAD-4")]);
    assert_eq!(networks, (111, 111));
    assert_eq!(count("listTemplates", &[("templatefilter", "self")]), (1000, 500));
    let (status, _) =
        cloud.call("admin", "listVirtualMachines", &[("page", "1"), ("pagesize", "501")]);
    assert_eq!(status, 431);
}
