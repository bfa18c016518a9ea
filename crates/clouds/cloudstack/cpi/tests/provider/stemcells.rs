//! Light stemcells: templates that are there, and stay.

use crate::bench::*;
use serde_json::json;

const NAME: &str = "CentOS 5.6 (64-bit) no GUI (Simulator)";

/// By id or by name; the CID says that the template is not ours.
#[tokio::test]
async fn a_light_stemcell_stands_for_a_template_that_is_there() {
    let bench = Bench::new().await;
    for properties in [
        json!({"template_id": TEMPLATE, "name": "bosh-cloudstack", "version": "1", "disk": 5120}),
        json!({"template": NAME}),
        json!({"light_template": NAME, "infrastructure": "cloudstack"}),
        json!({"template": TEMPLATE}),
    ] {
        let cid =
            bench.ask("create_stemcell", json!(["", properties, {"tags": {}}])).await.unwrap();
        assert_eq!(cid, json!(format!("{TEMPLATE} light")), "{properties}");
        bench.ask("delete_stemcell", json!([cid])).await.unwrap();
    }
    let rows = bench.rows(
        "listTemplates",
        "template",
        &[("templatefilter", "executable"), ("id", TEMPLATE)],
    );
    assert!(!rows.is_empty(), "the template stays");
}

/// A stemcell that no VM can be made from is refused when it is uploaded, not at 3 a.m.
#[tokio::test]
async fn a_stemcell_that_cannot_be_used_is_refused() {
    let bench = Bench::new().await;
    for (properties, part) in [
        (json!({"template_id": NOWHERE}), "arguments[1].template_id: template '00000000"),
        (json!({"template": "none"}), "arguments[1].template: template 'none' not found"),
        (json!({"template_id": "none"}), "invalid id 'none'"),
    ] {
        let error = bench.ask("create_stemcell", json!(["", properties])).await.unwrap_err();
        assert!(error.message.contains(part), "{error}");
    }
    let made_for = json!({"template_id": TEMPLATE, "hypervisor": "xen"});
    bench.ask("create_stemcell", json!(["", made_for])).await.expect("simulated hosts boot it all");
    let light_only = bench.cloud_with(json!({"stemcell": {"route": "light"}}));
    let heavy = json!(["/tmp/image", {"name": "bosh-openstack-kvm", "version": "1.0"}]);
    let error = ask(&light_only, "create_stemcell", heavy).await.unwrap_err();
    assert_eq!(kind(&error), "NotSupported");
    assert!(error.message.contains("repack-stemcell"), "{error}");
}

/// The Go CPI's stemcell CIDs are template names; VMs can still be made from them.
#[tokio::test]
async fn a_template_s_name_is_a_stemcell() {
    let bench = Bench::new().await;
    let mut arguments = vm_arguments(json!({}), json!({}));
    arguments[1] = json!(NAME);
    let answer = bench.ask("create_vm", arguments.clone()).await.unwrap();
    assert_eq!(bench.vm_row(answer[0].as_str().unwrap())["templateid"], TEMPLATE);
    bench.calls();
    bench.ask("create_vm", arguments).await.unwrap();
    assert_eq!(bench.calls(), ["deployVirtualMachine"], "a template's name is remembered, too");
    bench.ask("delete_stemcell", json!(["cpitemplate-none"])).await.expect("gone is deleted");
}
