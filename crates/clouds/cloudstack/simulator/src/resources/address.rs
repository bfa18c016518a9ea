//! Public addresses and static NAT.

use crate::engine::{Answer, Call, Command, Job, Refusal, fields, live_id};
use crate::state::address::{Lease, PublicAddress, StaticNat};
use crate::state::clock::stamp;
use crate::state::{Caller, Cloud};
use crate::world::NetworkKind;
use serde_json::{Map, Value, json};
use std::net::Ipv4Addr;

/// What an address is called where it is gone.
const KIND: &str = "IpAddress";

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listPublicIpAddresses", list),
    Command::job("associateIpAddress", "user.address.AssociateIPAddrCmd", associate)
        .by_admin()
        .on(KIND),
    Command::job("disassociateIpAddress", "user.address.DisassociateIPAddrCmd", disassociate)
        .on(KIND),
    Command::sync("enableStaticNat", enable_static_nat),
    Command::job("disableStaticNat", "user.nat.DisableStaticNatCmd", disable_static_nat),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.routing.addresses)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let network = params.id("associatednetworkid", &cloud.networks)?;
    let vpc = params.id("vpcid", &cloud.routing.vpcs)?;
    let (text, state) = (params.text("ipaddress"), params.text("state"));
    let (source, fixed) = (params.flag("issourcenat"), params.flag("isstaticnat"));
    let tags = super::tag::wanted(params);
    let free_too = params.flag("allocatedonly") == Some(false) && call.caller.is_admin();
    // CloudStack lists the highest address first.
    let rows: Vec<Value> = cloud
        .routing
        .addresses
        .iter()
        .rev()
        .filter(|address| match &address.lease {
            None => free_too,
            Some(lease) => {
                cloud.shows(&scope, &lease.owner)
                    && network.is_none_or(|network| lease.network.as_deref() == Some(network))
                    && vpc.is_none_or(|vpc| lease.vpc.as_deref() == Some(vpc))
                    && source.is_none_or(|source| lease.source_nat == source)
                    && fixed.is_none_or(|fixed| lease.static_nat.is_some() == fixed)
            }
        })
        .filter(|address| id.is_none_or(|id| address.id == id))
        .filter(|address| zone.is_none_or(|zone| address.zone == zone))
        .filter(|address| text.is_none_or(|text| address.address.to_string() == text))
        .filter(|address| state.is_none_or(|state| state.eq_ignore_ascii_case(state_of(address))))
        .filter(|address| cloud.has_any_tag(&address.id, &tags))
        .map(|address| view(cloud, call.caller, address, state_of(address)).into())
        .collect();
    Ok(Answer::list("publicipaddress", rows))
}

fn state_of(address: &PublicAddress) -> &'static str {
    if address.lease.is_some() { "Allocated" } else { "Free" }
}

fn associate(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let network = params.id("networkid", &cloud.networks)?.and_then(|id| cloud.networks.get(id));
    let vpc = params.id("vpcid", &cloud.routing.vpcs)?.and_then(|id| cloud.routing.vpcs.get(id));
    let zone = params.id("zoneid", &cloud.zones)?;
    let (zone, owner) = match (network, vpc, zone) {
        (Some(network), ..) if network.vpc.is_some() => {
            return Err(Refusal::invalid("an address of a tier is its VPC's: give vpcid"));
        }
        (Some(network), ..) => (network.zone.clone(), network.owner.clone()),
        (None, Some(vpc), _) => (vpc.zone.clone(), Some(vpc.owner.clone())),
        (None, None, Some(zone)) => (zone.to_owned(), None),
        (None, None, None) => {
            return Err(Refusal::invalid(
                "networkid, vpcid or zoneid says what the address is for",
            ));
        }
    };
    let owner = match owner {
        Some(owner) => owner,
        None => cloud.new_owner(call)?,
    };
    cloud.check_owner(call.caller, &owner)?;
    // AccountLimitException, which only public addresses are refused with.
    cloud.check_limit(&owner, "public_ip", 1).map_err(|_| {
        let name = cloud.accounts.get(&owner).map_or("", |account| &account.name);
        let text =
            format!("Maximum number of public IP addresses for account: {name} has been exceeded.");
        Refusal::new(532, 4280, text)
    })?;
    let wanted = wanted(call)?;
    let isolated = network.filter(|network| network.kind == NetworkKind::Isolated);
    let first = isolated.is_some_and(|network| {
        cloud.network_offers(&network.id, "SourceNat") && !cloud.has_source_nat(&network.id)
    });
    let lease = Lease {
        // Recorded: the first address of a network is its source NAT address.
        owner,
        network: network.map(|network| network.id.clone()),
        vpc: vpc.map(|vpc| vpc.id.clone()),
        source_nat: first,
        static_nat: None,
        since: cloud.now(),
    };
    // Recorded: an address of a network is told before it is settled, one of a VPC after.
    let state = if lease.network.is_some() { "Allocating" } else { "Allocated" };
    let id = cloud.lease_address(&zone, wanted, lease)?;
    let (caller, made) = (call.caller.clone(), id.clone());
    Ok(Job::new(move |cloud| {
        let address = cloud.routing.addresses.get(&id).map(|it| view(cloud, &caller, it, state));
        Ok(json!({"ipaddress": address}))
    })
    .making(made))
}

