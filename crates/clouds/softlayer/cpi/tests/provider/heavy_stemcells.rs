//! Heavy stemcells: images that are imported through object storage, of which nothing stays in
//! the bucket, and no image where that goes wrong.

use crate::bench::*;
use serde_json::{Value, json};
use simulator_kit::fault::When;
use std::path::{Path, PathBuf};
use test_support::s3::{BUCKET, Fault as StoreFault, KEY, KEY_ID, PrivateS3, REGION};

const IMPORT: &str = "SoftLayer_Virtual_Guest_Block_Device_Template_Group::createFromIcos";

/// An account, a bucket, a folder for images.
struct Stage {
    bench: Bench,
    store: PrivateS3,
    folder: tempfile::TempDir,
}

impl Stage {
    async fn new() -> Self {
        let store = PrivateS3::start().await.unwrap();
        Self { bench: Bench::new(), store, folder: tempfile::tempdir().unwrap() }
    }

    /// A raw disk of 2 MiB.
    fn image(&self) -> PathBuf {
        let mut disk = vec![0_u8; 2 << 20];
        disk[510..512].copy_from_slice(&[0x55, 0xaa]);
        disk[4096..8192].fill(7);
        let path = self.folder.path().join("image");
        std::fs::write(&path, disk).unwrap();
        path
    }

    fn plugin(&self) -> Value {
        json!({"stemcell": {"cos_location": "us-south", "s3": {
            "endpoint": self.store.endpoint(), "region": REGION, "bucket": BUCKET,
            "access_key_id": KEY_ID, "secret_access_key": KEY, "prefix": "stemcells/"}}})
    }

    async fn create(&self, image: &Path, more: Value) -> Result<String, bosh_cpi::CpiError> {
        let mut about = json!({"name": "bosh-softlayer-xen-ubuntu-jammy-go_agent",
            "version": "1.2", "infrastructure": "softlayer", "disk": 3072});
        for (key, value) in more.as_object().unwrap() {
            about[key] = value.clone();
        }
        let arguments = json!([image, about, {"tags": {"deployment": "cf"}}]);
        let cid = self.bench.ask_with(self.plugin(), "create_stemcell", arguments).await?;
        Ok(cid.as_str().unwrap().to_owned())
    }

    fn images(&self) -> Vec<simulator_softlayer::Entry> {
        self.bench.simulator.inventory().images
    }

    /// Nothing is left: in the account, in the bucket, beside the image.
    fn assert_empty(&self, at: &str) {
        assert_eq!(self.images(), [], "{at}");
        self.assert_swept(at);
    }

    fn assert_swept(&self, at: &str) {
        assert_eq!(self.store.objects(), [""; 0], "{at}");
        assert_eq!(self.store.unfinished(), 0, "{at}");
        let beside = std::fs::read_dir(self.folder.path()).unwrap().count();
        assert_eq!(beside, 1, "{at}: scratch files");
    }
}

/// The whole way, and back.
#[tokio::test]
async fn an_image_is_imported_through_the_bucket() {
    let stage = Stage::new().await;
    let image = stage.image();
    let cid = stage.create(&image, json!({"datacenters": ["wdc07"]})).await.unwrap();
    let mask = "id,name,note,tagReferences.tag.name,datacenters.name";
    let service = "SoftLayer_Virtual_Guest_Block_Device_Template_Group";
    let path = format!("{service}/{cid}?objectMask=mask[{mask}]");
    let (status, row) = stage.bench.simulator.call(&path, &[]);
    assert_eq!(status, 200, "{row}");
    assert!(row["name"].as_str().unwrap().starts_with("stemcell-"), "{row}");
    let note = row["note"].as_str().unwrap();
    assert!(note.starts_with("bosh-softlayer-xen-ubuntu-jammy-go_agent 1.2"), "{note}");
    let tags = row["tagReferences"].to_string();
    assert!(tags.contains("deployment:cf") && tags.contains("version:1.2"), "{tags}");
    assert!(row["datacenters"].to_string().contains("wdc07"), "{row}");
    stage.assert_swept("done");
    let calls = stage.bench.calls();
    assert!(calls.iter().any(|call| call.ends_with("setBootMode")), "{calls:?}");
    let sent = stage.store.requests();
    assert!(sent.iter().any(|it| it.starts_with("PUT /images/stemcells/stemcell-")), "{sent:?}");

    let mut vm = arguments(json!({}), private());
    vm[1] = json!(cid);
    stage.bench.ask("create_vm", vm).await.unwrap();
    for _ in 0..2 {
        stage.bench.ask("delete_stemcell", json!([cid])).await.unwrap();
    }
    stage.assert_empty("deleted");
}

/// Another director's image is that director's to delete, whoever names its id.
#[tokio::test]
async fn an_image_of_another_director_stays() {
    let stage = Stage::new().await;
    let cid = stage.create(&stage.image(), json!({})).await.unwrap();
    let other = stage.bench.cloud_of("another-director");
    let request = json!({"method": "delete_stemcell", "arguments": [cid]}).to_string();
    let request = bosh_cpi::Request::parse(request.as_bytes()).unwrap();
    let call = bosh_cpi::Call::decode(&request).unwrap();
    call.run(&other, bosh_cpi::ApiVersion::LATEST).await.unwrap();
    assert_eq!(stage.images().len(), 1);
}

/// An import whose answer was lost is found by its name, and not begun again.
#[tokio::test]
async fn an_import_whose_answer_was_lost_is_found() {
    let stage = Stage::new().await;
    stage.bench.lose(IMPORT, When::After);
    let cid = stage.create(&stage.image(), json!({})).await.unwrap();
    let images = stage.images();
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].id.to_string(), cid);
    stage.assert_swept("adopted");
}

/// Whatever fails, neither an image nor a file is left.
#[tokio::test]
async fn what_fails_leaves_nothing() {
    let service = "SoftLayer_Virtual_Guest_Block_Device_Template_Group";
    for method in ["createFromIcos", "getObject", "setBootMode", "setTags"] {
        let stage = Stage::new().await;
        stage.bench.refuse(&format!("{service}::{method}"));
        stage.create(&stage.image(), json!({})).await.unwrap_err();
        stage.assert_empty(method);
    }
    let stage = Stage::new().await;
    stage.store.fail(StoreFault { request: "PUT", status: 403, done: false });
    let error = stage.create(&stage.image(), json!({})).await.unwrap_err();
    assert!(error.message.contains("putting the image into"), "{error}");
    stage.assert_empty("upload");
}

/// What is not an image, or not the one that was meant, costs nothing.
#[tokio::test]
async fn a_wrong_image_is_refused_before_it_is_sent() {
    let stage = Stage::new().await;
    let empty = stage.folder.path().join("image");
    std::fs::write(&empty, "").unwrap();
    let error = stage.create(&empty, json!({})).await.unwrap_err();
    assert!(error.message.contains("is empty"), "{error}");
    let wrong = json!({"sha1": "0".repeat(40)});
    let error = stage.create(&stage.image(), wrong).await.unwrap_err();
    assert!(error.message.contains("SHA-1") || error.message.contains("sha1"), "{error}");
    assert_eq!(stage.store.requests(), [""; 0]);
    stage.assert_empty("refused");
}
