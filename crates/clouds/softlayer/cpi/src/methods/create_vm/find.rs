//! Finds what is wished for, before anything is ordered.

use super::networks::NetWish;
use super::wishes::Wishes;
use super::{impossible, keys};
use crate::SoftLayer;
use crate::connect::Answer;
use crate::steps::Intent;
use journal::Operation;
use softlayer::Filter;
use softlayer::api::virtual_guest::ImageRef;
use softlayer::api::{
    GlobalIp, IpAddress, PlacementGroup, SecurityGroup, Subnet, Vlan, account, image, network,
    security_group,
};
use std::collections::BTreeMap;

/// What was found.
pub(super) struct Found {
    /// The image's UUID; none for bare metal, onto which no image goes.
    pub image: Option<String>,
    pub private: Nic,
    /// None: no public NIC.
    pub public: Option<Nic>,
    /// On which NICs a network is.
    pub sides: BTreeMap<String, Sides>,
    pub ssh_keys: Vec<u64>,
    pub security_groups: Vec<u64>,
    pub placement_group: Option<u64>,
    pub vips: Vec<GlobalIp>,
}

/// What was chosen for a NIC.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Nic {
    /// The VLAN, and where it was named; SoftLayer chooses one if None.
    pub vlan: Option<(u64, String)>,
    /// The primary subnet, and where it was named.
    pub subnet: Option<(u64, String)>,
    pub security_groups: Vec<u64>,
}

/// On which NICs a network is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sides {
    pub private: bool,
    pub public: bool,
}

/// What SoftLayer calls the public ones of VLANs and subnets.
const PUBLIC: &str = "PUBLIC";
/// Subnets whose addresses are for whoever takes them.
const PORTABLE: &str = "SECONDARY_ON_VLAN";