fn wanted(call: &Call<'_>) -> Result<Option<Ipv4Addr>, Refusal> {
    let Some(text) = call.params.text("ipaddress") else { return Ok(None) };
    text.parse().map(Some).map_err(|_| Refusal::invalid(format!("{text} is no address")))
}

/// The address that a call names, if its caller has it.
pub fn find(cloud: &Cloud, call: &Call<'_>, name: &str) -> Result<(String, Lease), Refusal> {
    let id = live_id(call, name, KIND, &cloud.routing.addresses)?;
    let lease = cloud.routing.addresses.get(&id).and_then(|address| address.lease.clone());
    let lease = lease.ok_or_else(|| Refusal::invalid(format!("nobody has address {id}")))?;
    cloud.check_owner(call.caller, &lease.owner)?;
    Ok((id, lease))
}

fn disassociate(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let named = live_id(call, "id", KIND, &cloud.routing.addresses)?;
    if cloud.routing.addresses.get(&named).is_some_and(|address| address.lease.is_none()) {
        // Recorded: CloudStack stumbles over an address that nobody has.
        return Err(Refusal::internal(
            "Unable to persist on DB, due to: Data truncation: Out of range value for column \
             'account_id' at row 1",
        ));
    }
    let (id, lease) = find(cloud, call, "id")?;
    let made = id.clone();
    Ok(Job::new(move |cloud| {
        if lease.source_nat {
            // An IllegalArgumentException, which a job makes a 530 of.
            return Err(Refusal::internal(format!("address {id} is the source NAT address")));
        }
        cloud.free_address(&id);
        Ok(json!({"success": true}))
    })
    .on(made))
}

fn enable_static_nat(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (id, lease) = find(cloud, call, "ipaddressid")?;
    let vm = cloud.need_vm(call, "virtualmachineid")?;
    let named = call.params.id("networkid", &cloud.networks)?.map(str::to_owned);
    let network = named.or(lease.network.clone()).ok_or_else(|| {
        let text = format!("address {id} is of no network yet, and no networkid says of which");
        Refusal::invalid(text)
    })?;
    let guest = guest_address(cloud, call, &vm, &network)?;
    check_unused(cloud, &id, &lease, &vm, guest)?;
    if let Some(lease) = cloud.routing.addresses.get_mut(&id).and_then(|it| it.lease.as_mut()) {
        lease.static_nat = Some(StaticNat { vm, network: network.clone(), address: guest });
        lease.network = Some(network);
    }
    Ok(Answer::Success)
}

/// The address of a VM in a network: its NIC's, or the secondary one that `vmguestip` names.
fn guest_address(
    cloud: &Cloud,
    call: &Call<'_>,
    vm: &str,
    network: &str,
) -> Result<Ipv4Addr, Refusal> {
    let nics = cloud.vms.get(vm).map(|vm| vm.nics.as_slice()).unwrap_or_default();
    let nic = nics.iter().find(|nic| nic.network == network);
    let nic = nic.ok_or_else(|| Refusal::invalid(format!("VM {vm} has no NIC in {network}")))?;
    let Some(wanted) = call.params.text("vmguestip") else {
        return nic.address.ok_or_else(|| Refusal::invalid(format!("VM {vm} has no address")));
    };
    let mut addresses = nic.address.into_iter().chain(nic.secondary.iter().map(|it| it.address));
    addresses
        .find(|address| address.to_string() == wanted)
        .ok_or_else(|| Refusal::invalid(format!("VM {vm} does not have address {wanted}")))
}

