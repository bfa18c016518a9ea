//! Object filters.
//!
//! SoftLayer ignores a filter that it cannot read and answers with everything, so whoever filters
//! also checks what came: [`Filter::keeps`].

use serde_json::{Map, Value, json};

/// Which rows of a list are wanted: those that meet every condition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    /// The field as seen from a row: `billingItem.orderItem.order.id`.
    path: &'static str,
    test: Test,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    /// It is this text or number.
    Is(String),
    /// It is one of these.
    OneOf(Vec<String>),
    /// It holds this text, in whatever case.
    Contains(String),
    /// It begins with this text, in whatever case.
    Begins(String),
}

impl Filter {
    /// Every row.
    pub fn everything() -> Self {
        Self::default()
    }

    /// Rows whose field is this text or number.
    pub fn is(path: &'static str, value: impl ToString) -> Self {
        Self::default().and_is(path, value)
    }

    /// And whose field is this text or number.
    pub fn and_is(self, path: &'static str, value: impl ToString) -> Self {
        self.and(path, Test::Is(value.to_string()))
    }

    /// Rows whose field is one of these.
    pub fn one_of(path: &'static str, values: impl IntoIterator<Item = impl ToString>) -> Self {
        let values = values.into_iter().map(|value| value.to_string()).collect();
        Self::default().and(path, Test::OneOf(values))
    }

    /// Rows whose field holds this text.
    pub fn contains(path: &'static str, text: impl ToString) -> Self {
        Self::default().and(path, Test::Contains(text.to_string()))
    }

    /// Rows whose field begins with this text.
    pub fn begins(path: &'static str, text: impl ToString) -> Self {
        Self::default().and(path, Test::Begins(text.to_string()))
    }

    fn and(mut self, path: &'static str, test: Test) -> Self {
        self.0.push(Condition { path, test });
        self
    }

    /// The fields that it looks at.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().map(|condition| condition.path)
    }

    /// Whether a row, as it came, is wanted.
    pub fn keeps(&self, row: &Value) -> bool {
        self.0.iter().all(|condition| {
            let path: Vec<&str> = condition.path.split('.').collect();
            any_at(row, &path, &|found| condition.test.met_by(found))
        })
    }

    /// The `objectFilter` of a list under `relation`, ordered by id, since pages of a list without
    /// an order overlap.
    pub(crate) fn object_filter(&self, relation: &str) -> Value {
        let mut root = Map::new();
        let under = |path: &str| match relation {
            "" => path.to_owned(),
            relation => format!("{relation}.{path}"),
        };
        if !self.paths().any(|path| path == "id") {
            let ascending = json!([{"name": "sort", "value": ["ASC"]}]);
            let order = json!({"operation": "orderBy", "options": ascending});
            plant(&mut root, &under("id"), order);
        }
        for condition in &self.0 {
            plant(&mut root, &under(condition.path), condition.test.operation());
        }
        Value::Object(root)
    }
}

impl Test {
    fn operation(&self) -> Value {
        match self {
            Self::Is(value) => match value.parse::<u64>() {
                Ok(number) => json!({"operation": number}),
                Err(_) => json!({"operation": value}),
            },
            Self::OneOf(values) => {
                json!({"operation": "in", "options": [{"name": "data", "value": values}]})
            }
            Self::Contains(text) => json!({"operation": format!("*= {text}")}),
            Self::Begins(text) => json!({"operation": format!("^= {text}")}),
        }
    }

    fn met_by(&self, found: &str) -> bool {
        match self {
            Self::Is(value) => found.eq_ignore_ascii_case(value),
            Self::OneOf(values) => values.iter().any(|value| found.eq_ignore_ascii_case(value)),
            Self::Contains(text) => found.to_lowercase().contains(&text.to_lowercase()),
            Self::Begins(text) => found.to_lowercase().starts_with(&text.to_lowercase()),
        }
    }
}

/// Whether anything at `path` meets `test`; lists on the way are searched.
fn any_at(value: &Value, path: &[&str], test: &dyn Fn(&str) -> bool) -> bool {
    match (value, path) {
        (Value::Array(items), _) => items.iter().any(|item| any_at(item, path, test)),
        (Value::Object(map), [step, rest @ ..]) => {
            map.get(*step).is_some_and(|inner| any_at(inner, rest, test))
        }
        (Value::String(text), []) => test(text),
        (Value::Number(number), []) => test(&number.to_string()),
        (Value::Bool(flag), []) => test(&flag.to_string()),
        _ => false,
    }
}

/// Puts `operation` at `path`, beside what stands there.
fn plant(map: &mut Map<String, Value>, path: &str, operation: Value) {
    match path.split_once('.') {
        Some((step, rest)) => {
            let inner = map.entry(step).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                plant(inner, rest, operation);
            }
        }
        None => {
            map.insert(path.into(), operation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_stand_under_their_relation() {
        let filter = Filter::is("hostname", "vm-1").and_is("datacenter.name", "dal13");
        assert_eq!(
            filter.object_filter("virtualGuests"),
            json!({"virtualGuests": {
                "id": {"operation": "orderBy", "options": [{"name": "sort", "value": ["ASC"]}]},
                "hostname": {"operation": "vm-1"},
                "datacenter": {"name": {"operation": "dal13"}},
            }})
        );
        let filter = Filter::is("id", 7);
        assert_eq!(filter.object_filter(""), json!({"id": {"operation": 7}}));
        let filter = Filter::one_of("id", [7, 8]);
        assert_eq!(
            filter.object_filter("x"),
            json!({"x": {"id": {"operation": "in",
                "options": [{"name": "data", "value": ["7", "8"]}]}}})
        );
    }

    /// SoftLayer ignores a filter that it does not understand.
    #[test]
    fn rows_are_checked_again() {
        let row = json!({"id": 5, "hostname": "VM-1", "tagReferences": [
            {"tag": {"name": "a"}}, {"tag": {"name": "b"}}]});
        for (filter, kept) in [
            (Filter::everything(), true),
            (Filter::is("hostname", "vm-1"), true),
            (Filter::is("hostname", "vm-10"), false),
            (Filter::is("id", 5), true),
            (Filter::is("tagReferences.tag.name", "b"), true),
            (Filter::is("tagReferences.tag.name", "c"), false),
            (Filter::is("id", 5).and_is("hostname", "other"), false),
            (Filter::one_of("id", [4, 5]), true),
            (Filter::begins("hostname", "vm"), true),
            (Filter::contains("hostname", "m-"), true),
            (Filter::is("billingItem.id", 1), false),
        ] {
            assert_eq!(filter.keeps(&row), kept, "{filter:?}");
        }
    }
}
