//! Commands and resources, a file per noun, under CloudStack's own names.
//!
//! A resource names the fields that the client or the simulator reads; the rest of what the
//! cloud says is kept in `other`, so that nothing is lost on the way.

mod account;
mod address;
mod affinity_group;
mod balancer;
mod envelope;
mod firewall;
mod job;
mod key_pair;
mod network;
mod offering;
mod resource;
mod security_group;
mod snapshot;
mod system;
mod tag;
mod template;
mod vm;
mod volume;
mod vpc;
mod zone;

pub use account::{Account, Domain, ListAccounts, ListDomains, ListProjects, Project};
pub use address::{
    AssociateIpAddress, DisableStaticNat, DisassociateIpAddress, EnableStaticNat,
    ListPublicIpAddresses, PublicIpAddress,
};
pub use affinity_group::{
    AffinityGroup, CreateAffinityGroup, DeleteAffinityGroup, ListAffinityGroups,
};
pub use balancer::{
    AssignToLoadBalancerRule, CreateLoadBalancerRule, DeleteLoadBalancerRule,
    ListLoadBalancerRuleInstances, ListLoadBalancerRules, LoadBalancerRule,
};
pub use envelope::{List, Object, Started, Success};
pub use firewall::{CreateFirewallRule, DeleteFirewallRule, FirewallRule, ListFirewallRules};
pub use job::{AsyncJob, JobError, JobStatus, QueryAsyncJobResult};
pub use key_pair::{DeleteSshKeyPair, ListSshKeyPairs, RegisterSshKeyPair, SshKeyPair};
pub use network::{
    CreateNetwork, DeleteNetwork, ListNetworkOfferings, ListNetworks, Network, NetworkOffering,
    NetworkService,
};
pub use offering::{DiskOffering, ListDiskOfferings, ListServiceOfferings, ServiceOffering};
pub use resource::account_of;
pub use security_group::{
    AuthorizeSecurityGroupEgress, AuthorizeSecurityGroupIngress, CreateSecurityGroup,
    DeleteSecurityGroup, ListSecurityGroups, PeerGroup, RevokeSecurityGroupEgress,
    RevokeSecurityGroupIngress, SecurityGroup, SecurityRule, Traffic,
};
pub use snapshot::{CreateSnapshot, DeleteSnapshot, ListSnapshots, Snapshot};
pub use system::{
    Api, ApiParameter, Capabilities, Configuration, Host, ListApis, ListCapabilities,
    ListConfigurations, ListHosts, ListSystemVms, SystemVm,
};
pub use tag::{CreateTags, DeleteTags, Tag, TagKey, TagPair, TaggedType};
pub use template::{
    CopyTemplate, CreateTemplate, DeleteTemplate, GetUploadParamsForTemplate, Hypervisor,
    ListHypervisors, ListOsTypes, ListTemplates, NewTemplate, OsType, RegisterTemplate, Template,
    UploadParams,
};
pub use vm::{
    AddIpToNic, DeployVirtualMachine, DestroyVirtualMachine, ExpungeVirtualMachine, IpToNetwork,
    ListVirtualMachines, Nic, NicSecondaryIp, RebootVirtualMachine, StartVirtualMachine,
    StopVirtualMachine, UpdateVirtualMachine, VirtualMachine,
};
pub use volume::{
    AttachVolume, ChangeOfferingForVolume, CreateVolume, DeleteVolume, DetachVolume, ListVolumes,
    ResizeVolume, Volume,
};
pub use vpc::{ListNetworkAclLists, ListVpcs, NetworkAclList, Vpc};
pub use zone::{ListZones, Zone};

/// Fields of a resource that nobody here reads.
pub type Other = serde_json::Map<String, serde_json::Value>;

/// CloudStack's time format, `2025-10-30T13:51:39+0000`, kept as text.
pub type Time = String;
