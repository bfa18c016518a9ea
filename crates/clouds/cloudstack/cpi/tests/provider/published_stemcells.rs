//! Stemcells that are published for as long as CloudStack fetches them: on an image server, and
//! in a bucket. Whatever happens, nothing stays there.

use crate::heavy_stemcells::{Stage, sha256};
use cpi_kit::{Level, Provider, Questions};
use image_server::{Limits, Running, Server, Settings};
use serde_json::{Value, json};
use simulator_cloudstack::World;
use simulator_cloudstack::engine::fault::{Fault, FaultKind, When};
use tempfile::TempDir;
use test_support::s3::{BUCKET, Fault as StoreFault, KEY, KEY_ID, PrivateS3, REGION};

const PASSWORD: &str = "correct horse battery";

/// An image server that the cloud knows as `images.example`.
struct Images {
    running: Running,
    folder: TempDir,
}

impl Images {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            folder: folder.path().to_owned(),
            listen: Some(([127, 0, 0, 1], 0).into()),
            tls: None,
            user: "bosh".into(),
            password: PASSWORD.into(),
            public_url: Some("http://images.example".into()),
            limits: Limits::default(),
        };
        let running = Server::new(settings).unwrap().start().await.unwrap();
        Self { running, folder }
    }

    fn world(&self) -> impl FnOnce(&mut World) {
        let port = self.running.plain().unwrap().port();
        move |world| {
            world.secondary_storage.hosts.insert("images.example".into(), port);
        }
    }

    fn plugin(&self) -> Value {
        let url = format!("http://{}", self.running.plain().unwrap());
        json!({"stemcell": {"image_server": {"url": url, "password": PASSWORD}}})
    }

    /// What is published.
    fn there(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.') || name.starts_with(".upload")).collect()
    }
}

/// A bucket of a store that CPI and cloud know as `s3.example`: the CPI through a proxy, which
/// is the store itself.
fn bucket(store: &PrivateS3) -> Value {
    json!({
        "proxy": store.endpoint(),
        "no_proxy": "127.0.0.1",
        "stemcell": {"s3": {
            "endpoint": "http://s3.example", "region": REGION, "bucket": BUCKET,
            "prefix": "stemcells/", "access_key_id": KEY_ID, "secret_access_key": KEY,
        }},
    })
}

fn store_in(store: &PrivateS3) -> impl FnOnce(&mut World) {
    let port = store.port();
    move |world| {
        world.secondary_storage.hosts.insert("s3.example".into(), port);
    }
}

#[tokio::test]
async fn an_image_is_fetched_from_the_image_server_and_gone_from_there() {
    let images = Images::new().await;
    let stage = Stage::of(images.world()).await;
    let image = stage.image();
    let mut plugin = images.plugin();
    plugin["stemcell"]["zones"] = json!(["adv", "basic"]);
    let cid = stage.create(&image, plugin, json!({})).await.unwrap();
    let rows = stage.templates();
    assert_eq!(rows.len(), 2, "a row per zone");
    assert!(rows.iter().all(|row| row["isready"] == true && row["id"] == json!(cid)), "{rows:?}");
    assert!(rows[0]["url"].as_str().unwrap().ends_with(".qcow2"), "{rows:?}");
    assert_eq!(stage.arrived(&cid), sha256(&image));
    assert_eq!(images.there(), Vec::<String>::new());
    let recovery = stage.bench.cloud().recover().await.unwrap();
    assert!(recovery.undone.is_empty() && recovery.left.is_empty(), "{recovery:?}");
}

#[tokio::test]
async fn an_image_is_fetched_from_a_bucket_and_gone_from_there() {
    let store = PrivateS3::start().await.unwrap();
    let stage = Stage::of(store_in(&store)).await;
    let image = stage.image();
    let cid = stage.create(&image, bucket(&store), json!({})).await.unwrap();
    assert_eq!(stage.arrived(&cid), sha256(&image));
    assert_eq!((store.objects().len(), store.unfinished()), (0, 0));
    let put = store.requests().into_iter().find(|request| request.starts_with("PUT")).unwrap();
    assert!(put.starts_with("PUT /images/stemcells/stemcell-") && put.ends_with(".qcow2"), "{put}");
}

