//! Starting and stopping.

use crate::handle::{Desk, Entrance, shown};
use crate::links::Links;
use crate::settings::{ServeError, Settings};
use crate::store::Store;
use crate::tls::{self, TlsListener};
use crate::user::User;
use axum::Router;
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::Response;
use axum::serve::IncomingStream;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A server that is ready to begin.
pub struct Server {
    settings: Settings,
    desk: Arc<Desk>,
    tls: Option<Arc<rustls::ServerConfig>>,
}

/// One that runs.
pub struct Running {
    plain: Option<SocketAddr>,
    tls: Option<SocketAddr>,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    sweeper: JoinHandle<()>,
    grace: Duration,
}

/// Who asks, and how.
#[derive(Debug, Clone, Copy)]
struct Peer {
    address: SocketAddr,
    entrance: Entrance,
}

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self { address: *stream.remote_addr(), entrance: Entrance::Plain }
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self { address: *stream.remote_addr(), entrance: Entrance::Tls }
    }
}

impl Server {
    /// Checks the settings, the folder and the certificate. Listens nowhere yet.
    ///
    /// # Errors
    /// Whatever keeps it from working.
    pub fn new(settings: Settings) -> Result<Self, ServeError> {
        settings.check()?;
        let tls = settings.tls.as_ref().map(tls::config).transpose()?;
        let folder = &settings.folder;
        let failed = |reason| ServeError::Folder { path: folder.clone(), reason };
        let store = Arc::new(Store::open(folder, settings.limits)?);
        let desk = Desk {
            links: Links::of(folder)?,
            user: User::new(&settings.user, &settings.password).map_err(failed)?,
            public_url: settings.public_url.clone(),
            limits: settings.limits,
            has_tls: tls.is_some(),
            store,
        };
        Ok(Self { settings, desk: Arc::new(desk), tls })
    }

    /// Begins to serve.
    ///
    /// # Errors
    /// `Listen`.
    pub async fn start(self) -> Result<Running, ServeError> {
        let (stop, stopped) = watch::channel(false);
        let (mut servers, mut addresses) = (Vec::new(), (None, None));
        let failed = |address| move |reason| ServeError::Listen { address, reason };
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.desk));
        let service = router.into_make_service_with_connect_info::<Peer>();
        if let Some(address) = self.settings.listen {
            let listener = TcpListener::bind(address).await.map_err(failed(address))?;
            addresses.0 = Some(listener.local_addr().map_err(failed(address))?);
            let serving = axum::serve(listener, service.clone());
            servers.push(tokio::spawn(run(serving.with_graceful_shutdown(until(stopped.clone())))));
        }
        if let (Some(config), Some(tls)) = (self.tls, &self.settings.tls) {
            let address = tls.listen;
            let listener = TcpListener::bind(address).await.map_err(failed(address))?;
            let listener = TlsListener::new(listener, config).map_err(failed(address))?;
            addresses.1 =
                Some(axum::serve::Listener::local_addr(&listener).map_err(failed(address))?);
            let serving = axum::serve(listener, service);
            servers.push(tokio::spawn(run(serving.with_graceful_shutdown(until(stopped.clone())))));
        }
        let limits = self.settings.limits;
        let sweeper = tokio::spawn(sweep(Arc::clone(&self.desk.store), limits.sweep));
        Ok(Running {
            plain: addresses.0,
            tls: addresses.1,
            stop,
            servers,
            sweeper,
            grace: limits.grace,
        })
    }
}

impl Running {
    /// Where it listens without TLS.
    pub fn plain(&self) -> Option<SocketAddr> {
        self.plain
    }

    /// Where it listens with TLS.
    pub fn tls(&self) -> Option<SocketAddr> {
        self.tls
    }

    /// Takes no more requests, and lets those under way end; for a while.
    pub async fn stop(self) {
        self.sweeper.abort();
        // Nobody listens once both servers have ended by themselves.
        let _ = self.stop.send(true);
        let aborts: Vec<_> = self.servers.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            for server in self.servers {
                // One that failed has ended, too.
                let _ = server.await;
            }
        };
        if tokio::time::timeout(self.grace, all).await.is_err() {
            tracing::warn!("transfers are cut off, after {} s", self.grace.as_secs());
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}

async fn run(serving: impl IntoFuture<Output = std::io::Result<()>>) {
    if let Err(error) = serving.await {
        tracing::error!("serving: {error}");
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // Fails only when the sender is gone, and then it is over as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Looks now and then for what is too old, beginning with what grew old before the start.
async fn sweep(store: Arc<Store>, every: Duration) {
    loop {
        let store = Arc::clone(&store);
        let swept = tokio::task::spawn_blocking(move || store.sweep(SystemTime::now())).await;
        if let Ok(Err(error)) = swept {
            tracing::error!("looking for what is too old: {error}");
        }
        tokio::time::sleep(every).await;
    }
}

async fn answer(
    State(desk): State<Arc<Desk>>,
    ConnectInfo(peer): ConnectInfo<Peer>,
    request: Request,
) -> Response {
    let begun = Instant::now();
    let line = format!("{} {}", request.method(), shown(request.uri().path()));
    let range = request.headers().get(axum::http::header::RANGE).is_some();
    let response = desk.answer(peer.entrance, request).await;
    let length = axum::body::HttpBody::size_hint(response.body()).exact().unwrap_or_default();
    tracing::info!(
        "{} {line}{} {} {length} bytes {} ms",
        peer.address.ip(),
        if range { " (range)" } else { "" },
        response.status().as_u16(),
        begun.elapsed().as_millis(),
    );
    response
}
