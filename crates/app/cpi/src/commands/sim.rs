//! `cpi sim`: an embedded cloud, for drivers of any kind.

use crate::stdout;
use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};
use simulator_cloudstack::agents::Agents;
use simulator_cloudstack::world::RoleSpec;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use trials::cloud::{Plugin, World};

const EXAMPLE: &str = "\
Examples:
  cpi sim --listen 127.0.0.1:8080 &
  {\"endpoint\":\"http://127.0.0.1:8080/client/api\",\"api_key\":\"…\",…}

  cpi sim --cloud softlayer &
  {\"endpoint\":\"http://127.0.0.1:40421/rest/v3.1\",\"username\":\"…\",\"api_key\":\"…\",…}

A world to start from is printed by --print-world.";

/// Serve an embedded cloud until SIGINT or SIGTERM.
///
/// Prints one JSON line once it is ready. CloudStack: `endpoint`, the keys of an admin (`api_key`,
/// `secret_access_key`) and of a plain user (`user_api_key`, `user_secret_access_key`), and the CA
/// of its storage VM's certificate (`storage_ca`), for a config's `ca_cert`.
/// SoftLayer: `endpoint`, `username`, `api_key`, and where an IAM key buys a token
/// (`iam_endpoint`, `iam_key`).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Sim {
    /// Which cloud: cloudstack or softlayer.
    #[arg(long, value_name = "CLOUD", default_value_t)]
    cloud: Plugin,

    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// A YAML file with what there is at the start, permissions and latencies, instead of the
    /// built-in cloud.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Give each VM that runs an agent: 'builtin' is played by the simulator
    /// over the HTTPS message bus, on 127.0.0.1 at the port of the settings' `mbus`; anything else
    /// is a command for a shell, once for each VM, with `CPI_SIM_VM`, `CPI_SIM_METADATA` (the URL
    /// of its metadata service) and `CPI_SIM_DIR` (its folder, with its disks as files under
    /// `dev`).
    #[arg(long, value_name = "COMMAND")]
    agent: Option<Agents>,

    /// Print the built-in cloud as such a file, and serve nothing.
    #[arg(long)]
    print_world: bool,
}

impl Sim {
    /// Serves.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if self.print_world {
            stdout::write_all(World::default_yaml(self.cloud).as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
        let world = self.world()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            match world {
                World::CloudStack(world) => cloudstack(world, self.listen, self.agent).await,
                World::SoftLayer(world) => softlayer(world, self.listen, self.agent).await,
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn world(&self) -> anyhow::Result<World> {
        let Some(path) = &self.world else {
            return Ok(World::builtin(self.cloud));
        };
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        World::from_yaml(self.cloud, &text).with_context(|| path.display().to_string())
    }
}

async fn cloudstack(
    world: simulator_cloudstack::World,
    listen: SocketAddr,
    agent: Option<Agents>,
) -> anyhow::Result<()> {
    let account = |role| {
        let found = world.accounts.iter().find(|account| account.role == role);
        found.map(|account| account.name.clone())
    };
    let (admin, user) = (account(RoleSpec::Admin), account(RoleSpec::User));
    serve(async move || {
        let running = simulator_cloudstack::Simulator::start(world, listen).await?;
        if let Some(agent) = agent {
            running.keep_agents(agent)?;
        }
        let ready = about_cloudstack(&running, admin, user);
        Ok((running, ready))
    })
    .await
}

async fn softlayer(
    world: simulator_softlayer::World,
    listen: SocketAddr,
    agent: Option<Agents>,
) -> anyhow::Result<()> {
    let user = world.users.first().cloned().unwrap_or_default();
    serve(async move || {
        let running = simulator_softlayer::Simulator::start(world, listen).await?;
        if let Some(agent) = agent {
            running.keep_agents(agent)?;
        }
        let ready = json!({
            "endpoint": running.endpoint(),
            "username": user.name,
            "api_key": user.api_key,
            "iam_endpoint": running.iam_endpoint(),
            "iam_key": user.iam_key,
        });
        Ok((running, ready))
    })
    .await
}

/// Starts, says so, and waits for a signal.
async fn serve<T>(start: impl AsyncFnOnce() -> anyhow::Result<(T, Value)>) -> anyhow::Result<()> {
    // Heard before the line is printed, since a driver may be done in no time.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (running, ready) = start().await?;
    stdout::write_line(&ready.to_string())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    drop(running);
    Ok(())
}

/// What a driver needs to know; null where the world has no such account.
fn about_cloudstack(
    running: &simulator_cloudstack::Running,
    admin: Option<String>,
    user: Option<String>,
) -> Value {
    let keys = |account: Option<String>| account.and_then(|name| running.credentials(&name));
    let (admin, user) = (keys(admin), keys(user));
    json!({
        "endpoint": running.endpoint(),
        "storage_ca": running.storage_ca_cert(),
        "api_key": admin.as_ref().map(|keys| &keys.api_key),
        "secret_access_key": admin.as_ref().map(|keys| &keys.secret_key),
        "user_api_key": user.as_ref().map(|keys| &keys.api_key),
        "user_secret_access_key": user.as_ref().map(|keys| &keys.secret_key),
    })
}
