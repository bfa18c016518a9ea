//! Scenarios of what stands outside of VMs: a public address that is acquired, its firewall, a
//! load balancer; and networks that BOSH manages.

use super::inventory::Inventory;
use super::scenario;
use super::stage::Stage;
use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The arguments of a create_vm with all of it.
pub fn new_vm(stage: &Stage) -> Result<Value> {
    let mut arguments = scenario::new_vm(stage)?;
    arguments[2]["lbs"] = json!([{
        "name": "web", "private_port": 8080, "public_port": 80,
        "public_ip": address(stage, "bosh-net")?,
    }]);
    arguments[3]["front"] = front();
    Ok(arguments)
}

/// The arguments of a create_vm with everything that can stand around a VM: an acquired address
/// with its firewall, a load balancer, an affinity group, a security group with rules, a key.
/// All of it has to be made.
pub fn new_vm_with_all(stage: &Stage) -> Result<Value> {
    let mut arguments = scenario::grouped_vm(stage)?;
    arguments[2]["zone"] = json!("around");
    arguments[2]["lbs"] = json!([{
        "name": "web", "private_port": 8080, "public_port": 80,
        "public_ip": address(stage, "around-net")?,
    }]);
    arguments[3]["default"]["cloud_properties"]["name"] = json!("around-net");
    arguments[3]["front"] = front();
    Ok(arguments)
}

/// Such a VM.
pub fn vm_with_all(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_vm", new_vm_with_all(stage)?)?;
    Ok(json!([created[0]]))
}

/// With the VM and all of it. What is shared stays, for the next VM.
pub fn plus_vm_with_all(before: &Inventory, arguments: &Value, result: &Value) -> Inventory {
    scenario::plus_groups(&plus_vm(before, arguments, result), arguments, result)
}

/// A public address that any may be, and what it lets in.
fn front() -> Value {
    json!({"type": "vip", "cloud_properties": {"acquire": true, "firewall": [{"ports": 22}]}})
}

/// A public address that an operator has acquired for a network.
fn address(stage: &Stage, network: &str) -> Result<String> {
    let cloud = stage.cloudstack()?;
    let call = |command: &str, params: &[(&str, &str)]| {
        let (_, body) = cloud.call(command, params);
        body.as_object().and_then(|body| body.values().next().cloned()).context("no answer")
    };
    let networks = call("listNetworks", &[("keyword", network)])?;
    let networks = networks["network"].as_array().context("no networks")?;
    let found = networks.iter().find(|row| row["name"] == network).context("no such network")?;
    let id = found["id"].as_str().context("no id")?;
    let made = call("associateIpAddress", &[("networkid", id)])?;
    let rows = call("listPublicIpAddresses", &[("id", made["id"].as_str().context("no id")?)])?;
    let ip = rows["publicipaddress"][0]["ipaddress"].as_str().context("no address")?;
    Ok(ip.to_owned())
}

/// Such a VM.
pub fn vm(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_vm", new_vm(stage)?)?;
    Ok(json!([created[0]]))
}

/// With the VM, the address that was acquired for it, its rule and the load balancer.
pub fn plus_vm(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (vm, ip) = (text(&result[0]), text(&result[1]["front"]["ip"]));
    before
        .with_vm(&vm)
        .with_address_of(&ip, &vm)
        .with_rule(&ip, "tcp", 22)
        .with_named("balancer", "web")
}

/// Without the VM, and what was acquired or opened for it. The load balancer stays.
pub fn minus_vm(before: &Inventory, arguments: &Value, _: &Value) -> Inventory {
    let vm = arguments[0].as_str().unwrap_or_default();
    before.without_addresses_of(vm).without_vm(vm)
}

/// The definition of a network.
pub fn new_network(_: &Stage) -> Result<Value> {
    Ok(json!([{"type": "manual", "range": "10.77.0.0/24", "gateway": "10.77.0.1",
               "cloud_properties": {"zone": "adv"}}]))
}

/// A network that BOSH manages.
pub fn network(stage: &Stage) -> Result<Value> {
    let created = stage.ask("create_network", new_network(stage)?)?;
    Ok(json!([created[0]]))
}

/// With the network.
pub fn plus_network(before: &Inventory, _: &Value, result: &Value) -> Inventory {
    before.with_named("network", result[0].as_str().unwrap_or_default())
}
