//! Accounts and what they may have.

use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::clock::stamp;
use crate::state::limit::DEFAULTS;
use crate::state::{Account, Caller, Cloud, Domain, Role, VmState};
use serde_json::{Map, Value, json};

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listAccounts", list),
    Command::sync("listUsers", list_users),
    Command::sync("listDomains", list_domains),
    Command::sync("listResourceLimits", list_limits),
    Command::sync("updateResourceLimit", update_limit),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let (id, name) = (params.id("id", &cloud.accounts)?, params.text("name"));
    let scope = cloud.scope(call)?;
    let rows: Vec<Value> = cloud
        .accounts
        .iter()
        .filter(|account| account.role != Role::Nobody)
        .filter(|account| cloud.shows(&scope, &account.id))
        .filter(|account| id.is_none_or(|id| account.id == id))
        .filter(|account| name.is_none_or(|name| account.name == name))
        .map(|account| view(cloud, call.caller, account).into())
        .collect();
    Ok(Answer::list("account", rows))
}

fn list_domains(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = |param: &str, is: &str| call.params.text(param).is_none_or(|wanted| wanted == is);
    let rows = cloud
        .domains
        .iter()
        .filter(|domain| cloud.is_in_domain(&domain.id, &call.caller.domain))
        .filter(|domain| wanted("id", &domain.id) && wanted("name", &domain.name))
        .map(|domain| {
            let below = |it: &Domain| it.parent.as_ref() == Some(&domain.id);
            fields(json!({
                "id": domain.id,
                "name": domain.name,
                "level": domain.path.matches('/').count(),
                "parentdomainid": domain.parent,
                "haschild": cloud.domains.iter().any(below),
                "path": domain.path,
                "state": "Active",
                "created": stamp(cloud.since),
            }))
        });
    Ok(Answer::list("domain", rows))
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

fn view(cloud: &Cloud, caller: &Caller, account: &Account) -> Map<String, Value> {
    let first = is_first_admin(cloud, account);
    let counted = first || account.had_router;
    let mut row = role(cloud, account);
    row.extend(fields(json!({
        "id": account.id,
        "name": account.name,
        "domainpath": cloud.domain_of(&account.id).map(|domain| &domain.path),
        "created": (!first).then(|| stamp(cloud.since)),
        "receivedbytes": counted.then_some(0),
        "sentbytes": counted.then_some(0),
        "state": "enabled",
        "user": [user(cloud, caller, account)],
        "isdefault": first,
        "groups": [],
        "apikeyaccess": caller.is_admin().then_some("INHERIT"),
    })));
    row.extend(counts(cloud, &account.id));
    row
}

/// The root admin that every CloudStack comes with.
fn is_first_admin(cloud: &Cloud, account: &Account) -> bool {
    account.role == Role::Admin && cloud.accounts.number(&account.id) == 2
}

/// Roles are what they are called here: nobody can make one.
fn role(cloud: &Cloud, account: &Account) -> Map<String, Value> {
    let (kind, role_type, role) = match account.role {
        Role::Admin => (1, "Admin", "Root Admin"),
        Role::DomainAdmin => (2, "DomainAdmin", "Domain Admin"),
        Role::User | Role::Nobody => (0, "User", "User"),
    };
    let domain = cloud.domain_of(&account.id);
    fields(json!({
        "accounttype": kind,
        "roleid": cloud.role_id(account.role),
        "roletype": role_type,
        "rolename": role,
        "domainid": domain.map(|domain| &domain.id),
        "domain": domain.map(|domain| &domain.name),
    }))
}

/// The user of an account.
fn user(cloud: &Cloud, caller: &Caller, account: &Account) -> Map<String, Value> {
    let user = &account.user;
    let below = account.domain != caller.domain;
    let mut row = role(cloud, account);
    row.extend(fields(json!({
        "id": user.id,
        "username": user.name,
        "firstname": user.name,
        "lastname": "User",
        "email": format!("{}@example.com", user.name),
        "created": stamp(cloud.since),
        "state": "enabled",
        "account": account.name,
        "usersource": "native",
        "apikey": user.api_key,
        "accountid": account.id,
        "iscallerchilddomain": below,
        "isdefault": is_first_admin(cloud, account),
        "is2faenabled": false,
        "is2famandated": false,
    })));
    row
}

/// `listUsers`: an account has one each.
fn list_users(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let (scope, name) = (cloud.scope(call)?, params.text("username"));
    let id = params.text("id");
    let rows: Vec<Value> = cloud
        .accounts
        .iter()
        .filter(|account| account.role != Role::Nobody && cloud.shows(&scope, &account.id))
        .filter(|account| id.is_none_or(|id| account.user.id == id))
        .filter(|account| name.is_none_or(|name| account.user.name.eq_ignore_ascii_case(name)))
        .map(|account| user(cloud, call.caller, account).into())
        .collect();
    Ok(Answer::list("user", rows))
}

fn list_limits(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let owner = cloud.new_owner(call)?;
    let wanted = call.params.number("resourcetype")?;
    let account = cloud.accounts.get(&owner);
    let set = |kind: &str| account.and_then(|it| it.limits.iter().position(|(it, _)| it == kind));
    let mut kinds: Vec<(i64, &str)> = (0..).zip(DEFAULTS.iter().map(|(kind, _)| *kind)).collect();
    // Those that somebody set come first.
    kinds.sort_by_key(|(number, kind)| (set(kind).unwrap_or(usize::MAX), *number));
    let rows: Vec<Value> = kinds
        .into_iter()
        .filter(|(number, _)| wanted.is_none_or(|wanted| wanted == *number))
        .map(|(number, kind)| limit(cloud, &owner, number, kind).into())
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
        account.set_limit(kind, most.max(-1));
    }
    Ok(Answer::object("resourcelimit", limit(cloud, &owner, number, kind)))
}
