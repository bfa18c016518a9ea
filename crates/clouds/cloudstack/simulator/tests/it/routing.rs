//! What lies around the networks: addresses, rules, VPCs, groups, projects, and who may touch them.

use serde_json::Value;
use simulator_cloudstack::{Running, Simulator, World};

const ZONE: &str = "a6c74611-d80a-4d66-aaa1-3e942ee40e51";
const NETWORK: &str = "353d03e3-8670-4ea5-8d1d-41ae93389137";
const OFFERING: &str = "5c672848-d88d-42ed-bdb2-06e2f0ccf573";
const TEMPLATE: &str = "af7f3bd7-e521-11f1-8774-02fc00000001";

struct Cloud(Running);

impl Cloud {
    fn start() -> Self {
        let world = World::builtin().instant();
        let running = Simulator::spawn_thread(world, ([127, 0, 0, 1], 0).into());
        Self(running.expect("a free port"))
    }

    fn call_as(&self, account: &str, command: &str, params: &[(&str, &str)]) -> (u16, Value) {
        let (status, body) = self.0.call(account, command, params);
        let inner = body.as_object().and_then(|map| map.values().next()).cloned();
        (status, inner.unwrap_or_default())
    }

    /// A call that goes well.
    fn ok(&self, command: &str, params: &[(&str, &str)]) -> Value {
        let (status, answer) = self.call_as("admin", command, params);
        assert_eq!(status, 200, "{command}: {answer}");
        answer
    }

    /// The code that a call, or the job that it starts, is refused with; 0 if it is not.
    fn refused(&self, command: &str, params: &[(&str, &str)]) -> i64 {
        let (status, answer) = self.call_as("admin", command, params);
        match answer["jobid"].as_str() {
            Some(job) => self.job(job)["jobresultcode"].as_i64().unwrap_or(-1),
            None if status == 200 => 0,
            None => status.into(),
        }
    }

    fn job(&self, id: &str) -> Value {
        self.ok("queryAsyncJobResult", &[("jobid", id)])
    }

    /// The id of what a call makes; its job has gone well.
    fn make(&self, command: &str, params: &[(&str, &str)]) -> String {
        let answer = self.ok(command, params);
        let job = self.job(answer["jobid"].as_str().expect("a job"));
        assert_eq!(job["jobstatus"], 1, "{command}: {job}");
        answer["id"].as_str().expect("an id").to_owned()
    }

    fn vm(&self, name: &str, network: &str) -> String {
        let place = [("zoneid", ZONE), ("templateid", TEMPLATE), ("serviceofferingid", OFFERING)];
        let what = [("name", name), ("networkids", network)];
        self.make("deployVirtualMachine", &[&place[..], &what[..]].concat())
    }

    /// The rows that a list shows.
    fn list(&self, command: &str, params: &[(&str, &str)]) -> Vec<Value> {
        let answer = self.ok(command, params);
        let rows = answer.as_object().and_then(|map| map.values().find_map(Value::as_array));
        rows.cloned().unwrap_or_default()
    }

    fn offering(&self, name: &str) -> String {
        let rows = self.list("listNetworkOfferings", &[("name", name)]);
        rows[0]["id"].as_str().expect("the offering").to_owned()
    }
}

/// A public address leads to one VM: it is taken over only after it was let go, and it is free
/// again when its VM is expunged.
#[test]
fn an_address_is_taken_over_in_steps() {
    let cloud = Cloud::start();
    let (old, new) = (cloud.vm("old", NETWORK), cloud.vm("new", NETWORK));
    let address = cloud.make("associateIpAddress", &[("networkid", NETWORK)]);
    let to = |vm: &str| {
        cloud.refused("enableStaticNat", &[("ipaddressid", &address), ("virtualmachineid", vm)])
    };
    let leads = || cloud.list("listPublicIpAddresses", &[("id", &address)])[0].clone();
    assert_eq!(to(&old), 0);
    assert_eq!(leads()["virtualmachineid"], old.as_str());
    assert_eq!(to(&old), 431, "the same pair once more is no no-op");
    assert_eq!(to(&new), 537);
    assert_eq!(cloud.refused("disableStaticNat", &[("ipaddressid", &address)]), 0);
    assert_eq!(to(&new), 0);
    let other = cloud.make("associateIpAddress", &[("networkid", NETWORK)]);
    let second = [("ipaddressid", other.as_str()), ("virtualmachineid", new.as_str())];
    assert_eq!(cloud.refused("enableStaticNat", &second), 431, "a VM is led to once");

    assert_eq!(cloud.refused("destroyVirtualMachine", &[("id", &new), ("expunge", "true")]), 0);
    assert_eq!(leads()["isstaticnat"], false);
    assert_eq!(to(&old), 0);
}

