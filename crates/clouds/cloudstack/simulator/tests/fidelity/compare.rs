//! Where two answers differ: fields, types, and the values that mean something.

use crate::bindings::{Bindings, is_uuid};
use serde_json::Value;

/// One difference.
#[derive(Debug, Clone)]
pub struct Difference {
    /// Where, with dots: `listzonesresponse.zone.0.name`.
    pub path: String,
    /// What was recorded and what we say.
    pub text: String,
}

/// Words, times, keys and counters: only their type is compared.
#[rustfmt::skip]
const FREE: &[&str] = &[
    // Times.
    "allocated", "attached", "completed", "created", "lastupdated", "removed",
    // Words.
    "errortext", "description", "related", "networkofferingdisplaytext", "firstname", "lastname", "email",
    // Made up anew in each run.
    "expires", "fingerprint", "metadata", "postURL", "privatekey", "signature", "url",
    "SSH.PublicKey", "zonetoken", "managementserverid", "managementservername", "apikey",
    // Counters of a cloud that runs.
    "receivedbytes", "sentbytes", "physicalsize", "expireAfter",
];

/// Words, but only here: elsewhere the field of this name gives back what was asked for.
const FREE_IN: &[(&str, &str)] =
    &[("networkoffering", "displaytext"), ("vpcoffering", "displaytext")];

/// Where CloudStack happened to put something: a host, a pool, a VLAN. Only the type is compared.
#[rustfmt::skip]
const PLACED: &[&str] = &[
    "hostid", "hostname", "clusterid", "clustername", "podid", "podname", "storage", "storageid",
    "datastore", "datastoreId", "isolationuri", "broadcasturi", "vlan", "instancename",
];

/// Addresses are drawn from a pool and given out again.
const DRAWN: &[&str] =
    &["ipaddress", "macaddress", "publicip", "publicipaddress", "vmipaddress", "vmguestip"];

/// Lists whose order CloudStack does not keep, and what tells their rows apart.
#[rustfmt::skip]
const UNORDERED: &[(&str, &str)] = &[
    ("service", "name"), ("provider", "name"), ("capability", "name"), ("tags", "key"),
    ("tag", "key"), ("virtualmachine", "name"), ("loadbalancerruleinstance", "name"),
    ("publicipaddress", "issourcenat"), ("securitygroup", "name"), ("params", "name"), ("response", "name"), ("networkoffering", "name"),
];

/// Compares a recorded answer with ours, and learns ids on the way.
pub fn compare(recorded: &Value, ours: &Value, bindings: &mut Bindings) -> Vec<Difference> {
    let mut comparison = Comparison { bindings, differences: Vec::new() };
    comparison.value("", "", recorded, ours);
    comparison.differences
}

struct Comparison<'a> {
    bindings: &'a mut Bindings,
    differences: Vec<Difference>,
}

impl Comparison<'_> {
    fn value(&mut self, path: &str, key: &str, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                for (key, value) in recorded {
                    let path = join(path, key);
                    match ours.get(key) {
                        Some(ours) => self.value(&path, key, value, ours),
                        None => self.differs(&path, format!("missing; was {}", short(value))),
                    }
                }
                for (key, value) in ours {
                    if !recorded.contains_key(key) {
                        self.differs(
                            &join(path, key),
                            format!("not recorded; is {}", short(value)),
                        );
                    }
                }
            }
            (Value::Array(recorded), Value::Array(ours)) => self.list(path, key, recorded, ours),
            _ if kind(recorded) != kind(ours) => self.differs(
                path,
                format!(
                    "was {} ({}), is {} ({})",
                    short(recorded),
                    kind(recorded),
                    short(ours),
                    kind(ours)
                ),
            ),
            (Value::String(recorded), Value::String(ours)) => self.text(path, key, recorded, ours),
            _ if FREE.contains(&key) || recorded == ours => {}
            _ => self.differs(path, format!("was {}, is {}", short(recorded), short(ours))),
        }
    }

    fn list(&mut self, path: &str, key: &str, recorded: &[Value], ours: &[Value]) {
        if recorded.len() != ours.len() {
            let names = |list: &[Value]| -> String {
                list.iter()
                    .map(|row| short(row.get("name").unwrap_or(row)))
                    .collect::<Vec<_>>()
                    .join(", ")
            };
            let text = format!(
                "had {} rows, has {}: was [{}], is [{}]",
                recorded.len(),
                ours.len(),
                names(recorded),
                names(ours)
            );
            self.differs(path, text);
        }
        let order = UNORDERED.iter().find(|(list, _)| *list == key).map(|(_, by)| *by);
        let (mut ours, mut at) = (sorted(ours, order), 0);
        for recorded in sorted(recorded, order) {
            // The row of the same name, so that one too many does not shift all others.
            let wanted = order.and_then(|by| recorded.get(by));
            let same = |row: &&Value| order.is_none_or(|by| row.get(by) == wanted);
            // Of several, the one that is known to be meant.
            let known = recorded["id"].as_str().and_then(|id| self.bindings.ours(id));
            let meant = |row: &&Value| known.is_some() && row["id"].as_str() == known && same(row);
            let position = ours.iter().position(meant).filter(|_| order.is_some());
            match position.or_else(|| ours.iter().position(same)) {
                Some(found) => {
                    let ours = ours.remove(found);
                    self.value(&join(path, &at.to_string()), key, recorded, ours);
                }
                None if ours.is_empty() => {}
                None => self
                    .differs(&join(path, &at.to_string()), format!("missing: {}", short(recorded))),
            }
            at += 1;
        }
    }

    fn text(&mut self, path: &str, key: &str, recorded: &str, ours: &str) {
        if DRAWN.contains(&key) {
            return self.drawn(path, recorded, ours);
        }
        let free_here = FREE_IN.iter().any(|(list, name)| *name == key && path.contains(list));
        // A list as JSON in a text: CloudStack's own words.
        let words = key == "value" && recorded.starts_with("[{") && ours.starts_with("[{");
        if FREE.contains(&key) || PLACED.contains(&key) || free_here || words {
            return;
        }
        if is_uuid(recorded) && is_uuid(ours) {
            if let Err(known) = self.bindings.bind(recorded, ours) {
                self.differs(path, format!("another id: {recorded} is {ours}, {known}"));
            }
            return;
        }
        if recorded != ours && !same_but_for_numbers(recorded, ours) {
            self.differs(path, format!("was {recorded:?}, is {ours:?}"));
        }
    }

    /// An address that the walk asked for has to come back; one that the cloud drew may be any.
    fn drawn(&mut self, path: &str, recorded: &str, ours: &str) {
        if self.bindings.was_chosen(recorded) && recorded != ours {
            self.differs(path, format!("asked for {recorded}, got {ours}"));
        }
        self.bindings.rebind(recorded, ours);
    }

    fn differs(&mut self, path: &str, text: String) {
        self.differences.push(Difference { path: path.to_owned(), text });
    }
}

