//! The embedded SoftLayer.

use super::{Cloud, CloudStack, Disk, Pace, Plugin, Samples, Thing, Vm};
use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cloud_http::Effect;
use serde_json::{Map, Value, json};
use simulator_kit::CallRecord;
use simulator_kit::fault::Fault;
use simulator_softlayer::{Credentials, Inventory, Running, Simulator, World};
use softlayer::CallInfo;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

/// Of the time that things really take, this part where nobody watches: not none, so that
/// everything that has to be waited for is.
const QUICK: f64 = 0.0005;

/// … and where it is watched.
const WATCHED: f64 = 0.01;

/// The image of the built-in world.
const IMAGE: u64 = 2_300_001;

/// Its private VLANs, and its public one.
const VLANS: [u64; 2] = [2_100_010, 2_100_030];
const PUBLIC: u64 = 2_100_020;

/// An embedded SoftLayer, with the user whose key the CPI has.
pub struct SoftLayer {
    /// The simulator.
    pub running: Running,
    user: Credentials,
}

impl SoftLayer {
    /// Starts one; the user is the first one.
    pub fn start(world: &World, pace: Pace) -> Result<Self> {
        let world = match pace {
            Pace::Own => world.clone(),
            Pace::Watched => world.clone().scaled(WATCHED),
            Pace::Quick => world.clone().instant().scaled(QUICK),
        };
        let user = world.users.first().context("the world has no user")?.name.clone();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let running = Simulator::spawn_thread(world, address)?;
        let user = running.credentials(&user).context("the user has no key")?;
        Ok(Self { running, user })
    }

    fn inventory(&self) -> Inventory {
        self.running.inventory()
    }
}

impl Cloud for SoftLayer {
    fn plugin(&self) -> Plugin {
        Plugin::Softlayer
    }

    fn endpoint(&self) -> String {
        self.running.endpoint()
    }

    fn placeholders(&self) -> Vec<(&'static str, String)> {
        vec![
            ("{endpoint}", self.running.endpoint()),
            ("{username}", self.user.username.clone()),
            ("{api_key}", self.user.api_key.clone()),
        ]
    }

    fn properties(&self, horizon: f64) -> Map<String, Value> {
        let names = [
            "lookup",
            "create_vm",
            "create_bare_metal",
            "delete_vm",
            "reboot_vm",
            "create_disk",
            "delete_disk",
            "attach_disk",
            "resize_disk",
            "snapshot_disk",
            "create_stemcell",
        ];
        let timeouts = names.map(|name| (name.to_owned(), json!("{timeout}")));
        let properties = json!({
            "api_endpoint": "{endpoint}",
            "username": "{username}",
            "api_key": "{api_key}",
            "default_datacenter": "dal13",
            "default_domain": "example.com",
            "timeout": Map::from_iter(timeouts),
            "ledger": {"horizon": horizon, "budget": 3},
        });
        properties.as_object().cloned().unwrap_or_default()
    }

    fn samples(&self) -> Samples {
        let vm = json!({"cpu": 1, "memory": 1024, "ephemeral_disk_size": 25});
        Samples {
            nothing: "999999999",
            stemcell: json!({"virtual-disk-image-id": IMAGE}),
            no_stemcell: (json!({"virtual-disk-image-id": 999_999_999}), "999999999"),
            vm,
            no_vms: vec![
                (json!({"flavor_key_name": "NO_SUCH_FLAVOR"}), "NO_SUCH_FLAVOR"),
                (json!({"cpu": 1, "memory": 1024, "datacenter": "nowhere01"}), "nowhere01"),
            ],
            network: json!({"vlan_ids": [VLANS[0]]}),
            second_network: json!({"vlan_ids": [PUBLIC]}),
            no_network: (json!({"vlan_ids": [999_999_998]}), "999999998"),
            addresses: "10.50.8",
            netmask: "255.255.255.192",
            gateway: "10.50.8.1",
            // Portable ones are for whoever configures them.
            knows_taken_addresses: false,
            disk: json!({}),
            disk_mib: 20 << 10,
            no_disks: vec![
                // The least that has so many is larger.
                (20 << 10, json!({"iops": 20_000})),
                (20 << 10, json!({"datacenter": "nowhere01"})),
            ],
            rounds: (21_000, 21),
            large: 12_000 << 10,
            find_vm: "SoftLayer_Virtual_Guest::getObject",
            secret: "api_key",
            endpoint: "api_endpoint",
        }
    }

    fn calls(&self) -> Vec<CallRecord> {
        self.running.calls()
    }

    fn clear_calls(&self) {
        self.running.clear_calls();
    }

    fn declare_faults(&self, faults: Vec<Fault>) {
        self.running.declare_faults(faults);
    }

    fn faults_struck(&self) -> u32 {
        self.running.faults_struck()
    }

    fn effect(&self, command: &str) -> (Effect, bool) {
        let (service, method) = command.split_once("::").unwrap_or((command, ""));
        let effect = CallInfo::named(service, method).map_or(Effect::Create, |row| row.effect);
        // What was ordered may be declined, and an import may come to nothing.
        let begins = ["placeOrder", "createFromIcos", "createFromExternalSource"];
        (effect, begins.contains(&method))
    }

    fn ids(&self) -> BTreeSet<String> {
        self.running.cloud().all_ids().iter().map(ToString::to_string).collect()
    }

