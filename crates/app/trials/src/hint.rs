//! What `attach_disk` may tell an agent.

use serde_json::Value;

/// Where iSCSI targets and their passwords stand in a hint.
const ISCSI: &str = "iscsi_settings";

/// Whether an agent can read a hint: a path, or a hash of texts, in which `iscsi_settings` is a
/// hash of texts too. The agent dies of a number, and the director refuses an empty hint.
///
/// Source: bosh-agent `settings.go` (`PersistentDiskSettings`).
pub fn is_hint(hint: &Value) -> bool {
    let texts = |value: &Value| match value {
        Value::Object(fields) => !fields.is_empty() && fields.values().all(Value::is_string),
        _ => false,
    };
    match hint {
        Value::String(path) => !path.is_empty(),
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().all(|(name, value)| value.is_string() || (name == ISCSI && texts(value)))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A number anywhere, or nothing at all, is no hint.
    #[test]
    fn agents_read_texts_only() {
        let iscsi = json!({"target": "10.1.0.1", "username": "u"});
        for fine in [
            json!("/dev/sdb"),
            json!({"path": "/dev/sdb"}),
            json!({"id": "7", "iscsi_settings": iscsi}),
        ] {
            assert!(is_hint(&fine), "{fine}");
        }
        for wrong in [
            json!(""),
            json!({}),
            json!(null),
            json!({"lun": 3}),
            json!({"iscsi_settings": {"port": 3260}}),
            json!({"other": {"a": "b"}}),
        ] {
            assert!(!is_hint(&wrong), "{wrong}");
        }
    }
}
