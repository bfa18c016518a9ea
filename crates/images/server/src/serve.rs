//! Starting and stopping.

use crate::auth::User;
use crate::connection_limit::{ConnectionLimit, affordable};
use crate::failed_logins::FailedLogins;
use crate::links::Links;
use crate::listener::{Listener, Patience, Peer};
use crate::routes::{AppState, shown};
use crate::settings::{ServeError, Settings};
use crate::store::Store;
use crate::tls;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Extension, Router};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A server that is ready to begin.
pub struct Server {
    settings: Settings,
    state: Arc<AppState>,
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
        let state = AppState {
            links: Links::of(folder)?,
            user: User::new(&settings.user, &settings.password).map_err(failed)?,
            failed_logins: FailedLogins::default(),
            public_url: settings.public_url.clone(),
            limits: settings.limits,
            has_tls: tls.is_some(),
            store,
        };
        Ok(Self { settings, state: Arc::new(state), tls })
    }

    /// Begins to serve.
    ///
    /// # Errors
    /// `Listen`.
    pub async fn start(self) -> Result<Running, ServeError> {
        let (stop, stopped) = watch::channel(false);
        let router = Router::new().fallback(answer).with_state(Arc::clone(&self.state));
        let mut servers = Vec::new();
        let mut serve = async |address, tls| {
            let failed = |reason| ServeError::Listen { address, reason };
            let socket = TcpListener::bind(address).await.map_err(failed)?;
            let address = socket.local_addr().map_err(failed)?;
            let listener = self.listener(socket, tls, router.clone());
            servers.push(tokio::spawn(listener.serve(stopped.clone())));
            Ok::<_, ServeError>(address)
        };
        let plain = match self.settings.listen {
            Some(address) => Some(serve(address, None).await?),
            None => None,
        };
        let tls = match (&self.tls, &self.settings.tls) {
            (Some(config), Some(tls)) => {
                Some(serve(tls.listen, Some(TlsAcceptor::from(Arc::clone(config)))).await?)
            }
            _ => None,
        };
        let limits = self.settings.limits;
        let sweeper = tokio::spawn(sweep(Arc::clone(&self.state.store), limits.sweep));
        Ok(Running { plain, tls, stop, servers, sweeper, grace: limits.grace })
    }

    fn listener(&self, socket: TcpListener, tls: Option<TlsAcceptor>, router: Router) -> Listener {
        let limits = &self.settings.limits;
        let listeners =
            usize::from(self.settings.listen.is_some()) + usize::from(self.tls.is_some());
        let connections = limits.connections.unwrap_or_else(affordable) / listeners.max(1);
        Listener {
            socket,
            tls,
            limit: ConnectionLimit::new(connections),
            patience: Patience { headers: limits.headers, write: limits.write },
            router,
        }
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
    State(state): State<Arc<AppState>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let begun = Instant::now();
    let line = format!("{} {}", request.method(), shown(request.uri().path()));
    let range = request.headers().get(axum::http::header::RANGE).is_some();
    let response = state.answer(peer, request).await;
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
