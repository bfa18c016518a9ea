//! The message bus over HTTPS: messages at `/agent`, blobs at `/blobs/…/<id>`.
//!
//! Source: bosh-agent `httpsdispatcher` and `mbus/https_handler.go`.

use super::builtin::Booted;
use super::lock;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::Listener;
use axum::{Json, Router};
use rcgen::{CertificateParams, KeyPair};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// The largest blob.
const LARGEST: usize = 1 << 30;

/// A message.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// What to do.
    pub method: String,
    /// With what.
    #[serde(default)]
    pub arguments: Vec<Value>,
}

/// Speaks TLS with this certificate and key, or with one that it signs itself.
pub fn acceptor(identity: Option<&(String, String)>) -> Result<TlsAcceptor, String> {
    let (chain, key) = match identity {
        Some((certificate, key)) => given(certificate, key)?,
        None => self_signed().map_err(|e| format!("no certificate: {e}"))?,
    };
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key);
    let config = config.map_err(|e| format!("env.bosh.mbus.cert: {e}"))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn given(certificate: &str, key: &str) -> Result<Identity, String> {
    let wrong = |what: &str| format!("env.bosh.mbus.cert.{what} is no PEM");
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect();
    let chain = chain.map_err(|_| wrong("certificate"))?;
    // The parser's error may hold what it read.
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|_| wrong("private_key"))?;
    Ok((chain, key))
}

fn self_signed() -> Result<Identity, rcgen::Error> {
    let key = KeyPair::generate()?;
    let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
    let certificate = CertificateParams::new(names)?.self_signed(&key)?;
    Ok((vec![certificate.der().clone()], key.into()))
}

/// Serves until it is aborted.
pub async fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    agent: Arc<Booted>,
    authorization: String,
) -> Result<(), String> {
    let router = Router::new()
        .route("/agent", post(message))
        .route("/blobs/{*path}", get(blob).put(put_blob))
        .layer(middleware::from_fn_with_state(Arc::<str>::from(authorization), guard))
        .layer(DefaultBodyLimit::max(LARGEST))
        .with_state(agent);
    let door = Door { listener, acceptor, greeting: JoinSet::new() };
    axum::serve(door, router).await.map_err(|e| e.to_string())
}

/// Connections that speak TLS.
struct Door {
    listener: TcpListener,
    acceptor: TlsAcceptor,
    /// Those that do not yet. They end with the door.
    greeting: JoinSet<std::io::Result<(TlsStream<TcpStream>, SocketAddr)>>,
}

impl Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, peer) = Listener::accept(&mut self.listener) => {
                    let acceptor = self.acceptor.clone();
                    self.greeting.spawn(async move { Ok((acceptor.accept(stream).await?, peer)) });
                }
                Some(Ok(Ok(greeted))) = self.greeting.join_next() => return greeted,
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// Lets in who knows the password. A connection serves one request, so that none outlives the VM.
async fn guard(State(authorization): State<Arc<str>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).map(HeaderValue::as_bytes);
    let mut response = if given == Some(authorization.as_bytes()) {
        next.run(request).await
    } else {
        let challenge = [(header::WWW_AUTHENTICATE, r#"Basic realm="""#)];
        (StatusCode::UNAUTHORIZED, challenge).into_response()
    };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

async fn message(State(agent): State<Arc<Booted>>, body: Bytes) -> Response {
    let answer = match serde_json::from_slice::<Message>(&body) {
        Ok(message) => agent.handle(message),
        Err(error) => Err(format!("Unmarshalling JSON payload: {error}")),
    };
    Json(match answer {
        Ok(value) => json!({"value": value}),
        Err(message) => json!({"exception": {"message": message}}),
    })
    .into_response()
}

async fn blob(State(agent): State<Arc<Booted>>, Path(path): Path<String>) -> Response {
    match lock(&agent.inside.memory).blobs.get(blob_id(&path)) {
        Some(bytes) => bytes.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn put_blob(
    State(agent): State<Arc<Booted>>,
    Path(path): Path<String>,
    bytes: Bytes,
) -> StatusCode {
    lock(&agent.inside.memory).blobs.insert(blob_id(&path).to_owned(), bytes);
    StatusCode::CREATED
}

/// Only the last part of a path counts.
fn blob_id(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
