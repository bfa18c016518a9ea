//! What a deploy call asks for, checked: nothing is made before all of it holds.

use super::nic::{self, WantedNic};
use crate::engine::{Call, Params, Refusal};
use crate::state::{Cloud, ServiceOffering, Size};
use crate::world::{NetworkKind, ZoneKind};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudstack::phrases;
use std::collections::BTreeMap;

/// The longest user data, as base64, that a GET may bring.
const MAX_IN_A_GET: usize = 4096;

/// A VM to make.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The account that will own it.
    pub owner: String,
    /// Its host name.
    pub name: String,
    /// The name that people see.
    pub display_name: String,
    /// Its zone.
    pub zone: String,
    /// Its template.
    pub template: String,
    /// Its service offering.
    pub offering: String,
    /// What it gets of a host.
    pub size: Size,
    /// The size of its root disk in bytes.
    pub root_bytes: u64,
    /// The disk to make with it: offering and bytes.
    pub data: Option<(String, u64)>,
    /// Its NICs, the default one first.
    pub nics: Vec<WantedNic>,
    /// Settings.
    pub details: BTreeMap<String, String>,
    /// What the metadata service serves, base64.
    pub userdata: Option<String>,
    /// Its key pairs, by name.
    pub key_pairs: Vec<String>,
    /// Its affinity groups.
    pub affinity_groups: Vec<String>,
    /// Its security groups.
    pub security_groups: Vec<String>,
    /// Whether to start it.
    pub start: bool,
}

impl Plan {
    /// Reads and checks a deploy call.
    pub fn read(cloud: &mut Cloud, call: &Call<'_>) -> Result<Self, Refusal> {
        let params = call.params;
        let zone = params.need_id("zoneid", &cloud.zones)?.to_owned();
        let offering = params.need_id("serviceofferingid", &cloud.service_offerings)?.to_owned();
        let template = params.need_id("templateid", &cloud.templates)?.to_owned();
        let disk = params.id("diskofferingid", &cloud.disk_offerings)?.map(str::to_owned);
        let name = host_name(params)?;
        let owner = cloud.new_owner(call)?;
        check_place(cloud, call, &zone, &template)?;
        let mut details = params.map("details");
        let size = size(cloud, &offering, &details)?;
        let userdata = userdata(cloud, params)?;
        let root_bytes = root_bytes(cloud, params, &zone, &template, &offering, &mut details)?;
        let data = match disk {
            Some(disk) => {
                let wanted = params.number("size")?;
                Some((disk.clone(), cloud.disk_bytes(&disk, wanted, false)?))
            }
            None => None,
        };
        let key_pairs = key_pairs(cloud, params, &owner)?;
        let affinity_groups = affinity_groups(cloud, params, &owner)?;
        let nics = nics(cloud, params, &zone, &owner)?;
        let name = name.unwrap_or_else(|| format!("VM-{}", cloud.new_id()));
        check_networks(cloud, &nics, &name, userdata.is_some() || !key_pairs.is_empty())?;
        let security_groups = security_groups(cloud, params, &zone, &owner)?;
        Ok(Self {
            display_name: params.short("displayname")?.unwrap_or(&name).to_owned(),
            owner,
            name,
            zone,
            template,
            offering,
            size,
            root_bytes,
            data,
            nics,
            details,
            userdata,
            key_pairs,
            affinity_groups,
            security_groups,
            start: params.flag("startvm") != Some(false),
        })
    }
}

/// A DNS label that does not begin with a digit.
fn host_name(params: &Params) -> Result<Option<String>, Refusal> {
    let Some(name) = params.text("name") else { return Ok(None) };
    let label = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let ends = |name: &str| name.starts_with('-') || name.ends_with('-');
    let digit = name.bytes().next().is_some_and(|b| b.is_ascii_digit());
    if !label || name.len() > 63 || ends(name) || digit {
        return Err(Refusal::parameter(format!(
            "Unable to execute API command {} due to invalid value. Invalid value provided for \
             API arg: name {name}: 1 to 63 letters, digits and hyphens, neither a digit nor a \
             hyphen first, no hyphen last",
            params.command_lower()
        )));
    }
    Ok(Some(name.to_owned()))
}

