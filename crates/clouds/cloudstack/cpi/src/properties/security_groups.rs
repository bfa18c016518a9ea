//! Rules of security groups that the CPI makes.

use super::names::Names;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// One rule of a security group.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SecurityRule {
    /// `ingress` (default) or `egress`. Without an egress rule everything may go out.
    pub direction: Direction,
    /// `tcp` (default), `udp`, `icmp` or `all`.
    pub protocol: Protocol,
    /// A port (`443`) or a range (`8000-8080`). Default: all of them.
    pub ports: Ports,
    /// The ICMP type. Default: any.
    pub icmp_type: Option<i16>,
    /// The ICMP code. Default: any.
    pub icmp_code: Option<i16>,
    /// The range or ranges on the other side. Default: `0.0.0.0/0` where `group` is not given.
    pub cidr: Names,
    /// The security group on the other side, by name: of the same account.
    pub group: Option<String>,
}

/// Which way a rule looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// What comes in.
    #[default]
    Ingress,
    /// What goes out.
    Egress,
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// ICMP.
    Icmp,
    /// Everything.
    All,
}

impl Protocol {
    /// As CloudStack spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::All => "all",
        }
    }
}

/// The first port and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ports(pub u16, pub u16);

impl Default for Ports {
    fn default() -> Self {
        Self(1, u16::MAX)
    }
}

impl Serialize for Ports {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}-{}", self.0, self.1))
    }
}

impl<'de> Deserialize<'de> for Ports {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = match &value {
            serde_json::Value::Null => return Ok(Self::default()),
            serde_json::Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        let (first, last) = text.split_once('-').unwrap_or((&text, &text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) if first <= last => Ok(Self(first, last)),
            _ => Err(serde::de::Error::custom(format!(
                "'{text}': expected a port such as 443, or a range such as 8000-8080"
            ))),
        }
    }
}

impl JsonSchema for Ports {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ports".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer", "null"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A rule that is read wrongly opens too much.
    #[test]
    fn rules_are_read_strictly() {
        let rule = |value| serde_json::from_value::<SecurityRule>(value);
        let web = rule(json!({"ports": 443, "cidr": "10.0.0.0/8"})).unwrap();
        assert_eq!(web.ports, Ports(443, 443));
        assert_eq!((web.direction, web.protocol), (Direction::Ingress, Protocol::Tcp));
        assert_eq!(rule(json!({"ports": "8000 - 8080"})).unwrap().ports, Ports(8000, 8080));
        assert_eq!(rule(json!({})).unwrap().ports, Ports(1, 65535));
        for wrong in [json!("80-22"), json!("http"), json!(70000), json!(true)] {
            assert!(rule(json!({"ports": wrong})).is_err(), "{wrong}");
        }
        assert!(rule(json!({"direction": "both"})).is_err());
        assert!(rule(json!({"protocol": "sctp"})).is_err());
    }
}