/// Addresses come back to the pool with their rules; the source NAT address goes with its network.
#[test]
fn addresses_return_to_the_pool() {
    let cloud = Cloud::start();
    cloud.vm("vm", NETWORK);
    let first = cloud.make("associateIpAddress", &[("networkid", NETWORK)]);
    let rule = [("ipaddressid", first.as_str()), ("protocol", "tcp"), ("startport", "22")];
    cloud.make("createFirewallRule", &rule);
    let source = cloud.list("listPublicIpAddresses", &[("issourcenat", "true")]);
    let source = source[0]["id"].as_str().expect("a source NAT address").to_owned();
    assert_eq!(cloud.refused("disassociateIpAddress", &[("id", &source)]), 530);
    assert_eq!(cloud.refused("disassociateIpAddress", &[("id", &first)]), 0);
    assert_eq!(cloud.make("associateIpAddress", &[("networkid", NETWORK)]), first);
    assert!(cloud.list("listFirewallRules", &[("ipaddressid", &first)]).is_empty());
}

/// What lets the same traffic through twice is refused, and a port has one use.
#[test]
fn rules_do_not_overlap() {
    let cloud = Cloud::start();
    let vm = cloud.vm("vm", NETWORK);
    let address = cloud.make("associateIpAddress", &[("networkid", NETWORK)]);
    let rule = |first: &str, last: &str, from: &str| {
        cloud.refused(
            "createFirewallRule",
            &[
                ("ipaddressid", address.as_str()),
                ("protocol", "tcp"),
                ("startport", first),
                ("endport", last),
                ("cidrlist", from),
            ],
        )
    };
    assert_eq!(rule("20", "30", "10.0.0.0/8"), 0);
    assert_eq!(rule("30", "40", "10.0.0.0/8"), 537);
    assert_eq!(rule("30", "40", "192.168.0.0/16"), 0);
    assert_eq!(rule("40", "30", "10.0.0.0/8"), 431);
    assert_eq!(rule("1", "2", "everywhere"), 431);

    let balancer = [
        ("publicipid", address.as_str()),
        ("name", "web"),
        ("algorithm", "roundrobin"),
        ("publicport", "80"),
        ("privateport", "8080"),
    ];
    let web = cloud.make("createLoadBalancerRule", &balancer);
    assert_eq!(cloud.refused("createLoadBalancerRule", &balancer), 537);
    let forward = [
        ("ipaddressid", address.as_str()),
        ("virtualmachineid", vm.as_str()),
        ("protocol", "tcp"),
        ("publicport", "80"),
        ("privateport", "80"),
    ];
    assert_eq!(cloud.refused("createPortForwardingRule", &forward), 537);
    let nat = [("ipaddressid", address.as_str()), ("virtualmachineid", vm.as_str())];
    assert_eq!(cloud.refused("enableStaticNat", &nat), 537);

    let assign = [("id", web.as_str()), ("virtualmachineids", vm.as_str())];
    assert_eq!(cloud.refused("assignToLoadBalancerRule", &assign), 0);
    assert_eq!(cloud.refused("assignToLoadBalancerRule", &assign), 530);
    assert_eq!(cloud.list("listLoadBalancerRuleInstances", &[("id", &web)]).len(), 1);
    assert_eq!(cloud.refused("destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]), 0);
    assert!(cloud.list("listLoadBalancerRuleInstances", &[("id", &web)]).is_empty());
}

/// A VPC's tiers lie in its range beside each other; it goes when the last of them has gone.
#[test]
fn a_vpc_holds_its_tiers() {
    let cloud = Cloud::start();
    let offering =
        cloud.list("listVPCOfferings", &[])[0]["id"].as_str().unwrap_or_default().to_owned();
    let vpc =
        [("zoneid", ZONE), ("name", "vpc"), ("vpcofferingid", &offering), ("cidr", "10.9.0.0/16")];
    let vpc = cloud.make("createVPC", &vpc);
    let for_tiers = cloud.offering("DefaultIsolatedNetworkOfferingForVpcNetworks");
    let params = |gateway: &'static str| {
        [
            ("zoneid", ZONE.to_owned()),
            ("name", "tier".to_owned()),
            ("networkofferingid", for_tiers.clone()),
            ("vpcid", vpc.clone()),
            ("gateway", gateway.to_owned()),
            ("netmask", "255.255.255.0".to_owned()),
        ]
    };
    let tier = |gateway: &'static str| {
        let params = params(gateway);
        let params: Vec<(&str, &str)> = params.iter().map(|(k, v)| (*k, v.as_str())).collect();
        cloud.call_as("admin", "createNetwork", &params)
    };
    let (status, first) = tier("10.9.1.1");
    assert_eq!((status, &first["network"]["aclname"]), (200, &"default_deny".into()));
    assert_eq!(tier("10.9.1.2").0, 431, "that range is taken");
    assert_eq!(tier("10.8.1.1").0, 431, "that range is not the VPC's");
    let first = first["network"]["id"].as_str().expect("a tier");
    let vm = cloud.vm("vm", first);
    assert_eq!(cloud.refused("deleteVPC", &[("id", &vpc)]), 431);
    assert_eq!(cloud.refused("deleteNetwork", &[("id", first)]), 530, "a VM is in it");

    let address = cloud.make("associateIpAddress", &[("vpcid", &vpc)]);
    let nat = [("ipaddressid", address.as_str()), ("virtualmachineid", vm.as_str())];
    assert_eq!(cloud.refused("enableStaticNat", &nat), 431, "of which tier?");
    assert_eq!(cloud.refused("enableStaticNat", &[&nat[..], &[("networkid", first)]].concat()), 0);
    assert_eq!(cloud.refused("destroyVirtualMachine", &[("id", &vm), ("expunge", "true")]), 0);
    assert_eq!(cloud.refused("deleteNetwork", &[("id", first)]), 0);
    assert_eq!(cloud.refused("deleteVPC", &[("id", &vpc)]), 0);
    assert!(cloud.list("listPublicIpAddresses", &[]).is_empty(), "its addresses are free");
}

