//! The order of a VM, whatever is ordered, and how what was ordered is found again.

use super::resolve::ResolvedVm;
use super::spec::VmSpec;
use crate::cids::Machine;
use crate::errors::CloudResult;
use crate::properties::Wait;
use crate::resources::machine_deletion;
use crate::resources::ownership::OwnedMachine;
use crate::session::SoftLayer;
use cloud_http::{Deadline, paused};
use cpi_kit::Provider;
use std::time::Duration;
use tokio::time::Instant;

/// How long what was ordered is looked for at most when the answer was lost.
const LONGEST_SEARCH: Duration = Duration::from_secs(10);

/// Everything that an order is made of.
pub(super) struct MachineOrder<'a> {
    pub cloud: &'a SoftLayer,
    pub spec: &'a VmSpec,
    pub resolved: &'a ResolvedVm,
    pub name: &'a str,
    pub until: Deadline,
}

/// The machine that was ordered, once it is among those of its name; None if it does not appear.
/// Where the order was delivered twice, its twins are deleted.
pub(super) async fn wait_until_listed(
    cloud: &SoftLayer,
    named: impl AsyncFn() -> CloudResult<Vec<OwnedMachine>>,
    until: Deadline,
) -> CloudResult<Option<Machine>> {
    let begun = Instant::now();
    loop {
        let mut live = named().await?.into_iter().filter(|view| !view.is_gone());
        if let Some(first) = live.next() {
            for twin in live {
                tracing::warn!(
                    "VM {} is a twin of VM {}: it is deleted",
                    twin.machine,
                    first.machine
                );
                machine_deletion::delete(cloud, &twin, cloud.undo_deadline(Wait::DeleteVm)).await?;
            }
            return Ok(Some(first.machine));
        }
        if !paused(begun.elapsed(), until).await {
            return Ok(None);
        }
    }
}

/// How long what was ordered is looked for when the answer was lost. The journal looks further.
pub(super) fn search_deadline(cloud: &SoftLayer) -> Deadline {
    Deadline::after(LONGEST_SEARCH.min(cloud.journal().patience().horizon))
}
