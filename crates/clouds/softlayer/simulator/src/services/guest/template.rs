//! What `createObject` is given, checked before anything is made.

use crate::engine::{Exception, flag, number, words};
use crate::services::network_component::NicPlan;
use crate::services::user_data::check_user_data;
use crate::state::Cloud;
use crate::state::guest::Guest;
use crate::state::network::Vlan;
use crate::world::{PresetSpec, Space};
use serde_json::Value;

/// The type that it makes.
const TYPE: &str = "SoftLayer_Virtual_Guest";

/// A guest to come: everything that it names is there.
#[derive(Debug, Clone)]
pub struct Template {
    pub hostname: String,
    pub domain: String,
    pub location: u64,
    pub image: Option<u64>,
    pub os_code: Option<String>,
    pub size: Size,
    pub hourly: bool,
    pub transient: bool,
    pub local_disk: bool,
    pub dedicated: bool,
    pub dedicated_host: Option<u64>,
    pub placement_group: Option<u64>,
    /// GB of disks beside the image's own, by device.
    pub disks: Vec<(u64, u64)>,
    pub private: NicPlan,
    pub public: Option<NicPlan>,
    pub ssh_keys: Vec<u64>,
    pub user_data: Option<String>,
    pub script: Option<String>,
    pub boot_mode: Option<String>,
}

/// Cores, memory and where they come from.
#[derive(Debug, Clone)]
pub struct Size {
    pub cores: u64,
    pub memory: u64,
    pub flavor: Option<PresetSpec>,
}

/// What cores and memory may be chosen without a flavor.
const CORES: std::ops::RangeInclusive<u64> = 1..=56;
const MEMORY: std::ops::RangeInclusive<u64> = 1024..=(242 << 10);
const SPEEDS: &[u64] = &[10, 100, 1000];

impl Template {
    /// Reads and checks.
    pub fn read(cloud: &Cloud, raw: &Value) -> Result<Self, Exception> {
        let text = |name: &str| {
            let text = words(&raw[name]).ok_or_else(|| Exception::missing(name, TYPE))?;
            Ok::<_, Exception>(text.to_owned())
        };
        let (hostname, domain) = (text("hostname")?, text("domain")?);
        check_names(&hostname, &domain)?;
        let location = location(cloud, raw)?;
        let extra = &raw["supplementalCreateObjectOptions"];
        let size = size(cloud, raw, extra)?;
        let (image, os_code) = image(cloud, raw)?;
        let hourly = hourly(raw)?;
        let transient = flag(&raw["transientGuestFlag"]);
        if transient && !hourly {
            return Err(Exception::public("Transient guests must be hourly."));
        }
        let speed = speed(raw)?;
        let nic = |space| nic(cloud, raw, space, location, speed);
        let public = match flag(&raw["privateNetworkOnlyFlag"]) {
            true => None,
            false => Some(nic(Space::Public)?),
        };
        let user_data = user_data(cloud, raw)?;
        Ok(Self {
            private: nic(Space::Private)?,
            public,
            disks: disks(raw, &size)?,
            ssh_keys: ssh_keys(cloud, raw)?,
            dedicated_host: dedicated_host(cloud, raw, &size, location)?,
            placement_group: placement_group(cloud, raw)?,
            dedicated: flag(&raw["dedicatedAccountHostOnlyFlag"]),
            local_disk: size.flavor.as_ref().map_or(flag(&raw["localDiskFlag"]), |it| it.local),
            script: words(&extra["postInstallScriptUri"])
                .or(words(&raw["postInstallScriptUri"]))
                .map(str::to_owned),
            boot_mode: words(&extra["bootMode"]).map(str::to_owned),
            hostname,
            domain,
            location,
            image,
            os_code,
            size,
            hourly,
            transient,
            user_data,
        })
    }
}

fn check_names(hostname: &str, domain: &str) -> Result<(), Exception> {
    let label = |part: &str| {
        let plain = part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain && (1..=63).contains(&part.len()) && !part.starts_with('-') && !part.ends_with('-')
    };
    if !hostname.split('.').all(label) {
        return Err(Exception::public(format!("Invalid hostname: '{hostname}'.")));
    }
    // The last part of an address is a number, that of a domain is none.
    let is_address =
        domain.rsplit('.').next().is_none_or(|it| it.chars().all(|c| c.is_ascii_digit()));
    if !domain.contains('.') || !domain.split('.').all(label) || is_address {
        return Err(Exception::public(format!("Invalid domain: '{domain}'.")));
    }
    Ok(())
}

