//! Stemcells: images that are there.

use crate::bench::*;
use crate::volumes::*;
use serde_json::{Value, json};

fn light(properties: Value) -> Value {
    json!(["/nowhere/image", properties])
}

/// The names of the Go CPI's light stemcells, numbers as text among them.
#[tokio::test]
async fn a_light_stemcell_is_named_by_id_or_uuid() {
    let bench = Bench::new();
    for properties in [
        json!({"virtual-disk-image-id": 2_300_001, "infrastructure": "softlayer"}),
        json!({"virtual-disk-image-id": IMAGE, "virtual-disk-image-uuid": ""}),
        json!({"virtual-disk-image-uuid": IMAGE_UUID, "virtual-disk-image-id": 0}),
        json!({"virtual-disk-image-id": IMAGE, "virtual-disk-image-uuid": IMAGE_UUID}),
    ] {
        let cid = bench.ask("create_stemcell", light(properties)).await.unwrap();
        assert_eq!(cid, IMAGE);
    }
}

#[tokio::test]
async fn an_image_that_is_not_there_is_named() {
    let bench = Bench::new();
    for (properties, words) in [
        (json!({"virtual-disk-image-id": 17}), "virtual-disk-image-id: 17"),
        (json!({"virtual-disk-image-uuid": "no-such"}), "virtual-disk-image-uuid: no-such"),
        (
            json!({"virtual-disk-image-id": IMAGE, "virtual-disk-image-uuid": "other"}),
            "which one is meant",
        ),
        (json!({"infrastructure": "openstack"}), "infrastructure: 'openstack'"),
        (json!({}), "stemcell.s3: missing"),
    ] {
        let error = bench.ask("create_stemcell", light(properties)).await.unwrap_err();
        assert!(error.message.contains(words), "{words}: {error}");
    }
}

/// A light stemcell's image is the operator's: deleting the stemcell leaves it alone.
#[tokio::test]
async fn deleting_a_light_stemcell_leaves_its_image() {
    let bench = Bench::new();
    bench.ask("delete_stemcell", json!([IMAGE])).await.unwrap();
    bench.ask("delete_stemcell", json!([NOWHERE])).await.unwrap();
    bench.ask("delete_stemcell", json!(["no-number"])).await.unwrap();
    bench.raw(&format!("SoftLayer_Virtual_Guest_Block_Device_Template_Group/{IMAGE}"), &[]);
}
