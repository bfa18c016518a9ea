//! Projects and other accounts: everything is made and found there, and nowhere else.

use crate::bench::*;
use cpi_cloudstack::CloudStack;
use serde_json::{Value, json};
use simulator_cloudstack::World;

const DOMAIN: &str = "d0000000-0000-4000-8000-000000000001";
const PROJECT: &str = "b0000000-0000-4000-8000-000000000001";

async fn bench(account: &'static str) -> Bench {
    let world = World::from_yaml(include_str!("worlds/projects.yaml")).unwrap();
    Bench::of(world, account).await
}

/// Whose a VM is: the names of the account and the project.
fn owner_of(bench: &Bench, vm: &str) -> (Value, Value) {
    let all = [("id", vm), ("listall", "true"), ("projectid", "-1")];
    let (_, body) = bench.simulator.call("admin", "listVirtualMachines", &all);
    let mut rows = body["listvirtualmachinesresponse"]["virtualmachine"].clone();
    if rows.is_null() {
        let (_, body) = bench.simulator.call("admin", "listVirtualMachines", &all[..2]);
        rows = body["listvirtualmachinesresponse"]["virtualmachine"].clone();
    }
    (rows[0]["account"].clone(), rows[0]["project"].clone())
}

/// The life of a VM and a disk, by every method that touches one; `cloud` gives the provider as
/// a new process would have it.
async fn life(bench: &Bench, cloud: impl Fn() -> CloudStack) -> (Value, Value) {
    let call = async |method: &str, arguments: Value| {
        let answer = ask(&cloud(), method, arguments).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    };
    let stemcell = call("create_stemcell", json!(["/dev/null", {"template_id": TEMPLATE}])).await;
    let mut arguments = vm_arguments(json!({}), json!({}));
    arguments[1] = stemcell.clone();
    let vm = call("create_vm", arguments).await[0].clone();
    let owner = owner_of(bench, vm.as_str().unwrap());
    assert_eq!(call("has_vm", json!([vm])).await, true);
    call("set_vm_metadata", json!([vm, {"name": "router/1", "director": "d"}])).await;
    let disk = call("create_disk", json!([3072, {}, vm])).await;
    assert_eq!(call("has_disk", json!([disk])).await, true);
    call("attach_disk", json!([vm, disk])).await;
    assert_eq!(call("get_disks", json!([vm])).await, json!([disk]));
    call("set_disk_metadata", json!([disk, {"director": "d"}])).await;
    let snapshot = call("snapshot_disk", json!([disk, {"index": 0}])).await;
    call("delete_snapshot", json!([snapshot])).await;
    call("reboot_vm", json!([vm])).await;
    call("detach_disk", json!([vm, disk])).await;
    call("resize_disk", json!([disk, 5000])).await;
    let wanted = json!({"cpu": 1, "ram": 512, "ephemeral_disk_size": 1000});
    call("calculate_vm_cloud_properties", json!([wanted])).await;
    // Others neither see them nor can name them.
    assert_eq!(bench.ask("has_vm", json!([vm])).await.ok(), Some(json!(false)));
    call("delete_vm", json!([vm])).await;
    call("delete_disk", json!([disk])).await;
    call("delete_stemcell", json!([stemcell])).await;
    assert_eq!(call("has_vm", json!([vm])).await, false);
    let cloud = bench.simulator.cloud();
    assert_eq!((cloud.vms.iter().count(), cloud.volumes.iter().count()), (0, 0));
    owner
}

/// A plain user who is in the project, by name and by id.
#[tokio::test]
async fn a_plain_user_works_in_a_project() {
    let bench = bench("bosh").await;
    for project in ["platform", PROJECT] {
        let cloud = || bench.cloud_with(json!({"project": project}));
        assert_eq!(life(&bench, cloud).await, (Value::Null, json!("platform")));
    }
}

/// An admin who is not in it sees it nevertheless.
#[tokio::test]
async fn an_admin_works_in_a_project() {
    let bench = bench("admin").await;
    let cloud = || bench.cloud_with(json!({"project": "platform", "domain": "ROOT"}));
    let vm = ask(&cloud(), "create_vm", vm_arguments(json!({}), json!({}))).await.unwrap();
    let vm = vm[0].as_str().unwrap();
    assert_eq!(owner_of(&bench, vm), (Value::Null, json!("platform")));
    ask(&cloud(), "delete_vm", json!([vm])).await.unwrap();
    assert_eq!(bench.simulator.cloud().vms.iter().count(), 0);
}

