//! What is answered of an object: what the mask wants, and no more.

use super::mask::Wanted;
use super::read::{follow, value};
use super::{Exception, Filter, Mask};
use crate::object_ref::Node;
use crate::state::Cloud;
use crate::types::{self, Leads, Property, Type};
use serde_json::{Map, Value};

/// Writes an object out.
fn object(
    cloud: &Cloud,
    kind: &'static Type,
    node: &Node,
    mask: &Mask,
    filter: Option<&Filter>,
) -> Result<Value, Exception> {
    let wanted = || mask.wanted.iter().filter(|it| has(node, kind, it));
    let names_a_local =
        wanted().any(|it| matches!(owner(kind, it).property(&it.name), Some((_, Property::Local))));
    let mut written = Map::new();
    if !names_a_local {
        for name in kind.answered_by_default() {
            let value = match kind.property(name) {
                Some((_, Property::Relation(leads @ (Leads::One(_) | Leads::Many(_))))) => {
                    relation(cloud, leads, follow(cloud, node, name), &Mask::default(), None)?
                }
                _ => value(cloud, node, name),
            };
            written.insert(name.to_owned(), value);
        }
    }
    for it in wanted() {
        match owner(kind, it).property(&it.name) {
            Some((name, Property::Local)) => {
                written.insert(name.to_owned(), value(cloud, node, name));
            }
            Some((name, Property::Relation(leads))) => {
                let filter = filter.filter(|_| mask.filtered).and_then(|it| it.inside(name));
                let behind = follow(cloud, node, name);
                let value = relation(cloud, leads, behind, &it.inside, filter.as_ref())?;
                // A relation that leads nowhere is left out.
                if !value.is_null() {
                    written.insert(name.to_owned(), value);
                }
            }
            None => {}
        }
    }
    Ok(Value::Object(written))
}

/// The type to which a property belongs that is wanted of objects of a type.
fn owner(kind: &'static Type, wanted: &Wanted) -> &'static Type {
    wanted.cast.as_deref().and_then(types::find).unwrap_or(kind)
}

/// Whether an object has what is wanted of a sub-type.
fn has(node: &Node, kind: &'static Type, wanted: &Wanted) -> bool {
    let Some(cast) = wanted.cast.as_deref() else { return true };
    let actual = match node {
        Node::One(Some(object)) => types::find(object.type_name()).unwrap_or(kind),
        _ => kind,
    };
    actual.is_a(cast)
}

/// Writes out what a relation leads to.
pub fn relation(
    cloud: &Cloud,
    leads: Leads,
    node: Node,
    mask: &Mask,
    filter: Option<&Filter>,
) -> Result<Value, Exception> {
    match (leads, leads.target()) {
        (Leads::One(_), Some(kind)) => match node.into_rows().first() {
            Some(row) => object(cloud, kind, row, mask, filter),
            None => Ok(Value::Null),
        },
        (Leads::Many(_), Some(kind)) => rows(cloud, kind, &node.into_rows(), mask, filter),
        _ => Ok(match node {
            Node::Value(value) => value,
            _ => Value::Null,
        }),
    }
}

/// Writes out a list.
pub fn rows(
    cloud: &Cloud,
    kind: &'static Type,
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

/// A property that the declared type does not have is an exception, also where there is nothing to
/// read it from. One of a sub-type needs a cast to it.
pub fn check(kind: &'static Type, mask: &Mask) -> Result<(), Exception> {
    for it in &mask.wanted {
        let owner = match it.cast.as_deref() {
            None => kind,
            Some(cast) => types::find(cast)
                .filter(|owner| owner.is_a(kind.name) || kind.is_a(owner.name))
                .ok_or_else(|| {
                    Exception::mask(format!("Type '{cast}' is not valid for '{}'.", kind.name))
                })?,
        };
        let invalid =
            || Exception::mask(format!("Property '{}' not valid for '{}'.", it.name, owner.name));
        match owner.property(&it.name).ok_or_else(invalid)? {
            (_, Property::Relation(Leads::Unknown)) => {}
            (_, Property::Relation(leads)) if leads.target().is_some() => {
                leads.target().map_or(Ok(()), |next| check(next, &it.inside))?;
            }
            _ if it.inside.wanted.is_empty() => {}
            _ => return Err(invalid()),
        }
    }
    Ok(())
}
