//! Whether a value is what a part of `docs/schema.json` describes, at every depth.
//!
//! As much of JSON Schema as schemars writes. A hash may have no property but those that are
//! listed: BOSH would take a misspelt one without a word.

use serde_json::Value;

/// What is wrong with `value`, which stands at `at`, by the definition of this name.
pub fn by_definition(schema: &Value, name: &str, value: &Value, at: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    match schema["$defs"].get(name) {
        Some(node) => Check { schema, wrong: &mut wrong }.value(node, value, at),
        None => wrong.push(format!("the schema has no {name}")),
    }
    wrong
}

/// What is wrong with a whole config.
pub fn config(schema: &Value, value: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    Check { schema, wrong: &mut wrong }.value(schema, value, "config");
    wrong
}

struct Check<'a> {
    schema: &'a Value,
    wrong: &'a mut Vec<String>,
}

impl Check<'_> {
    fn value(&mut self, node: &Value, value: &Value, at: &str) {
        // What a manifest's variable becomes is not known here.
        if is_variable(value) {
            return;
        }
        if let Some(reference) = node["$ref"].as_str() {
            match reference.strip_prefix('#').and_then(|pointer| self.schema.pointer(pointer)) {
                Some(target) => self.value(target, value, at),
                None => self.wrong.push(format!("{at}: {reference} leads nowhere")),
            }
            return;
        }
        for choices in ["anyOf", "oneOf"].iter().filter_map(|key| node[*key].as_array()) {
            self.one_of(choices, value, at);
        }
        if !has_type(&node["type"], value) {
            self.wrong.push(format!("{at}: {value} is not {}", node["type"]));
            return;
        }
        let listed = node["enum"].as_array().is_none_or(|list| list.contains(value));
        if !listed || node.get("const").is_some_and(|only| only != value) {
            self.wrong.push(format!("{at}: {value} is none of the choices"));
        }
        self.bounds(node, value, at);
        match value {
            Value::Object(hash) => self.hash(node, hash, at),
            Value::Array(list) if node["items"].is_object() => {
                for (index, item) in list.iter().enumerate() {
                    self.value(&node["items"], item, &format!("{at}[{index}]"));
                }
            }
            _ => {}
        }
    }

    /// One choice has to fit; if none does, the errors are those of the one that gets furthest.
    fn one_of(&mut self, choices: &[Value], value: &Value, at: &str) {
        let tried = choices.iter().filter(|choice| choice["type"] != "null").map(|choice| {
            let mut wrong = Vec::new();
            Check { schema: self.schema, wrong: &mut wrong }.value(choice, value, at);
            wrong
        });
        let null_fits = value.is_null() && choices.iter().any(|choice| choice["type"] == "null");
        let best = tried.min_by_key(Vec::len).unwrap_or_default();
        if !null_fits {
            self.wrong.extend(best);
        }
    }

    fn bounds(&mut self, node: &Value, value: &Value, at: &str) {
        let Some(number) = value.as_f64() else { return };
        let low = node["minimum"].as_f64().is_some_and(|least| number < least);
        let high = node["maximum"].as_f64().is_some_and(|most| number > most);
        if low || high {
            self.wrong.push(format!("{at}: {value} is out of bounds"));
        }
    }

    fn hash(&mut self, node: &Value, hash: &serde_json::Map<String, Value>, at: &str) {
        for key in node["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !hash.contains_key(key) {
                self.wrong.push(format!("{at}.{key} is missing"));
            }
        }
        let properties = node["properties"].as_object();
        for (key, value) in hash {
            let at = format!("{at}.{key}");
            let more = &node["additionalProperties"];
            if let Some(property) = properties.and_then(|properties| properties.get(key)) {
                self.value(property, value, &at);
            } else if more.is_object() {
                self.value(more, value, &at);
            } else if properties.is_some() && more != &Value::Bool(true) {
                self.wrong.push(format!("{at} is not in the schema"));
            }
        }
    }
}

/// Whether it is one variable and nothing else: `((x))` may become a text, a number, a list.
fn is_variable(value: &Value) -> bool {
    let name = value.as_str().and_then(|text| text.strip_prefix("((")?.strip_suffix("))"));
    name.is_some_and(|name| !name.contains(['(', ')']))
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let one = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    match wanted {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn wrong(value: Value) -> Vec<String> {
        let schema = json!({"$defs": {
            "Port": {"type": "integer", "minimum": 1, "maximum": 65535},
            "Kind": {"oneOf": [{"type": "string", "const": "a"}, {"type": "string", "const": "b"}]},
            "Thing": {"type": "object", "required": ["kind"], "properties": {
                "kind": {"$ref": "#/$defs/Kind"},
                "port": {"anyOf": [{"$ref": "#/$defs/Port"}, {"type": "null"}]},
                "many": {"type": "array", "items": {"$ref": "#/$defs/Thing"}},
                "free": {"type": "object", "additionalProperties": {"type": "string"}}}}}});
        by_definition(&schema, "Thing", &value, "x")
    }

    #[test]
    fn what_fits_passes() {
        let good = json!({"kind": "a", "port": 7, "many": [{"kind": "b", "port": null}],
            "free": {"any": "thing"}});
        assert_eq!(wrong(good), Vec::<String>::new());
        assert_eq!(wrong(json!({"kind": "((kind))", "port": "((port))"})), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_found_with_its_place() {
        let faults = [
            (json!({}), "x.kind is missing"),
            (json!({"kind": "c"}), "x.kind: \"c\" is none of the choices"),
            (json!({"kind": "a", "prot": 1}), "x.prot is not in the schema"),
            (json!({"kind": "a", "port": "7"}), "x.port: \"7\" is not \"integer\""),
            (json!({"kind": "a", "port": 0}), "x.port: 0 is out of bounds"),
            (json!({"kind": "a", "many": [{"kind": 1}]}), "x.many[0].kind: 1 is not \"string\""),
            (json!({"kind": "a", "free": {"y": 1}}), "x.free.y: 1 is not \"string\""),
        ];
        for (value, expected) in faults {
            assert_eq!(wrong(value), [expected]);
        }
    }
}