/// A group that a rule or a VM uses stays, the default one always.
#[test]
fn a_security_group_in_use_stays() {
    let cloud = Cloud::start();
    let made = cloud.ok("createSecurityGroup", &[("name", "group")]);
    let id = made["securitygroup"]["id"].as_str().expect("a group").to_owned();
    let rule = [
        ("securitygroupid", id.as_str()),
        ("protocol", "tcp"),
        ("startport", "1"),
        ("endport", "2"),
        ("usersecuritygrouplist[0].account", "admin"),
        ("usersecuritygrouplist[0].group", "group"),
    ];
    assert_eq!(cloud.refused("authorizeSecurityGroupIngress", &rule), 0);
    assert_eq!(cloud.refused("authorizeSecurityGroupIngress", &rule), 530);
    assert_eq!(cloud.refused("deleteSecurityGroup", &[("id", &id)]), 536);
    let group = cloud.list("listSecurityGroups", &[("id", &id)])[0].clone();
    let rule = group["ingressrule"][0]["ruleid"].as_str().expect("the rule");
    assert_eq!(cloud.refused("revokeSecurityGroupIngress", &[("id", rule)]), 0);
    assert_eq!(cloud.refused("deleteSecurityGroup", &[("id", &id)]), 0);
    assert_eq!(cloud.refused("deleteSecurityGroup", &[("name", "default")]), 431);
}

/// What a project holds is seen with its id only, and keeps the project.
#[test]
fn a_project_keeps_to_itself() {
    let cloud = Cloud::start();
    let project = cloud.make("createProject", &[("name", "project"), ("displaytext", "p")]);
    let offering = cloud.offering("DefaultIsolatedNetworkOfferingWithSourceNatService");
    let network = [("zoneid", ZONE), ("name", "inside"), ("networkofferingid", &offering)];
    cloud.ok("createNetwork", &[&network[..], &[("projectid", project.as_str())]].concat());
    let seen = |params: &[(&str, &str)]| {
        let rows = cloud.list("listNetworks", params);
        rows.iter().any(|row| row["name"] == "inside")
    };
    assert!(seen(&[("projectid", &project)]));
    assert!(!seen(&[]) && !seen(&[("listall", "true")]));
    assert!(seen(&[("projectid", "-1")]));
    assert_eq!(cloud.refused("deleteProject", &[("id", &project)]), 530);
}

/// A plain user sees and touches only its own, and stops at its limits.
#[test]
fn a_user_keeps_to_its_own() {
    let cloud = Cloud::start();
    let address = cloud.make("associateIpAddress", &[("networkid", NETWORK)]);
    let as_user = |command: &str, params: &[(&str, &str)]| cloud.call_as("bosh", command, params);
    assert_eq!(as_user("associateIpAddress", &[("networkid", NETWORK)]).0, 531);
    assert_eq!(as_user("disassociateIpAddress", &[("id", &address)]).0, 531);
    assert_eq!(as_user("deleteNetwork", &[("id", NETWORK)]).0, 531);
    assert_eq!(as_user("listNetworks", &[("id", NETWORK)]).1, serde_json::json!({}));
    assert_ne!(as_user("updateResourceLimit", &[("resourcetype", "6"), ("max", "-1")]).0, 200);

    let offering = cloud.offering("DefaultIsolatedNetworkOfferingWithSourceNatService");
    let network = [("zoneid", ZONE), ("name", "mine"), ("networkofferingid", &offering)];
    let domain = simulator_cloudstack::World::builtin().domain.id;
    let limit = [("account", "bosh"), ("domainid", &domain), ("resourcetype", "6"), ("max", "1")];
    cloud.ok("updateResourceLimit", &limit);
    assert_eq!(as_user("createNetwork", &network).0, 200);
    assert_eq!(as_user("createNetwork", &network).0, 535);
}
