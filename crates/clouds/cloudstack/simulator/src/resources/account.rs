//! Accounts and what they may have.

use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::clock::stamp;
use crate::state::limit::DEFAULTS;
use crate::state::{Account, Cloud, Role, VmState};
use serde_json::{Map, Value, json};

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listAccounts", list),
    Command::sync("listDomains", list_domains).admin_only(),
    Command::sync("listResourceLimits", list_limits),
    Command::sync("updateResourceLimit", update_limit).admin_only(),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let (id, name) = (params.id("id", &cloud.accounts)?, params.text("name"));
    let all = call.caller.is_admin() && params.flag("listall") == Some(true);
    let rows: Vec<Value> = cloud
        .accounts
        .iter()
        .filter(|account| account.role != Role::Nobody)
        .filter(|account| all || account.id == call.caller.account)
        .filter(|account| id.is_none_or(|id| account.id == id))
        .filter(|account| name.is_none_or(|name| account.name == name))
        .map(|account| view(cloud, account).into())
        .collect();
    Ok(Answer::list("account", rows))
}

/// There is one domain here, the root.
fn list_domains(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let domain = &cloud.domain;
    let wanted = |param: &str, is: &str| call.params.text(param).is_none_or(|wanted| wanted == is);
    let shown = wanted("id", &domain.id) && wanted("name", &domain.name);
    let row = json!({
        "id": domain.id,
        "name": domain.name,
        "level": 0,
        "haschild": false,
        "path": domain.name,
        "state": "Active",
        "created": stamp(cloud.since),
    });
    Ok(Answer::list("domain", if shown { vec![row] } else { Vec::new() }))
}

/// `vmlimit`, `vmtotal`, `vmavailable` and so on: what an account may have and has.
pub fn counts(cloud: &Cloud, account: &str) -> Map<String, Value> {
    let mut row = Map::new();
    for (kind, _) in DEFAULTS {
        let short = kind.trim_start_matches("user_").trim_start_matches("public_").replace('_', "");
        let (limit, total) = (cloud.limit(account, kind), cloud.usage(account, kind));
        // CloudStack counts secondary storage in fractions.
        let (total_value, left) = match *kind {
            "secondary_storage" => (json!(total as f64), format!("{}.0", limit - total)),
            _ => (json!(total), (limit - total).to_string()),
        };
        let or_unlimited = |text: String| if limit < 0 { "Unlimited".to_owned() } else { text };
        row.insert(format!("{short}limit"), or_unlimited(limit.to_string()).into());
        row.insert(format!("{short}total"), total_value);
        row.insert(format!("{short}available"), or_unlimited(left).into());
    }
    let vms =
        |state| cloud.vms.iter().filter(|vm| vm.owner == account && vm.state == state).count();
    row.insert("vmrunning".into(), vms(VmState::Running).into());
    row.insert("vmstopped".into(), vms(VmState::Stopped).into());
    row
}

fn view(cloud: &Cloud, account: &Account) -> Map<String, Value> {
    let admin = account.role == Role::Admin;
    let (kind, role) = if admin { (1, "Root Admin") } else { (0, "User") };
    let role_type = if admin { "Admin" } else { "User" };
    let user = &account.user;
    let mut row = fields(json!({
        "id": account.id,
        "name": account.name,
        "accounttype": kind,
        // Roles are what they are called here: nobody can make one.
        "roleid": cloud.role_id(account.role),
        "roletype": role_type,
        "rolename": role,
        "domainid": cloud.domain.id,
        "domain": cloud.domain.name,
        "domainpath": cloud.domain.name,
        "receivedbytes": 0,
        "sentbytes": 0,
        "state": "enabled",
        "user": [{
            "id": user.id,
            "username": user.name,
            "firstname": user.name,
            "lastname": "User",
            "email": format!("{}@example.com", user.name),
            "created": stamp(cloud.since),
            "state": "enabled",
            "account": account.name,
            "accounttype": kind,
            "usersource": "native",
            "roleid": cloud.role_id(account.role),
            "roletype": role_type,
            "rolename": role,
            "domainid": cloud.domain.id,
            "domain": cloud.domain.name,
            "apikey": user.api_key,
            "accountid": account.id,
            "iscallerchilddomain": false,
            "isdefault": admin,
            "is2faenabled": false,
            "is2famandated": false,
        }],
        "isdefault": admin,
        "groups": [],
        "apikeyaccess": "INHERIT",
    }));
    row.extend(counts(cloud, &account.id));
    row
}

fn list_limits(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let owner = cloud.new_owner(call)?;
    let wanted = call.params.number("resourcetype")?;
    let rows: Vec<Value> = (0i64..)
        .zip(DEFAULTS)
        .filter(|(number, _)| wanted.is_none_or(|wanted| wanted == *number))
        .map(|(number, (kind, _))| limit(cloud, &owner, number, kind).into())
        .collect();
    Ok(Answer::list("resourcelimit", rows))
}

fn limit(cloud: &Cloud, owner: &str, number: i64, kind: &str) -> Map<String, Value> {
    let mut row = cloud.owner_fields(owner);
    row.insert("resourcetype".into(), number.to_string().into());
    row.insert("resourcetypename".into(), kind.into());
    row.insert("max".into(), cloud.limit(owner, kind).into());
    row
}

fn update_limit(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let owner = cloud.new_owner(call)?;
    call.params.need("resourcetype")?;
    let number = call.params.number("resourcetype")?.unwrap_or_default();
    let kind = usize::try_from(number).ok().and_then(|number| DEFAULTS.get(number));
    let (kind, _) = kind
        .ok_or_else(|| Refusal::invalid(format!("resourcetype {number} is none that we know")))?;
    let most = call.params.number("max")?.unwrap_or(-1);
    if let Some(account) = cloud.accounts.get_mut(&owner) {
        account.limits.insert((*kind).to_owned(), most.max(-1));
    }
    Ok(Answer::object("resourcelimit", limit(cloud, &owner, number, kind)))
}