fn check_place(cloud: &Cloud, call: &Call<'_>, zone: &str, template: &str) -> Result<(), Refusal> {
    if !cloud.zones.get(zone).is_some_and(|zone| zone.spec.enabled) && !call.caller.is_admin() {
        return Err(Refusal::denied(format!("zone {zone} is disabled")));
    }
    let ready = cloud.templates.get(template).filter(|it| it.ready_in(zone).is_some());
    match ready {
        Some(template) if cloud.may_use_template(call.caller, template) => Ok(()),
        Some(template) => {
            Err(Refusal::denied(format!("template {} belongs to another account", template.id)))
        }
        None => Err(Refusal::invalid(format!(
            "The template {} is not available for use",
            cloud.templates.number(template)
        ))),
    }
}

/// What an offering gives, or lets the caller choose.
fn size(
    cloud: &Cloud,
    offering: &str,
    details: &BTreeMap<String, String>,
) -> Result<Size, Refusal> {
    let Some(offering) = cloud.service_offerings.get(offering) else {
        return Err(Refusal::invalid(format!("service offering {offering} is gone")));
    };
    let spec = &offering.spec;
    if let (Some(cores), Some(mhz), Some(memory)) = (spec.cores, spec.mhz, spec.memory) {
        return Ok(Size { cores, mhz, memory });
    }
    custom_size(offering, details)
}

fn custom_size(
    offering: &ServiceOffering,
    details: &BTreeMap<String, String>,
) -> Result<Size, Refusal> {
    let spec = &offering.spec;
    let get = |name: &str| details.get(name).and_then(|value| value.parse::<u64>().ok());
    if spec.mhz.is_some() && details.contains_key("cpuSpeed") {
        return Err(Refusal::invalid(format!(
            "The cpu speed of this offering id:{} is not customizable",
            offering.id
        )));
    }
    let (Some(cores), Some(memory), Some(mhz)) = (
        spec.cores.or(get("cpuNumber")),
        spec.memory.or(get("memory")),
        spec.mhz.or(get("cpuSpeed")),
    ) else {
        return Err(Refusal::invalid(format!(
            "{} cpu, cpu speed and memory when using custom offering",
            phrases::CUSTOM_SIZE_MISSING
        )));
    };
    let limits = spec.between;
    let between = |what: &str, value: u64, low: u64, high: u64| {
        if (low..=high).contains(&value) {
            return Ok(());
        }
        let text = format!("Invalid {what} value, specify a value between {low} and {high}");
        Err(Refusal::invalid(text))
    };
    let (low, high) = limits.map_or((1, u64::MAX), |limits| (limits.min_cores, limits.max_cores));
    between("cpu cores", cores, low, high)?;
    let (low, high) =
        limits.map_or((32, u64::MAX), |limits| (limits.min_memory, limits.max_memory));
    between("memory", memory, low, high)?;
    Ok(Size { cores, mhz, memory })
}

/// User data must be base64 and not too long.
pub fn userdata(cloud: &Cloud, params: &Params) -> Result<Option<String>, Refusal> {
    let Some(text) = params.text("userdata") else { return Ok(None) };
    let max = cloud.world.settings.vm_userdata_max_length;
    if text.contains('%') {
        return Err(Refusal::parameter("URLDecoder: Illegal hex characters in escape (%) pattern"));
    }
    if !params.is_post() && text.len() > MAX_IN_A_GET {
        return Err(Refusal::invalid("User data is too long for http GET request"));
    }
    if text.len() > max {
        return Err(Refusal::invalid(format!("{}: {max}", phrases::USER_DATA_TOO_LONG)));
    }
    match STANDARD.decode(text) {
        Ok(bytes) if bytes.is_empty() => Err(Refusal::invalid("User data is too short.")),
        Ok(_) => Ok(Some(text.to_owned())),
        Err(_) => Err(Refusal::invalid("User data is not base64 encoded.")),
    }
}

