//! The table of API calls: name, effect, and what they answer.

use crate::answer::{self, Answer};
use crate::api::*;
use bytes::Bytes;
use cloud_http::Effect;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An API call. Its fields are the parameters under their wire names.
pub trait Command: Serialize {
    /// The `command` parameter.
    const NAME: &'static str;
    /// What it does to the cloud.
    const EFFECT: Effect;
    /// Whether the client says whose things it is about ([`Scope`](crate::Scope)).
    const OWNED: bool;
    /// What the answer's single top-level value holds.
    type Answer: DeserializeOwned;
}

/// An API call that starts a job.
pub trait JobCommand: Command<Answer = Started> {
    /// What stands in `jobresult` when it went well.
    type Result: DeserializeOwned;
}

/// An API call that lists, and so comes in pages.
pub trait Paged: Command<Answer = List<Self::Item>> {
    /// A row.
    type Item: DeserializeOwned;
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct CommandInfo {
    /// The `command` parameter.
    pub name: &'static str,
    /// What it does to the cloud.
    pub effect: Effect,
    /// Whether it starts a job.
    pub job: bool,
    /// Whether the client says whose things it is about.
    pub owned: bool,
    /// Reads an answer of it and forgets it: to try recorded answers.
    pub read: fn(&http::Response<Bytes>) -> Answer<()>,
    /// Reads the result of its job and forgets it.
    pub read_result: fn(&Value) -> serde_json::Result<()>,
}

impl CommandInfo {
    /// The row of the command of that name.
    pub fn named(name: &str) -> Option<&'static CommandInfo> {
        COMMANDS.iter().find(|row| row.name == name)
    }
}

fn read_result<C: JobCommand>(result: &Value) -> serde_json::Result<()> {
    C::Result::deserialize(result).map(drop)
}

macro_rules! commands {
    ($($name:literal $struct:ident $effect:ident $kind:ident $type:ty $(, $owned:ident)?;)*) => {
        $(
            impl Command for $struct {
                const NAME: &'static str = $name;
                const EFFECT: Effect = Effect::$effect;
                const OWNED: bool = commands!(@is_owned $($owned)?);
                type Answer = commands!(@answer $kind $type);
            }
            commands!(@job $kind $struct $type);
            commands!(@list $kind $struct $type);
        )*

        /// Every API call that this crate can make.
        pub const COMMANDS: &[CommandInfo] = &[$(CommandInfo {
            name: $name,
            effect: Effect::$effect,
            job: commands!(@is_job $kind),
            owned: commands!(@is_owned $($owned)?),
            read: |answer| answer::read::<<$struct as Command>::Answer>($name, answer).forget(),
            read_result: |_result| commands!(@result $kind $struct _result),
        }),*];
    };
    (@answer list $type:ty) => { List<$type> };
    (@answer object $type:ty) => { Object<$type> };
    (@answer plain $type:ty) => { $type };
    (@answer job $type:ty) => { Started };
    (@answer act $type:ty) => { Started };
    // The result of a `job` stands under a key of its own, that of an `act` does not.
    (@job job $struct:ident $type:ty) => {
        impl JobCommand for $struct { type Result = Object<$type>; }
    };
    (@job act $struct:ident $type:ty) => {
        impl JobCommand for $struct { type Result = $type; }
    };
    (@job $kind:ident $struct:ident $type:ty) => {};
    (@list list $struct:ident $type:ty) => {
        impl Paged for $struct { type Item = $type; }
    };
    (@list $kind:ident $struct:ident $type:ty) => {};
    (@result job $struct:ident $result:ident) => { read_result::<$struct>($result) };
    (@result act $struct:ident $result:ident) => { read_result::<$struct>($result) };
    (@result $kind:ident $struct:ident $result:ident) => { Ok(()) };
    (@is_owned owned) => { true };
    (@is_owned) => { false };
    (@is_job job) => { true };
    (@is_job act) => { true };
    (@is_job $kind:ident) => { false };
}