fn location(cloud: &Cloud, raw: &Value) -> Result<u64, Exception> {
    let name = words(&raw["datacenter"]["name"])
        .ok_or_else(|| Exception::missing("datacenter.name", TYPE))?;
    cloud
        .location_named(name)
        .ok_or_else(|| Exception::public(format!("Invalid datacenter: '{name}'.")))
}

fn hourly(raw: &Value) -> Result<bool, Exception> {
    match &raw["hourlyBillingFlag"] {
        Value::Null => Err(Exception::missing("hourlyBillingFlag", TYPE)),
        value => Ok(flag(value)),
    }
}

fn size(cloud: &Cloud, raw: &Value, extra: &Value) -> Result<Size, Exception> {
    let chosen = (number(&raw["startCpus"]), number(&raw["maxMemory"]));
    if let Some(name) = words(&extra["flavorKeyName"]) {
        if chosen != (None, None) || flag(&raw["dedicatedAccountHostOnlyFlag"]) {
            return Err(Exception::public(
                "A flavor cannot be combined with startCpus, maxMemory or dedicated hosts.",
            ));
        }
        let flavor = cloud.world.flavors.iter().find(|it| it.key_name == name).cloned();
        let flavor =
            flavor.ok_or_else(|| Exception::public(format!("Invalid flavor: '{name}'.")))?;
        return Ok(Size { cores: flavor.cores, memory: flavor.memory, flavor: Some(flavor) });
    }
    let cores = chosen.0.ok_or_else(|| Exception::missing("startCpus", TYPE))?;
    let memory = chosen.1.ok_or_else(|| Exception::missing("maxMemory", TYPE))?;
    if !CORES.contains(&cores) {
        return Err(Exception::public(format!("Invalid number of processors: {cores}.")));
    }
    if !MEMORY.contains(&memory) || memory % 1024 != 0 {
        return Err(Exception::public(format!("Invalid amount of memory: {memory}.")));
    }
    Ok(Size { cores, memory, flavor: None })
}

fn image(cloud: &Cloud, raw: &Value) -> Result<(Option<u64>, Option<String>), Exception> {
    let uuid = words(&raw["blockDeviceTemplateGroup"]["globalIdentifier"]);
    let code = words(&raw["operatingSystemReferenceCode"]);
    match (uuid, code) {
        (Some(_), Some(_)) => Err(Exception::public(
            "operatingSystemReferenceCode and blockDeviceTemplateGroup exclude each other.",
        )),
        (None, None) => Err(Exception::missing("operatingSystemReferenceCode", TYPE)),
        (None, Some(code)) => Ok((None, Some(code.to_owned()))),
        (Some(uuid), None) => {
            let image = cloud.images.values().find(|it| it.uuid.eq_ignore_ascii_case(uuid));
            let image = image
                .ok_or_else(|| Exception::public(format!("Invalid image template: '{uuid}'.")))?;
            if !image.is_whole() {
                return Err(Exception::public(format!(
                    "The image template {} has an active transaction.",
                    image.id
                )));
            }
            Ok((Some(image.id), None))
        }
    }
}

fn speed(raw: &Value) -> Result<u64, Exception> {
    let speed = number(&raw["networkComponents"][0]["maxSpeed"]).unwrap_or(1000);
    match SPEEDS.contains(&speed) {
        true => Ok(speed),
        false => Err(Exception::public(format!("Invalid port speed: {speed}."))),
    }
}

/// A VLAN that is named has to fit; otherwise the service takes one of the data centre.
fn nic(
    cloud: &Cloud,
    raw: &Value,
    space: Space,
    location: u64,
    max_speed: u64,
) -> Result<NicPlan, Exception> {
    let component = match space {
        Space::Private => &raw["primaryBackendNetworkComponent"],
        Space::Public => &raw["primaryNetworkComponent"],
    };
    let wanted = &component["networkVlan"];
    let fits = |vlan: &&Vlan| vlan.spec.space == space && vlan.location == location;
    let vlan = match number(&wanted["id"]) {
        Some(id) => {
            let known = cloud.vlans.get(&id).ok_or_else(|| {
                Exception::public(format!("The VLAN {id} does not exist or is not yours."))
            })?;
            Some(known).filter(fits).ok_or_else(|| {
                let space = space.name().to_lowercase();
                Exception::public(format!("The VLAN {id} is no {space} VLAN of this datacenter."))
            })?
        }
        None => cloud.vlans.values().find(fits).ok_or_else(|| {
            let space = space.name().to_lowercase();
            Exception::public(format!("There is no {space} VLAN in this datacenter."))
        })?,
    };
    let subnet = match number(&wanted["primarySubnet"]["id"]) {
        None => vlan.primary_subnet(),
        Some(_) if number(&wanted["id"]).is_none() => {
            return Err(Exception::public("A subnet cannot be chosen without its VLAN."));
        }
        Some(id) => {
            let known = cloud.subnets.get(&id).filter(|it| it.vlan == vlan.id && !it.portable);
            let error =
                || Exception::public(format!("The subnet {id} is no primary subnet of its VLAN."));
            known.ok_or_else(error)?.id
        }
    };
    let bindings = component["securityGroupBindings"].as_array().cloned().unwrap_or_default();
    let mut security_groups = Vec::new();
    for binding in &bindings {
        let id = number(&binding["securityGroup"]["id"]).unwrap_or_default();
        if !cloud.world.security_groups.iter().any(|group| group.id == id) {
            return Err(Exception::not_found(id));
        }
        security_groups.push(id);
    }
    Ok(NicPlan { vlan: vlan.id, subnet, max_speed, security_groups })
}

