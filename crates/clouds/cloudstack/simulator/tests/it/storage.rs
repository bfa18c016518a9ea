//! How images come in: uploads to the storage VM, and what it fetches.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::Value;
use simulator_cloudstack::{Running, Simulator, World};
use std::time::Duration;

const ZONE: &str = "a6c74611-d80a-4d66-aaa1-3e942ee40e51";
const OS_TYPE: &str = "a3e98e37-e521-11f1-8774-02fc00000001";

/// The SHA-256 of the image below.
const SUM: &str = "{SHA-256}882b2a5f864a5fc6e552723619bab207e1715df71f53c5d51ffc5b217c656b0f";

/// A qcow2 header of a disk of 5 GiB, and some content.
fn image() -> Vec<u8> {
    let mut image = b"QFI\xfb\0\0\0\x02".to_vec();
    image.resize(24, 0);
    image.extend((5_u64 << 30).to_be_bytes());
    image.resize(300_000, 7);
    image
}

async fn start(change: impl FnOnce(&mut World)) -> Running {
    let mut world = World::builtin().instant();
    change(&mut world);
    Simulator::start(world, ([127, 0, 0, 1], 0).into()).await.unwrap()
}

fn ask(cloud: &Running, more: &[(&str, &str)]) -> (u16, Value) {
    let mut params = vec![
        ("name", "t"),
        ("format", "QCOW2"),
        ("hypervisor", "KVM"),
        ("ostypeid", OS_TYPE),
        ("zoneid", ZONE),
    ];
    params.extend(more);
    let by_url = more.iter().any(|(name, _)| *name == "url");
    let command = if by_url { "registerTemplate" } else { "getUploadParamsForTemplate" };
    cloud.call("admin", command, &params)
}

fn rows(cloud: &Running) -> Vec<Value> {
    let (_, body) = cloud.call("admin", "listTemplates", &[("templatefilter", "self")]);
    body["listtemplatesresponse"]["template"].as_array().cloned().unwrap_or_default()
}

fn upload_params(cloud: &Running, more: &[(&str, &str)]) -> Value {
    let (status, body) = ask(cloud, more);
    assert_eq!(status, 200, "{body}");
    body["postuploadtemplateresponse"]["getuploadparams"].clone()
}

struct Form<'a> {
    params: &'a Value,
    file: &'a str,
    content: &'a [u8],
}

async fn post(cloud: &Running, form: Form<'_>) -> (u16, String) {
    let mut body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\n\r\n",
        form.file
    )
    .into_bytes();
    body.extend_from_slice(form.content);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let ca = reqwest::Certificate::from_pem(cloud.storage_ca_cert().as_bytes()).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap();
    let text = |name: &str| form.params[name].as_str().unwrap_or_default().to_owned();
    let answer = client
        .post(text("postURL"))
        .header("X-signature", text("signature"))
        .header("X-metadata", text("metadata"))
        .header("X-expires", text("expires"))
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// The whole way of an upload; its address is good for one.
#[tokio::test]
async fn an_upload_makes_a_template_ready_once() {
    let cloud = start(|_| {}).await;
    let params = upload_params(&cloud, &[]);
    assert_eq!(rows(&cloud)[0]["status"], "NotUploaded");
    let image = image();
    let form = || Form { params: &params, file: "x.qcow2", content: &image };
    assert_eq!(post(&cloud, form()).await, (200, "upload successful.".into()));
    let row = &rows(&cloud)[0];
    assert_eq!((&row["isready"], &row["status"]), (&true.into(), &"Download Complete".into()));
    assert_eq!(row["size"].as_u64(), Some(5 << 30));
    assert_eq!(row["physicalsize"].as_u64(), Some(300_000));
    let (status, text) = post(&cloud, form()).await;
    assert!(status == 400 && text.contains("already used"), "{status} {text}");
}

/// Everything that a storage VM finds fault with, and what it makes of the template.
#[tokio::test]
async fn a_wrong_upload_is_refused_and_spoils_its_template() {
    let cloud = start(|world| world.secondary_storage.largest_upload = 400_000).await;
    let whole = image();
    let large = vec![1; 500_000];
    let wrong = [("checksum", "{SHA-256}00")];
    for (more, file, content, said) in [
        (&[][..], "x.qcow2", &b"no image"[..], "mismatch between selected format"),
        (&[], "x.vhd", &whole, "valid qcow2"),
        (&wrong, "x.qcow2", &whole, "checksum mismatch"),
        (&[], "x.qcow2", &large, "Maximum file upload size"),
    ] {
        let params = upload_params(&cloud, more);
        let (status, text) = post(&cloud, Form { params: &params, file, content }).await;
        assert!(status == 400 && text.contains(said), "{status} {text}");
        let mine = rows(&cloud).into_iter().find(|row| row["id"] == params["id"]).unwrap();
        assert_eq!(mine["isready"], false);
        assert_ne!(mine["status"], "NotUploaded", "{said}");
    }
}

