//! Validates a world: what it names must exist.

use super::{World, WorldError};
use ipnet::Ipv4Net;
use std::collections::BTreeSet;

impl World {
    /// Finds names that lead nowhere, ids that stand twice, and ranges that are none.
    pub(super) fn check(&self) -> Result<(), WorldError> {
        self.check_ids()?;
        for (at, vlan) in self.vlans.iter().enumerate() {
            self.known(&format!("vlans[{at}].datacenter"), &vlan.datacenter)?;
            if vlan.subnets.first().is_none_or(|subnet| subnet.portable) {
                let reason = "its first subnet must be a primary one".to_owned();
                return Err(WorldError::Content { path: format!("vlans[{at}].subnets"), reason });
            }
            for (i, subnet) in vlan.subnets.iter().enumerate() {
                let path = format!("vlans[{at}].subnets[{i}].cidr");
                let range = subnet.cidr.parse::<Ipv4Net>().ok();
                let fits = |it: &Ipv4Net| {
                    (22..=30).contains(&it.prefix_len()) && it.addr() == it.network()
                };
                if !range.as_ref().is_some_and(fits) {
                    let reason =
                        format!("{} is not a range of /22 to /30 without host bits", subnet.cidr);
                    return Err(WorldError::Content { path, reason });
                }
            }
        }
        for (at, image) in self.images.iter().enumerate() {
            for name in &image.datacenters {
                self.known(&format!("images[{at}].datacenters"), name)?;
            }
        }
        for (at, host) in self.dedicated_hosts.iter().enumerate() {
            self.known(&format!("dedicated_hosts[{at}].datacenter"), &host.datacenter)?;
        }
        Ok(())
    }

    fn known(&self, path: &str, datacenter: &str) -> Result<(), WorldError> {
        if self.datacenters.iter().any(|it| it.name == datacenter) {
            return Ok(());
        }
        let reason = format!("data centre {datacenter} not found");
        Err(WorldError::Content { path: path.to_owned(), reason })
    }

    fn check_ids(&self) -> Result<(), WorldError> {
        let lists: [(&str, Vec<u64>); 6] = [
            ("users", self.users.iter().map(|it| it.id).collect()),
            ("datacenters", self.datacenters.iter().map(|it| it.id).collect()),
            ("vlans", self.vlans.iter().map(|it| it.id).collect()),
            ("vlans.subnets", {
                self.vlans.iter().flat_map(|it| &it.subnets).map(|it| it.id).collect()
            }),
            ("images", self.images.iter().map(|it| it.id).collect()),
            ("global_addresses", self.global_addresses.iter().map(|it| it.id).collect()),
        ];
        for (list, ids) in lists {
            let mut seen = BTreeSet::new();
            for (at, id) in ids.into_iter().enumerate() {
                if !seen.insert(id) {
                    let (path, reason) =
                        (format!("{list}[{at}]"), format!("{id} stands there twice"));
                    return Err(WorldError::Content { path, reason });
                }
            }
        }
        Ok(())
    }
}
