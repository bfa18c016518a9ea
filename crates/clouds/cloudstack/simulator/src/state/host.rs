//! Hosts and where VMs and volumes are put.

use super::volume::Pool;
use super::{Cloud, Entity, Size, Vm, VmState};
use crate::world::{Storage, World};

/// A host.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its zone.
    pub zone: String,
    /// Its cluster's storage pool.
    pub pool: Pool,
    /// The tags of that pool.
    pub pool_tags: Vec<String>,
    /// The id of its own storage pool.
    pub local_pool: String,
    /// MHz of all cores together.
    pub mhz: u64,
    /// Memory in MiB.
    pub memory: u64,
}

impl Entity for Host {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Host {
    /// Its storage for volumes of this kind.
    pub fn storage(&self, storage: Storage) -> Pool {
        match storage {
            Storage::Shared => self.pool.clone(),
            Storage::Local => Pool {
                id: self.local_pool.clone(),
                name: format!(
                    "{}-local-{}",
                    self.name,
                    self.local_pool.split('-').next().unwrap_or_default()
                ),
                ..self.pool.clone()
            },
        }
    }
}

impl Cloud {
    pub(super) fn add_hosts(&mut self, world: &World) {
        let zones: Vec<(String, usize)> =
            self.zones.iter().enumerate().map(|(at, zone)| (zone.id.clone(), at)).collect();
        for (zone, at) in zones {
            let pod = self.new_id();
            for cluster in &world.zones[at].clusters {
                let pool = Pool {
                    id: self.new_id(),
                    name: cluster.pool.clone(),
                    cluster: self.new_id(),
                    cluster_name: cluster.name.clone(),
                    pod: pod.clone(),
                };
                let tags = cluster.tags.as_deref().unwrap_or_default();
                for host in &cluster.hosts {
                    let host = Host {
                        id: self.new_id(),
                        name: host.name.clone(),
                        zone: zone.clone(),
                        pool: pool.clone(),
                        pool_tags: tags.split(',').map(str::to_owned).collect(),
                        local_pool: self.new_id(),
                        mhz: host.mhz,
                        memory: host.memory,
                    };
                    self.hosts.insert(host);
                }
            }
        }
    }

    /// A host for a VM: one with room for it that keeps its affinity groups' rules, the
    /// emptiest first.
    pub fn find_host(&self, vm: &Vm) -> Option<&Host> {
        let apart = self.kept_apart(vm);
        self.hosts
            .iter()
            .filter(|host| host.zone == vm.zone && !apart.contains(&host.id))
            .filter(|host| {
                let chosen = vm.destination.as_ref();
                chosen.is_none_or(|chosen| [&host.id, &host.pool.cluster].contains(&chosen))
            })
            .filter_map(|host| Some((self.room_on(host, vm.size)?, host)))
            .max_by_key(|(room, _)| *room)
            .map(|(_, host)| host)
    }

    /// The memory that a host has left after a VM of this size; None where that does not fit.
    fn room_on(&self, host: &Host, size: Size) -> Option<u64> {
        let here = |vm: &&Vm| vm.host.as_deref() == Some(&host.id);
        let busy = |vm: &&Vm| matches!(vm.state, VmState::Running | VmState::Starting);
        let (mhz, memory) =
            self.vms.iter().filter(here).filter(busy).fold((0, 0), |(mhz, memory), vm| {
                (mhz + vm.size.cores * vm.size.mhz, memory + vm.size.memory)
            });
        host.mhz.checked_sub(mhz + size.cores * size.mhz)?;
        host.memory.checked_sub(memory + size.memory)
    }

    /// Whether a storage pool has all of these tags.
    pub fn pool_has_tags(&self, pool: &str, tags: Option<&str>) -> bool {
        let wanted = tags.unwrap_or_default().split(',').filter(|tag| !tag.is_empty());
        let host = self.hosts.iter().find(|host| host.pool.id == pool || host.local_pool == pool);
        let has: &[String] = host.map_or(&[], |host| &host.pool_tags);
        wanted.into_iter().all(|tag| has.iter().any(|known| known == tag))
    }

    /// A pool for a volume of this kind in a zone, near a host if one is given.
    pub fn find_pool(
        &self,
        zone: &str,
        storage: Storage,
        tags: Option<&str>,
        near: Option<&str>,
    ) -> Option<Pool> {
        let fits = |host: &&Host| {
            let wanted = tags.unwrap_or_default();
            let wanted = wanted.split(',').filter(|tag| !tag.is_empty());
            wanted.into_iter().all(|tag| host.pool_tags.iter().any(|has| has == tag))
        };
        let here = self.hosts.iter().filter(|host| host.zone == zone).filter(fits);
        let (mut near_it, mut others): (Vec<&Host>, Vec<&Host>) =
            here.partition(|host| near.is_none_or(|near| host.id == near));
        near_it.append(&mut others);
        near_it.first().map(|host| host.storage(storage))
    }
}
