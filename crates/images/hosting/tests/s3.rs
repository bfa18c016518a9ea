//! Publishing in a bucket, against a store that checks every signature.

use cloud_http::{Deadline, Secret, SendError, TransportSettings};
use image_hosting::{Bucket, ImageFile, Parts, PublishError, S3Settings, Style};
use std::time::Duration;
use tempfile::NamedTempFile;
use test_support::s3::{BUCKET, Fault, KEY, KEY_ID, PrivateS3, REGION};

const LIFETIME: Duration = Duration::from_secs(600);

fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

fn settings(store: &PrivateS3) -> S3Settings {
    S3Settings {
        endpoint: store.endpoint(),
        region: REGION.into(),
        bucket: BUCKET.into(),
        prefix: "stemcells/a b/".into(),
        access_key_id: Secret::from(KEY_ID),
        secret_access_key: Secret::from(KEY),
        style: Style::Path,
        parts: Parts::default(),
        transport: TransportSettings::default(),
    }
}

/// A bucket that cuts files into parts of 1000 bytes.
fn cutting(store: &PrivateS3) -> Bucket {
    let parts = Parts { above: 1000, each: 1000 };
    Bucket::new(S3Settings { parts, ..settings(store) }).unwrap()
}

fn file(bytes: usize) -> (NamedTempFile, ImageFile, Vec<u8>) {
    let content: Vec<u8> = (0..bytes).map(|at| (at % 251) as u8).collect();
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &content).unwrap();
    let image = ImageFile::new(file.path(), None).unwrap();
    (file, image, content)
}

/// Without credentials, as a cloud does it.
async fn get(url: &str) -> (u16, Vec<u8>) {
    let transport = cloud_http::Transport::new(TransportSettings::default()).unwrap();
    let request = http::Request::get(url).body(bytes::Bytes::new()).unwrap();
    let response = transport.send(request, soon()).await.unwrap();
    (response.status().as_u16(), response.into_body().to_vec())
}

#[tokio::test]
async fn a_small_file_goes_whole_and_its_link_needs_no_key() {
    let store = PrivateS3::start().await.unwrap();
    let bucket = Bucket::new(settings(&store)).unwrap();
    let (_kept, image, content) = file(5000);
    let mut gone = Vec::new();
    bucket.put("x.qcow2", &image, &mut |done| gone.push(done), soon()).await.unwrap();
    assert_eq!(gone.last(), Some(&5000));
    assert_eq!(store.objects(), ["stemcells/a b/x.qcow2"]);

    let link = bucket.link("x.qcow2", LIFETIME).unwrap();
    assert_eq!(get(link.reveal()).await, (200, content));
    let shown = format!("{link} {link:?}");
    assert!(shown.contains("/x.qcow2") && !shown.contains("X-Amz"), "{shown}");
    let forged = link.reveal().replace("x.qcow2", "y.qcow2");
    assert_eq!(get(&forged).await.0, 403, "a link is for one file");
    let longer = link.reveal().replace("X-Amz-Expires=600", "X-Amz-Expires=6000");
    assert_eq!(get(&longer).await.0, 403, "nobody makes it live longer");

    assert!(bucket.delete("x.qcow2", soon()).await.unwrap());
    assert!(!bucket.delete("x.qcow2", soon()).await.unwrap(), "twice is no fault");
    assert_eq!(store.objects(), Vec::<String>::new());
}

/// The last part is shorter than the others, and the parts are in order.
#[tokio::test]
async fn a_large_file_goes_in_parts() {
    let store = PrivateS3::start().await.unwrap();
    let bucket = cutting(&store);
    let (_kept, image, content) = file(3456);
    let mut gone = Vec::new();
    bucket.put("x", &image, &mut |done| gone.push(done), soon()).await.unwrap();
    assert_eq!(gone, [1000, 2000, 3000, 3456]);
    assert_eq!(store.object("stemcells/a b/x"), Some(content));
    assert_eq!(store.unfinished(), 0);
    assert_eq!(store.requests().iter().filter(|r| r.contains("partNumber")).count(), 4);
}

/// A part that is lost is sent again, and not the rest.
#[tokio::test]
async fn a_lost_part_is_sent_again() {
    let store = PrivateS3::start().await.unwrap();
    let bucket = cutting(&store);
    let (_kept, image, content) = file(3456);
    for done in [false, true] {
        store.fail(Fault { request: "PUT partNumber", status: 503, done });
        store.fail(Fault { request: "POST uploadId", status: 500, done });
    }
    bucket.put("x", &image, &mut |_| {}, soon()).await.unwrap();
    assert_eq!(store.object("stemcells/a b/x"), Some(content));
    assert_eq!(store.unfinished(), 0);
}

