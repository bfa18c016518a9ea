//! A fresh simulator for one walk. Its time stands still but for what the walk waits.

use crate::caller::Keys;
use crate::fit::Offering;
use jiff::Timestamp;
use simulator_cloudstack::state::clock::Clock;
use simulator_cloudstack::state::{Vm, VmState};
use simulator_cloudstack::{Running, Simulator, World};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How far the time moves between two polls of a job.
const POLL: Duration = Duration::from_millis(500);

/// A simulator and its keys.
pub struct Cloud {
    running: Running,
    endpoint: String,
}

impl Cloud {
    /// Starts this world. Its clock shows `begin` and stands still.
    pub async fn start(mut world: World, begin: Timestamp) -> Self {
        // The same ids in each run, so that a walk recorded anew differs only where it must.
        world.seed = Some(1);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let clock = Clock::Virtual { now: begin };
        let running = Simulator::start_with(world.instant(), clock, address)
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
    pub fn keys(&self, account: &str) -> Keys {
        let keys = self.running.credentials(account).expect("the world has this account");
        Keys { api_key: keys.api_key, secret_key: keys.secret_key }
    }

    /// Makes an offering, as somebody else would.
    pub fn add(&self, offering: &Offering) {
        let mut cloud = self.running.cloud();
        match offering {
            Offering::Service(spec) => cloud.add_service_offering(spec),
            Offering::Disk(spec) => cloud.add_disk_offering(spec),
        }
    }

    /// Sets a limit of an account, as an admin would.
    pub fn set_limit(&self, account: &str, kind: &str, max: i64) {
        let mut cloud = self.running.cloud();
        let id = cloud.account_named(account).map(|account| account.id.clone());
        if let Some(account) = id.and_then(|id| cloud.accounts.get_mut(&id)) {
            account.set_limit(kind, max);
        }
    }

    /// Expunges a VM, as CloudStack's own thread does some time after it was destroyed.
    pub fn expunge(&self, vm: &str) {
        self.running.cloud().expunge_vm(vm);
    }

    /// Expunges the VMs in `Error` that have none of these names.
    pub fn expunge_errors_but(&self, names: &[String]) {
        let mut cloud = self.running.cloud();
        let failed = |vm: &&Vm| vm.state == VmState::Error && !names.contains(&vm.name);
        let ids: Vec<String> = cloud.vms.iter().filter(failed).map(|vm| vm.id.clone()).collect();
        ids.iter().for_each(|id| cloud.expunge_vm(id));
    }

    /// Forgets a job, as somebody who deletes its row.
    pub fn purge(&self, job: &str) {
        self.running.cloud().jobs.purge(job);
    }

    /// Sets the clock on to this time, unless it is later already.
    pub fn pass_until(&self, time: Timestamp) {
        let now = self.running.cloud().now();
        if let Ok(by) = Duration::try_from(time.duration_since(now)) {
            self.running.advance(by);
        }
    }

    /// The job that the next call starts ends at this time.
    pub fn end_next_job_at(&self, time: Option<Timestamp>) {
        self.running.cloud().jobs.end_next_at(time);
    }

    /// Lets pass what lies between two polls.
    pub fn pass_a_while(&self) {
        self.running.advance(POLL);
    }
}
