//! Lists that are answered untruly.

use crate::cloud::{Reply, SimulatedCloud};
use crate::lie::{Lie, ListShape};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A total that no account has.
const ENDLESS: u64 = 1_000_000_000;

/// Answers a request untruly. What is no list is answered as it is.
pub(crate) fn answer<F: SimulatedCloud>(cloud: &F, request: &F::Request, lie: &Lie) -> Reply {
    let honest = cloud.answer(request);
    if !cloud.is_list(request) || honest.status != 200 {
        return honest;
    }
    let shape = cloud.list_shape();
    match lie {
        Lie::FilterIgnored => unfiltered(cloud, request, &honest, |_, _| {}),
        Lie::LookAlikes => {
            let wanted = cloud.wanted_name(request);
            unfiltered(cloud, request, &honest, |at, row| {
                if let Some(name) = &wanted {
                    rename(row, &shape, &look_alike(name, at));
                }
            })
        }
        Lie::OtherAccount => match cloud.wanted_name(request) {
            None => honest,
            Some(name) => unfiltered(cloud, request, &honest, |_, row| {
                rename(row, &shape, &name);
                for (key, other) in shape.accounts {
                    row[*key] = json!(other);
                }
            }),
        },
        Lie::Empty => edit(honest, |rows| rows.clear()),
        Lie::Stale { known, .. } => {
            edit(honest, |rows| rows.retain(|row| id(row).is_some_and(|id| known.contains(&id))))
        }
        Lie::RowsTwice => edit(honest, |rows| {
            let twice = rows.iter().flat_map(|row| [row.clone(), row.clone()]).collect();
            *rows = twice;
        }),
        Lie::PageIgnored => endless(cloud.answer(&cloud.without_page(request)), &shape),
        Lie::CountWrong => endless(honest, &shape),
        Lie::ForeignEnvelope => Reply { body: FOREIGN.to_owned(), headers: Vec::new(), ..honest },
    }
}

const FOREIGN: &str = "{\"error\":{\"code\":\"gateway\",\"message\":\"upstream\"}}";

/// All rows, the foreign ones first and changed by `change`, which gets their position.
fn unfiltered<F: SimulatedCloud>(
    cloud: &F,
    request: &F::Request,
    honest: &Reply,
    change: impl Fn(usize, &mut Value),
) -> Reply {
    let asked: BTreeSet<String> = parsed(honest)
        .as_mut()
        .and_then(rows)
        .map(|rows| rows.iter().filter_map(id).collect())
        .unwrap_or_default();
    edit(cloud.answer(&cloud.without_filters(request)), |rows| {
        let (ours, mut foreign): (Vec<Value>, Vec<Value>) = std::mem::take(rows)
            .into_iter()
            .partition(|row| id(row).is_some_and(|id| asked.contains(&id)));
        // The youngest first: what is in use, and so cannot be deleted, is older.
        foreign.reverse();
        foreign.iter_mut().enumerate().for_each(|(at, row)| change(at, row));
        foreign.extend(ours);
        *rows = foreign;
    })
}

fn look_alike(name: &str, at: usize) -> String {
    match at % 3 {
        0 => name.to_uppercase(),
        1 => format!("{name}-1"),
        _ => name.chars().take(name.chars().count().saturating_sub(1)).collect(),
    }
}

fn rename(row: &mut Value, shape: &ListShape, name: &str) {
    for key in shape.names {
        if row.get(key).is_some_and(Value::is_string) {
            row[*key] = json!(name);
        }
    }
}

fn endless(reply: Reply, shape: &ListShape) -> Reply {
    let mut reply = reply;
    match shape.total_header {
        Some(header) => {
            reply.headers.retain(|(name, _)| *name != header);
            reply.headers.push((header, ENDLESS.to_string()));
        }
        None => {
            if let Some(mut body) = parsed(&reply) {
                if let Some(answer) = body.as_object_mut().and_then(|it| it.values_mut().next()) {
                    answer["count"] = json!(ENDLESS);
                }
                reply.body = body.to_string();
            }
        }
    }
    reply
}

/// A reply with other rows, and a count that goes with them.
fn edit(mut reply: Reply, change: impl FnOnce(&mut Vec<Value>)) -> Reply {
    let Some(mut body) = parsed(&reply) else { return reply };
    if let Some(rows) = rows(&mut body) {
        change(rows);
        let count = rows.len();
        if let Some(answer) = body.as_object_mut().and_then(|it| it.values_mut().next()) {
            match count {
                0 => *answer = json!({}),
                _ => answer["count"] = json!(count),
            }
        }
        reply.body = body.to_string();
    }
    reply
}

fn parsed(reply: &Reply) -> Option<Value> {
    serde_json::from_str(&reply.body).ok()
}

/// The rows in an answer: the answer itself, or the first array in an envelope.
fn rows(body: &mut Value) -> Option<&mut Vec<Value>> {
    match body {
        Value::Array(rows) => Some(rows),
        Value::Object(envelope) => {
            let answer = envelope.values_mut().next()?.as_object_mut()?;
            answer.values_mut().find_map(Value::as_array_mut)
        }
        _ => None,
    }
}

fn id(row: &Value) -> Option<String> {
    match row.get("id").or_else(|| row.get("name"))? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
