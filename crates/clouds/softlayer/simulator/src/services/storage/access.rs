//! Who may mount a volume.

use crate::engine::{Answer, Call, Exception, number};
use crate::object_ref::{Machine, ObjectRef};
use crate::state::{Cloud, Event, Step};
use crate::world::Phase;

pub fn allow_guest(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    allow(cloud, call.id()?, Machine::Guest(call.reference(0)?)).map(Into::into)
}

pub fn allow_hardware(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    allow(cloud, call.id()?, Machine::Hardware(call.reference(0)?)).map(Into::into)
}

pub fn remove_guest(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    remove(cloud, call.id()?, Machine::Guest(call.reference(0)?)).map(Into::into)
}

pub fn remove_hardware(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    remove(cloud, call.id()?, Machine::Hardware(call.reference(0)?)).map(Into::into)
}

/// `[[{"objectType": "SoftLayer_Virtual_Guest", "id": 7}]]`.
fn machines(call: &Call) -> Result<Vec<Machine>, Exception> {
    let machine = |row: &serde_json::Value| {
        let id = number(&row["id"]).ok_or_else(|| Exception::invalid("A host has no id."))?;
        match row["objectType"].as_str() {
            Some("SoftLayer_Virtual_Guest") => Ok(Machine::Guest(id)),
            Some("SoftLayer_Hardware" | "SoftLayer_Hardware_Server") => Ok(Machine::Hardware(id)),
            _ => Err(Exception::invalid("A host has no objectType.")),
        }
    };
    call.list(0)?.iter().map(machine).collect()
}

pub fn allow_list(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (volume, machines) = (call.id()?, machines(call)?);
    let allowed = cloud.volumes.get(&volume).map(|it| it.allowed.clone()).unwrap_or_default();
    if machines.iter().any(|machine| allowed.contains(machine)) {
        return Err(Exception::new(
            500,
            "SoftLayer_Exception_Network_Storage_Group_MassAccessControlModification",
            "A host of the list is authorized already.",
        ));
    }
    ready(cloud, volume)?;
    let mut hosts = Vec::new();
    for machine in &machines {
        check_machine(cloud, volume, *machine)?;
        hosts.push(ObjectRef::AllowedHost(cloud.allowed_host(*machine)));
    }
    change(cloud, volume, |allowed| allowed.extend(&machines));
    Ok(Answer::Many("SoftLayer_Network_Storage_Allowed_Host", hosts))
}

pub fn remove_list(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (volume, machines) = (call.id()?, machines(call)?);
    ready(cloud, volume)?;
    change(cloud, volume, |allowed| allowed.retain(|it| !machines.contains(it)));
    let hosts = machines.iter().filter_map(|machine| cloud.host_of(*machine));
    Ok(Answer::Many(
        "SoftLayer_Network_Storage_Allowed_Host",
        hosts.map(ObjectRef::AllowedHost).collect(),
    ))
}

/// Lets a machine in. One that is in already changes nothing.
pub fn allow(cloud: &mut Cloud, volume: u64, machine: Machine) -> Result<bool, Exception> {
    check_machine(cloud, volume, machine)?;
    ready(cloud, volume)?;
    if cloud.volumes.get(&volume).is_some_and(|it| it.allowed.contains(&machine)) {
        return Ok(true);
    }
    cloud.allowed_host(machine);
    change(cloud, volume, |allowed| allowed.push(machine));
    Ok(true)
}

fn remove(cloud: &mut Cloud, volume: u64, machine: Machine) -> Result<bool, Exception> {
    ready(cloud, volume)?;
    if cloud.volumes.get(&volume).is_some_and(|it| it.allowed.contains(&machine)) {
        change(cloud, volume, |allowed| allowed.retain(|it| *it != machine));
    }
    Ok(true)
}

/// What a volume that is being made or changed answers.
fn ready(cloud: &Cloud, volume: u64) -> Result<(), Exception> {
    if cloud.volumes.get(&volume).is_some_and(|it| !it.ready) {
        return Err(Exception::new(
            500,
            "SoftLayer_Exception_Network_Storage_Group_AccessControlError",
            "Volume is not yet ready for mount. Please try again later.",
        ));
    }
    cloud.check_free(volume)
}

/// A machine that is there, and where the volume is.
fn check_machine(cloud: &Cloud, volume: u64, machine: Machine) -> Result<(), Exception> {
    let place = match machine {
        Machine::Guest(id) => {
            cloud.guests.get(&id).filter(|it| !it.deleted).map(|it| it.location).ok_or(id)
        }
        Machine::Hardware(id) => cloud.servers.get(&id).map(|it| it.location).ok_or(id),
    };
    let place = place.map_err(Exception::not_found)?;
    match cloud.volumes.get(&volume).map(|it| it.location == place) {
        Some(true) => Ok(()),
        Some(false) => Err(Exception::public("The host is in another datacenter than the volume.")),
        None => Err(Exception::not_found(volume)),
    }
}

/// Changes who may mount it; until that is done, the volume is busy.
fn change(cloud: &mut Cloud, volume: u64, change: impl FnOnce(&mut Vec<Machine>)) {
    cloud.begin_on_volume(volume, "Access Control", "VOLUME_ACCESS_CONTROL");
    if let Some(volume) = cloud.volumes.get_mut(&volume) {
        change(&mut volume.allowed);
    }
    cloud.after(Phase::VolumeAuthorized, Event::Volume(volume, Step::Idle));
}
