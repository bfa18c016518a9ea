//! The answer where `response=json` is missing: XML is CloudStack's default.

use serde_json::Value;

/// `<listzonesresponse cloud-stack-version="…">…</listzonesresponse>`.
pub fn write(key: &str, body: &Value, version: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    text.push_str(&format!("<{key} cloud-stack-version=\"{}\">", escape(version)));
    fill(&mut text, body);
    text.push_str(&format!("</{key}>"));
    text
}

fn fill(text: &mut String, value: &Value) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| element(text, key, value)),
        Value::Array(items) => items.iter().for_each(|item| fill(text, item)),
        Value::String(value) => text.push_str(&escape(value)),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) => text.push_str(&value.to_string()),
    }
}

/// An array is its element repeated, without one around them.
fn element(text: &mut String, key: &str, value: &Value) {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        one => std::slice::from_ref(one),
    };
    for item in items {
        text.push_str(&format!("<{key}>"));
        fill(text, item);
        text.push_str(&format!("</{key}>"));
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Lists repeat their element, and text cannot break out of it.
    #[test]
    fn lists_and_text_are_written_as_cloudstack_does() {
        let body = json!({"count": 2, "zone": [{"name": "a<b"}, {"name": "c"}]});
        assert_eq!(
            write("listzonesresponse", &body, "4.22"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <listzonesresponse cloud-stack-version=\"4.22\"><count>2</count>\
             <zone><name>a&lt;b</name></zone><zone><name>c</name></zone></listzonesresponse>"
        );
    }
}
