//! Undoing what an operation meant to do: from an intent to the resource that makes sure of its
//! absence. Any process can do so for any other.

use crate::intent::Intent;
use crate::resources::{
    affinity_group, network, public_resource, published_image, security_group, shared_template,
    snapshot, ssh_key, static_nat, template, vm, vm_deletion, volume,
};
use crate::session::CloudStack;
use bosh_cpi::{CpiError, Result};
use cloudstack::Client;
use journal::{Absence, Undo};

impl Undo for CloudStack {
    type Intent = Intent;
    type Error = CpiError;

    async fn ensure_absent(&self, intent: &Intent) -> Result<Absence> {
        match intent {
            Intent::Vm { name } => vm_deletion::ensure_absent(self, name).await,
            Intent::Volume { name } => volume::ensure_absent(self, name).await,
            Intent::Snapshot { name } => snapshot::ensure_absent(self, name).await,
            Intent::Template { name } => template::ensure_absent(self, name).await,
            Intent::StemcellMark { template, mark } => {
                shared_template::ensure_released(self, template, mark).await
            }
            Intent::AffinityGroup { name, note } => {
                affinity_group::ensure_absent(self, name, note).await
            }
            Intent::SecurityGroup { name, note } => {
                security_group::ensure_absent(self, name, note).await
            }
            Intent::KeyPair { name } => ssh_key::ensure_absent(self, name).await,
            Intent::Attachment { volume, vm, job } => {
                volume::ensure_detached(self, volume, vm, job).await
            }
            Intent::VmDeletion { vm, ephemeral, public_resources } => {
                vm_deletion::ensure_finished(self, vm, ephemeral, public_resources).await
            }
            Intent::PublicResourceCreation { resource, job, command, vm } => {
                public_resource::ensure_creation_undone(self, *resource, job, command, vm).await
            }
            Intent::PublicResource { resource, vm } => {
                public_resource::ensure_absent(self, resource, vm).await
            }
            Intent::StaticNat { address, vm } => {
                static_nat::ensure_disabled(self, address, vm).await
            }
            Intent::StaticNatTakeover { address, vm, network } => {
                static_nat::ensure_restored(self, address, vm, network).await
            }
            Intent::VmStop { vm } => vm::ensure_running(self, vm).await,
            Intent::PublishedImage { place, name } => {
                published_image::ensure_absent(self, place, name).await
            }
            Intent::Network { name } => network::ensure_absent(self, name).await,
            Intent::Change { .. } => Ok(Absence::Final),
        }
    }

    fn is_locked_out(&self) -> bool {
        let hopeless = |client: &Client| {
            let tally = client.tally();
            tally.locked_out || tally.unreachable
        };
        self.scope_refused.get() || self.client().is_ok_and(hopeless)
    }
}
