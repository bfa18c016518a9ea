//! `set_vm_metadata`: tags a VM, and notes which instance it is. What cannot be written is a
//! warning: no deploy may fail for it.

use crate::SoftLayer;
use crate::cids::{Machine, no_vm};
use crate::connect::Answer;
use crate::errors::{self, Activity};
use crate::machine::Seen;
use crate::properties::Wait;
use crate::steps::{Intent, ended};
use crate::tags;
use bosh_cpi::Result;
use bosh_cpi::method::SetVmMetadata;
use cpi_kit::Provider;
use softlayer::api::{GuestEdit, hardware, virtual_guest};

/// What begins a note of ours. One that an operator wrote is kept.
const NOTE: &str = "bosh: ";

pub(crate) async fn run(cloud: &SoftLayer, call: SetVmMetadata) -> Result<()> {
    let cid = call.vm_cid;
    let found = cloud.machine(&cid).await;
    let seen = found
        .map_err(|failure| {
            errors::answer(Activity::SetVmMetadata, format!("tagging VM {cid}"), failure)
        })?
        .ok_or_else(|| no_vm(&cid))?;
    let machine = seen.machine;
    let tags = tags::merged(&seen.tags, &call.metadata);
    let note = note(&seen, tags::display_name(&call.metadata));
    cloud
        .operation("set_vm_metadata", async |operation| {
            if let Some(tags) = tags {
                let write = async || ended(cloud.set_tags(machine, tags).await);
                let target = Intent::change("tags", machine);
                if let Err(failure) = operation.step(target, write, async || Ok(None)).await {
                    tracing::warn!("tags of VM {machine} are not up to date: {failure}");
                }
            }
            if let Some(note) = note {
                let write = async || ended(set_note(cloud, machine, note).await);
                let target = Intent::change("note", machine);
                if let Err(failure) = operation.step(target, write, async || Ok(None)).await {
                    tracing::warn!("VM {machine} keeps its note: {failure}");
                }
            }
            Ok(((), None))
        })
        .await
}

/// The note to write, if there is one of ours, or none.
fn note(seen: &Seen, name: Option<String>) -> Option<String> {
    let note = format!("{NOTE}{}", name?);
    match seen.notes.as_deref().map(str::trim).unwrap_or_default() {
        old if old == note => None,
        old if old.is_empty() || old.starts_with(NOTE) => Some(note),
        _ => None,
    }
}

async fn set_note(cloud: &SoftLayer, machine: Machine, note: String) -> Answer<()> {
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
