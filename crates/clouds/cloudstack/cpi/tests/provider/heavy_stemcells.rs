//! Heavy stemcells: images that become templates, by upload and by URL; and what is left where
//! that goes wrong: nothing.

use crate::bench::*;
use crate::stemcell_stage::{BASIC, at, serve};
pub use crate::stemcell_stage::{Stage, sha256};
use serde_json::json;
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};

/// The whole way: what was given is what arrives, the template is what the properties say, and
/// it goes when the director deletes it.
#[tokio::test]
async fn an_image_is_uploaded() {
    let stage = Stage::of(|world| world.secondary_storage.exact_headers = true).await;
    let image = stage.image();
    let plugin = json!({"stemcell": {"featured": true, "requires_hvm": false}});
    let sums = json!({"sha256": sha256(&image)});
    let cid = stage.create(&image, plugin, sums).await.unwrap();
    let row = stage.templates().remove(0);
    assert_eq!((&row["id"], &row["isready"]), (&json!(cid), &json!(true)));
    assert!(row["name"].as_str().unwrap().starts_with("stemcell-"), "{row}");
    assert_eq!(row["displaytext"], "bosh-openstack-kvm-ubuntu-jammy-go_agent 1.2");
    assert_eq!((&row["format"], &row["hypervisor"]), (&json!("QCOW2"), &json!("Simulator")));
    assert_eq!(row["ostypename"], "Ubuntu 22.04 LTS");
    assert_eq!((&row["ispublic"], &row["isfeatured"]), (&json!(true), &json!(true)));
    assert_eq!((&row["requireshvm"], &row["size"]), (&json!(false), &json!(3_u64 << 30)));
    assert_eq!(stage.arrived(&cid), sha256(&image));
    let tags = row["tags"].as_array().unwrap();
    let tag = |key: &str| tags.iter().find(|tag| tag["key"] == key).map(|tag| &tag["value"]);
    assert_eq!(tag("deployment"), Some(&json!("cf")));
    assert_eq!(tag("bosh-image-sha256"), Some(&json!(sha256(&image))));
    assert!(stage.left().is_empty(), "scratch files");

    let mut vm = vm_arguments(json!({}), json!({}));
    vm[1] = json!(cid);
    let vm = stage.bench.ask("create_vm", vm).await.unwrap()[0].clone();
    let error = stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap_err();
    assert!(error.message.contains("VMs that were made from it"), "{error}");
    stage.bench.ask("delete_vm", json!([vm])).await.unwrap();
    for _ in 0..2 {
        stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
    }
    assert!(stage.templates().is_empty());
}

/// No lookup, call or wait more than needed.
#[tokio::test]
async fn an_upload_costs_so_many_calls() {
    let stage = Stage::new().await;
    let image = stage.image();
    stage.create(&image, json!({}), json!({})).await.unwrap();
    let calls = stage.bench.calls();
    assert_eq!(
        calls,
        [
            "listZones",
            "listHypervisors",
            "listOsTypes",
            "getUploadParamsForTemplate",
            "upload",
            "listTemplates",
            "createTags",
        ]
    );
}

/// What CloudStack unwraps by itself goes as it is; the rest is unwrapped first.
#[tokio::test]
async fn an_image_is_known_by_its_content() {
    let stage = Stage::new().await;
    let image = stage.image();
    let whole = sha256(&image);
    stage.run("cp", &["image", "root.img"]);
    stage.run("gzip", &["-k", "root.img"]);
    stage.run("bzip2", &["-k", "root.img"]);
    stage.run("xz", &["-k", "root.img"]);
    stage.run("tar", &["-czf", "stemcell-image", "root.img"]);
    for (file, as_it_is) in [
        ("root.img.gz", true),
        ("root.img.bz2", true),
        ("root.img.xz", false),
        ("stemcell-image", false),
    ] {
        let path = stage.folder.path().join(file);
        let cid = stage.create(&path, json!({}), json!({})).await.unwrap();
        let wanted = if as_it_is { sha256(&path) } else { whole.clone() };
        assert_eq!(stage.arrived(&cid), wanted, "{file}");
    }
    assert!(stage.left().is_empty(), "scratch files");
}

