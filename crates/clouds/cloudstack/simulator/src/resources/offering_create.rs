//! Making and removing service and disk offerings: what only a root admin does.

use super::offering::{disk_offering, service_offering};
use crate::engine::{Answer, Call, Command, Params, Refusal, live_id};
use crate::state::Cloud;
use crate::world::{Between, DiskOfferingSpec, ServiceOfferingSpec, Storage};

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("createServiceOffering", create_service_offering),
    Command::sync("deleteServiceOffering", delete_service_offering),
    Command::sync("createDiskOffering", create_disk_offering),
    Command::sync("deleteDiskOffering", delete_disk_offering),
];

fn positive(params: &Params, name: &str) -> Result<Option<u64>, Refusal> {
    match params.number(name)? {
        None => Ok(None),
        Some(number) => match u64::try_from(number) {
            Ok(number) if number > 0 => Ok(Some(number)),
            _ => Err(Refusal::invalid(format!("{name} {number} is less than 1"))),
        },
    }
}

fn storage(params: &Params) -> Result<Storage, Refusal> {
    match params.text("storagetype") {
        None | Some("shared") => Ok(Storage::Shared),
        Some("local") => Ok(Storage::Local),
        Some(other) => {
            Err(Refusal::invalid(format!("storagetype {other} is none of shared, local")))
        }
    }
}

/// Cores, MHz and memory are fixed, or free (`customized`), or free within limits.
fn create_service_offering(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let [cores, mhz, memory] = [
        positive(params, "cpunumber")?,
        positive(params, "cpuspeed")?,
        positive(params, "memory")?,
    ];
    let custom = params.flag("customized").unwrap_or(cores.is_none());
    let limits = [
        positive(params, "mincpunumber")?,
        positive(params, "maxcpunumber")?,
        positive(params, "minmemory")?,
        positive(params, "maxmemory")?,
    ];
    let between = match limits {
        [Some(min_cores), Some(max_cores), Some(min_memory), Some(max_memory)] => {
            Some(Between { min_cores, max_cores, min_memory, max_memory })
        }
        [None, None, None, None] => None,
        _ => return Err(Refusal::invalid("least and most cores and memory go together")),
    };
    let fixed = cores.is_some() && mhz.is_some() && memory.is_some();
    match (custom, between) {
        (false, None) if fixed => {}
        (false, _) => return Err(Refusal::invalid("cpunumber, cpuspeed and memory go together")),
        (true, Some(_)) if mhz.is_none() => {
            return Err(Refusal::invalid("cpuspeed is missing: only cores and memory are free"));
        }
        (true, _) => {}
    }
    let spec = ServiceOfferingSpec {
        display_text: params.text("displaytext").map(str::to_owned),
        name,
        id: None,
        cores,
        mhz,
        memory,
        between,
        root_disk: positive(params, "rootdisksize")?.unwrap_or_default(),
        storage: storage(params)?,
        host_tags: params.text("hosttags").map(str::to_owned),
        storage_tags: params.text("tags").map(str::to_owned),
    };
    cloud.add_service_offering(&spec);
    let made = cloud.service_offerings.iter().next_back().map(service_offering);
    Ok(Answer::object("serviceoffering", made))
}

fn create_disk_offering(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let size = positive(params, "disksize")?;
    match (params.flag("customized").unwrap_or_default(), size) {
        (true, Some(_)) => {
            return Err(Refusal::invalid("a customized disk offering has no disksize"));
        }
        (false, None) => return Err(Refusal::invalid("disksize is missing")),
        _ => {}
    }
    let spec = DiskOfferingSpec {
        display_text: params.text("displaytext").map(str::to_owned),
        name,
        id: None,
        size,
        custom_iops: params.flag("customizediops").unwrap_or_default(),
        storage: storage(params)?,
        tags: params.text("tags").map(str::to_owned),
    };
    cloud.add_disk_offering(&spec);
    let made = cloud.disk_offerings.iter().next_back().map(disk_offering);
    Ok(Answer::object("diskoffering", made))
}

fn delete_service_offering(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = live_id(call, "id", "ServiceOffering", &cloud.service_offerings)?;
    cloud.service_offerings.remove(&id);
    Ok(Answer::Success)
}

fn delete_disk_offering(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = live_id(call, "id", "DiskOffering", &cloud.disk_offerings)?;
    cloud.disk_offerings.remove(&id);
    Ok(Answer::Success)
}