/// Parts that nobody completes cost money without being seen.
#[tokio::test]
async fn the_parts_of_a_file_that_fails_are_given_up() {
    let store = PrivateS3::start().await.unwrap();
    let bucket = cutting(&store);
    let (_kept, image, _) = file(3456);
    store.fail(Fault { request: "PUT partNumber", status: 400, done: false });
    let error = bucket.put("x", &image, &mut |_| {}, soon()).await.unwrap_err();
    assert!(matches!(&error, PublishError::Refused { status: 400, .. }), "{error}");
    assert_eq!((store.unfinished(), store.objects().len()), (0, 0));

    // As if the process had died: an upload that another process finds by its name.
    store.fail(Fault { request: "PUT partNumber", status: 400, done: false });
    store.fail(Fault { request: "GET prefix", status: 403, done: false });
    bucket.put("x", &image, &mut |_| {}, soon()).await.unwrap_err();
    assert_eq!(store.unfinished(), 1);
    assert!(!bucket.delete("x+y", soon()).await.unwrap());
    assert_eq!(store.unfinished(), 1, "another name's parts stay");
    assert!(bucket.delete("x", soon()).await.unwrap());
    assert_eq!(store.unfinished(), 0);
}

#[tokio::test]
async fn a_refusal_is_told_in_the_store_s_words_and_without_keys() {
    let store = PrivateS3::start().await.unwrap();
    let (_kept, image, _) = file(10);
    let refused = async |settings: S3Settings| {
        let bucket = Bucket::new(settings).unwrap();
        bucket.put("x", &image, &mut |_| {}, soon()).await.unwrap_err()
    };
    let good = settings(&store);
    for (wrong, said) in [
        (S3Settings { secret_access_key: "hush".into(), ..good.clone() }, "SignatureDoesNotMatch"),
        (S3Settings { access_key_id: "who".into(), ..good.clone() }, "InvalidAccessKeyId"),
        (S3Settings { bucket: "other".into(), ..good.clone() }, "404: NoSuchBucket"),
        (S3Settings { region: "mars".into(), ..good.clone() }, "AuthorizationQuery"),
    ] {
        let error = refused(wrong).await;
        assert!(error.had_no_effect(), "{error}");
        let text = format!("{error} {error:?}");
        assert!(text.contains(said) && !text.contains("hush") && !text.contains(KEY), "{text}");
    }
    let nowhere = S3Settings { endpoint: "http://127.0.0.1:1".into(), ..good };
    let error = Bucket::new(nowhere)
        .unwrap()
        .put("x", &image, &mut |_| {}, Deadline::after(Duration::from_secs(1)))
        .await
        .unwrap_err();
    assert!(matches!(&error, PublishError::Lost { error: SendError::NotSent(_), .. }), "{error}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named() {
    let store = PrivateS3::start().await.unwrap();
    let good = settings(&store);
    for (wrong, name) in [
        (S3Settings { endpoint: "".into(), ..good.clone() }, "endpoint: is required"),
        (S3Settings { endpoint: "store.example".into(), ..good.clone() }, "endpoint: invalid URL"),
        (S3Settings { endpoint: "ftp://store".into(), ..good.clone() }, "endpoint: must begin"),
        (S3Settings { bucket: " ".into(), ..good.clone() }, "bucket: is required"),
        (S3Settings { region: "".into(), ..good.clone() }, "region: is required"),
        (S3Settings { prefix: "/x/".into(), ..good.clone() }, "prefix:"),
        (S3Settings { prefix: "a/../../other/".into(), ..good.clone() }, "prefix:"),
        (
            S3Settings { secret_access_key: "".into(), ..good.clone() },
            "secret_access_key: is required",
        ),
    ] {
        let Err(error) = Bucket::new(wrong) else { panic!("{name} is taken") };
        assert!(error.to_string().starts_with(name), "{name}: {error}");
    }
    let bucket = Bucket::new(good).unwrap();
    for lifetime in [Duration::ZERO, Duration::from_secs(604_801)] {
        assert!(bucket.link("x", lifetime).is_err(), "{lifetime:?}");
    }
    assert!(bucket.link("../x", LIFETIME).is_err());
}