/// What goes wrong at CloudStack's side is told without the link, and leaves nothing anywhere.
#[tokio::test]
async fn what_cloudstack_cannot_fetch_leaves_nothing() {
    let images = Images::new().await;
    // It knows no host of that name.
    let stage = Stage::new().await;
    let image = stage.image();
    let error = stage.create(&image, images.plugin(), json!({})).await.unwrap_err();
    assert!(error.message.contains("Unable to resolve images.example"), "{error}");
    assert!(error.message.contains("http://images.example/get/…/stemcell-"), "{error}");
    assert_eq!((stage.templates().len(), images.there().len()), (0, 0));

    // Something else answers there.
    let other = PrivateS3::start().await.unwrap();
    let port = other.port();
    let stage = Stage::of(move |world| {
        world.secondary_storage.hosts.insert("images.example".into(), port);
    })
    .await;
    let error = stage.create(&image, images.plugin(), json!({})).await.unwrap_err();
    assert!(error.message.contains("HTTP Server returned 403"), "{error}");
    assert_eq!((stage.templates().len(), images.there().len()), (0, 0));

    // It answers the registration with an error that repeats the link.
    let stage = Stage::of(|world| {
        world.secondary_storage.hosts.insert("images.example".into(), 1);
    })
    .await;
    let error = stage.create(&image, images.plugin(), json!({})).await.unwrap_err();
    assert!(error.message.contains("Unable to establish connection"), "{error}");
    assert!(!contains_token(&error.message), "{error}");
    assert_eq!((stage.templates().len(), images.there().len()), (0, 0));
}

/// A token is an expiry and 64 digits.
fn contains_token(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word.len() == 64)
}

/// A place that does not take the image is told by its name, and without the password.
#[tokio::test]
async fn a_place_that_refuses_is_told() {
    let images = Images::new().await;
    let stage = Stage::of(images.world()).await;
    let image = stage.image();
    let mut wrong = images.plugin();
    wrong["stemcell"]["image_server"]["password"] = json!("wrong horse battery");
    let error = stage.create(&image, wrong, json!({})).await.unwrap_err();
    assert!(error.message.contains("says 401: wrong user or password"), "{error}");
    assert!(!error.message.contains("wrong horse"), "{error}");
    let mut long = images.plugin();
    long["stemcell"]["image_server"]["link_lifetime"] = json!(1_000_000);
    let error = stage.create(&image, long, json!({})).await.unwrap_err();
    assert!(error.message.contains("1 to 86400 seconds"), "{error}");

    let store = PrivateS3::start().await.unwrap();
    let mut wrong = bucket(&store);
    wrong["stemcell"]["s3"]["secret_access_key"] = json!("another key");
    let error = stage.create(&image, wrong, json!({})).await.unwrap_err();
    assert!(error.message.contains("SignatureDoesNotMatch"), "{error}");
    let mut wrong = bucket(&store);
    wrong["stemcell"]["s3"]["bucket"] = json!("");
    let error = stage.create(&image, wrong, json!({})).await.unwrap_err();
    assert!(error.message.contains("cloudstack.stemcell.s3.bucket: is required"), "{error}");
    let mut wrong = bucket(&store);
    wrong["stemcell"]["s3"]["link_lifetime"] = json!(0);
    let error = stage.create(&image, wrong, json!({})).await.unwrap_err();
    assert!(error.message.contains("cloudstack.stemcell.s3.link_lifetime: 0 s"), "{error}");
    assert_eq!((stage.templates().len(), store.objects().len()), (0, 0));
}

/// The bytes that CloudStack gets are not those that we have: the template is not taken.
#[tokio::test]
async fn a_checksum_that_does_not_match_leaves_nothing() {
    let store = PrivateS3::start().await.unwrap();
    let stage = Stage::of(store_in(&store)).await;
    let image = stage.image();
    store.garble(true);
    let error = stage.create(&image, bucket(&store), json!({})).await.unwrap_err();
    assert!(error.message.contains("checksum mismatch"), "{error}");
    assert_eq!((stage.templates().len(), store.objects().len()), (0, 0));
}

