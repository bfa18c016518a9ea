//! What a network is made of: offerings, VPCs, ACLs. Needed once in a network's life, so that
//! nothing of it is remembered.

use super::find::{id_or_name, is};
use super::{Wanted, only};
use crate::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{
    ListNetworkAclLists, ListNetworkOfferings, ListVpcs, NetworkAclList, NetworkOffering, Vpc,
};

impl CloudStack {
    /// The id of a network offering.
    pub(crate) async fn network_offering(&self, wanted: &Wanted) -> Result<String> {
        if wanted.is_id() {
            return Ok(wanted.text.clone());
        }
        let name = Some(wanted.text.clone());
        let rows = self.rows(wanted, ListNetworkOfferings { name, id: None }).await?;
        let rows: Vec<NetworkOffering> =
            rows.into_iter().filter(|row| is(wanted, &row.id, &row.name)).collect();
        Ok(only(wanted, "network offering", rows, |row| &row.id)?.id)
    }

    /// A VPC.
    pub(crate) async fn vpc(&self, wanted: &Wanted) -> Result<Vpc> {
        let (id, name) = id_or_name(wanted);
        let rows = self.rows(wanted, ListVpcs { id, name, ..ListVpcs::default() }).await?;
        let rows = rows.into_iter().filter(|row| is(wanted, &row.id, &row.name)).collect();
        only(wanted, "VPC", rows, |row| &row.id)
    }

    /// The id of an ACL that tiers of a VPC can have.
    pub(crate) async fn acl(&self, wanted: &Wanted, vpc: &str) -> Result<String> {
        if wanted.is_id() {
            return Ok(wanted.text.clone());
        }
        let of = ListNetworkAclLists {
            vpcid: Some(vpc.to_owned()),
            name: Some(wanted.text.clone()),
            ..ListNetworkAclLists::default()
        };
        let rows = self.rows(wanted, of).await?;
        let rows: Vec<NetworkAclList> =
            rows.into_iter().filter(|row| is(wanted, &row.id, &row.name)).collect();
        Ok(only(wanted, "network ACL", rows, |row| &row.id)?.id)
    }
}
