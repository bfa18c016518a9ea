//! SSH key pairs.

use crate::engine::base64::LENIENT;
use crate::engine::{Answer, Call, Command, Refusal, fields};
use crate::state::{Cloud, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listSSHKeyPairs", list),
    Command::sync("createSSHKeyPair", create),
    Command::sync("registerSSHKeyPair", register),
    Command::sync("deleteSSHKeyPair", delete),
];

fn list(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let scope = cloud.scope(call)?;
    let id = params.id("id", &cloud.key_pairs)?;
    let (name, keyword) = (params.text("name"), params.text("keyword"));
    let fingerprint = params.text("fingerprint");
    let rows: Vec<Value> = cloud
        .key_pairs
        .iter()
        .rev()
        .filter(|pair| cloud.shows(&scope, &pair.owner))
        .filter(|pair| id.is_none_or(|id| pair.id == id))
        .filter(|pair| name.is_none_or(|name| pair.name == name))
        .filter(|pair| keyword.is_none_or(|word| pair.name.contains(word)))
        .filter(|pair| fingerprint.is_none_or(|print| pair.fingerprint() == print))
        .map(|pair| view(cloud, pair).into())
        .collect();
    Ok(Answer::list("sshkeypair", rows))
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let name = call.params.need("name")?.to_owned();
    let owner = cloud.new_owner(call)?;
    if cloud.key_pair_named(&owner, &name).is_some() {
        return Err(Refusal::invalid(format!("A key pair with name '{name}' already exists.")));
    }
    // No guest ever checks these keys, so that random bytes do for both halves.
    let public_key = format!("ssh-rsa {}", STANDARD.encode(cloud.random_bytes(64)));
    let private = STANDARD.encode(cloud.random_bytes(256));
    let mut row = add(cloud, owner, name, public_key);
    let text =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{private}\n-----END RSA PRIVATE KEY-----\n");
    row.insert("privatekey".into(), text.into());
    Ok(Answer::object("keypair", row))
}

fn register(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let name = call.params.need("name")?.to_owned();
    let public_key = call.params.need("publickey")?.to_owned();
    let owner = cloud.new_owner(call)?;
    if cloud.key_pair_named(&owner, &name).is_some() {
        return Err(Refusal::invalid(format!(
            "A key pair with name '{name}' already exists for this account."
        )));
    }
    let mut words = public_key.split_ascii_whitespace();
    let valid =
        words.next().is_some_and(|kind| kind.starts_with("ssh-") || kind.starts_with("ecdsa-"))
            && words.next().is_some_and(|key| LENIENT.decode(key).is_ok());
    if !valid {
        return Err(Refusal::invalid("Public key is invalid"));
    }
    // The comment does not count.
    let same = |pair: &&KeyPair| pair.owner == owner && bare(&pair.public_key) == bare(&public_key);
    if cloud.key_pairs.iter().any(|pair| same(&pair)) {
        return Err(Refusal::invalid(format!(
            "A key pair with key '{public_key}' already exists for this account."
        )));
    }
    let row = add(cloud, owner, name, public_key);
    Ok(Answer::object("keypair", row))
}

fn add(cloud: &mut Cloud, owner: String, name: String, public_key: String) -> Map<String, Value> {
    let pair = KeyPair { id: cloud.new_id(), name, owner, public_key };
    let row = view(cloud, &pair);
    cloud.key_pairs.insert(pair);
    row
}

fn delete(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let name = call.params.need("name")?;
    let owner = cloud.new_owner(call)?;
    let id = cloud.key_pair_named(&owner, name).map(|pair| pair.id.clone());
    let id = id.ok_or_else(|| {
        let domain = cloud.domain_of(&owner).map_or("", |domain| &domain.id);
        let text = format!("A key pair with name '{name}' does not exist for account");
        Refusal::invalid(text).about(domain, "domainId")
    })?;
    cloud.key_pairs.forget(&id);
    Ok(Answer::Success)
}

/// A public key without its comment.
fn bare(key: &str) -> String {
    key.split_ascii_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn view(cloud: &Cloud, pair: &KeyPair) -> Map<String, Value> {
    let mut row = fields(json!({
        "id": pair.id,
        "name": pair.name,
        "fingerprint": pair.fingerprint(),
        "hasannotations": false,
    }));
    row.extend(cloud.owner_fields(&pair.owner));
    // Recorded: key pairs never say the domain's path.
    row.remove("domainpath");
    row
}
