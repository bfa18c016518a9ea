//! The last fence: secrets of the config and the request are taken out of all that is logged
//! and out of error messages, whatever a library put into its words.

use serde_json::Value;

/// Shorter ones are no secrets, and would be found in innocent words.
const SHORTEST: usize = 6;

/// Longer runs of base64 are user-data or keys.
const LONGEST_BLOB: usize = 200;

const HIDDEN: &str = "<redacted>";

/// Texts that must not appear.
#[derive(Default, Clone)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Adds what looks like a secret in `value`: by its key, or by its form.
    pub fn add(&mut self, value: &Value) {
        self.collect("", value);
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        self.0.dedup();
    }

    fn collect(&mut self, key: &str, value: &Value) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| self.collect(key, value)),
            Value::Array(list) => list.iter().for_each(|value| self.collect(key, value)),
            Value::String(text) => self.collect_text(key, text),
            Value::Number(number) if names_a_secret(key) => self.push(&number.to_string()),
            _ => {}
        }
    }

    fn collect_text(&mut self, key: &str, text: &str) {
        if names_a_secret(key) {
            self.push(text);
        }
        if text.contains("PRIVATE KEY-----") {
            // Line by line, since a quoted text has its line ends escaped.
            text.lines().filter(|line| !line.starts_with("-----")).for_each(|line| self.push(line));
        }
        if let Some(password) = password_in_url(text) {
            self.push(password);
        }
    }

    fn push(&mut self, secret: &str) {
        if secret.len() >= SHORTEST {
            self.0.push(secret.to_owned());
            let quoted = Value::from(secret).to_string();
            let quoted = quoted.trim_matches('"');
            if quoted != secret {
                self.0.push(quoted.to_owned());
            }
        }
    }

    /// The text without secrets.
    pub fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        hide_blobs(&text)
    }
}

fn names_a_secret(key: &str) -> bool {
    const NAMES: [&str; 8] = [
        "password",
        "secret",
        "private_key",
        "api_key",
        "json_key",
        "account_key",
        "token",
        "credential",
    ];
    let key = key.to_ascii_lowercase();
    NAMES.iter().any(|name| key.contains(name))
}

/// `pw` of `nats://user:pw@host:4222`.
fn password_in_url(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user_info, _) = authority.rsplit_once('@')?;
    Some(user_info.split_once(':')?.1)
}

fn hide_blobs(text: &str) -> String {
    let is_blob = |c: char| c.is_ascii_alphanumeric() || "+/=_-%".contains(c);
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let run = rest.find(|c| !is_blob(c)).unwrap_or(rest.len());
        hidden.push_str(if run > LONGEST_BLOB { HIDDEN } else { &rest[..run] });
        let other = rest[run..].find(is_blob).unwrap_or(rest.len() - run);
        hidden.push_str(&rest[run..run + other]);
        rest = &rest[run + other..];
    }
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_are_found_by_key_and_by_form() {
        let pem =
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA1\n-----END RSA PRIVATE KEY-----";
        let mut secrets = Secrets::default();
        secrets.add(&json!({
            "api_key": "key-1234567",
            "nested": [{"bosh": {"password": "pass\"word", "mbus": {"cert": {"private_key": pem}}}}],
            "mbus": "nats://nats:nats-pw-1@10.0.0.6:4222",
            "proxy_password": 87654321,
            "default_key_name": "bosh-key",
            "tiny": {"password": "*"},
        }));
        let text = "sent key-1234567 with pass\"word and \"pass\\\"word\" by nats-pw-1, \
                    87654321 MIIEowIBAAKCAQEA1 bosh-key *";
        assert_eq!(
            secrets.hide(text),
            "sent <redacted> with <redacted> and \"<redacted>\" by <redacted>, \
             <redacted> <redacted> bosh-key *"
        );
    }

    #[test]
    fn user_data_is_hidden_by_its_length() {
        let hidden = Secrets::default().hide(&format!("userdata={}&x=1 é", "QUJD".repeat(100)));
        assert_eq!(hidden, "<redacted>&x=1 é");
        let uuid = "volume 0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111 is gone";
        assert_eq!(Secrets::default().hide(uuid), uuid);
    }
}