/// Device 0 is the image's own, device 1 is swap.
fn disks(raw: &Value, size: &Size) -> Result<Vec<(u64, u64)>, Exception> {
    let mut disks = Vec::new();
    for device in raw["blockDevices"].as_array().into_iter().flatten() {
        let at = number(&device["device"]);
        let gb = number(&device["diskImage"]["capacity"]).filter(|gb| *gb > 0);
        let (Some(at), Some(gb)) = (at, gb) else {
            return Err(Exception::public("Each block device needs a device and a capacity."));
        };
        if at == 1 || at > 6 || disks.iter().any(|(known, _)| *known == at) {
            return Err(Exception::public(format!("Invalid block device: '{at}'.")));
        }
        if !CAPACITIES.contains(&gb) {
            return Err(Exception::public(format!("Invalid disk capacity: {gb}.")));
        }
        if at > 1 && size.flavor.as_ref().is_some_and(|flavor| flavor.local) {
            return Err(Exception::public("The disks of this flavor cannot be chosen."));
        }
        disks.push((at, gb));
    }
    disks.sort_unstable();
    Ok(disks)
}

/// The sizes in which guests' own disks are sold, in GB.
pub const CAPACITIES: &[u64] = &[
    10, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 750, 1000, 1500,
    2000,
];

fn ssh_keys(cloud: &Cloud, raw: &Value) -> Result<Vec<u64>, Exception> {
    let keys = raw["sshKeys"].as_array().into_iter().flatten();
    keys.map(|key| {
        let id = number(&key["id"]).unwrap_or_default();
        cloud.ssh_keys.contains_key(&id).then_some(id).ok_or_else(|| Exception::not_found(id))
    })
    .collect()
}

fn dedicated_host(
    cloud: &Cloud,
    raw: &Value,
    size: &Size,
    location: u64,
) -> Result<Option<u64>, Exception> {
    let Some(id) = number(&raw["dedicatedHost"]["id"]) else { return Ok(None) };
    if size.flavor.is_some() {
        return Err(Exception::public("A flavor cannot be put on a dedicated host."));
    }
    let host = cloud.world.dedicated_hosts.iter().find(|host| host.id == id);
    let host = host.ok_or_else(|| Exception::not_found(id))?;
    if cloud.location_named(&host.datacenter) != Some(location) {
        return Err(Exception::public(format!("The dedicated host {id} is elsewhere.")));
    }
    let used = |of: fn(&Guest) -> u64| {
        let here = cloud.guests.values().filter(|guest| guest.dedicated_host == Some(id));
        here.map(of).sum::<u64>()
    };
    let full = used(|guest| guest.cores) + size.cores > host.cores
        || used(|guest| guest.memory) + size.memory > host.memory << 10;
    if full {
        return Err(Exception::public(format!("The dedicated host {id} has no room.")));
    }
    Ok(Some(id))
}

fn placement_group(cloud: &Cloud, raw: &Value) -> Result<Option<u64>, Exception> {
    let Some(id) = number(&raw["placementGroupId"]) else { return Ok(None) };
    let known = cloud.world.placement_groups.iter().any(|group| group.id == id);
    if known { Ok(Some(id)) } else { Err(Exception::not_found(id)) }
}

fn user_data(cloud: &Cloud, raw: &Value) -> Result<Option<String>, Exception> {
    let Some(text) = raw["userData"][0]["value"].as_str() else { return Ok(None) };
    check_user_data(cloud, text)?;
    Ok(Some(text.to_owned()))
}