// `owned`: it takes `projectid`, `account` and `domainid`, and what it lists or makes belongs to
// somebody. (Offerings take them too, but belong to nobody.)
commands! {
    "listCapabilities"        ListCapabilities        Read    object Capabilities;
    "listApis"                ListApis                Read    list   Api;
    "listConfigurations"      ListConfigurations      Read    list   Configuration;
    "listSystemVms"           ListSystemVms           Read    list   SystemVm;
    "listHosts"               ListHosts               Read    list   Host;
    "listAccounts"            ListAccounts            Read    list   Account;
    "listDomains"             ListDomains             Read    list   Domain;
    "listProjects"            ListProjects            Read    list   Project;
    "listZones"               ListZones               Read    list   Zone;
    "listServiceOfferings"    ListServiceOfferings    Read    list   ServiceOffering;
    "listDiskOfferings"       ListDiskOfferings       Read    list   DiskOffering;
    "listTemplates"           ListTemplates           Read    list   Template, owned;
    "registerTemplate"        RegisterTemplate        Create  list   Template, owned;
    "getUploadParamsForTemplate" GetUploadParamsForTemplate Create object UploadParams, owned;
    "createTemplate"          CreateTemplate          Create  job    Template, owned;
    "copyTemplate"            CopyTemplate            Create  job    Template;
    "deleteTemplate"          DeleteTemplate          Delete  act    Success;
    "listOsTypes"             ListOsTypes             Read    list   OsType;
    "listHypervisors"         ListHypervisors         Read    list   Hypervisor;
    "listNetworks"            ListNetworks            Read    list   Network, owned;
    "queryAsyncJobResult"     QueryAsyncJobResult     Read    plain  AsyncJob;

    "createNetwork"           CreateNetwork           Create  object Network, owned;
    "deleteNetwork"           DeleteNetwork           Delete  act    Success;
    "listNetworkOfferings"    ListNetworkOfferings    Read    list   NetworkOffering;
    "listVPCs"                ListVpcs                Read    list   Vpc, owned;
    "listNetworkACLLists"     ListNetworkAclLists     Read    list   NetworkAclList, owned;

    "listPublicIpAddresses"   ListPublicIpAddresses   Read    list   PublicIpAddress, owned;
    "associateIpAddress"      AssociateIpAddress      Create  job    PublicIpAddress, owned;
    "disassociateIpAddress"   DisassociateIpAddress   Delete  act    Success;
    "enableStaticNat"         EnableStaticNat         Change  plain  Success;
    "disableStaticNat"        DisableStaticNat        Delete  act    Success;
    "listFirewallRules"       ListFirewallRules       Read    list   FirewallRule, owned;
    "createFirewallRule"      CreateFirewallRule      Create  job    FirewallRule;
    "deleteFirewallRule"      DeleteFirewallRule      Delete  act    Success;
    "listLoadBalancerRules"   ListLoadBalancerRules   Read    list   LoadBalancerRule, owned;
    "createLoadBalancerRule"  CreateLoadBalancerRule  Create  job    LoadBalancerRule;
    "deleteLoadBalancerRule"  DeleteLoadBalancerRule  Delete  act    Success;
    "assignToLoadBalancerRule" AssignToLoadBalancerRule Change act   Success;
    "listLoadBalancerRuleInstances" ListLoadBalancerRuleInstances Read list VirtualMachine;

    "listVirtualMachines"     ListVirtualMachines     Read    list   VirtualMachine, owned;
    "deployVirtualMachine"    DeployVirtualMachine    Create  job    VirtualMachine, owned;
    "startVirtualMachine"     StartVirtualMachine     Change  job    VirtualMachine;
    "stopVirtualMachine"      StopVirtualMachine      Change  job    VirtualMachine;
    "rebootVirtualMachine"    RebootVirtualMachine    Change  job    VirtualMachine;
    "updateVirtualMachine"    UpdateVirtualMachine    Change  object VirtualMachine;
    "destroyVirtualMachine"   DestroyVirtualMachine   Delete  job    VirtualMachine;
    "expungeVirtualMachine"   ExpungeVirtualMachine   Delete  act    Success;
    "addIpToNic"              AddIpToNic              Change  job    NicSecondaryIp;

    "listVolumes"             ListVolumes             Read    list   Volume, owned;
    "createVolume"            CreateVolume            Create  job    Volume, owned;
    "attachVolume"            AttachVolume            Change  job    Volume;
    "detachVolume"            DetachVolume            Change  job    Volume;
    "resizeVolume"            ResizeVolume            Change  job    Volume;
    "changeOfferingForVolume" ChangeOfferingForVolume Change  job    Volume;
    "deleteVolume"            DeleteVolume            Delete  plain  Success;

    "listSnapshots"           ListSnapshots           Read    list   Snapshot, owned;
    "createSnapshot"          CreateSnapshot          Create  job    Snapshot;
    "deleteSnapshot"          DeleteSnapshot          Delete  act    Success;

    "listAffinityGroups"      ListAffinityGroups      Read    list   AffinityGroup, owned;
    "createAffinityGroup"     CreateAffinityGroup     Create  job    AffinityGroup, owned;
    "deleteAffinityGroup"     DeleteAffinityGroup     Delete  act    Success, owned;

    "listSecurityGroups"      ListSecurityGroups      Read    list   SecurityGroup, owned;
    "createSecurityGroup"     CreateSecurityGroup     Create  object SecurityGroup, owned;
    "deleteSecurityGroup"     DeleteSecurityGroup     Delete  plain  Success, owned;
    "authorizeSecurityGroupIngress" AuthorizeSecurityGroupIngress Change job SecurityGroup, owned;
    "authorizeSecurityGroupEgress"  AuthorizeSecurityGroupEgress  Change job SecurityGroup, owned;
    "revokeSecurityGroupIngress"    RevokeSecurityGroupIngress    Delete act Success;
    "revokeSecurityGroupEgress"     RevokeSecurityGroupEgress     Delete act Success;

    "listSSHKeyPairs"         ListSshKeyPairs         Read    list   SshKeyPair, owned;
    "registerSSHKeyPair"      RegisterSshKeyPair      Create  object SshKeyPair, owned;
    "deleteSSHKeyPair"        DeleteSshKeyPair        Delete  plain  Success, owned;

    "createTags"              CreateTags              Create  act    Success;
    "deleteTags"              DeleteTags              Delete  act    Success;
}