/// An image that cannot be removed in the end costs nobody the template; a later call removes it.
#[tokio::test]
async fn an_image_that_stays_for_now_is_removed_by_a_later_call() {
    let store = PrivateS3::start().await.unwrap();
    let stage = Stage::of(store_in(&store)).await;
    let image = stage.image();
    let mut plugin = bucket(&store);
    plugin["ledger"] = json!({"horizon": 0, "budget": 0});
    store.fail(StoreFault { request: "DELETE", status: 403, done: false });
    let cid = stage.create(&image, plugin.clone(), json!({})).await.unwrap();
    assert_eq!((stage.templates()[0]["id"].clone(), store.objects().len()), (json!(cid), 1));

    // The bucket is configured no more: it is told where something may be.
    let recovery = stage.bench.cloud().recover().await.unwrap();
    let error = recovery.left[0].1[0].to_string();
    assert!(
        error.contains("http://s3.example/images/stemcells/, which is not configured any more"),
        "{error}"
    );
    assert_eq!(store.objects().len(), 1);

    // As any call does first.
    stage.bench.cloud_with(plugin).open_with(&[]).await.unwrap();
    assert_eq!(store.objects(), Vec::<String>::new());
    assert_eq!(stage.templates().len(), 1);
}

/// A registration whose answer is lost is looked up, not sent again; and the image stays
/// published until the template is ready.
#[tokio::test]
async fn a_lost_answer_makes_no_second_template() {
    let images = Images::new().await;
    let stage = Stage::of(images.world()).await;
    let image = stage.image();
    let (command, kind) = ("registerTemplate".to_owned(), FaultKind::Reset);
    let fault = Fault { command, occurrence: 1, times: 1, when: When::After, kind };
    stage.bench.simulator.declare_faults(vec![fault]);
    let cid = stage.create(&image, images.plugin(), json!({})).await.unwrap();
    let rows = stage.templates();
    assert_eq!((rows.len(), &rows[0]["id"]), (1, &json!(cid)));
    assert_eq!(images.there(), Vec::<String>::new());
}

/// Where an image could come from two places, nobody guesses.
#[tokio::test]
async fn wrong_combinations_are_refused() {
    let images = Images::new().await;
    let store = PrivateS3::start().await.unwrap();
    let stage = Stage::of(images.world()).await;
    let image = stage.image();
    let mut both = images.plugin();
    both["stemcell"]["s3"] = bucket(&store)["stemcell"]["s3"].clone();
    for route in ["auto", "url"] {
        both["stemcell"]["route"] = json!(route);
        let error = stage.create(&image, both.clone(), json!({})).await.unwrap_err();
        assert!(error.message.contains("both image_server and s3"), "{error}");
    }
    let mut third = images.plugin();
    third["stemcell"]["url_template"] = json!("http://images.example/x.qcow2");
    let error = stage.create(&image, third, json!({})).await.unwrap_err();
    assert!(error.message.contains("both url_template and image_server"), "{error}");
    // What is not asked for does not matter.
    both["stemcell"]["route"] = json!("upload");
    stage.create(&image, both, json!({})).await.unwrap();
    assert_eq!((images.there().len(), store.requests().len()), (0, 0));
    let mut odd = images.plugin();
    odd["stemcell"]["image_server"]["url"] = json!("http://bosh:secret@images.example");
    let error = stage.create(&image, odd, json!({})).await.unwrap_err();
    assert!(error.message.contains("image_server.url: user and password have places"), "{error}");
    assert!(!error.message.contains("secret@"), "{error}");
}

/// The doctor tells before a stemcell is unpacked whether it could be published.
#[tokio::test]
async fn the_doctor_looks_at_the_places() {
    let images = Images::new().await;
    let store = PrivateS3::start().await.unwrap();
    let stage = Stage::new().await;
    let told = async |plugin: Value| {
        let findings = stage.bench.cloud_with(plugin).examine(&Questions::default()).await;
        let ours = findings.into_iter().find(|row| row.check.starts_with("publishing"));
        let row = ours.expect("a row");
        assert!(!format!("{row:?}").contains("horse"), "{row:?}");
        (row.level, row.found)
    };
    assert_eq!(told(images.plugin()).await.0, Level::Ok);
    assert_eq!(told(bucket(&store)).await.0, Level::Ok);
    let mut wrong = images.plugin();
    wrong["stemcell"]["image_server"]["password"] = json!("wrong horse battery");
    assert_eq!(told(wrong).await.0, Level::Fail);
    let mut wrong = bucket(&store);
    wrong["stemcell"]["s3"]["access_key_id"] = json!("nobody");
    let (level, found) = told(wrong).await;
    assert!(level == Level::Fail && found.contains("403"), "{found}");
    let mut wrong = bucket(&store);
    wrong["stemcell"]["s3"]["prefix"] = json!("../");
    let (level, found) = told(wrong).await;
    assert!(level == Level::Fail && found.contains("stemcell.s3.prefix"), "{found}");
}