pub(super) async fn find(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    wishes: &Wishes,
) -> Answer<Found> {
    let image = match wishes.vm.bare_metal {
        true => None,
        false => Some(image_uuid(cloud, wishes.image).await?),
    };
    let mut sides = BTreeMap::new();
    let (mut private, mut public, mut has_public) = (Nic::default(), Nic::default(), false);
    for net in &wishes.networks.nets {
        let mut at = Sides::default();
        for place in places(cloud, net).await? {
            let nic = match place.public {
                true => &mut public,
                false => &mut private,
            };
            match place.public {
                true => at.public = true,
                false => at.private = true,
            }
            join(&mut nic.vlan, place.vlan, &place.path, "VLAN")?;
            if let Some(subnet) = place.subnet {
                join(&mut nic.subnet, subnet, &place.path, "primary subnet")?;
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
    let needs_public = has_public || !wishes.networks.vips.is_empty();
    let private_only = wishes.vm.private_network_only.unwrap_or(!needs_public);
    if private_only && needs_public {
        let message = format!(
            "{}.private_network_only: a network of the VM is public, or a global address",
            wishes.path
        );
        return Err(impossible(message));
    }
    Ok(Found {
        image,
        private,
        public: (!private_only).then_some(public),
        sides,
        ssh_keys: keys::find(cloud, operation, wishes).await?,
        security_groups: security_groups(cloud, wishes).await?,
        placement_group: placement_group(cloud, wishes).await?,
        vips: vips(cloud, wishes).await?,
    })
}

async fn image_uuid(cloud: &SoftLayer, id: u64) -> Answer<String> {
    match cloud.find::<ImageRef, _>(&image::GetObject { id }).await? {
        Some(image) => Ok(image.global_identifier),
        None => Err(impossible(format!(
            "arguments[1]: there is no stemcell {id}: no image has this id, or this user may not \
             see it; upload the stemcell again"
        ))),
    }
}

/// A place of a network.
struct Place {
    path: String,
    vlan: u64,
    subnet: Option<u64>,
    public: bool,
}

/// Every VLAN of a network, by whatever it is named.
async fn places(cloud: &SoftLayer, net: &NetWish) -> Answer<Vec<Place>> {
    let mut places = Vec::new();
    for (i, id) in net.vlans.iter().enumerate() {
        let path = format!("{}.cloud_properties.vlan_ids[{i}]", net.path);
        let Some(vlan) = cloud.find::<Vlan, _>(&network::GetVlan { id: *id }).await? else {
            return Err(unknown(&path, "VLAN", *id));
        };
        let public = vlan.network_space.as_deref() == Some(PUBLIC);
        places.push(Place { path, vlan: vlan.id, subnet: None, public });
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
        places.push(Place { path, vlan, subnet: own, public });
    }
    if let Some(place) = portable(cloud, net).await? {
        places.push(place);
    }
    Ok(places)
}

/// Where a portable address is. It must be one, and nobody's.
async fn portable(cloud: &SoftLayer, net: &NetWish) -> Answer<Option<Place>> {
    let Some(ip) = net.portable else { return Ok(None) };
    let path = format!("{}.ip", net.path);
    let call = network::GetByIpAddress { address: ip.to_string() };
    let found: Option<Option<IpAddress>> = cloud.find(&call).await?;
    let Some(address) = found.flatten() else {
        let message = format!("{path}: {ip} is in no subnet of this account");
        return Err(impossible(message));
    };
    let Some((subnet, vlan)) = address.subnet.and_then(|it| it.network_vlan_id.map(|v| (it, v)))
    else {
        return Err(impossible(format!("{path}: the subnet of {ip} is in no VLAN")));
    };
    let kind = subnet.subnet_type.as_deref().unwrap_or_default();
    if kind != PORTABLE {
        return Err(impossible(format!(
            "{path}: {ip} is in subnet {}, which is no portable one ({kind}): a manual network \
             needs addresses of a subnet of type {PORTABLE}",
            subnet.id
        )));
    }
    if let Some(guest) = address.virtual_guest {
        let message = format!("{path}: VM {} has the address {ip}", guest.id);
        return Err(impossible(message));
    }
    let public = subnet.address_space.as_deref() == Some(PUBLIC);
    Ok(Some(Place { path, vlan, subnet: None, public }))
}

/// A VM has one private NIC and one public one: what two networks say must be the same.
fn join(known: &mut Option<(u64, String)>, id: u64, path: &str, what: &str) -> Answer<()> {
    match known {
        None => *known = Some((id, path.to_owned())),
        Some((other, _)) if *other == id => {}
        Some((other, at)) => {
            return Err(impossible(format!(
                "{path}: {what} {id}, but {at} says {other}; a VM has one private and one public \
                 NIC, each in one VLAN"
            )));
        }
    }
    Ok(())
}

fn unknown(path: &str, what: &str, id: u64) -> crate::errors::Failure {
    impossible(format!("{path}: there is no {what} {id}, or this user may not see it"))
}

async fn security_groups(cloud: &SoftLayer, wishes: &Wishes) -> Answer<Vec<u64>> {
    let wanted = &wishes.vm.security_groups;
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let all: Vec<SecurityGroup> =
        cloud.list(&security_group::GetAllObjects {}, &Filter::everything()).await?;
    let rows: Vec<_> = all.iter().map(|group| (group.id, group.name.as_deref())).collect();
    let path = format!("{}.security_groups", wishes.path);
    wanted.iter().map(|name| only(&rows, name, &path, "security group")).collect()
}

async fn placement_group(cloud: &SoftLayer, wishes: &Wishes) -> Answer<Option<u64>> {
    let Some(wanted) = &wishes.vm.placement_group else { return Ok(None) };
    let all: Vec<PlacementGroup> =
        cloud.list(&account::GetPlacementGroups {}, &Filter::everything()).await?;
    let rows: Vec<_> = all.iter().map(|group| (group.id, group.name.as_deref())).collect();
    let path = format!("{}.placement_group", wishes.path);
    only(&rows, wanted, &path, "placement group").map(Some)
}

/// The one of that id or name.
fn only(rows: &[(u64, Option<&str>)], wanted: &str, path: &str, what: &str) -> Answer<u64> {
    if let Some((id, _)) = rows.iter().find(|(id, _)| id.to_string() == wanted) {
        return Ok(*id);
    }
    let named: Vec<_> = rows.iter().filter(|(_, name)| *name == Some(wanted)).collect();
    match named.as_slice() {
        [(id, _)] => Ok(*id),
        [] => Err(impossible(format!("{path}: there is no {what} '{wanted}'"))),
        several => {
            let ids: Vec<_> = several.iter().map(|(id, _)| id.to_string()).collect();
            let ids = ids.join(", ");
            Err(impossible(format!("{path}: several {what}s are named '{wanted}': {ids}")))
        }
    }
}

async fn vips(cloud: &SoftLayer, wishes: &Wishes) -> Answer<Vec<GlobalIp>> {
    let mut vips = Vec::new();
    for vip in &wishes.networks.vips {
        let filter = Filter::is("ipAddress.ipAddress", vip.ip);
        let found: Vec<GlobalIp> = cloud.list(&account::GetGlobalIpRecords {}, &filter).await?;
        match found.into_iter().next() {
            Some(record) => vips.push(record),
            None => {
                let message =
                    format!("{}.ip: {} is no global address of this account", vip.path, vip.ip);
                return Err(impossible(message));
            }
        }
    }
    Ok(vips)
}
