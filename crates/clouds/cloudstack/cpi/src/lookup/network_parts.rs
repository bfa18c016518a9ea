//! What a network is made of: offerings, VPCs, ACLs. Needed once in a network's life, so that
//! nothing of it is remembered.

use super::rows;
use crate::name_ref::{NameRef, only};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{
    ListNetworkAclLists, ListNetworkOfferings, ListVpcs, NetworkAclList, NetworkOffering, Vpc,
};

/// The id of a network offering.
pub(crate) async fn network_offering(cloud: &CloudStack, wanted: &NameRef) -> Result<String> {
    if wanted.is_id() {
        return Ok(wanted.text.clone());
    }
    let name = Some(wanted.text.clone());
    let all = rows(cloud, wanted, ListNetworkOfferings { name, id: None }).await?;
    let all: Vec<NetworkOffering> =
        all.into_iter().filter(|row| wanted.matches(&row.id, &row.name)).collect();
    Ok(only(wanted, "network offering", all, |row| &row.id)?.id)
}

/// A VPC.
pub(crate) async fn vpc(cloud: &CloudStack, wanted: &NameRef) -> Result<Vpc> {
    let (id, name) = wanted.as_filter();
    let all = rows(cloud, wanted, ListVpcs { id, name, ..ListVpcs::default() }).await?;
    let all = all.into_iter().filter(|row| wanted.matches(&row.id, &row.name)).collect();
    only(wanted, "VPC", all, |row| &row.id)
}

/// The id of an ACL that tiers of a VPC can have.
pub(crate) async fn acl(cloud: &CloudStack, wanted: &NameRef, vpc: &str) -> Result<String> {
    if wanted.is_id() {
        return Ok(wanted.text.clone());
    }
    let of = ListNetworkAclLists {
        vpcid: Some(vpc.to_owned()),
        name: Some(wanted.text.clone()),
        ..ListNetworkAclLists::default()
    };
    let all = rows(cloud, wanted, of).await?;
    let all: Vec<NetworkAclList> =
        all.into_iter().filter(|row| wanted.matches(&row.id, &row.name)).collect();
    Ok(only(wanted, "network ACL", all, |row| &row.id)?.id)
}