    fn things(&self) -> BTreeSet<String> {
        let inventory = self.inventory();
        let mut things = BTreeSet::new();
        let billed = |id: u64, category: &str| {
            let mut items = inventory.billed.iter();
            items.any(|item| item.resource == id && item.category == category && !item.ends)
        };
        for vm in &inventory.vms {
            things.extend(machine(vm.id.to_string(), &vm.state, billed(vm.id, "guest_core")));
        }
        for server in &inventory.servers {
            let cid = format!("hw-{}", server.id);
            things.extend(machine(cid, &server.state, billed(server.id, "server")));
        }
        for volume in &inventory.volumes {
            if volume.state == "RECLAIM" {
                continue;
            }
            things.insert(match volume.machines.as_slice() {
                [] => format!("volume {}", volume.id),
                [vm] => format!("volume {} on VM {vm}", volume.id),
                many => format!("volume {} on VMs {many:?}", volume.id),
            });
            if volume.snapshot_space > 0 {
                things.insert(format!("snapshot-space {}", volume.id));
            }
        }
        things.extend(inventory.snapshots.iter().map(|it| format!("snapshot {}", it.id)));
        things.extend(inventory.images.iter().map(|it| format!("image {}", it.id)));
        // Their labels are ours to choose.
        things.extend(inventory.ssh_keys.iter().map(|_| "key".to_owned()));
        things.extend(inventory.routes.iter().map(|it| {
            format!("address {} leads to {}", it.name, it.state.clone().unwrap_or_default())
        }));
        things.extend(inventory.open_orders.iter().map(|it| format!("open-order {}", it.id)));
        things
    }

    fn left(&self) -> Vec<Thing> {
        let inventory = self.inventory();
        let mut left = Vec::new();
        // What is deleted goes by itself, and nobody pays for it.
        let stays = |state: &&str| !["RECLAIM_WAIT", "RECLAIM"].contains(state);
        for (kind, machines) in [("VM", &inventory.vms), ("server", &inventory.servers)] {
            let machines = machines.iter().filter(|it| stays(&it.state.as_str()));
            left.extend(machines.map(|it| Thing::new(kind, &it.name, Some(&it.state))));
        }
        let volumes = inventory.volumes.iter().filter(|it| stays(&it.state.as_str()));
        left.extend(
            volumes.map(|it| {
                Thing::new("volume", &format!("{} {}", it.id, it.notes), Some(&it.state))
            }),
        );
        for (kind, entries) in [
            ("snapshot", &inventory.snapshots),
            ("image", &inventory.images),
            ("SSH key", &inventory.ssh_keys),
            ("route", &inventory.routes),
            ("open order", &inventory.open_orders),
        ] {
            left.extend(entries.iter().map(|it| Thing::new(kind, &it.name, it.state.as_deref())));
        }
        left.extend(inventory.billed.iter().map(|it| {
            Thing::new("billing item", &format!("{} of {}", it.category, it.resource), None)
        }));
        left
    }

    fn metadata(&self, vm: &str) -> Option<(SocketAddr, &'static str)> {
        let id = vm.strip_prefix("hw-").unwrap_or(vm);
        let path = "/rest/v3.1/SoftLayer_Resource_Metadata/getUserMetadata.json";
        Some((self.running.metadata_address(id)?, path))
    }

    /// A JSON text: the settings, or their base64 without padding, as agents read either.
    fn settings(&self, answer: &[u8]) -> Result<Value> {
        let text: String = serde_json::from_slice(answer)?;
        if let Ok(settings) = serde_json::from_str(&text) {
            return Ok(settings);
        }
        Ok(serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text)?)?)
    }

    fn vm(&self, cid: &str) -> Option<Vm> {
        let inventory = self.inventory();
        let id = cid.strip_prefix("hw-").unwrap_or(cid);
        let mut all = inventory.vms.into_iter().chain(inventory.servers);
        let vm = all.find(|vm| vm.id.to_string() == id && vm.state != "RECLAIM_WAIT")?;
        let name = vm.notes.strip_prefix("bosh: ").unwrap_or(&vm.notes).to_owned();
        Some(Vm { name, tags: pairs(vm.tags.iter().map(String::as_str)), macs: vm.macs })
    }

    fn disk(&self, cid: &str) -> Option<Disk> {
        let volumes = self.inventory().volumes.into_iter();
        let mut volumes = volumes.filter(|it| it.state != "RECLAIM");
        let volume = volumes.find(|it| it.id.to_string() == cid)?;
        Some(Disk { gib: volume.size, tags: pairs(volume.notes.split(',')) })
    }

    fn has_snapshot(&self, cid: &str) -> bool {
        self.inventory().snapshots.iter().any(|it| it.id.to_string() == cid)
    }

    fn disks(&self) -> usize {
        self.inventory().volumes.iter().filter(|it| it.state != "RECLAIM").count()
    }

    fn images(&self) -> usize {
        self.running.cloud().images.len()
    }

    fn cloudstack(&self) -> Option<&CloudStack> {
        None
    }
}

/// A machine that is deleted goes by itself; one that is deleted and still paid for does not.
fn machine(cid: String, state: &str, billed: bool) -> Option<String> {
    match (state, billed) {
        ("RECLAIM_WAIT", false) => None,
        ("RECLAIM_WAIT", true) => Some(format!("VM {cid}, deleted but still billed")),
        (_, true) => Some(format!("VM {cid}")),
        (_, false) => Some(format!("VM {cid} of which nobody is billed")),
    }
}

/// `key:value`.
fn pairs<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    let pair = |text: &str| {
        let (key, value) = text.split_once(':')?;
        Some((key.trim().to_owned(), value.trim().to_owned()))
    };
    texts.filter_map(pair).collect()
}
