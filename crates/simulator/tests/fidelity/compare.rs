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
const FREE: &[&str] = &[
    "allocated",
    "attached",
    "completed",
    "created",
    "lastupdated",
    "removed", // times
    "errortext",
    "description",
    "related", // words
    "expires",
    "fingerprint",
    "metadata",
    "postURL",
    "privatekey",
    "signature",
    "url", // made up anew
    "SSH.PublicKey",
    "zonetoken",
    "managementserverid",
    "managementservername", // the run's own
    "receivedbytes",
    "sentbytes",
    "physicalsize", // counters of a running cloud
];

/// Where CloudStack happened to put something: a host, a pool, a VLAN. Only the type is compared.
const PLACED: &[&str] = &[
    "hostid",
    "hostname",
    "clusterid",
    "clustername",
    "podid",
    "podname",
    "storage",
    "storageid",
    "datastore",
    "pooltype",
    "isolationuri",
    "broadcasturi",
    "vlan",
    "instancename",
    "zoneidpath",
    "serviceofferingid#volume", // the internal number of the offering, a known fault of CloudStack
];

/// Addresses are drawn from a pool and given out again.
const DRAWN: &[&str] = &["ipaddress", "macaddress", "publicip", "publicipaddress", "vmipaddress"];

/// Lists whose order CloudStack does not keep; they are sorted by what identifies a row.
const UNORDERED: &[(&str, &str)] = &[
    ("service", "name"),
    ("provider", "name"),
    ("capability", "name"),
    ("tags", "key"),
    ("tag", "key"),
    ("params", "name"),
    ("response", "name"),
    ("networkoffering", "name"),
    ("ingressrule", "startport"),
    ("volume", "name"),
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
        let (recorded, ours) = (sorted(recorded, order), sorted(ours, order));
        for (at, (recorded, ours)) in recorded.iter().zip(&ours).enumerate() {
            self.value(&join(path, &at.to_string()), key, recorded, ours);
        }
    }

    fn text(&mut self, path: &str, key: &str, recorded: &str, ours: &str) {
        if DRAWN.contains(&key) {
            return self.drawn(path, recorded, ours);
        }
        if FREE.contains(&key) || PLACED.contains(&key) {
            return;
        }
        if is_uuid(recorded) && is_uuid(ours) {
            if let Err(known) = self.bindings.bind(recorded, ours) {
                self.differs(path, format!("another id: {recorded} is {ours}, {known}"));
            }
            return;
        }
        if recorded != ours && !same_but_for_ids(recorded, ours) {
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

/// `ROOT-11` and `ROOT-3`, `vlan://196` and `vlan://101`, and names with a UUID in them: the
/// internal number in a name is the cloud's own.
fn same_but_for_ids(recorded: &str, ours: &str) -> bool {
    let numbered = ["ROOT-", "DATA-", "vlan://", "PrjAcct-"];
    if let Some(prefix) = numbered.iter().find(|prefix| recorded.starts_with(**prefix)) {
        let number = |text: &str| {
            text.strip_prefix(prefix)
                .map(|rest| rest.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
        };
        return number(recorded) == number(ours);
    }
    false
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
