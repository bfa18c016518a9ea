//! `create_vm`: one order that makes a guest with its ephemeral disk, or a bare metal server; then
//! its settings, as soon as its addresses are known; then a global address, if it has one.

mod bare_metal;
mod find;
mod guest;
mod keys;
mod networks;
mod nics;
mod vip;
mod wishes;

use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::errors::{self, Activity, Failure};
use crate::machine::Seen;
use crate::properties::Wait;
use crate::settings::{NewAgent, check_length};
use crate::steps::{Intent, ended};
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, ErrorKind, Networks, Result, VmCreated};
use cloud_http::{Deadline, Secret, paused};
use cpi_kit::Provider;
use find::Found;
use journal::{Operation, OperationId};
use std::time::Duration;
use tokio::time::Instant;
use wishes::Wishes;

pub(crate) use bare_metal::servers_named;
pub(crate) use guest::guests_named;
pub(crate) use keys::undo as undo_key;
pub(crate) use vip::{undo_route, unroute};

/// A host name is no longer.
const LONGEST_NAME: usize = 63;
/// A full name of just this length gets no SSH keys (issue 129 of the last Go CPI).
const UNLUCKY: usize = 64;
/// How long what was ordered is looked for at most when the answer was lost.
const LOOK: Duration = Duration::from_secs(10);

pub(crate) async fn run(cloud: &SoftLayer, call: CreateVm) -> Result<VmCreated> {
    let wishes = Wishes::read(cloud, &call)?;
    let wait = if wishes.vm.bare_metal { Wait::CreateBareMetal } else { Wait::CreateVm };
    let until = cloud.deadline(wait);
    let created = cloud.operation("create_vm", async |operation| {
        let name = host_name(cloud, &wishes, operation.id());
        let failed =
            |failure| errors::answer(Activity::CreateVm, format!("creating VM {name}"), failure);
        let agent = Agent { cloud, call: &call, wishes: &wishes };
        // Too long settings must be known before anything is billed.
        check_length(cloud, &agent.draft(&name))?;
        let found = Box::pin(find::find(cloud, operation, &wishes)).await.map_err(failed)?;
        let order = Order { cloud, wishes: &wishes, found: &found, name: &name, until };
        let machine = match wishes.vm.bare_metal {
            false => Box::pin(guest::order(&order, operation)).await,
            true => Box::pin(bare_metal::order(&order, operation)).await,
        };
        let machine = machine.map_err(failed)?;
        let networks = Box::pin(settle(&agent, operation, &found, machine, until)).await;
        let networks = networks.map_err(failed)?;
        Ok((VmCreated { cid: machine.cid()?, networks }, Some(machine.to_string())))
    });
    created.await.map_err(as_creation_failure)
}

/// Everything that an order is made of.
struct Order<'a> {
    cloud: &'a SoftLayer,
    wishes: &'a Wishes,
    found: &'a Found,
    name: &'a str,
    until: Deadline,
}

/// Whose agent is to be told what.
struct Agent<'a> {
    cloud: &'a SoftLayer,
    call: &'a CreateVm,
    wishes: &'a Wishes,
}

impl Agent<'_> {
    /// The settings as far as they are known before the VM is there: about as long as they will be.
    fn draft(&self, name: &str) -> Secret {
        self.settings(name, &self.call.networks)
    }

    fn settings(&self, vm: &str, networks: &Networks) -> Secret {
        self.cloud.user_data(&NewAgent {
            agent_id: &self.call.agent_id,
            vm,
            networks,
            ephemeral: self.wishes.disk.is_some(),
            env: &self.call.env,
        })
    }
}

