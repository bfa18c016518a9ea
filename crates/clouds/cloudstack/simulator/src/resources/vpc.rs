//! VPCs.

use crate::engine::{Answer, Call, Command, Job, Refusal, fields, live_id};
use crate::state::address::Lease;
use crate::state::clock::stamp;
use crate::state::vpc::{Vpc, VpcOffering};
use crate::state::{Cloud, Range};
use serde_json::{Map, Value, json};

/// What a VPC is called where it is gone.
const KIND: &str = "Vpc";

/// The commands of this resource. Recorded: their jobs name no instance.
pub const COMMANDS: &[Command] = &[
    Command::sync("listVPCOfferings", list_offerings),
    Command::sync("listVPCs", list),
    Command::job("createVPC", "user.vpc.CreateVPCCmd", create).by_admin().on("None"),
    Command::job("deleteVPC", "user.vpc.DeleteVPCCmd", delete).on(KIND),
];

fn list_offerings(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let id = call.params.id("id", &cloud.routing.vpc_offerings)?;
    let name = call.params.text("name");
    let rows: Vec<Value> = cloud
        .routing
        .vpc_offerings
        .iter()
        .filter(|offering| id.is_none_or(|id| offering.id == id))
        .filter(|offering| name.is_none_or(|name| offering.name == name))
        .map(offering)
        .collect();
    Ok(Answer::list("vpcoffering", rows))
}

fn offering(offering: &VpcOffering) -> Value {
    Value::from(fields(json!({
        "id": offering.id,
        "name": offering.name,
        "displaytext": offering.name,
        "created": stamp(offering.created),
        "isdefault": offering.is_default,
        "state": "Enabled",
        "service": services(offering),
        "distributedvpcrouter": false,
        "supportsregionLevelvpc": false,
        "fornsx": offering.name.contains("NSX"),
        "networkmode": offering.mode,
        "internetprotocol": "IPv4",
        "specifyasnumber": false,
    })))
}

fn services(offering: &VpcOffering) -> Vec<Value> {
    let providers = |names: &[&str]| names.iter().map(|name| json!({"name": name})).collect();
    let service = |(name, by): &(&str, &[&str])| {
        let by: Vec<Value> = providers(by);
        json!({"name": name, "provider": by})
    };
    offering.services.iter().map(service).collect()
}

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.routing.vpcs)?;
    let zone = params.id("zoneid", &cloud.zones)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let rows: Vec<Value> = cloud
        .routing
        .vpcs
        .iter()
        .rev()
        .filter(|vpc| cloud.shows(&scope, &vpc.owner))
        .filter(|vpc| id.is_none_or(|id| vpc.id == id))
        .filter(|vpc| zone.is_none_or(|zone| vpc.zone == zone))
        .filter(|vpc| name.is_none_or(|name| vpc.name == name))
        .filter(|vpc| keyword.is_none_or(|word| vpc.name.contains(word)))
        .map(|vpc| view(cloud, call, vpc).into())
        .collect();
    Ok(Answer::list("vpc", rows))
}

/// Makes a VPC with its source NAT address.
fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let params = call.params;
    let name = params.need("name")?.to_owned();
    let zone = params.need_id("zoneid", &cloud.zones)?.to_owned();
    let offering = live_id(call, "vpcofferingid", "VpcOffering", &cloud.routing.vpc_offerings)?;
    let cidr = params.need("cidr")?;
    let range = Range::parse(cidr);
    let range = range.ok_or_else(|| Refusal::invalid(format!("{cidr} is no range for a VPC")))?;
    if cloud.zones.get(&zone).is_none_or(|zone| zone.is_basic() || zone.has_security_groups()) {
        return Err(Refusal::invalid(format!("zone {zone} takes no VPCs")));
    }
    let owner = cloud.new_owner(call)?;
    cloud.check_limit(&owner, "vpc", 1)?;
    // Recorded: that there is an address too many, the job finds.
    let within = cloud.check_limit(&owner, "public_ip", 1).is_ok();
    let id = cloud.new_id();
    let lease = Lease {
        owner: owner.clone(),
        network: None,
        vpc: Some(id.clone()),
        source_nat: true,
        static_nat: None,
        since: cloud.now(),
    };
    if within {
        cloud.lease_address(&zone, None, lease)?;
    }
    let domain = format!("cs{:x}cloud.internal", cloud.accounts.number(&owner));
    let vpc = Vpc {
        id: id.clone(),
        displaytext: params.text("displaytext").unwrap_or(&name).to_owned(),
        name,
        zone,
        owner,
        range,
        offering,
        domain: params.text("networkdomain").map_or(domain, str::to_owned),
        created: cloud.now(),
    };
    cloud.routing.vpcs.insert(vpc);
    let caller = call.caller.clone();
    let work = {
        let id = id.clone();
        move |cloud: &mut Cloud| {
            let params = Default::default();
            let call = Call { caller: &caller, params: &params };
            if !within {
                cloud.remove_vpc(&id);
                return Err(Refusal::internal("Failed to create VPC"));
            }
            let vpc = cloud.routing.vpcs.get(&id).map(|vpc| view(cloud, &call, vpc));
            Ok(json!({"vpc": vpc}))
        }
    };
    let mut job = Job::new(work);
    job.made = Some(id);
    Ok(job)
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Job, Refusal> {
    let id = live_id(call, "id", KIND, &cloud.routing.vpcs)?;
    let owner = cloud.routing.vpcs.get(&id).map_or("", |vpc| &vpc.owner);
    cloud.check_owner(call.caller, owner)?;
    Ok(Job::new(move |cloud| {
        let tiers = cloud.tiers(&id).count();
        if tiers > 0 {
            return Err(Refusal::invalid(format!(
                "Can't delete VPC {id} as its used by {tiers} networks"
            )));
        }
        cloud.remove_vpc(&id);
        Ok(json!({"success": true}))
    }))
}

fn view(cloud: &Cloud, call: &Call<'_>, vpc: &Vpc) -> Map<String, Value> {
    let offering = cloud.routing.vpc_offerings.get(&vpc.offering);
    let tiers: Vec<_> =
        cloud.tiers(&vpc.id).map(|tier| super::network::view(cloud, call, tier)).collect();
    let mut row = fields(json!({
        "id": vpc.id,
        "name": vpc.name,
        "displaytext": vpc.displaytext,
        "state": "Enabled",
        "zoneid": vpc.zone,
        "zonename": cloud.zone_name(&vpc.zone),
        "service": offering.map(services),
        "cidr": vpc.range.cidr(),
        "vpcofferingid": vpc.offering,
        "vpcofferingname": offering.map(|offering| offering.name),
        "created": stamp(vpc.created),
        "network": tiers,
        "restartrequired": false,
        "networkdomain": vpc.domain,
        "tags": super::tag::of(cloud, &vpc.id),
        "fordisplay": call.caller.is_admin().then_some(true),
        "distributedvpcrouter": false,
        "regionlevelvpc": false,
        "redundantvpcrouter": false,
        "publicmtu": 1500,
        "hasannotations": false,
    }));
    row.extend(cloud.owner_fields(&vpc.owner));
    row
}
