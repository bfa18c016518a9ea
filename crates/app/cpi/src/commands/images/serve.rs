//! `cpi images serve`.

use crate::commands::password::{self, PASSWORD};
use crate::commands::person::{block_on, parse_age, parse_size};

use crate::{log, stdout};
use bosh_cpi::config::LogLevel;
use clap::Args;
use cloud_http::reveal;
use cpi_runtime::Secrets;
use image_server::{Limits, Server, Settings, TlsSettings};
use serde_json::json;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

pub const EXAMPLE: &str = "\
Example:
  cpi images serve --folder /var/vcap/store/images --listen-tls 0.0.0.0:8443 \\
    --certificate cert.pem --key key.pem --password-file password \\
    --public-url https://images.example.com:8443";

/// Serve a folder of images until SIGINT or SIGTERM. Whoever has the password publishes (PUT,
/// POST, DELETE and PROPFIND on /images/, as WebDAV has them); a cloud fetches by links that need
/// none and expire. GET /healthz tells whether it works.
///
/// Prints one JSON line once it is ready: `http` and `https`, the addresses it listens on. The
/// log, a line for each request, goes to standard error.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Serve {
    /// Where the images are; made if it is not there. One server at a time.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,

    /// Where to listen without TLS. Beside --listen-tls this is for links only.
    #[arg(long, value_name = "ADDR", required_unless_present = "listen_tls")]
    listen: Option<SocketAddr>,

    /// Where to listen with TLS.
    #[arg(long, value_name = "ADDR", requires_all = ["certificate", "key"])]
    listen_tls: Option<SocketAddr>,

    /// A PEM file with the certificate, and those between it and its CA.
    #[arg(long, value_name = "FILE", requires = "listen_tls")]
    certificate: Option<PathBuf>,

    /// A PEM file with the certificate's key.
    #[arg(long, value_name = "FILE", requires = "listen_tls")]
    key: Option<PathBuf>,

    /// Who may publish.
    #[arg(long, value_name = "NAME", default_value = "bosh")]
    user: String,

    /// A file with their password. Without, the environment's CPI_IMAGES_PASSWORD.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// By which URL clouds reach the server: what links begin with. Without, links begin with
    /// the URL by which the image was published.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,

    /// Remove what is older: 90s, 15m, 24h, 7d.
    #[arg(long, value_name = "AGE", default_value = "7d", value_parser = parse_age)]
    max_age: Duration,

    /// The most that all images may have together: 500M, 20G. The oldest ones make room.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_size: Option<u64>,

    /// An image that is younger makes room for no other.
    #[arg(long, value_name = "AGE", default_value = "1h", value_parser = parse_age)]
    keep: Duration,

    /// The longest that a link may be good.
    #[arg(long, value_name = "AGE", default_value = "24h", value_parser = parse_age)]
    longest_link: Duration,

    /// How long transfers may go on once the server is told to stop.
    #[arg(long, value_name = "AGE", default_value = "30s", value_parser = parse_age)]
    grace: Duration,

    /// Check everything, and serve nothing.
    #[arg(long)]
    check: bool,
}

impl Serve {
    /// Serves.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let check = self.check;
        let settings = self.settings()?;
        let mut secrets = Secrets::default();
        secrets.add(&json!({"password": reveal(&settings.password)}));
        log::to_stderr(LogLevel::Info, secrets);
        let server = Server::new(settings)?;
        if !check {
            block_on(serve(server))?;
        }
        Ok(ExitCode::SUCCESS)
    }

    fn settings(self) -> anyhow::Result<Settings> {
        let password = password::read(self.password_file.as_deref())?;
        let tls = match (self.listen_tls, self.certificate, self.key) {
            (Some(listen), Some(certificate), Some(key)) => {
                Some(TlsSettings { listen, certificate, key })
            }
            _ => None,
        };
        let limits = Limits {
            age: self.max_age,
            bytes: self.max_size,
            keep: self.keep,
            link: self.longest_link,
            grace: self.grace,
            ..Limits::default()
        };
        let password = password.ok_or_else(|| {
            anyhow::anyhow!("no password: say --password-file FILE, or set {PASSWORD}")
        })?;
        Ok(Settings {
            folder: self.folder,
            listen: self.listen,
            tls,
            user: self.user,
            password,
            public_url: self.public_url.filter(|url| !url.is_empty()),
            limits,
        })
    }
}

async fn serve(server: Server) -> anyhow::Result<()> {
    // Heard before the line is printed, since a driver may be done in no time.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let running = server.start().await?;
    if let (Some(address), None) = (running.plain(), running.tls())
        && !address.ip().is_loopback()
    {
        tracing::warn!("the password comes over {address} without TLS: say --listen-tls, too");
    }
    let ready = json!({"http": running.plain(), "https": running.tls()});
    stdout::write_line(&ready.to_string())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    running.stop().await;
    Ok(())
}