/// A lost connection is no reason to give up, and its half-made template is none to leave.
#[tokio::test]
async fn an_upload_is_tried_again_with_new_parameters() {
    let stage = Stage::new().await;
    let image = stage.image();
    for when in [When::Before, When::After] {
        stage.bench.calls();
        let (command, kind) = ("upload".to_owned(), FaultKind::Reset);
        let fault = Fault { command, occurrence: 1, times: 2, when, kind };
        stage.bench.simulator.declare_faults(vec![fault]);
        let cid = stage.create(&image, json!({}), json!({})).await.unwrap();
        let calls = stage.bench.calls();
        let asked = calls.iter().filter(|call| *call == "getUploadParamsForTemplate").count();
        assert_eq!((asked, stage.templates().len()), (3, 1), "{when:?}");
        stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
    }
}

#[tokio::test]
async fn only_a_trusted_storage_vm_gets_the_image() {
    let stage = Stage::new().await;
    let image = stage.image();
    let nobody = json!({"ca_cert": ""});
    let error = stage.create(&image, nobody, json!({})).await.unwrap_err();
    assert!(error.message.contains("ca_cert"), "{error}");
    assert!(stage.templates().is_empty());
    let anybody = json!({"ca_cert": "", "skip_verify_ssl": true});
    stage.create(&image, anybody, json!({})).await.unwrap();
}

/// CloudStack fetches what the operator has put there, and the checksum tells that it is that.
#[tokio::test]
async fn an_image_is_fetched_by_the_cloud() {
    let draft = Stage::new().await;
    let bytes = std::fs::read(draft.image()).unwrap();
    let stage = Stage::of(at(serve(bytes).await)).await;
    let image = stage.image();
    let url = "http://images.example/images/{name}-{version}-{sha1}.{extension}?key=hush";
    let plugin = json!({"stemcell": {"url_template": url, "zones": ["adv", BASIC]}});
    let cid = stage.create(&image, plugin, json!({})).await.unwrap();
    let rows = stage.templates();
    assert_eq!(rows.len(), 2, "a row per zone");
    assert!(rows.iter().all(|row| row["isready"] == true && row["id"] == json!(cid)), "{rows:?}");
    assert!(rows[0]["url"].as_str().unwrap().contains("-go_agent-1.2-"), "{rows:?}");
    assert_eq!(stage.arrived(&cid), sha256(&image));
    stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
    assert!(stage.templates().is_empty(), "in no zone");
}

/// What goes wrong with a URL is told in the cloud's words, and leaves nothing.
#[tokio::test]
async fn a_url_that_is_of_no_use_leaves_nothing() {
    let stage = Stage::of(at(serve(b"another image".to_vec()).await)).await;
    let image = stage.image();
    for (url, said) in [
        ("http://127.0.0.1/images/x.qcow2", "must reach the image"),
        ("http://nowhere.example/images/x.qcow2", "Unable to resolve nowhere.example"),
        ("http://images.example/gone/x.qcow2", "HTTP Server returned 404"),
        ("http://images.example/images/x.qcow2", "checksum mismatch"),
        ("http://images.example/images/x.vhd", "Please specify a valid qcow2"),
        ("http://images.example/{nmae}.qcow2", "unknown placeholder '{nmae'"),
        ("http://user:pw@images.example/x.qcow2", "a link that expires"),
        ("ftp://images.example/x.qcow2", "must be a URL such as https://"),
    ] {
        let plugin = json!({"stemcell": {"route": "url", "url_template": url}});
        let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
        assert!(error.message.contains(said), "{url}: {error}");
        assert!(!error.message.contains("user:pw"), "{error}");
        stage.assert_empty(url);
    }
    let plugin = json!({"stemcell": {"route": "url"}});
    let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
    assert!(
        error.message.contains("stemcell.url_template, image_server or s3 is required"),
        "{error}"
    );
}

/// An upload goes to one zone; the others get a copy.
#[tokio::test]
async fn an_upload_is_copied_to_the_other_zones() {
    let stage = Stage::new().await;
    let image = stage.image();
    let plugin = json!({"stemcell": {"zones": ["adv", "basic", "adv"]}});
    let cid = stage.create(&image, plugin, json!({})).await.unwrap();
    let rows = stage.templates();
    let zones: Vec<_> = rows.iter().map(|row| row["zonename"].as_str().unwrap()).collect();
    assert_eq!(zones, ["adv", "basic"]);
    assert!(rows.iter().all(|row| row["isready"] == true && row["id"] == json!(cid)));
    let plugin = json!({"stemcell": {"zones": ["adv", "mars"]}});
    let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
    assert!(error.message.contains("stemcell.zones[1]") && error.message.contains("mars"));
}