/// An admin's keys for somebody else's account, whose domain goes by id, name or path.
#[tokio::test]
async fn an_admin_works_for_an_account() {
    let bench = bench("admin").await;
    for domain in [DOMAIN, "ROOT", "/ROOT/"] {
        let cloud = || bench.cloud_with(json!({"domain": domain, "account": "other"}));
        let vm = ask(&cloud(), "create_vm", vm_arguments(json!({}), json!({}))).await.unwrap();
        assert_eq!(vm[1]["default"]["ip"].as_str().unwrap()[..8], *"10.62.0.");
        let vm = vm[0].as_str().unwrap();
        assert_eq!(owner_of(&bench, vm), (json!("other"), Value::Null));
        let disk = ask(&cloud(), "create_disk", json!([1024, {}, vm])).await.unwrap();
        ask(&cloud(), "attach_disk", json!([vm, disk])).await.unwrap();
        ask(&cloud(), "delete_vm", json!([vm])).await.unwrap();
        ask(&cloud(), "delete_disk", json!([disk])).await.unwrap();
    }
    assert_eq!(bench.simulator.cloud().volumes.iter().count(), 0);
}

/// A failed deploy in a project leaves nothing, which only a look into the project can tell.
#[tokio::test]
async fn an_undo_looks_into_the_project() {
    let bench = bench("bosh").await;
    let cloud = bench.cloud_with(json!({"project": "platform"}));
    let arguments = vm_arguments(json!({"compute_offering": "bosh.huge"}), json!({}));
    let error = ask(&cloud, "create_vm", arguments).await.unwrap_err();
    assert_eq!(kind(&error), "VMCreationFailed", "{error}");
    assert!(bench.calls().contains(&"destroyVirtualMachine".to_owned()), "there was one");
    assert_eq!(bench.simulator.cloud().vms.iter().count(), 0);
}

/// The project's name is looked up once; ids need no lookup. Warm, nothing is added.
#[tokio::test]
async fn a_project_costs_one_call_and_then_none() {
    let bench = bench("bosh").await;
    let create = async |project: &str| {
        bench.calls();
        let cloud = bench.cloud_with(json!({"project": project}));
        ask(&cloud, "create_disk", json!([1024, {}, null])).await.unwrap();
        bench.calls()
    };
    let cold = create("platform").await;
    assert_eq!((cold[0].as_str(), cold.len()), ("listProjects", 4), "{cold:?}");
    assert_eq!(create("platform").await, ["createVolume"]);
    assert!(!create(PROJECT).await.contains(&"listProjects".to_owned()));
}

/// What cannot be meant is refused before anything is asked, and what is not there is named.
#[tokio::test]
async fn wrong_scopes_are_named() {
    let bench = bench("bosh").await;
    let refused = async |more: Value| {
        let cloud = bench.cloud_with(more);
        ask(&cloud, "create_disk", json!([1024, {}, null])).await.unwrap_err().message
    };
    for (more, culprit) in [
        (json!({"account": "bosh"}), "cloudstack.domain is required"),
        (json!({"domain": "ROOT"}), "cloudstack.domain: needs"),
        (json!({"account": "a", "domain": "ROOT", "project": "p"}), "cloudstack.account: does not"),
    ] {
        let message = refused(more).await;
        assert!(message.contains(culprit), "{message}");
        assert_eq!(bench.calls(), Vec::<String>::new());
    }
    let message = refused(json!({"project": "nowhere"})).await;
    assert!(message.contains("cloudstack.project: project 'nowhere' not found"), "{message}");
    let message = refused(json!({"project": NOWHERE})).await;
    assert!(message.contains(NOWHERE) && message.contains("projectid"), "{message}");
    let lists = bench.calls().iter().filter(|call| *call == "listVolumes").count();
    assert_eq!(lists, 1, "an undo that cannot succeed is not insisted on");
    // A plain user may not list domains.
    let message = refused(json!({"account": "bosh", "domain": "ROOT"})).await;
    assert!(message.contains("cloudstack.domain") && message.contains("by its id"), "{message}");
    // Its own account it may name.
    let cloud = bench.cloud_with(json!({"account": "bosh", "domain": DOMAIN}));
    ask(&cloud, "create_disk", json!([1024, {}, null])).await.unwrap();
    let message = refused(json!({"account": "other", "domain": DOMAIN})).await;
    assert!(message.contains("other"), "{message}");
}
