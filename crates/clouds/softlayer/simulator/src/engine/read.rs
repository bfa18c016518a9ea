//! From an object to what is behind its properties.

use crate::object_ref::Node;
use crate::state::Cloud;
use serde_json::Value;

/// What is behind a property of this object.
pub fn follow(cloud: &Cloud, node: &Node, name: &str) -> Node {
    match node {
        Node::One(Some(object)) => cloud.read(*object, name),
        Node::Value(Value::Object(fields)) => {
            Node::Value(fields.get(name).cloned().unwrap_or_default())
        }
        _ => Node::Value(Value::Null),
    }
}

/// The value of a property; null for what is not a value.
pub fn value(cloud: &Cloud, node: &Node, name: &str) -> Value {
    match follow(cloud, node, name) {
        Node::Value(value) => value,
        // Whether there is one is all that a filter can ask of an object.
        Node::One(Some(_)) => Value::Bool(true),
        Node::One(None) | Node::Many(_) => Value::Null,
    }
}
