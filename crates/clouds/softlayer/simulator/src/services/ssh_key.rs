//! `SoftLayer_Security_Ssh_Key`.

use crate::engine::{Answer, Call, Exception, Service, words};
use crate::object_ref::{Node, ObjectRef};
use crate::state::Cloud;
use crate::state::account::SshKey;
use crate::state::time::stamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use serde_json::json;

/// The type that it makes.
const TYPE: &str = "SoftLayer_Security_Ssh_Key";

pub static SERVICE: Service = Service {
    name: "SoftLayer_Security_Ssh_Key",
    find: Some(|cloud, id| cloud.ssh_keys.contains_key(&id).then_some(ObjectRef::SshKey(id))),
    own: None,
    methods: &[("createObject", create), ("deleteObject", delete), ("editObject", edit)],
};

fn create(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let template = call.object(0)?;
    let label = words(&template["label"]).ok_or_else(|| Exception::missing("label", TYPE))?;
    let key = words(&template["key"]).ok_or_else(|| Exception::missing("key", TYPE))?;
    let fingerprint =
        fingerprint(key).ok_or_else(|| Exception::public("The SSH key is not valid."))?;
    if cloud.ssh_keys.values().any(|known| known.fingerprint == fingerprint) {
        return Err(Exception::public("SSH key already exists."));
    }
    let id = cloud.new_id();
    let key = SshKey {
        id,
        label: label.to_owned(),
        key: key.to_owned(),
        fingerprint,
        notes: words(&template["notes"]).map(str::to_owned),
        created: cloud.now(),
    };
    cloud.ssh_keys.insert(id, key);
    Ok(Answer::One(ObjectRef::SshKey(id)))
}

fn delete(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    cloud.ssh_keys.remove(&call.id()?);
    Ok(true.into())
}

fn edit(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (id, template) = (call.id()?, call.object(0)?);
    let key = cloud.ssh_keys.get_mut(&id).ok_or_else(|| Exception::not_found(id))?;
    if let Some(label) = words(&template["label"]) {
        key.label = label.to_owned();
    }
    if let Some(notes) = template["notes"].as_str() {
        key.notes = Some(notes.to_owned());
    }
    Ok(true.into())
}

/// The MD5 of the key's body, as SSH clients of old show it.
fn fingerprint(key: &str) -> Option<String> {
    let (kind, body) = key.split_once(' ')?;
    let body = body.split_whitespace().next()?;
    if !kind.starts_with("ssh-") && !kind.starts_with("ecdsa-") {
        return None;
    }
    // Keys of worlds and tests need not be whole.
    let bytes = STANDARD.decode(body).unwrap_or_else(|_| body.as_bytes().to_vec());
    let hash = Md5::digest(bytes);
    Some(hash.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"))
}

pub fn read(_: &Cloud, key: &SshKey, name: &str) -> Node {
    match name {
        "id" => key.id.into(),
        "label" => key.label.as_str().into(),
        "key" => key.key.as_str().into(),
        "fingerprint" => key.fingerprint.as_str().into(),
        "notes" => json!(key.notes).into(),
        "createDate" => stamp(key.created).into(),
        _ => json!(null).into(),
    }
}