/// Gives the machine its settings as soon as its addresses are known, waits until it runs, and
/// makes it reachable; tells the networks as they became.
async fn settle(
    agent: &Agent<'_>,
    operation: &mut Operation<'_, Intent>,
    found: &Found,
    machine: Machine,
    until: Deadline,
) -> Answer<Networks> {
    let (cloud, wishes) = (agent.cloud, agent.wishes);
    let seen = cloud.wait_for_nics(machine, found.public.is_none(), until).await?;
    let told = nics::tell(cloud, wishes, found, &agent.call.networks, &seen)?;
    let text = agent.settings(&machine.to_string(), &told.agent);
    let set = operation.step(
        Intent::change("settings", machine),
        async || ended(cloud.set_user_metadata(machine, &text, until).await),
        // Set twice, they are set.
        async || cloud.set_user_metadata(machine, &text, until).await.map(Some),
    );
    set.await?;
    cloud.wait_until_ready(machine, until).await?;
    vip::route(cloud, operation, found, &seen, until).await?;
    Ok(told.answer)
}

/// The machine that was ordered, once it is among those of its name; None if it does not appear.
async fn appeared(
    named: impl AsyncFn() -> Answer<Vec<Seen>>,
    until: Deadline,
) -> Answer<Option<Machine>> {
    let begun = Instant::now();
    loop {
        let found = named().await?.into_iter().find(|seen| !seen.is_gone());
        if found.is_some() || !paused(begun.elapsed(), until).await {
            return Ok(found.map(|seen| seen.machine));
        }
    }
}

/// How long what was ordered is looked for when the answer was lost. The journal looks further.
fn look(cloud: &SoftLayer) -> Deadline {
    Deadline::after(LOOK.min(cloud.journal().patience().horizon))
}

/// Unique, and telling whose it is: SoftLayer keeps no names apart, and the director's comes later.
fn host_name(cloud: &SoftLayer, wishes: &Wishes, operation: OperationId) -> String {
    // A VM with something outside of it tells so.
    let name = match wishes.networks.vips.is_empty() {
        true => cloud.names.vm(operation),
        false => cloud.names.edge(operation),
    };
    prefixed(&wishes.prefix, &name, &wishes.domain)
}

fn prefixed(prefix: &str, name: &str, domain: &str) -> String {
    let short = |most: usize| {
        let short: String = prefix.chars().take(most).collect();
        match short.trim_end_matches('-') {
            "" => name.to_owned(),
            prefix => format!("{prefix}-{name}"),
        }
    };
    let most = LONGEST_NAME - 1 - name.len();
    let full = short(most);
    if full.len() + 1 + domain.len() != UNLUCKY {
        return full;
    }
    match full.len() - name.len() {
        // Nothing to make shorter.
        0..=2 => format!("bosh-{name}"),
        prefix => short(prefix - 2),
    }
}

/// The name that an operation of ours gave, within a host name; None if there is none.
pub(crate) fn name_within<'h>(cloud: &SoftLayer, hostname: &'h str) -> Option<&'h str> {
    let starts = [format!("vm-{}-", cloud.names.mark()), format!("edge-{}-", cloud.names.mark())];
    let at = starts.iter().find_map(|start| hostname.find(start.as_str()))?;
    let name = &hostname[at..];
    cloud.names.parse(name).map(|_| name)
}

/// Whatever the cloud says, the director wants to hear that there is no VM.
fn as_creation_failure(error: CpiError) -> CpiError {
    match error.kind {
        ErrorKind::CloudError | ErrorKind::NoDiskSpace => {
            CpiError { kind: ErrorKind::VmCreationFailed, ..error }
        }
        _ => error,
    }
}

/// What cannot be done, and is known before anything is sent.
fn impossible(message: String) -> Failure {
    CpiError::new(ErrorKind::VmCreationFailed, message).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_have_prefixes_and_lucky_lengths() {
        let name = "vm-1234abcd-0123456789abcdef0123456789abcdef";
        let of = |prefix: &str, domain: usize| prefixed(prefix, name, &"d".repeat(domain));
        assert_eq!(of("router", 10), format!("router-{name}"));
        assert_eq!(of(&"p".repeat(60), 10).len(), 63);
        for (prefix, domain) in [("", 19), ("r", 17), ("router", 12), ("a-b", 15)] {
            assert_eq!(name.len(), 44);
            let host = of(prefix, domain);
            assert_ne!(host.len() + 1 + domain, UNLUCKY, "{host}");
            assert!(host.len() <= LONGEST_NAME && host.ends_with(name), "{host}");
        }
    }
}
