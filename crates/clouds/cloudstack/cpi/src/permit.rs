//! The right to destroy. What deletes takes a [`Permitted`] command, which is made here alone, and
//! only of a [`Permit`]: of a row that was proven to be ours ([`Owned`]), or of what the caller
//! named by its CID. A deleting command that is sent in any other way does not compile (see
//! `api.rs`).

use cloud_http::CloudResource;
use cloudstack::api::{
    AffinityGroup, DeleteAffinityGroup, DeleteFirewallRule, DeleteLoadBalancerRule, DeleteNetwork,
    DeleteSecurityGroup, DeleteSnapshot, DeleteSshKeyPair, DeleteTags, DeleteTemplate,
    DeleteVolume, DestroyVirtualMachine, DisableStaticNat, DisassociateIpAddress, FirewallRule,
    LoadBalancerRule, Network, PublicIpAddress, RevokeSecurityGroupEgress,
    RevokeSecurityGroupIngress, SecurityGroup, Snapshot, SshKeyPair, TagKey, TaggedType, Template,
    VirtualMachine, Volume,
};
use cpi_kit::Owned;
use cpi_kit::ownership::Cid;
use std::marker::PhantomData;

/// The right to destroy the resource of this id.
pub(crate) struct Permit<R> {
    id: String,
    resource: PhantomData<fn() -> R>,
}

impl<R> Permit<R> {
    /// The caller named the resource by its CID, which stands for this id.
    pub(crate) fn of_caller(_: &impl Cid, id: &str) -> Self {
        Self { id: id.to_owned(), resource: PhantomData }
    }

    /// The id.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

impl<R: CloudResource> From<&Owned<R>> for Permit<R> {
    fn from(owned: &Owned<R>) -> Self {
        Self { id: owned.id().to_owned(), resource: PhantomData }
    }
}

impl<R> Clone for Permit<R> {
    fn clone(&self) -> Self {
        Self { id: self.id.clone(), resource: PhantomData }
    }
}

/// A command that destroys, for which there is a permit.
pub(crate) struct Permitted<C>(C);

impl<C> Permitted<C> {
    pub(crate) fn command(&self) -> &C {
        &self.0
    }
}

macro_rules! deletions {
    ($($function:ident: $resource:ident => $command:ident { $id:ident $(, $field:ident)* };)*) => {$(
        #[doc = concat!("`", stringify!($command), "` of the resource.")]
        pub(crate) fn $function(permit: &Permit<$resource>) -> Permitted<$command> {
            Permitted($command { $id: permit.id.clone() $(, $field: Default::default())* })
        }
    )*};
}

deletions! {
    delete_volume: Volume => DeleteVolume { id };
    delete_snapshot: Snapshot => DeleteSnapshot { id };
    delete_template: Template => DeleteTemplate { id, zoneid };
    delete_network: Network => DeleteNetwork { id };
    delete_affinity_group: AffinityGroup => DeleteAffinityGroup { id };
    delete_security_group: SecurityGroup => DeleteSecurityGroup { id };
    delete_firewall_rule: FirewallRule => DeleteFirewallRule { id };
    delete_load_balancer_rule: LoadBalancerRule => DeleteLoadBalancerRule { id };
    release_public_ip: PublicIpAddress => DisassociateIpAddress { id };
}

/// Destroys a VM, with disks of its own.
pub(crate) fn destroy_vm(
    vm: &Permit<VirtualMachine>,
    disks: &[Permit<Volume>],
    expunge: bool,
) -> Permitted<DestroyVirtualMachine> {
    Permitted(DestroyVirtualMachine {
        id: vm.id.clone(),
        expunge: expunge.then_some(true),
        volumeids: disks.iter().map(|disk| disk.id.clone()).collect(),
    })
}

/// Deletes a key pair, whose name is its id.
pub(crate) fn delete_key_pair(pair: &Owned<SshKeyPair>) -> Permitted<DeleteSshKeyPair> {
    Permitted(DeleteSshKeyPair { name: pair.name.clone() })
}

/// Takes an incoming rule out of a security group of ours.
pub(crate) fn revoke_ingress(
    _: &Permit<SecurityGroup>,
    rule: &str,
) -> Permitted<RevokeSecurityGroupIngress> {
    Permitted(RevokeSecurityGroupIngress { id: rule.to_owned() })
}

/// Takes an outgoing rule out of a security group of ours.
pub(crate) fn revoke_egress(
    _: &Permit<SecurityGroup>,
    rule: &str,
) -> Permitted<RevokeSecurityGroupEgress> {
    Permitted(RevokeSecurityGroupEgress { id: rule.to_owned() })
}

/// Takes a public address from the VM that it leads to. The address is one that the call names, or
/// that the journal wrote down.
pub(crate) fn disable_static_nat(address: &Owned<PublicIpAddress>) -> Permitted<DisableStaticNat> {
    Permitted(DisableStaticNat { ipaddressid: address.id.clone() })
}

/// Takes tags off a resource.
pub(crate) fn delete_tags<R>(
    permit: &Permit<R>,
    kind: TaggedType,
    tags: Vec<TagKey>,
) -> Permitted<DeleteTags> {
    Permitted(DeleteTags { resourcetype: kind, resourceids: vec![permit.id.clone()], tags })
}
