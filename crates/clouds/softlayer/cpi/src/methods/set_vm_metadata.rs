//! `set_vm_metadata`: tags a VM, and notes which instance it is. What cannot be written is a
//! warning: no deploy may fail for it.

use crate::api::step_outcome;
use crate::cids::Machine;
use crate::errors::{Activity, CloudResult, ResultExt, vm_not_found};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::machine;
use crate::resources::machine_view::MachineView;
use crate::session::SoftLayer;
use crate::tags;
use bosh_cpi::Result;
use bosh_cpi::method::SetVmMetadata;
use cpi_kit::Provider;
use softlayer::api::{GuestEdit, hardware, virtual_guest};

/// What begins a note of ours. One that an operator wrote is kept.
const NOTE: &str = "bosh: ";

pub(crate) async fn run(cloud: &SoftLayer, call: SetVmMetadata) -> Result<()> {
    let cid = call.vm_cid;
    let found = machine::find(cloud, &cid).await;
    let found = found.during(Activity::SetVmMetadata, || format!("tagging VM {cid}"))?;
    let seen = found.ok_or_else(|| vm_not_found(&cid))?;
    let vm = seen.machine;
    let tags = tags::merged(&seen.tags, &call.metadata);
    let note = note(&seen, tags::display_name(&call.metadata));
    cloud
        .operation("set_vm_metadata", async |operation| {
            if let Some(tags) = tags {
                let write = async || step_outcome(machine::set_tags(cloud, vm, tags).await);
                let target = Intent::change("tags", vm);
                if let Err(failure) = operation.step(target, write, async || Ok(None)).await {
                    tracing::warn!("tags of VM {vm} are not up to date: {failure}");
                }
            }
            if let Some(note) = note {
                let write = async || step_outcome(set_note(cloud, vm, note).await);
                let target = Intent::change("note", vm);
                if let Err(failure) = operation.step(target, write, async || Ok(None)).await {
                    tracing::warn!("VM {vm} keeps its note: {failure}");
                }
            }
            Ok(((), None))
        })
        .await
}

/// The note to write, if there is one of ours, or none.
fn note(seen: &MachineView, name: Option<String>) -> Option<String> {
    let note = format!("{NOTE}{}", name?);
    match seen.notes.as_deref().map(str::trim).unwrap_or_default() {
        old if old == note => None,
        old if old.is_empty() || old.starts_with(NOTE) => Some(note),
        _ => None,
    }
}

async fn set_note(cloud: &SoftLayer, machine: Machine, note: String) -> CloudResult<()> {
    let until = cloud.deadline(Wait::Lookup);
    let template = GuestEdit { notes: Some(note), ..GuestEdit::default() };
    match machine {
        Machine::Guest(id) => {
            cloud.call(&virtual_guest::EditObject { id, template }, until).await.map(drop)
        }
        Machine::Server(id) => {
            cloud.call(&hardware::EditObject { id, template }, until).await.map(drop)
        }
    }
}
