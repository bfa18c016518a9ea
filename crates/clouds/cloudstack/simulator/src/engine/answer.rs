//! What a handler answers, and the envelope that it goes out in.

use super::{Call, Refusal};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The answer of a call that changes nothing or is done at once.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// `{"count":N,"<key>":[…]}`: all rows; the engine cuts out the page.
    List {
        /// The key of the array.
        key: &'static str,
        /// Every row that matches.
        rows: Vec<Value>,
    },
    /// The same of a list that is long: only the rows of the page.
    Page {
        /// The key of the array.
        key: &'static str,
        /// How many match.
        count: usize,
        /// Those of the page.
        rows: Vec<Value>,
    },
    /// `{"<key>":{…}}`.
    Object {
        /// The key of the object.
        key: &'static str,
        /// The object.
        object: Value,
    },
    /// The value itself.
    Plain(Value),
    /// `{"success":true}`.
    Success,
}

impl Answer {
    /// A list of rows.
    pub fn list<T: Serialize>(key: &'static str, rows: impl IntoIterator<Item = T>) -> Self {
        Self::List { key, rows: rows.into_iter().map(value).collect() }
    }

    /// The page that a call asks for, of rows of which only those of the page are written out.
    pub fn page_of<R, T: Serialize>(
        call: &Call<'_>,
        key: &'static str,
        rows: impl Iterator<Item = R>,
        view: impl FnMut(R) -> T,
    ) -> Result<Self, Refusal> {
        let page = call.params.page()?.unwrap_or(Page::FIRST);
        let rows: Vec<R> = rows.collect();
        let count = rows.len();
        let rows = page.cut(rows).into_iter().map(view).map(value).collect();
        Ok(Self::Page { key, count, rows })
    }

    /// One object under a key of its own.
    pub fn object(key: &'static str, object: impl Serialize) -> Self {
        Self::Object { key, object: value(object) }
    }

    /// What stands under the response key, with `page` applied.
    pub fn body(self, page: Option<Page>) -> Value {
        match self {
            Self::List { rows, .. } if rows.is_empty() => json!({}),
            Self::List { key, rows } => {
                let count = rows.len();
                let rows = page.unwrap_or(Page::FIRST).cut(rows);
                let mut body = json!({"count": count});
                if !rows.is_empty() {
                    body[key] = rows.into();
                }
                body
            }
            Self::Page { count: 0, .. } => json!({}),
            Self::Page { key, count, rows } => {
                let mut body = json!({"count": count});
                if !rows.is_empty() {
                    body[key] = rows.into();
                }
                body
            }
            Self::Object { key, object } => json!({key: object}),
            Self::Plain(value) => value,
            Self::Success => json!({"success": true}),
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Which one, from 1.
    pub page: usize,
    /// Rows a page.
    pub size: usize,
}

impl Page {
    /// What a list gives without paging: never more than `default.page.size` rows.
    pub const FIRST: Self = Self { page: 1, size: Self::MAX_SIZE };
    /// `default.page.size`.
    pub const MAX_SIZE: usize = 500;

    fn cut<T>(self, rows: Vec<T>) -> Vec<T> {
        let skip = self.page.saturating_sub(1).saturating_mul(self.size);
        rows.into_iter().skip(skip).take(self.size).collect()
    }
}

/// `value` as JSON. The types that are answered with always are.
pub fn value(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}

/// The fields of `object` that are not null: CloudStack leaves those out. Meant for the `other`
/// part of a resource, written with `json!`.
pub fn fields(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(map) => map.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}
