//! The config of older CPIs: what their jobs had outside of `cloudstack`, moved to where it is
//! now. What has no meaning any more is named with the reason.

use serde_json::{Map, Value, json};

/// Properties of the Java release's `cpi`, with their path now.
const MOVED: [(&str, &str); 7] = [
    ("default_disk_offering", "cloudstack.default_disk_offering"),
    ("default_ephemeral_disk_offering", "cloudstack.default_ephemeral_disk_offering"),
    ("force_expunge", "cloudstack.expunge_vm"),
    ("vm_create_delay", "cloudstack.vm_create_delay"),
    ("vm_expunge_delay", "cloudstack.vm_expunge_delay"),
    ("ntp", "agent.ntp"),
    ("agent.mbus", "agent.mbus"),
];

/// Properties of the Java release's `cpi` that mean nothing now, with the reason.
const GONE: [(&str, &str); 12] = [
    ("heap_size", "no Java process runs any more"),
    ("host", "the CPI does not listen any more"),
    ("port", "the CPI does not listen any more"),
    ("core", "the CPI does not listen any more"),
    ("webdav_host", "stemcells come in by cloudstack.stemcell.route"),
    ("webdav_port", "stemcells come in by cloudstack.stemcell.route"),
    ("webdav_directory", "stemcells come in by cloudstack.stemcell.route"),
    ("registry", "there is no registry any more"),
    ("zipkin", "traces go to traces.endpoint"),
    ("use_dhcp", "the networks of the manifest say so"),
    ("lightstemcell", "light stemcells name their template themselves"),
    ("blobstore", "the director tells agents of the blobstore"),
];

/// Brings `properties` (`cloud.properties`) of an older CPI to their places, where nothing stands
/// yet. Answers what was found and means nothing any more, in words.
pub(crate) fn upgrade(properties: &mut Map<String, Value>) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(Value::Object(old)) = properties.get("cpi").cloned() {
        properties.shift_remove("cpi");
        let mut old = Value::Object(old);
        for (from, to) in MOVED {
            if let Some(value) = take(&mut old, from) {
                put(properties, to, value);
            }
        }
        for (name, why) in GONE {
            if take(&mut old, name).is_some() {
                notes.push(format!("cloud.properties.cpi.{name} is ignored: {why}"));
            }
        }
        // What is neither stays, so that it is told as unknown.
        if old.as_object().is_some_and(|old| old.values().any(|value| !is_empty(value))) {
            properties.insert("cpi".into(), old);
        }
    }
    if let Some(mbus) = properties.get("nats").and_then(mbus_of) {
        properties.shift_remove("nats");
        put(properties, "agent.mbus", mbus);
    }
    notes
}

/// The message bus of the jobs that had `nats.*`.
fn mbus_of(nats: &Value) -> Option<Value> {
    let text = |name: &str| match nats.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let address = text("address")?;
    let port = text("port").unwrap_or_else(|| "4222".into());
    let user = text("user").unwrap_or_else(|| "nats".into());
    let password = text("password").map(|password| format!(":{password}")).unwrap_or_default();
    Some(json!(format!("nats://{user}{password}@{address}:{port}")))
}

fn take(hash: &mut Value, path: &str) -> Option<Value> {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut parents = parents.split('.').filter(|name| !name.is_empty());
    let parent = parents.try_fold(hash, |hash, name| hash.get_mut(name));
    parent?.as_object_mut()?.shift_remove(name).filter(|value| !value.is_null())
}

/// Puts `value` there unless something stands there.
fn put(properties: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((hash, name)) = path.split_once('.') else { return };
    let hash = properties.entry(hash).or_insert_with(|| json!({}));
    if hash.is_null() {
        *hash = json!({});
    }
    if let Some(hash) = hash.as_object_mut()
        && hash.get(name).is_none_or(|there| there.is_null() || there == "")
    {
        hash.insert(name.to_owned(), value);
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(|hash| hash.values().all(is_empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The properties of the Java release's job as its docs had them.
    fn java() -> Map<String, Value> {
        let properties = json!({
            "cloudstack": {"endpoint": "https://c/client/api", "api_key": "k",
                "secret_access_key": "s", "default_key_name": "bosh", "private_key": "-----",
                "state_timeout": 1200, "state_timeout_volume": 1200,
                "stemcell_public_visibility": true, "default_zone": "z", "proxy_host": "",
                "proxy_port": 8080, "proxy_user": "", "proxy_password": ""},
            "cpi": {"heap_size": "512M", "host": "127.0.0.1", "port": 8080,
                "core": {"user": "cpi", "password": "cpi"}, "webdav_host": "127.0.0.1",
                "webdav_port": 8080, "webdav_directory": "/var/vcap/store/cloudstack_cpi/webdav",
                "default_disk_offering": "shared.custom",
                "default_ephemeral_disk_offering": "shared.custom", "vm_create_delay": 10,
                "vm_expunge_delay": 30, "force_expunge": true,
                "registry": {"endpoint": "http://admin:admin@10.0.0.2:8080"},
                "blobstore": {"provider": "local", "path": "/var/vcap"}, "ntp": ["0.pool"],
                "use_dhcp": false, "agent": {"mbus": "nats://nats:pw@10.0.0.2:4222"},
                "lightstemcell": {"network_name": "n", "instance_type": "i"}},
        });
        let Value::Object(properties) = properties else { unreachable!() };
        properties
    }

    /// Each property of the old tree is moved or named; none is lost in silence.
    #[test]
    fn the_java_release_s_tree_means_the_same() {
        let mut properties = java();
        let notes = upgrade(&mut properties);
        assert_eq!(properties["cloudstack"]["default_disk_offering"], "shared.custom");
        assert_eq!(properties["cloudstack"]["expunge_vm"], true);
        assert_eq!(properties["agent"]["mbus"], "nats://nats:pw@10.0.0.2:4222");
        assert_eq!(properties["agent"]["ntp"], json!(["0.pool"]));
        assert!(!properties.contains_key("cpi"), "{:?}", properties.get("cpi"));
        assert_eq!(notes.len(), GONE.len() - 1, "all but zipkin: {notes:?}");
        assert!(!notes.join(" ").contains("admin"), "no value stands in a note: {notes:?}");
    }

    #[test]
    fn what_stands_in_its_place_already_stays() {
        let mut properties = java();
        properties.insert("agent".into(), json!({"mbus": "nats://new"}));
        properties["cpi"]["mistake"] = json!(1);
        upgrade(&mut properties);
        assert_eq!(properties["agent"]["mbus"], "nats://new");
        assert_eq!(properties["cpi"]["mistake"], 1, "what is unknown is told as such");
    }

    /// The Ruby release's manifests had the message bus as `nats.*` only.
    #[test]
    fn the_message_bus_is_built_from_nats() {
        let nats =
            json!({"nats": {"address": "10.0.0.2", "port": 4222, "user": "n", "password": "p"}});
        let Value::Object(mut properties) = nats else { unreachable!() };
        assert!(upgrade(&mut properties).is_empty());
        assert_eq!(
            Value::Object(properties),
            json!({"agent": {"mbus": "nats://n:p@10.0.0.2:4222"}})
        );
    }
}
