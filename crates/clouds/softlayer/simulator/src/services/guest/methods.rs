//! What may be done with a guest.

use crate::engine::{Answer, Call, Exception, number, words};
use crate::object_ref::Machine;
use crate::services::user_data::check_user_data;
use crate::services::{storage, tag};
use crate::state::Cloud;
use crate::state::guest::Power;

pub fn edit(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (id, changes) = (call.id()?, call.object(0)?);
    let now = cloud.now();
    let guest = cloud.guests.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if let Some(name) = words(&changes["hostname"]) {
        guest.hostname = name.to_owned();
    }
    if let Some(name) = words(&changes["domain"]) {
        guest.domain = name.to_owned();
    }
    if let Some(notes) = changes["notes"].as_str() {
        if notes.chars().count() > 1000 {
            return Err(Exception::public("Notes cannot be longer than 1000 characters."));
        }
        guest.notes = Some(notes.to_owned());
    }
    guest.modified = Some(now);
    Ok(true.into())
}

/// Metadata is written where the guest is, so it has to be somewhere.
pub fn set_user_metadata(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let text = call.list(0)?.first().and_then(|value| value.as_str());
    let text = text.ok_or_else(|| Exception::invalid("setUserMetadata: one string is wanted."))?;
    check_user_data(cloud, text)?;
    let guest = cloud.guests.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if !guest.placed {
        return Err(Exception::not_implemented(
            "setUserMetadata is not implemented by \
             SoftLayer_Virtual_Guest_Type_Standard_Strategy_Behavior_Standard.",
        ));
    }
    guest.user_data = Some(text.to_owned());
    Ok(true.into())
}

pub fn set_tags(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let tags = cloud.tags_named(tag::names(call.text(0)?)?);
    if let Some(guest) = cloud.guests.get_mut(&id) {
        guest.tags = tags;
    }
    Ok(true.into())
}

pub fn reboot(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let guest = cloud.guests.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if guest.provisioned.is_none() || guest.deleted {
        return Err(Exception::public(format!("The virtual guest {id} cannot be rebooted now.")));
    }
    if guest.power == Power::Halted && call.method == "rebootSoft" {
        return Err(Exception::public(format!("The virtual guest {id} is not running.")));
    }
    guest.power = Power::Running;
    guest.boots += 1;
    Ok(true.into())
}

pub fn power_off(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    turn(cloud, call, Power::Halted)
}

pub fn power_on(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    turn(cloud, call, Power::Running)
}

fn turn(cloud: &mut Cloud, call: &Call, power: Power) -> Result<Answer, Exception> {
    let id = call.id()?;
    let guest = cloud.guests.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if guest.provisioned.is_none() || guest.deleted {
        return Err(Exception::public(format!(
            "The power state of the virtual guest {id} cannot be changed now."
        )));
    }
    if power == Power::Running && guest.power == Power::Halted {
        guest.boots += 1;
    }
    guest.power = power;
    Ok(true.into())
}

pub fn is_pingable(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let id = call.id()?;
    let guest = cloud.guests.get(&id).ok_or_else(|| Exception::not_found(id))?;
    Ok((guest.power == Power::Running).into())
}

/// `[[{"id": <volume>}]]`: lets the guest in at each.
pub fn allow_access(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let machine = Machine::Guest(call.id()?);
    for volume in call.list(0)? {
        storage::allow(cloud, number(&volume["id"]).unwrap_or_default(), machine)?;
    }
    Ok(true.into())
}