fn root_bytes(
    cloud: &Cloud,
    params: &Params,
    zone: &str,
    template: &str,
    offering: &str,
    details: &mut BTreeMap<String, String>,
) -> Result<u64, Refusal> {
    let template = cloud.templates.get(template).and_then(|it| it.ready_in(zone));
    let bytes = template.and_then(|copy| copy.size).unwrap_or(1 << 30);
    if let Some(size) = params.text("rootdisksize") {
        details.entry("rootdisksize".into()).or_insert_with(|| size.to_owned());
    }
    let wanted = match details.get("rootdisksize").map(|size| size.parse::<u64>()) {
        None => None,
        Some(Ok(gib)) if gib > 0 => Some(gib),
        Some(_) => return Err(Refusal::invalid("Root disk size should be a positive number.")),
    };
    // The offering's own size wins without a word.
    let fixed = cloud.service_offerings.get(offering).map(|it| it.spec.root_disk);
    match (fixed.filter(|gib| *gib > 0), wanted) {
        (Some(gib), _) => Ok(gib << 30),
        (None, Some(gib)) if gib << 30 < bytes => Err(Refusal::invalid(format!(
            "Unsupported: rootdisksize override ({gib} GB) is smaller than template size {} GB",
            bytes >> 30
        ))),
        (None, Some(gib)) => Ok(gib << 30),
        (None, None) => Ok(bytes),
    }
}

