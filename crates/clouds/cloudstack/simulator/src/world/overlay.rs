//! A world that is another one with a difference, so that a file tells only what matters.

use serde_json::Value;

/// Lays `more` over `base`: hashes are merged; of lists of rows, a row of a known name changes
/// that row and another one is added; anything else is replaced.
pub(super) fn lay_over(base: &mut Value, more: Value) {
    match (base, more) {
        (Value::Object(base), Value::Object(more)) => {
            for (key, value) in more {
                lay_over(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (Value::Array(base), Value::Array(more)) if more.iter().all(Value::is_object) => {
            for row in more {
                match base.iter_mut().find(|known| is_same(known, &row)) {
                    Some(known) => lay_over(known, row),
                    None => base.push(row),
                }
            }
        }
        (base, more) => *base = more,
    }
}

/// Networks have their names in their zones.
fn is_same(known: &Value, row: &Value) -> bool {
    let same = |key: &str| known.get(key) == row.get(key);
    row.get("name").is_some() && same("name") && same("zone")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A file that changes one row must not lose the others, nor the rest of that row.
    #[test]
    fn rows_are_found_by_their_names() {
        let mut base = json!({
            "version": "4.22", "settings": {"a": 1, "b": 2},
            "accounts": [{"name": "admin", "role": "admin"}, {"name": "bosh"}],
            "networks": [{"name": "n", "zone": "z1", "cidr": "c"}],
            "ranges": [{"start": 1}],
        });
        let more = json!({
            "version": "4.11", "settings": {"b": 3},
            "accounts": [{"name": "admin", "limits": {"volume": 0}}, {"name": "new"}],
            "networks": [{"name": "n", "zone": "z2"}],
            "ranges": [{"start": 2}], "key_pairs": [{"name": "k"}],
        });
        lay_over(&mut base, more);
        let expected = json!({
            "version": "4.11", "settings": {"a": 1, "b": 3},
            "accounts": [{"name": "admin", "role": "admin", "limits": {"volume": 0}},
                         {"name": "bosh"}, {"name": "new"}],
            "networks": [{"name": "n", "zone": "z1", "cidr": "c"}, {"name": "n", "zone": "z2"}],
            "ranges": [{"start": 1}, {"start": 2}],
            "key_pairs": [{"name": "k"}],
        });
        assert_eq!(base, expected);
    }
}
