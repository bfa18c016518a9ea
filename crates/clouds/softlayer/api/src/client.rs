//! The client: makes calls, follows pages, waits.

use crate::call::{Call, Listing};
use crate::code::Code;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::field::{Field, Misread};
use crate::filter::Filter;
use crate::pages::Pages;
use crate::request::Prepared;
use crate::settings::ClientSettings;
use cloud_http::{Deadline, paused};
use serde_json::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// Rows a page at first.
const PAGE_SIZE: usize = 100;
/// Rows a page at least: where not even so few fit into an answer, it is not their number.
const SMALLEST_PAGE: usize = 5;

/// A SoftLayer API client. Clones share connections.
#[derive(Debug, Clone)]
pub struct Client {
    exchange: Arc<Exchange>,
}

impl Client {
    /// Checks the settings; no I/O.
    pub fn new(settings: ClientSettings) -> Result<Self, Error> {
        Ok(Self { exchange: Arc::new(Exchange::new(settings)?) })
    }

    /// Whether the last request certainly did not leave this machine: the cloud is not there.
    pub fn is_away(&self) -> bool {
        self.exchange.is_away()
    }

    /// Makes a call, again if it failed and its effect allows that.
    pub async fn call<C: Call>(&self, call: &C, deadline: Deadline) -> Result<C::Answer, Error> {
        self.view(call, deadline).await
    }

    /// Makes a call and sees the answer as another type, which asks for more or less of it.
    pub async fn view<View: Field, C: Call>(
        &self,
        call: &C,
        deadline: Deadline,
    ) -> Result<View, Error> {
        let prepared = Prepared::of::<C, View>(call)?;
        let answered = self.exchange.repeat(&prepared, deadline).await?;
        read::<C, View>(answered.value)
    }

    /// The answer, or None where SoftLayer does not know the id.
    pub async fn find<View: Field, C: Call>(
        &self,
        call: &C,
        deadline: Deadline,
    ) -> Result<Option<View>, Error> {
        match self.view(call, deadline).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a call as often as it is refused with one of these exceptions: for what cannot be
    /// done yet. The refusal is the error once the deadline passes.
    pub async fn call_once_possible<C: Call>(
        &self,
        call: &C,
        not_yet: &[Code],
        deadline: Deadline,
    ) -> Result<C::Answer, Error> {
        let begun = Instant::now();
        loop {
            let error = match self.call(call, deadline).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let waits = error.code().is_some_and(|code| not_yet.contains(code));
            if !waits || !paused(begun.elapsed(), deadline).await {
                return Err(error);
            }
        }
    }

    /// Asks again and again until `done` finds what it looks for. What cannot be read for a moment
    /// is asked for again.
    pub async fn wait_for<View: Field, C: Call, T>(
        &self,
        call: &C,
        what: &str,
        deadline: Deadline,
        mut done: impl FnMut(View) -> Option<T>,
    ) -> Result<T, Error> {
        let mut prepared = Prepared::of::<C, View>(call)?;
        prepared.poll = Some(what.into());
        let begun = Instant::now();
        loop {
            let answer = self.exchange.once(&prepared, deadline).await;
            let last = match answer.and_then(|answered| read::<C, View>(answered.value)) {
                Ok(seen) => match done(seen) {
                    Some(found) => return Ok(found),
                    None => None,
                },
                Err(error) if error.is_transient() => Some(Box::new(error)),
                Err(error) => return Err(error),
            };
            if !paused(begun.elapsed(), deadline).await {
                return Err(Error::Late { call: C::NAME, what: what.into(), last });
            }
        }
    }

    /// All rows that a filter keeps, page by page, ordered by id.
    pub async fn list<C: Listing>(
        &self,
        call: &C,
        filter: &Filter,
        deadline: Deadline,
    ) -> Result<Vec<C::Item>, Error> {
        self.list_as(call, filter, deadline).await
    }

    /// The same, with each row seen as another type. What the filter looks at must be a part of it.
    pub async fn list_as<View: Field, C: Listing>(
        &self,
        call: &C,
        filter: &Filter,
        deadline: Deadline,
    ) -> Result<Vec<View>, Error> {
        let mut prepared = Prepared::of::<C, Vec<View>>(call)?;
        if let Some(path) = filter.paths().find(|path| !asks_for::<View>(path)) {
            let reason = format!("{path} is filtered by but not asked for");
            return Err(Error::Unusable { call: C::NAME, reason });
        }
        prepared.set("objectFilter", filter.object_filter(C::RELATION).to_string());
        let (mut rows, mut pages, mut size) = (Vec::new(), Pages::default(), PAGE_SIZE);
        loop {
            prepared.set("resultLimit", format!("{},{size}", pages.seen));
            let page = match self.exchange.once(&prepared, deadline).await {
                Err(error) if too_large(&error) && size > SMALLEST_PAGE => {
                    size = (size / 4).max(SMALLEST_PAGE);
                    continue;
                }
                Err(error) if error.is_transient() => {
                    self.exchange.repeat(&prepared, deadline).await?
                }
                other => other?,
            };
            let unexpected = |reason: String| Error::Odd { call: C::NAME, reason };
            let items = Vec::<Value>::read(page.value).map_err(|e| unexpected(e.to_string()))?;
            // What is no row must not pass for one that the filter drops.
            if items.iter().any(|row| row.get("id").is_none()) {
                return Err(unexpected("a row has no id".to_owned()));
            }
            let ended = pages.add(&items, size, page.total).map_err(unexpected)?;
            let kept: Vec<Value> = items.into_iter().filter(|row| filter.keeps(row)).collect();
            rows.extend(read::<C, Vec<View>>(Value::Array(kept))?);
            if ended {
                return Ok(rows);
            }
        }
    }
}

fn read<C: Call, View: Field>(value: Value) -> Result<View, Error> {
    View::read(value)
        .map_err(|misread: Misread| Error::Odd { call: C::NAME, reason: misread.to_string() })
}

/// SoftLayer says "Internal Error" where an answer becomes too large.
fn too_large(error: &Error) -> bool {
    error.refusal().is_some_and(|refusal| refusal.stumbled())
}

/// Whether the mask of `View` names that field.
fn asks_for<View: Field>(path: &str) -> bool {
    let Some(shape) = View::shape() else { return true };
    let mut rest = shape.as_str();
    for step in path.split('.') {
        let Some(inner) = field_in(rest, step) else { return false };
        rest = inner;
    }
    true
}

/// What stands in the brackets behind that field; empty where there are none.
fn field_in<'s>(shape: &'s str, name: &str) -> Option<&'s str> {
    let mut depth = 0;
    let mut start = 0;
    let fields = shape.char_indices().chain([(shape.len(), ',')]).filter_map(|(at, c)| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth == 0 => {
                let field = &shape[start..at];
                start = at + 1;
                return Some(field);
            }
            _ => {}
        }
        None
    });
    fields.into_iter().find_map(|field| match field.split_once('[') {
        Some((known, inner)) if known == name => Some(inner.strip_suffix(']').unwrap_or(inner)),
        None if field == name => Some(""),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_mask_are_found() {
        let shape = "id,tag[name,x[y]],last[id]";
        assert_eq!(field_in(shape, "id"), Some(""));
        assert_eq!(field_in(shape, "tag"), Some("name,x[y]"));
        assert_eq!(field_in(field_in(shape, "tag").unwrap(), "x"), Some("y"));
        assert_eq!(field_in(shape, "last"), Some("id"));
        assert_eq!(field_in(shape, "name"), None);
    }
}
