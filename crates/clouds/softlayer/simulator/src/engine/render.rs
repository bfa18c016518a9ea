//! What is answered of an object: what the mask wants, and no more.

use super::{Exception, Filter, Mask};
use crate::kind::{Kind, Leads, Property};
use crate::state::Cloud;
use crate::thing::Node;
use serde_json::{Map, Value};

/// Writes an object out.
pub fn object(
    cloud: &Cloud,
    kind: &'static Kind,
    node: &Node,
    mask: &Mask,
    filter: Option<&Filter>,
) -> Result<Value, Exception> {
    if kind.is_container() {
        return Ok(match node {
            Node::Value(value) => value.clone(),
            _ => Value::Null,
        });
    }
    check(kind, mask)?;
    let names_a_local = mask.wanted.iter().any(|(name, _)| kind.locals.contains(&name.as_str()));
    let mut written = Map::new();
    for name in kind.locals {
        if !names_a_local || mask.wanted.iter().any(|(wanted, _)| wanted == name) {
            written.insert((*name).to_owned(), node.value(cloud, name));
        }
    }
    for (name, inside) in &mask.wanted {
        let Some((name, leads)) = kind.relation(name) else { continue };
        let filter = if mask.filtered { filter.and_then(|it| it.inside(name)) } else { None };
        let value = relation(cloud, leads, node.follow(cloud, name), inside, filter.as_ref())?;
        // A relation that leads nowhere is left out.
        if !value.is_null() {
            written.insert(name.to_owned(), value);
        }
    }
    Ok(Value::Object(written))
}

/// Writes out what a relation leads to.
pub fn relation(
    cloud: &Cloud,
    leads: Leads,
    node: Node,
    mask: &Mask,
    filter: Option<&Filter>,
) -> Result<Value, Exception> {
    match leads {
        Leads::Value => Ok(match node {
            Node::Value(value) => value,
            _ => Value::Null,
        }),
        Leads::One(kind) => match node.into_rows().first() {
            Some(row) => object(cloud, kind, row, mask, filter),
            None => Ok(Value::Null),
        },
        Leads::Many(kind) => rows(cloud, kind, &node.into_rows(), mask, filter),
    }
}

/// Writes out a list.
pub fn rows(
    cloud: &Cloud,
    kind: &'static Kind,
    rows: &[Node],
    mask: &Mask,
    filter: Option<&Filter>,
) -> Result<Value, Exception> {
    let wanted = rows.iter().filter(|row| filter.is_none_or(|it| it.wants(cloud, kind, row)));
    wanted
        .map(|row| object(cloud, kind, row, mask, filter))
        .collect::<Result<Vec<_>, _>>()
        .map(Value::from)
}

/// An unknown property is an exception, also where there is nothing to read it from.
pub fn check(kind: &'static Kind, mask: &Mask) -> Result<(), Exception> {
    for (name, inside) in &mask.wanted {
        match kind.property(name) {
            _ if kind.is_container() => {}
            Some(Property::Relation(Leads::One(next) | Leads::Many(next))) => check(next, inside)?,
            Some(_) if inside.wanted.is_empty() => {}
            _ => {
                return Err(Exception::public(format!(
                    "Property '{name}' not valid for '{}'.",
                    kind.name
                )));
            }
        }
    }
    Ok(())
}
