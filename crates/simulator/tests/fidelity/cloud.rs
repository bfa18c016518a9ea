//! A fresh simulator for one walk. Its time stands still but for what the walk waits.

use crate::caller::Keys;
use crate::setting::{Setting, Who};
use simulator::state::clock::Clock;
use simulator::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// When a walk begins. Always at the same moment of a minute: CloudStack does things by the minute.
const BEGIN: &str = "2026-11-20T21:13:37Z";

/// How far the time moves between two polls of a job.
const POLL: Duration = Duration::from_millis(500);

/// A simulator and its keys.
pub struct Cloud {
    running: Running,
    endpoint: String,
}

impl Cloud {
    /// Starts the default world, as the setting changes it.
    pub async fn start(setting: &Setting) -> Self {
        let mut world = World::builtin();
        let gone = &setting.without;
        let stays = |name: &str| !gone.iter().any(|prefix| name.starts_with(prefix.as_str()));
        if let Some(delay) = setting.expunge_delay {
            world.settings.expunge_delay = delay;
        }
        world.service_offerings.retain(|offering| stays(&offering.name));
        world.disk_offerings.retain(|offering| stays(&offering.name));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        // The same ids in each run, so that a walk recorded anew differs only where it must.
        world.seed = Some(1);
        let now = BEGIN.parse().expect("the beginning is a time");
        let running = Simulator::start_with(world.instant(), Clock::Virtual { now }, address)
            .await
            .expect("the simulator starts");
        let endpoint = running.endpoint();
        Self { running, endpoint }
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The keys of one of its accounts.
    pub fn keys(&self, who: Who) -> Keys {
        let account = match who {
            Who::Admin => "admin",
            Who::User => "bosh",
        };
        let keys = self.running.credentials(account).expect("the world has this account");
        Keys { api_key: keys.api_key, secret_key: keys.secret_key }
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: u64) {
        self.running.advance(Duration::from_secs(seconds));
    }

    /// Lets pass what lies between two polls.
    pub fn pass_a_while(&self) {
        self.running.advance(POLL);
    }
}
