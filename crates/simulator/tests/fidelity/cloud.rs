//! A fresh simulator for one walk. Its time stands still but for what the walk waits.

use crate::caller::Keys;
use crate::setting::{Setting, Who};
use simulator::state::clock::Clock;
use simulator::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

/// How far the time moves between two polls of a job.
const POLL: Duration = Duration::from_millis(500);

/// A simulator and its keys.
pub struct Cloud {
    running: Running,
    endpoint: String,
}

impl Cloud {
    /// Starts the default world, or that of a file under `tests`, as the setting changes it.
    pub async fn start(setting: &Setting) -> Self {
        let mut world = match &setting.world {
            None => World::builtin(),
            Some(file) => {
                let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
                let text = std::fs::read_to_string(&file)
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
                World::from_yaml(&text)
                    .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
            }
        };
        let gone = &setting.without;
        let stays = |name: &str| !gone.iter().any(|prefix| name.starts_with(prefix.as_str()));
        if let Some(delay) = setting.expunge_delay {
            world.settings.expunge_delay = delay;
        }
        world.service_offerings.retain(|offering| stays(&offering.name));
        world.disk_offerings.retain(|offering| stays(&offering.name));
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = Simulator::start_with(world.instant(), Clock::stopped(), address)
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
