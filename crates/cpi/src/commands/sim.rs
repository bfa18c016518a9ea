//! `cpi sim`: the embedded cloud, for drivers of any kind.

use crate::stdout;
use anyhow::Context;
use clap::Args;
use serde_json::json;
use simulator::agents::Agents;
use simulator::world::RoleSpec;
use simulator::{Running, Simulator, World};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

const EXAMPLE: &str = "\
Example:
  cpi sim --listen 127.0.0.1:8080 &
  {\"endpoint\":\"http://127.0.0.1:8080/client/api\",\"api_key\":\"…\",…}

A world to start from is printed by --print-world.";

/// Serve the embedded CloudStack until SIGINT or SIGTERM.
///
/// Prints one JSON line once it is ready: `endpoint`, the keys of an admin (`api_key`,
/// `secret_access_key`) and of a plain user (`user_api_key`, `user_secret_access_key`).
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub struct Sim {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// A YAML file with zones, offerings, networks, permissions and latencies, instead of the
    /// built-in cloud.
    #[arg(long, value_name = "FILE")]
    world: Option<PathBuf>,

    /// Give each VM that runs an agent: 'builtin' is played by the simulator over the HTTPS
    /// message bus, on 127.0.0.1 at the port of the settings' `mbus`; anything else is a command
    /// for a shell, once for each VM, with `CPI_SIM_VM`, `CPI_SIM_METADATA` (the URL of its
    /// metadata service) and `CPI_SIM_DIR` (its folder, with its disks as files under `dev`).
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
            stdout::write_all(World::default_yaml().as_bytes())?;
            return Ok(ExitCode::SUCCESS);
        }
        let world = self.world()?;
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(
            world,
            self.listen,
            self.agent,
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn world(&self) -> anyhow::Result<World> {
        let Some(path) = &self.world else {
            return Ok(World::builtin());
        };
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        World::from_yaml(&text).with_context(|| path.display().to_string())
    }
}

async fn serve(world: World, listen: SocketAddr, agent: Option<Agents>) -> anyhow::Result<()> {
    // Heard before the line is printed, since a driver may be done in no time.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let account = |role| {
        let found = world.accounts.iter().find(|account| account.role == role);
        found.map(|account| account.name.clone())
    };
    let (admin, user) = (account(RoleSpec::Admin), account(RoleSpec::User));
    let running = Simulator::start(world, listen).await?;
    if let Some(agent) = agent {
        running.keep_agents(agent)?;
    }
    stdout::write_line(&ready(&running, admin, user).to_string())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// What a driver needs to know; null where the world has no such account.
fn ready(running: &Running, admin: Option<String>, user: Option<String>) -> serde_json::Value {
    let keys = |account: Option<String>| account.and_then(|name| running.credentials(&name));
    let (admin, user) = (keys(admin), keys(user));
    json!({
        "endpoint": running.endpoint(),
        "api_key": admin.as_ref().map(|keys| &keys.api_key),
        "secret_access_key": admin.as_ref().map(|keys| &keys.secret_key),
        "user_api_key": user.as_ref().map(|keys| &keys.api_key),
        "user_secret_access_key": user.as_ref().map(|keys| &keys.secret_key),
    })
}