/// What is no image is refused before anything is made of it.
#[tokio::test]
async fn what_is_no_image_is_refused() {
    let stage = Stage::new().await;
    let image = stage.image();
    let text = stage.file("text", b"hello, world");
    stage.run("gzip", &["-k", "image"]);
    let packed = std::fs::read(stage.folder.path().join("image.gz")).unwrap();
    let half = stage.file("half", &packed[..packed.len() / 2]);
    let empty = stage.file("empty", b"");
    let none = stage.folder.path().join("none");
    for (file, stemcell, said) in [
        (&text, json!({}), "no disk image"),
        (&half, json!({}), "truncated"),
        (&empty, json!({}), "is empty"),
        (&none, json!({}), "No such file"),
        (&image, json!({"sha256": "0".repeat(64)}), "SHA-256"),
        (&image, json!({"sha1": "0".repeat(40)}), "SHA-1"),
        (&image, json!({"sha1": "abc"}), "arguments[1].sha1"),
        (&image, json!({"architecture": "ppc"}), "ppc"),
    ] {
        let error = stage.create(file, json!({}), stemcell).await.unwrap_err();
        assert!(error.message.contains(said), "{said}: {error}");
        stage.assert_empty(said);
    }
    let calls = stage.bench.calls();
    assert!(!calls.iter().any(|call| call == "getUploadParamsForTemplate"), "{calls:?}");
}

#[tokio::test]
async fn a_zone_without_a_storage_vm_is_named_as_such() {
    let stage = Stage::of(|world| world.secondary_storage.running = false).await;
    let error = stage.create(&stage.image(), json!({}), json!({})).await.unwrap_err();
    assert!(error.message.contains("no running secondary-storage VM"), "{error}");
    stage.assert_empty("no SSVM");
}

/// A template that ends in an error state is told with the cloud's own reason.
#[tokio::test]
async fn a_refused_upload_is_told_and_leaves_nothing() {
    let stage = Stage::of(|world| world.secondary_storage.largest_upload = 1000).await;
    let error = stage.create(&stage.image(), json!({}), json!({})).await.unwrap_err();
    assert!(error.message.contains("Maximum file upload size is 1000 bytes"), "{error}");
    stage.assert_empty("refused");
}

/// A template that never becomes ready ends with the patience of `timeout.poll_template`.
#[tokio::test]
async fn a_template_that_never_becomes_ready_is_given_up() {
    let stage = Stage::of(|world| world.secondary_storage.upload_monitoring_ms = 3_600_000).await;
    let plugin = json!({"timeout": {"poll_template": 5}});
    let error = stage.create(&stage.image(), plugin, json!({})).await.unwrap_err();
    assert!(error.message.contains("not ready in time") && error.message.contains("poll_template"));
    stage.assert_empty("never ready");
}

/// An OS type that the cloud does not have is named with its property.
#[tokio::test]
async fn an_os_type_must_be_one_of_the_cloud_s() {
    let stage = Stage::new().await;
    let image = stage.image();
    let plugin = json!({"stemcell": {"os_type": "CentOS 5.6 (64-bit)"}});
    stage.create(&image, plugin, json!({})).await.unwrap();
    assert_eq!(stage.templates()[0]["ostypename"], "CentOS 5.6 (64-bit)");
    let plugin = json!({"stemcell_os_type": "Plan 9"});
    let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
    assert!(
        error.message.contains("cloudstack.stemcell_os_type") && error.message.contains("Plan 9")
    );
}

/// KVM hosts get an IDE disk with many an OS type, on which the agent finds nothing; and an
/// image of another hypervisor is converted, or refused.
#[tokio::test]
async fn a_hypervisor_must_take_the_image() {
    let stage = Stage::of(|world| world.zones.iter_mut().for_each(|z| z.hypervisor = "KVM".into()));
    let stage = stage.await;
    let image = stage.image();
    let plugin = json!({"stemcell": {"os_type": "Other Linux (64-bit)"}});
    let error = stage.create(&image, plugin, json!({})).await.unwrap_err();
    assert!(error.message.contains("IDE"), "{error}");
    let error = stage.create(&image, json!({}), json!({"hypervisor": "xen"})).await.unwrap_err();
    assert!(error.message.contains("XenServer") && error.message.contains("KVM"), "{error}");
    let cid = stage.create(&image, json!({}), json!({})).await.unwrap();
    let row = stage.templates().remove(0);
    assert_eq!((&row["id"], &row["hypervisor"]), (&json!(cid), &json!("KVM")));
}
