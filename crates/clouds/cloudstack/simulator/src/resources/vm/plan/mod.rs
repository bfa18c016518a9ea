//! What a deploy call asks for, checked: nothing is made before all of it holds.

mod groups;
mod nics;
mod size;

use super::nic::WantedNic;
use crate::engine::base64::{LENIENT, bare as bare_base64};
use crate::engine::{Call, Params, Refusal};
use crate::state::{Cloud, Host, Size};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudstack::phrases;
use groups::{affinity_groups, key_pairs, security_groups};
pub use nics::check_name;
use nics::{check_networks, nics};
use size::root_bytes;
pub use size::size as size_of;
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
    /// The host or the cluster that an admin has chosen.
    pub destination: Option<String>,
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
        let destination = destination(cloud, call)?;
        let owner = cloud.new_owner(call)?;
        check_place(cloud, call, &zone, &template)?;
        let mut details = params.map("details");
        let size = size_of(cloud, &offering, &details)?;
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
        let needs_userdata = userdata.is_some() || !key_pairs.is_empty();
        let security_groups = security_groups(cloud, params, &zone, &owner)?;
        let plan = Self {
            destination,
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
        };
        check_networks(cloud, &plan, needs_userdata)?;
        Ok(plan)
    }
}

/// Where root admins want it: a host or a cluster, by id.
fn destination(cloud: &Cloud, call: &Call<'_>) -> Result<Option<String>, Refusal> {
    let params = call.params;
    let hosts = |name: &str, is: &dyn Fn(&Host, &str) -> bool| match params.text(name) {
        None => Ok(None),
        Some(id) if !cloud.hosts.iter().any(|host| is(host, id)) => {
            Err(params.unknown_id(name, id))
        }
        Some(_) if !call.caller.is_admin() => Err(Refusal::denied(format!(
            "Parameter {name} can only be specified by a Root Admin, permission denied"
        ))),
        Some(id) => Ok(Some(id.to_owned())),
    };
    let host = hosts("hostid", &|host, id| host.id == id)?;
    let cluster = hosts("clusterid", &|host, id| host.pool.cluster == id)?;
    Ok(host.or(cluster))
}

/// A DNS label that does not begin with a digit.
pub fn host_name(params: &Params) -> Result<Option<String>, Refusal> {
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
    let there = cloud.templates.get(template).filter(|it| it.copy_in(zone).is_some());
    match there {
        Some(template) if !cloud.may_use_template(call.caller, template) => {
            Err(Refusal::denied(format!("template {} belongs to another account", template.id)))
        }
        Some(template) if template.kind.is_none() => Err(Refusal::new(530, 0, NO_TEMPLATE_TYPE)),
        Some(template) => {
            let wanted = call.params.text("hypervisor");
            let differs = |wanted: &str| !wanted.eq_ignore_ascii_case(&template.hypervisor);
            if wanted.is_some_and(differs) {
                return Err(Refusal::invalid(
                    "Hypervisor passed to the deployVm call, is different from the hypervisor \
                     type of the template",
                ));
            }
            Ok(())
        }
        None => Err(Refusal::invalid(format!(
            "The template {} is not available for use",
            cloud.templates.number(template)
        ))),
    }
}

/// What comes of a template that was made without saying of which type it is.
const NO_TEMPLATE_TYPE: &str = "Cannot invoke \"com.cloud.storage.Storage$TemplateType.equals(Object)\" \
     because the return value of \"com.cloud.storage.VMTemplateVO.getTemplateType()\" is null";

/// User data must be base64 and not too long. Line breaks and missing padding are taken.
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
    match LENIENT.decode(bare_base64(text)) {
        Ok(bytes) if bytes.is_empty() => Err(Refusal::invalid("User data is too short.")),
        // What is kept is written anew: in one line, with padding.
        Ok(bytes) => Ok(Some(STANDARD.encode(bytes))),
        Err(_) => Err(Refusal::invalid("User data is not base64 encoded.")),
    }
}