/// `ROOT-11` and `ROOT-3`, `cs2cloud.internal` and `cs3cloud.internal`, `w2_disk_20261120213740`:
/// the internal number or the time in a name is the cloud's own.
fn same_but_for_numbers(recorded: &str, ours: &str) -> bool {
    let bare = |text: &str| -> Option<String> {
        let prefix = ["ROOT-", "DATA-", "PrjAcct-"].iter().find(|it| text.starts_with(**it));
        if prefix.is_some() {
            return Some(text.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned());
        }
        if let Some(number) =
            text.strip_prefix("cs").and_then(|it| it.strip_suffix("cloud.internal"))
        {
            return number.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| "cloud".to_owned());
        }
        let (name, time) = text.rsplit_once('_')?;
        let is_time = time.len() == 14 && time.bytes().all(|byte| byte.is_ascii_digit());
        is_time.then(|| name.to_owned())
    };
    bare(recorded).is_some() && bare(recorded) == bare(ours)
}

/// Whether two names are the same but for what is the cloud's own in them.
pub fn same_name(recorded: &str, ours: &str) -> bool {
    recorded == ours || same_but_for_numbers(recorded, ours)
}

fn sorted<'a>(list: &'a [Value], by: Option<&str>) -> Vec<&'a Value> {
    let mut rows: Vec<&Value> = list.iter().collect();
    if let Some(by) = by {
        rows.sort_by_key(|row| match row.get(by) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => format!("{other:>12}"),
            None => row.to_string(),
        });
    }
    rows
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.len() > 100 {
        format!("{}…", text.chars().take(100).collect::<String>())
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(recorded: Value, ours: Value) -> Vec<String> {
        let mut bindings = Bindings::default();
        let differences = compare(&recorded, &ours, &mut bindings);
        differences.into_iter().map(|one| one.path).collect()
    }

    /// A comparison that overlooks a field, a type, a value or a row would measure nothing.
    #[test]
    fn what_differs_is_found() {
        let row = json!({"state": "Ready", "size": 5, "tags": [{"key": "a", "value": "b"}]});
        assert_eq!(paths(row.clone(), row.clone()), Vec::<String>::new());
        let changed = |change: fn(&mut Value)| {
            let mut ours = row.clone();
            change(&mut ours);
            paths(row.clone(), ours)
        };
        assert_eq!(changed(|it| it["state"] = "Allocated".into()), ["state"]);
        assert_eq!(changed(|it| it["size"] = "5".into()), ["size"]);
        assert_eq!(changed(|it| it["more"] = 1.into()), ["more"]);
        assert_eq!(changed(|it| drop(it.as_object_mut().map(|it| it.remove("size")))), ["size"]);
        assert_eq!(changed(|it| it["tags"] = json!([])), ["tags"]);
        assert_eq!(changed(|it| it["tags"][0]["value"] = "c".into()), ["tags.0.value"]);
    }

    /// An id may be another one, but the same in every place, and no two may become one.
    #[test]
    fn an_id_means_one_thing() {
        let id = |number: u32| format!("00000000-0000-0000-0000-{number:012}");
        let both = json!({"id": id(1), "vmid": id(2), "again": id(1)});
        assert!(
            paths(both.clone(), json!({"id": id(7), "vmid": id(8), "again": id(7)})).is_empty()
        );
        let mixed = json!({"id": id(7), "vmid": id(8), "again": id(8)});
        assert_eq!(paths(both.clone(), mixed), ["again"]);
        let merged = json!({"id": id(7), "vmid": id(7), "again": id(7)});
        assert_eq!(paths(both, merged), ["vmid"]);
    }

    /// An address that was asked for has to come; a drawn one may be any.
    #[test]
    fn an_address_that_was_asked_for_has_to_come() {
        let mut bindings = Bindings::default();
        let (recorded, ours) = (json!({"ipaddress": "10.0.0.5"}), json!({"ipaddress": "10.0.0.6"}));
        assert!(compare(&recorded, &ours, &mut bindings).is_empty());
        let mut bindings = Bindings::default();
        bindings.translate("10.0.0.5");
        assert_eq!(compare(&recorded, &ours, &mut bindings).len(), 1);
    }
}
