//! Object filters: which rows of a list somebody wants. SoftLayer ignores a filter that it cannot
//! make sense of, and answers everything.

use super::read::{follow, value};
use crate::object_ref::Node;
use crate::state::Cloud;
use crate::types::{Leads, Property, Type};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// What rows have to be like, and the order in which they are wanted.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    tree: Map<String, Value>,
}

impl Filter {
    /// Reads a filter whose conditions stand under `root` (`virtualGuests`), or alone where that
    /// is empty. None for one that makes no sense to lists of this kind.
    pub fn parse(text: &str, root: &str, kind: &'static Type) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let tree = match root {
            "" => value,
            root => value.get(root)?.clone(),
        };
        let Value::Object(tree) = tree else { return None };
        checked(&tree, kind).then_some(Self { tree })
    }

    /// Whether a row is wanted.
    pub fn wants(&self, cloud: &Cloud, kind: &'static Type, row: &Node) -> bool {
        holds(cloud, kind, row, &self.tree)
    }

    /// What is wanted of the rows of a relation, for a filtered mask.
    pub fn inside(&self, name: &str) -> Option<Self> {
        self.tree.get(name)?.as_object().map(|tree| Self { tree: tree.clone() })
    }

    /// Brings rows into the order that is asked for.
    pub fn sort(&self, cloud: &Cloud, rows: &mut [Node]) {
        for (name, condition) in &self.tree {
            if condition.get("operation") != Some(&Value::from("orderBy")) {
                continue;
            }
            let down = options(condition).first().is_some_and(|value| text(value) == "desc");
            let key = |row: &Node| value(cloud, row, name);
            rows.sort_by(|a, b| {
                let order = compare(&key(a), &key(b)).unwrap_or(Ordering::Equal);
                if down { order.reverse() } else { order }
            });
        }
    }
}

/// Whether every property is one of the type, and every operation is known.
fn checked(tree: &Map<String, Value>, kind: &'static Type) -> bool {
    tree.iter().all(|(name, inside)| {
        let Some(inside) = inside.as_object() else { return false };
        match (inside.get("operation"), kind.property(name)) {
            (_, None) => false,
            (Some(operation), Some(_)) => operation_known(operation),
            (None, Some((_, Property::Relation(Leads::Unknown)))) => true,
            (None, Some((_, Property::Relation(leads)))) => {
                leads.target().is_some_and(|next| checked(inside, next))
            }
            (None, Some((_, Property::Local))) => false,
        }
    })
}

fn operation_known(operation: &Value) -> bool {
    !operation.is_object() && !operation.is_array()
}

fn holds(cloud: &Cloud, kind: &'static Type, row: &Node, tree: &Map<String, Value>) -> bool {
    tree.iter().all(|(name, condition)| {
        if let Some(operation) = condition.get("operation") {
            return leaf(&value(cloud, row, name), operation, condition);
        }
        let Some(inside) = condition.as_object() else { return true };
        let next = kind.relation(name).and_then(|(_, leads)| leads.target());
        let Some(next) = next else { return false };
        let rows = follow(cloud, row, name).into_rows();
        rows.iter().any(|row| holds(cloud, next, row, inside))
    })
}

fn leaf(value: &Value, operation: &Value, condition: &Value) -> bool {
    let Some(words) = operation.as_str() else { return equal(value, operation) };
    match words.trim() {
        "orderBy" => true,
        "is null" => value.is_null(),
        "not null" => !value.is_null(),
        "in" => options(condition).iter().any(|wanted| equal(value, wanted)),
        "and" => options(condition).iter().all(|wanted| leaf(value, wanted, condition)),
        "or" => options(condition).iter().any(|wanted| leaf(value, wanted, condition)),
        words => compared(value, words),
    }
}

/// Longer signs first: `!=` before `=`.
const SIGNS: &[&str] = &[
    "!^=", "!$=", "!*=", "!_=", "!~", "!=", "^=", "$=", "*=", "_=", ">=", "<=", ">", "<", "~", "=",
];

fn compared(value: &Value, words: &str) -> bool {
    let sign = SIGNS.iter().find(|sign| words.starts_with(**sign)).copied().unwrap_or_default();
    let wanted = Value::from(words[sign.len()..].trim());
    let (mine, theirs) = (text(value), text(&wanted));
    let order = || compare(value, &wanted);
    let positive = match sign.strip_prefix('!').unwrap_or(sign) {
        "" | "=" => mine == theirs && !value.is_null(),
        "^=" | "_=" => mine.starts_with(&theirs),
        "$=" => mine.ends_with(&theirs),
        "*=" | "~" => mine.contains(&theirs),
        ">" => order() == Some(Ordering::Greater),
        "<" => order() == Some(Ordering::Less),
        ">=" => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
        _ => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
    };
    positive != sign.starts_with('!')
}

fn equal(value: &Value, wanted: &Value) -> bool {
    !value.is_null() && text(value) == text(wanted)
}

/// Numbers arrive as strings, and texts are compared without regard to case.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_lowercase(),
        Value::Bool(true) => "1".to_owned(),
        Value::Bool(false) => "0".to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    let number = |value: &Value| text(value).parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.partial_cmp(&b),
        _ => Some(text(a).cmp(&text(b))),
    }
}

/// `"options": [{"name": "data", "value": [..]}]`.
fn options(condition: &Value) -> Vec<Value> {
    let all = condition.get("options").and_then(Value::as_array).into_iter().flatten();
    let values = all.filter_map(|option| option.get("value"));
    values
        .flat_map(|value| match value {
            Value::Array(values) => values.clone(),
            other => vec![other.clone()],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fits(value: Value, operation: Value) -> bool {
        let options = json!({"operation": operation, "options": [
            {"name": "data", "value": ["a", 5]},
        ]});
        leaf(&value, &operation, &options)
    }

    /// The operations that clients send.
    #[test]
    fn operations_mean_what_softlayer_means() {
        for (value, operation, wanted) in [
            (json!("DAL13"), json!("dal13"), true),
            (json!(5), json!("5"), true),
            (json!(5), json!(5), true),
            (json!("10.0.0.5"), json!("10.0.0.50"), false),
            (json!("A_BLOCK_STORAGE"), json!("*= BLOCK_STORAGE"), true),
            (json!("abc"), json!("^= ab"), true),
            (json!("abc"), json!("$= bc"), true),
            (json!("abc"), json!("!~ b"), false),
            (json!("abc"), json!("!= abd"), true),
            (json!(9), json!("> 10"), false),
            (json!("9"), json!("<= 10"), true),
            (json!(null), json!("is null"), true),
            (json!(null), json!("not null"), false),
            (json!(5), json!("in"), true),
            (json!(6), json!("in"), false),
        ] {
            assert_eq!(fits(value.clone(), operation.clone()), wanted, "{value} {operation}");
        }
    }
}
