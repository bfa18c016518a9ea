//! The rows of a large cloud, put in without a call.

use super::volume::Pool;
use super::{
    Attachment, Cloud, CopyState, Host, Network, Nic, Range, Size, Template, TemplateCopy, Vm,
    VmState, Volume, VolumeKind, VolumeState, X86,
};
use crate::world::{NetworkKind, PopulationSpec, ServiceOfferingSpec, Storage, World};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// How many VMs a network takes: there is room for more in each.
const VMS_A_NETWORK: usize = 200;

/// What each VM gets.
const SIZE: Size = Size { cores: 1, mhz: 500, memory: 512 };

/// What all rows have in common.
struct Ground {
    owner: String,
    user: (String, String),
    zone: String,
    host: String,
    pool: Pool,
    template: String,
    offering: String,
    disk_offering: String,
}

impl Cloud {
    pub(super) fn add_population(&mut self, world: &World) {
        for spec in &world.population {
            let Some(ground) = self.ground(spec) else { continue };
            for number in 0..spec.service_offerings {
                let (name, cores) = (format!("load-{number}"), Some(SIZE.cores));
                let (mhz, memory) = (Some(SIZE.mhz), Some(SIZE.memory));
                let spec = ServiceOfferingSpec { name, cores, mhz, memory, ..Default::default() };
                self.add_service_offering(&spec);
            }
            (0..spec.templates).for_each(|number| self.add_load_template(&ground, number));
            let networks = spec.networks.max(spec.vms.div_ceil(VMS_A_NETWORK));
            let networks: Vec<String> =
                (0..networks).map(|number| self.add_load_network(&ground, number)).collect();
            for number in 0..spec.vms {
                let at = number % networks.len().max(1);
                let place = number / networks.len().max(1);
                self.add_load_vm(&ground, number, &networks[at], place);
            }
            for number in spec.vms..spec.volumes {
                let kind = VolumeKind::Data { offering: ground.disk_offering.clone() };
                self.add_load_volume(&ground, format!("load-disk-{number}"), kind, None);
            }
        }
    }

    /// Where the rows stand: on a host of their own, that has room for them and no more.
    fn ground(&mut self, spec: &PopulationSpec) -> Option<Ground> {
        let account = self.account_named(&spec.account)?;
        let (owner, user) = (account.id.clone(), account.user.clone());
        let zone = self.zones.iter().find(|zone| zone.name() == spec.zone)?.id.clone();
        let near = self.hosts.iter().find(|host| host.zone == zone)?.clone();
        let host = Host {
            id: self.new_id(),
            name: "load".to_owned(),
            local_pool: self.new_id(),
            mhz: SIZE.mhz * spec.vms as u64,
            memory: SIZE.memory * spec.vms as u64,
            ..near
        };
        let ground = Ground {
            owner,
            user: (user.id, user.name),
            zone,
            host: host.id.clone(),
            pool: host.pool.clone(),
            template: self.templates.iter().next()?.id.clone(),
            offering: self.service_offerings.iter().next()?.id.clone(),
            disk_offering: self.disk_offerings.iter().find(|it| it.spec.size.is_none())?.id.clone(),
        };
        self.hosts.insert(host);
        Some(ground)
    }

    fn add_load_template(&mut self, ground: &Ground, number: usize) {
        let (created, bytes) = (self.now(), Some(2 << 30));
        let os_type = self.os_types.iter().next().map(|os| os.id.clone()).unwrap_or_default();
        let copy = TemplateCopy {
            zone: ground.zone.clone(),
            state: CopyState::Ready,
            size: bytes,
            physical: bytes,
            sha256: None,
            created,
        };
        let template = Template {
            id: self.new_id(),
            name: format!("load-{number}"),
            display_text: format!("load-{number}"),
            owner: Some(ground.owner.clone()),
            public: false,
            featured: false,
            extractable: false,
            os_type,
            format: "VHD".into(),
            hypervisor: "Simulator".into(),
            builtin: false,
            counted_bytes: 2 << 30,
            kind: Some("USER".into()),
            url: None,
            source: None,
            details: BTreeMap::new(),
            shared_with: Vec::new(),
            requires_hvm: true,
            checksum: None,
            arch: X86.into(),
            created,
            copies: vec![copy],
        };
        self.templates.insert(template);
    }

    fn add_load_network(&mut self, ground: &Ground, number: usize) -> String {
        let id = self.new_id();
        let cidr = format!("10.{}.{}.0/24", 128 + number / 256, number % 256);
        self.networks.insert(Network {
            id: id.clone(),
            name: format!("load-{number}"),
            display_text: format!("load-{number}"),
            zone: ground.zone.clone(),
            kind: NetworkKind::Isolated,
            offering: "DefaultIsolatedNetworkOfferingWithSourceNatService".into(),
            owner: Some(ground.owner.clone()),
            range: Range::parse(&cidr),
            range6: None,
            vlan: Some((1000 + number).to_string()),
            domain: "load.internal".into(),
            vpc: None,
            acl: None,
            implemented: true,
            implementing: false,
            created: self.now(),
            last_mac: 0,
        });
        id
    }

    fn add_load_vm(&mut self, ground: &Ground, number: usize, network: &str, place: usize) {
        let (id, now) = (self.new_id(), self.now());
        let row = self.vms.next_number();
        let kind = VolumeKind::Root {
            template: ground.template.clone(),
            offering: ground.offering.clone(),
        };
        let on = Attachment { vm: id.clone(), device: 0, since: None };
        self.add_load_volume(ground, format!("ROOT-{row}"), kind, Some(on));
        let start = self.networks.get(network).and_then(|it| it.range).map(|range| range.start);
        let place = u32::try_from(place).unwrap_or_default();
        let address = start.map(|start| Ipv4Addr::from(u32::from(start) + place));
        let [_, high, middle, low] = (number as u32).to_be_bytes();
        let nic = Nic {
            id: self.new_id(),
            network: network.to_owned(),
            address,
            address6: None,
            secondary: Vec::new(),
            mac: format!("1e:00:00:{high:02x}:{middle:02x}:{low:02x}"),
            default: true,
            device: 0,
            plugged: true,
        };
        let account = self.accounts.number(&ground.owner);
        self.vms.insert(Vm {
            id,
            number: row,
            name: format!("load-{number}"),
            display_name: format!("load/{number}"),
            instance_name: format!("i-{account}-{row}-VM"),
            owner: ground.owner.clone(),
            user: ground.user.clone(),
            group: None,
            zone: ground.zone.clone(),
            template: ground.template.clone(),
            offering: ground.offering.clone(),
            size: SIZE,
            state: VmState::Running,
            host: Some(ground.host.clone()),
            created: now,
            changed: Some(now),
            started: Some(now),
            nics: vec![nic],
            details: BTreeMap::new(),
            userdata: None,
            key_pairs: Vec::new(),
            destination: None,
            affinity_groups: Vec::new(),
            security_groups: Vec::new(),
            delete_protection: false,
        });
    }

    fn add_load_volume(
        &mut self,
        ground: &Ground,
        name: String,
        kind: VolumeKind,
        attached: Option<Attachment>,
    ) {
        let volume = Volume {
            id: self.new_id(),
            path: self.new_id(),
            name,
            owner: ground.owner.clone(),
            zone: ground.zone.clone(),
            kind,
            state: VolumeState::Ready,
            size: 2 << 30,
            iops: None,
            attached,
            pool: Some(ground.pool.clone()),
            storage: Storage::Shared,
            created: self.now(),
            delete_protection: false,
        };
        self.volumes.insert(volume);
    }
}
