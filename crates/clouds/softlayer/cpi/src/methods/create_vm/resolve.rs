//! Resolves the names in the VM spec to SoftLayer's ids, before anything is ordered.

use super::spec::{NetworkSpec, VmSpec};
use crate::errors::{CloudResult, Failure, vm_not_possible};
use crate::intent::Intent;
use crate::resources::ssh_key;
use crate::session::SoftLayer;
use journal::Operation;
use softlayer::Filter;
use softlayer::api::virtual_guest::ImageRef;
use softlayer::api::{
    GlobalIp, IpAddress, PlacementGroup, SecurityGroup, Subnet, Vlan, account, image, network,
    security_group,
};
use std::collections::BTreeMap;

/// A VM spec with ids.
pub(super) struct ResolvedVm {
    /// The image's UUID; none for bare metal, onto which no image goes.
    pub image: Option<String>,
    pub private: ResolvedNic,
    /// None: no public NIC.
    pub public: Option<ResolvedNic>,
    /// On which NICs a network is.
    pub sides: BTreeMap<String, NetworkSides>,
    pub ssh_keys: Vec<u64>,
    pub security_groups: Vec<u64>,
    pub placement_group: Option<u64>,
    pub vips: Vec<GlobalIp>,
}

/// What was chosen for a NIC.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct ResolvedNic {
    /// The VLAN, and where it was named; SoftLayer chooses one if None.
    pub vlan: Option<(u64, String)>,
    /// The primary subnet, and where it was named.
    pub subnet: Option<(u64, String)>,
    pub security_groups: Vec<u64>,
}

/// On which NICs a network is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct NetworkSides {
    pub private: bool,
    pub public: bool,
}

/// What SoftLayer calls the public ones of VLANs and subnets.
const PUBLIC: &str = "PUBLIC";
/// Subnets whose addresses are for whoever takes them.
const PORTABLE: &str = "SECONDARY_ON_VLAN";

pub(super) async fn resolve(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    spec: &VmSpec,
) -> CloudResult<ResolvedVm> {
    let image = match spec.vm.bare_metal {
        true => None,
        false => Some(image_uuid(cloud, spec.image).await?),
    };
    let mut sides = BTreeMap::new();
    let (mut private, mut public, mut has_public) =
        (ResolvedNic::default(), ResolvedNic::default(), false);
    for net in &spec.networks.nets {
        let mut at = NetworkSides::default();
        for place in locations(cloud, net).await? {
            let nic = match place.public {
                true => &mut public,
                false => &mut private,
            };
            match place.public {
                true => at.public = true,
                false => at.private = true,
            }
            set_once(&mut nic.vlan, place.vlan, &place.path, "VLAN")?;
            if let Some(subnet) = place.subnet {
                set_once(&mut nic.subnet, subnet, &place.path, "primary subnet")?;
            }
        }
        has_public |= at.public;
        if !at.public {
            at.private = true;
        }
        for nic in [at.private.then_some(&mut private), at.public.then_some(&mut public)] {
            nic.into_iter().for_each(|nic| nic.security_groups.extend(&net.security_groups));
        }
        sides.insert(net.name.clone(), at);
    }
    let needs_public = has_public || !spec.networks.vips.is_empty();
    let private_only = spec.vm.private_network_only.unwrap_or(!needs_public);
    if private_only && needs_public {
        let message = format!(
            "{}.private_network_only: a network of the VM is public, or a global address",
            spec.path
        );
        return Err(vm_not_possible(message));
    }
    Ok(ResolvedVm {
        image,
        private,
        public: (!private_only).then_some(public),
        sides,
        ssh_keys: ssh_keys(cloud, operation, spec).await?,
        security_groups: security_groups(cloud, spec).await?,
        placement_group: placement_group(cloud, spec).await?,
        vips: vips(cloud, spec).await?,
    })
}

async fn image_uuid(cloud: &SoftLayer, id: u64) -> CloudResult<String> {
    match cloud.find::<ImageRef, _>(&image::GetObject { id }).await? {
        Some(image) => Ok(image.global_identifier),
        None => Err(vm_not_possible(format!(
            "arguments[1]: stemcell {id} not found: the image does not exist, or this user may not \
             see it; upload the stemcell again"
        ))),
    }
}

/// A VLAN of a network.
struct NetworkLocation {
    path: String,
    vlan: u64,
    subnet: Option<u64>,
    public: bool,
}

/// Every VLAN of a network, by whatever it is named.
async fn locations(cloud: &SoftLayer, net: &NetworkSpec) -> CloudResult<Vec<NetworkLocation>> {
    let mut locations = Vec::new();
    for (i, id) in net.vlans.iter().enumerate() {
        let path = format!("{}.cloud_properties.vlan_ids[{i}]", net.path);
        let Some(vlan) = cloud.find::<Vlan, _>(&network::GetVlan { id: *id }).await? else {
            return Err(unknown(&path, "VLAN", *id));
        };
        let public = vlan.network_space.as_deref() == Some(PUBLIC);
        locations.push(NetworkLocation { path, vlan: vlan.id, subnet: None, public });
    }
    for (i, id) in net.subnets.iter().enumerate() {
        let path = format!("{}.cloud_properties.subnet_ids[{i}]", net.path);
        let found = cloud.find::<Subnet, _>(&network::GetSubnet { id: *id }).await?;
        let Some((subnet, vlan)) = found.and_then(|it| it.network_vlan_id.map(|vlan| (it, vlan)))
        else {
            return Err(unknown(&path, "subnet of a VLAN", *id));
        };
        let public = subnet.address_space.as_deref() == Some(PUBLIC);
        // The subnets of a manual network say where its addresses are; the NIC has one of its own.
        let own = net.portable.is_none().then_some(subnet.id);
        locations.push(NetworkLocation { path, vlan, subnet: own, public });
    }
    if let Some(place) = portable(cloud, net).await? {
        locations.push(place);
    }
    Ok(locations)
}