fn key_pairs(cloud: &Cloud, params: &Params, owner: &str) -> Result<Vec<String>, Refusal> {
    let mut names = params.list("keypairs");
    names.extend(params.text("keypair"));
    if names.iter().any(|name| cloud.key_pair_named(owner, name).is_none()) {
        return Err(Refusal::invalid(phrases::NO_SUCH_KEY_PAIR));
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

fn affinity_groups(cloud: &Cloud, params: &Params, owner: &str) -> Result<Vec<String>, Refusal> {
    let mut groups: Vec<String> = Vec::new();
    for id in params.ids("affinitygroupids", &cloud.affinity_groups)? {
        groups.push(id.to_owned());
    }
    for name in params.list("affinitygroupnames") {
        let group = cloud.affinity_groups.iter().find(|g| g.owner == owner && g.name == name);
        let group = group.ok_or_else(|| {
            Refusal::invalid(format!("{} {name}", phrases::NO_SUCH_AFFINITY_GROUP))
        })?;
        groups.push(group.id.clone());
    }
    Ok(groups)
}

fn security_groups(
    cloud: &mut Cloud,
    params: &Params,
    zone: &str,
    owner: &str,
) -> Result<Vec<String>, Refusal> {
    let (names, ids) = (params.list("securitygroupnames"), params.list("securitygroupids"));
    let guarded = cloud.zones.get(zone).is_some_and(|zone| zone.has_security_groups());
    if !guarded && names.is_empty() && ids.is_empty() {
        return Ok(Vec::new());
    }
    if !guarded {
        let text = "Can't create vm with security groups; they are not enabled in the zone";
        return Err(Refusal::invalid(text));
    }
    let mut groups: Vec<String> = params
        .ids("securitygroupids", &cloud.security_groups)?
        .into_iter()
        .map(str::to_owned)
        .collect();
    for name in names {
        let group = cloud.security_group_named(owner, name);
        let group = group
            .ok_or_else(|| Refusal::invalid(format!("Unable to find security group {name}")))?;
        groups.push(group.id.clone());
    }
    if groups.is_empty() {
        groups.push(cloud.default_security_group(owner));
    }
    Ok(groups)
}

/// The NICs that a call wants. The same network twice makes one NIC.
fn nics(
    cloud: &Cloud,
    params: &Params,
    zone: &str,
    owner: &str,
) -> Result<Vec<WantedNic>, Refusal> {
    let zone_row = cloud.zones.get(zone);
    let basic = zone_row.is_some_and(|zone| zone.spec.kind == ZoneKind::Basic);
    let rows = params.rows("iptonetworklist");
    let ids = params.ids("networkids", &cloud.networks)?;
    if basic && !(rows.is_empty() && ids.is_empty()) {
        return Err(Refusal::invalid("Can't specify network Ids in Basic zone"));
    }
    let also = !ids.is_empty() || params.has("ipaddress");
    if !rows.is_empty() && also {
        return Err(Refusal::invalid("ipToNetworkList can't go with networkIds or ipAddress"));
    }
    let mut wanted: Vec<WantedNic> = Vec::new();
    for row in rows {
        let one = from_row(cloud, params, row)?;
        if !wanted.iter().any(|known| known.network == one.network) {
            wanted.push(one);
        }
    }
    for id in ids {
        if !wanted.iter().any(|known| known.network == id) {
            wanted.push(WantedNic { network: id.to_owned(), ..Default::default() });
        }
    }
    if wanted.is_empty() {
        wanted.push(own_network(cloud, zone, owner, basic)?);
    }
    if let Some(first) = wanted.first_mut().filter(|_| params.rows("iptonetworklist").is_empty()) {
        first.address = params.text("ipaddress").map(nic::parse).transpose()?;
        first.mac = params.text("macaddress").map(str::to_owned);
    }
    for one in &wanted {
        one.mac.as_deref().map_or(Ok(()), |mac| cloud.check_mac(mac))?;
    }
    Ok(wanted)
}

fn from_row(
    cloud: &Cloud,
    params: &Params,
    row: &BTreeMap<String, String>,
) -> Result<WantedNic, Refusal> {
    let get = |wanted: &str| {
        row.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let Some(id) = get("networkid") else { return Err(params.missing("networkid")) };
    Ok(WantedNic {
        network: params.known("networkid", id, &cloud.networks)?.to_owned(),
        address: get("ip").filter(|ip| !ip.is_empty()).map(|ip| nic::parse(ip)).transpose()?,
        mac: get("mac").filter(|mac| !mac.is_empty()).cloned(),
    })
}

/// Without a network in the call: the zone's own in a basic zone, else the account's only one.
fn own_network(cloud: &Cloud, zone: &str, owner: &str, basic: bool) -> Result<WantedNic, Refusal> {
    let mut here = cloud.networks.iter().filter(|network| network.zone == zone).filter(|network| {
        basic || (network.kind == NetworkKind::Isolated && network.owner.as_deref() == Some(owner))
    });
    match (here.next(), here.next()) {
        (Some(one), None) => Ok(WantedNic { network: one.id.clone(), ..Default::default() }),
        (None, _) => Err(Refusal::invalid("no network to put the VM in; name one in networkids")),
        (Some(_), Some(_)) => Err(Refusal::invalid(
            "More than 1 default Isolated networks are found; name one in networkids",
        )),
    }
}

fn check_networks(
    cloud: &Cloud,
    nics: &[WantedNic],
    name: &str,
    needs_userdata: bool,
) -> Result<(), Refusal> {
    for (at, nic) in nics.iter().enumerate() {
        let Some(network) = cloud.networks.get(&nic.network) else {
            let number = cloud.networks.number(&nic.network);
            return Err(crate::engine::gone("Network", number));
        };
        let mut there = cloud.vms.iter().filter(|vm| vm.name.eq_ignore_ascii_case(name));
        if there.any(|vm| vm.nics.iter().any(|its| its.network == nic.network)) {
            return Err(Refusal::invalid(format!(
                "The vm with hostName {name} {}: {}; network={}",
                phrases::NAME_TAKEN,
                network.domain,
                network.name
            )));
        }
        if at == 0 && needs_userdata && !cloud.network_offers(&nic.network, "UserData") {
            return Err(Refusal::invalid(format!(
                "Unable to deploy VM: {} in the default network {}/{}",
                phrases::NO_USER_DATA_SERVICE,
                network.name,
                network.id
            )));
        }
    }
    Ok(())
}