/// A signature is for one address, one metadata and one time.
#[tokio::test]
async fn who_has_no_signature_is_not_let_in() {
    let cloud = start(|_| {}).await;
    let params = upload_params(&cloud, &[]);
    let image = image();
    for (field, value, said) in [
        ("signature", "bm8=", "signature validation failed"),
        ("metadata", "bm8=", "signature validation failed"),
        ("expires", "2099-01-01T00:00:00.000Z", "signature validation failed"),
    ] {
        let mut params = params.clone();
        params[field] = value.into();
        let form = Form { params: &params, file: "x.qcow2", content: &image };
        let (status, text) = post(&cloud, form).await;
        assert!(status == 400 && text.contains(said), "{field}: {status} {text}");
    }
    cloud.advance(Duration::from_secs(3601));
    assert_eq!(rows(&cloud)[0]["status"], "UploadAbandoned");
    let form = Form { params: &params, file: "x.qcow2", content: &image };
    assert_eq!(post(&cloud, form).await.1, "request not valid anymore.");
}

/// A client that lets its HTTP library spell the headers fails on such a cloud.
#[tokio::test]
async fn an_older_storage_vm_reads_headers_in_one_spelling() {
    let cloud = start(|world| world.secondary_storage.exact_headers = true).await;
    let params = upload_params(&cloud, &[]);
    let image = image();
    let (status, text) =
        post(&cloud, Form { params: &params, file: "x.qcow2", content: &image }).await;
    assert!(status == 400 && text.contains("compulsory"), "{status} {text}");
}

#[tokio::test]
async fn without_a_storage_vm_nothing_is_uploaded() {
    let cloud = start(|world| world.secondary_storage.running = false).await;
    let (status, body) = ask(&cloud, &[]);
    assert_eq!(status, 530);
    assert!(body.to_string().contains("There is no secondary storage VM"), "{body}");
    assert!(rows(&cloud).is_empty());
}

/// A server that has the image, and one file that it has not.
async fn serve() -> u16 {
    let router = Router::new()
        .route("/x.qcow2", get(|| async { image() }))
        .route("/gone.qcow2", get(|| async { StatusCode::NOT_FOUND }));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

async fn ended(cloud: &Running) -> Value {
    loop {
        let row = rows(cloud).remove(0);
        let status = row["status"].as_str().unwrap_or_default();
        let goes_on = status == "Active" || status.ends_with('d') && status.contains('%');
        if !goes_on && status != "Installing Template" {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// It is really fetched; what is wrong with it stands in the status.
#[tokio::test]
async fn a_url_is_fetched_and_checked() {
    let port = serve().await;
    for (url, checksum, wanted) in [
        ("http://images.example/x.qcow2", Some(SUM), "Download Complete"),
        ("http://images.example:8080/x.qcow2?sig=1", Some("{SHA-1}00"), "checksum mismatch"),
        ("http://images.example/gone.qcow2", None, " HTTP Server returned 404 (expected 200 OK) "),
    ] {
        let map = |world: &mut World| {
            world.secondary_storage.hosts.insert("images.example".into(), port);
        };
        let cloud = start(map).await;
        let mut more = vec![("url", url)];
        more.extend(checksum.map(|sum| ("checksum", sum)));
        let (status, body) = ask(&cloud, &more);
        assert_eq!(status, 200, "{body}");
        let row = ended(&cloud).await;
        assert!(row["status"].as_str().unwrap().contains(wanted), "{url}: {row}");
        assert_eq!(row["isready"], wanted == "Download Complete");
    }
}

/// What CloudStack checks while the caller waits.
#[tokio::test]
async fn a_url_that_cannot_be_reached_is_refused_at_once() {
    let closed = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let map = |world: &mut World| {
        world.secondary_storage.hosts.insert("down.example".into(), port);
    };
    let cloud = start(map).await;
    for (url, said) in [
        ("http://127.0.0.1:9/x.qcow2", "Illegal host specified in URL."),
        ("http://localhost/x.qcow2", "Illegal host specified in URL."),
        ("http://[fd00::1]/x.qcow2", "Illegal host specified in URL."),
        ("http://nowhere.example/x.qcow2", "Unable to resolve nowhere.example"),
        ("http://down.example/x.qcow2", "Unable to establish connection with URL"),
        ("http://down.example/x.vhd", "Please specify a valid qcow2"),
    ] {
        let (status, body) = ask(&cloud, &[("url", url)]);
        assert!(status == 431 && body.to_string().contains(said), "{url}: {body}");
    }
    assert!(rows(&cloud).is_empty());
}