/// Where a portable address is. It must be one, and nobody's.
async fn portable(cloud: &SoftLayer, net: &NetworkSpec) -> CloudResult<Option<NetworkLocation>> {
    let Some(ip) = net.portable else { return Ok(None) };
    let path = format!("{}.ip", net.path);
    let call = network::GetByIpAddress { address: ip.to_string() };
    let found: Option<Option<IpAddress>> = cloud.find(&call).await?;
    let Some(address) = found.flatten() else {
        let message = format!("{path}: {ip} not found in the subnets of this account");
        return Err(vm_not_possible(message));
    };
    let Some((subnet, vlan)) = address.subnet.and_then(|it| it.network_vlan_id.map(|v| (it, v)))
    else {
        return Err(vm_not_possible(format!(
            "{path}: the subnet of {ip} does not belong to a VLAN"
        )));
    };
    let kind = subnet.subnet_type.as_deref().unwrap_or_default();
    if kind != PORTABLE {
        return Err(vm_not_possible(format!(
            "{path}: {ip} is in subnet {}, which is not portable ({kind}): a manual network \
             needs addresses of a subnet of type {PORTABLE}",
            subnet.id
        )));
    }
    if let Some(guest) = address.virtual_guest {
        let message = format!("{path}: VM {} has the address {ip}", guest.id);
        return Err(vm_not_possible(message));
    }
    let public = subnet.address_space.as_deref() == Some(PUBLIC);
    Ok(Some(NetworkLocation { path, vlan, subnet: None, public }))
}

/// A VM has one private NIC and one public one: what two networks say must be the same.
fn set_once(known: &mut Option<(u64, String)>, id: u64, path: &str, what: &str) -> CloudResult<()> {
    match known {
        None => *known = Some((id, path.to_owned())),
        Some((other, _)) if *other == id => {}
        Some((other, at)) => {
            return Err(vm_not_possible(format!(
                "{path}: {what} {id}, but {at} says {other}; a VM has one private and one public \
                 NIC, each in one VLAN"
            )));
        }
    }
    Ok(())
}

fn unknown(path: &str, what: &str, id: u64) -> Failure {
    vm_not_possible(format!("{path}: {what} {id} not found, or this user may not see it"))
}

/// The ids of all keys of a VM.
async fn ssh_keys(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    spec: &VmSpec,
) -> CloudResult<Vec<u64>> {
    let mut ids = spec.vm.ssh_key.clone();
    // A key of the VM's own by id stands for the default one, as in the Go release.
    let own = spec.vm.public_key.is_some() || ids.is_empty();
    if let Some(key) = spec.public_key.as_deref().filter(|_| own) {
        ids.push(ssh_key::register(cloud, operation, key).await?);
    }
    Ok(ids)
}

async fn security_groups(cloud: &SoftLayer, spec: &VmSpec) -> CloudResult<Vec<u64>> {
    let wanted = &spec.vm.security_groups;
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<SecurityGroup> =
        cloud.list(&security_group::GetAllObjects {}, &Filter::everything()).await?;
    let rows: Vec<_> = all.iter().map(|group| (group.id, group.name.as_deref())).collect();
    let path = format!("{}.security_groups", spec.path);
    wanted.iter().map(|name| single_id(&rows, name, &path, "security group")).collect()
}

async fn placement_group(cloud: &SoftLayer, spec: &VmSpec) -> CloudResult<Option<u64>> {
    let Some(wanted) = &spec.vm.placement_group else { return Ok(None) };
    let all: Vec<PlacementGroup> =
        cloud.list(&account::GetPlacementGroups {}, &Filter::everything()).await?;
    let rows: Vec<_> = all.iter().map(|group| (group.id, group.name.as_deref())).collect();
    let path = format!("{}.placement_group", spec.path);
    single_id(&rows, wanted, &path, "placement group").map(Some)
}

/// The one of that id or name.
fn single_id(
    rows: &[(u64, Option<&str>)],
    wanted: &str,
    path: &str,
    what: &str,
) -> CloudResult<u64> {
    if let Some((id, _)) = rows.iter().find(|(id, _)| id.to_string() == wanted) {
        return Ok(*id);
    }
    let named: Vec<_> = rows.iter().filter(|(_, name)| *name == Some(wanted)).collect();
    match named.as_slice() {
        [(id, _)] => Ok(*id),
        [] => Err(vm_not_possible(format!("{path}: {what} '{wanted}' not found"))),
        several => {
            let ids: Vec<_> = several.iter().map(|(id, _)| id.to_string()).collect();
            let ids = ids.join(", ");
            Err(vm_not_possible(format!("{path}: several {what}s are named '{wanted}': {ids}")))
        }
    }
}

async fn vips(cloud: &SoftLayer, spec: &VmSpec) -> CloudResult<Vec<GlobalIp>> {
    let mut vips = Vec::new();
    for vip in &spec.networks.vips {
        let filter = Filter::is("ipAddress.ipAddress", vip.ip);
        let found: Vec<GlobalIp> = cloud.list(&account::GetGlobalIpRecords {}, &filter).await?;
        match found.into_iter().next() {
            Some(record) => vips.push(record),
            None => {
                let message = format!(
                    "{}.ip: {} not found among the global addresses of this account",
                    vip.path, vip.ip
                );
                return Err(vm_not_possible(message));
            }
        }
    }
    Ok(vips)
}
