//! OS types and hypervisors.

use crate::engine::{Answer, Call, Command, Refusal};
use crate::state::Cloud;
use serde_json::json;
use std::collections::BTreeSet;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listOsTypes", list_os_types),
    Command::sync("listHypervisors", list_hypervisors),
];

fn list_os_types(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.id("id", &cloud.os_types)?;
    let (name, keyword) = (call.params.text("description"), call.params.text("keyword"));
    let rows = cloud
        .os_types
        .iter()
        .filter(|os| id.is_none_or(|id| os.id == id))
        .filter(|os| name.is_none_or(|name| os.spec.name == name))
        .filter(|os| keyword.is_none_or(|word| os.spec.name.contains(word)))
        .map(|os| {
            json!({
                "id": os.id,
                "oscategoryid": os.category,
                "oscategoryname": os.spec.category,
                "name": os.spec.name,
                "description": os.spec.name,
                "isuserdefined": false,
                "fordisplay": true,
            })
        });
    Ok(Answer::list("ostype", rows))
}

fn list_hypervisors(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let zone = call.params.id("zoneid", &cloud.zones)?;
    let names: BTreeSet<&str> = cloud
        .zones
        .iter()
        .filter(|z| zone.is_none_or(|zone| z.id == zone) && !z.spec.clusters.is_empty())
        .map(|zone| zone.spec.hypervisor.as_str())
        .collect();
    Ok(Answer::list("hypervisor", names.into_iter().map(|name| json!({"name": name}))))
}
