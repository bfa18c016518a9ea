//! What may be done with a server.

use crate::engine::{Answer, Call, Exception, words};
use crate::services::tag;
use crate::services::user_data::check_user_data;
use crate::state::Cloud;
use crate::state::guest::Power;
use crate::state::server::Server;
use crate::state::time::stamp;
use serde_json::json;

fn server<'a>(cloud: &'a mut Cloud, call: &Call) -> Result<&'a mut Server, Exception> {
    let id = call.id()?;
    cloud.servers.get_mut(&id).ok_or_else(|| Exception::not_found(id))
}

pub fn edit(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let changes = call.object(0)?;
    let server = server(cloud, call)?;
    if let Some(name) = words(&changes["hostname"]) {
        server.hostname = name.to_owned();
    }
    if let Some(name) = words(&changes["domain"]) {
        server.domain = name.to_owned();
    }
    if let Some(notes) = changes["notes"].as_str() {
        server.notes = Some(notes.to_owned());
    }
    Ok(true.into())
}

pub fn set_user_metadata(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let text = call.list(0)?.first().and_then(|value| value.as_str());
    let text = text.ok_or_else(|| Exception::invalid("setUserMetadata: one string is wanted."))?;
    check_user_data(cloud, text)?;
    let (id, now) = (call.id()?, stamp(cloud.now()));
    server(cloud, call)?.user_data = Some(text.to_owned());
    let attribute = json!({"id": id + 5, "hardwareId": id, "value": text, "createDate": now});
    Ok(Answer::Value(json!([attribute])))
}

pub fn set_tags(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let tags = cloud.tags_named(tag::names(call.text(0)?)?);
    server(cloud, call)?.tags = tags;
    Ok(true.into())
}

pub fn reboot(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let server = there(cloud, call)?;
    server.power = Power::Running;
    server.boots += 1;
    Ok(true.into())
}

pub fn power_off(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    there(cloud, call)?.power = Power::Halted;
    Ok(true.into())
}

pub fn power_on(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let server = there(cloud, call)?;
    if server.power == Power::Halted {
        server.boots += 1;
    }
    server.power = Power::Running;
    Ok(true.into())
}

/// A server that is provisioned, and not cancelled.
fn there<'a>(cloud: &'a mut Cloud, call: &Call) -> Result<&'a mut Server, Exception> {
    let server = server(cloud, call)?;
    match server.provisioned.is_some() && !server.deleted {
        true => Ok(server),
        false => Err(Exception::public("The power state of the server cannot be changed now.")),
    }
}