/// An address leads to one VM, and a VM is led to by one address. The same pair once more is
/// refused as well.
fn check_unused(
    cloud: &Cloud,
    id: &str,
    lease: &Lease,
    vm: &str,
    guest: Ipv4Addr,
) -> Result<(), Refusal> {
    if lease.source_nat {
        return Err(Refusal::invalid(format!("address {id} is the source NAT address")));
    }
    if cloud.has_rules(id) {
        return Err(Refusal::new(537, 9999, format!("address {id} has rules already")));
    }
    if let Some(nat) = lease.static_nat.as_ref().filter(|nat| nat.vm != vm) {
        let text = format!("address {id} is already associated with VM {}", nat.vm);
        return Err(Refusal::new(537, 9999, text));
    }
    let led_to = cloud.routing.addresses.iter().find(|address| {
        let nat = address.lease.as_ref().and_then(|lease| lease.static_nat.as_ref());
        nat.is_some_and(|nat| nat.vm == vm && nat.address == guest)
    });
    match led_to {
        Some(other) => Err(Refusal::invalid(format!(
            "Failed to enable static nat on the ip {id}: VM {vm} is already associated with \
             another public ip {}",
            other.address
        ))),
        None => Ok(()),
    }
}

fn disable_static_nat(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let (id, _) = find(cloud, call, "ipaddressid")?;
    Ok(Job::new(move |cloud| {
        let address = cloud.routing.addresses.get_mut(&id);
        let lease = address.and_then(|address| address.lease.as_mut());
        match lease.filter(|lease| lease.static_nat.is_some()) {
            Some(lease) => {
                lease.end_static_nat();
                // Recorded: what is open to the address goes with it.
                cloud.routing.firewall.retain(|rule| rule.address.as_ref() != Some(&id));
                Ok(json!({"success": true}))
            }
            None => {
                Err(Refusal::invalid("Specified IP address id is not associated with any vm Id"))
            }
        }
    }))
}

fn view(cloud: &Cloud, caller: &Caller, it: &PublicAddress, state: &str) -> Map<String, Value> {
    let lease = it.lease.as_ref();
    let nat = lease.and_then(|lease| lease.static_nat.as_ref());
    let vm = nat.and_then(|nat| cloud.vms.get(&nat.vm));
    let network = lease.and_then(|lease| lease.network.as_ref());
    let vpc = lease.and_then(|lease| lease.vpc.as_ref());
    let range = cloud.routing.ranges.get(it.range);
    let firewall = cloud.routing.firewall.iter().any(|rule| rule.address.as_ref() == Some(&it.id));
    let mut row = fields(json!({
        "id": it.id,
        "ipaddress": it.address,
        "allocated": lease.map(|lease| stamp(lease.since)),
        "zoneid": it.zone,
        "zonename": cloud.zone_name(&it.zone),
        "issourcenat": lease.is_some_and(|lease| lease.source_nat),
        "forvirtualnetwork": true,
        "vlanid": range.filter(|_| caller.is_admin()).map(|range| &range.id),
        "vlanname": range.filter(|_| caller.is_admin()).map(|range| format!("vlan://{}", range.vlan)),
        "isstaticnat": nat.is_some(),
        "issystem": false,
        "virtualmachineid": nat.map(|nat| &nat.vm),
        "virtualmachinetype": nat.map(|_| "User"),
        "vmipaddress": nat.map(|nat| nat.address),
        "virtualmachinename": vm.map(|vm| &vm.name),
        "virtualmachinedisplayname": vm.map(|vm| &vm.display_name),
        "associatednetworkid": network,
        "associatednetworkname": network.and_then(|id| cloud.networks.get(id)).map(|it| &it.name),
        "networkid": range.map(|range| &range.network),
        "state": state,
        "physicalnetworkid": cloud.routing.physical.get(&it.zone),
        "vpcid": vpc,
        "vpcname": vpc.and_then(|id| cloud.routing.vpcs.get(id)).map(|vpc| &vpc.name),
        "tags": super::tag::of(cloud, &it.id),
        "isportable": false,
        "fordisplay": caller.is_admin().then_some(true),
        "hasrules": cloud.has_rules(&it.id) || firewall,
        "forsystemvms": false,
        "forprovider": false,
        "hasannotations": false,
    }));
    if let Some(lease) = lease {
        row.extend(cloud.owner_fields(&lease.owner));
    }
    row
}
