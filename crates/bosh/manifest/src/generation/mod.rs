//! Values that are made up: passwords, keys, certificates.
//!
//! Options and values are those of the CLI, so that a store can be used by both; `user` is the
//! director's.

mod certificate;
pub(crate) mod der;
mod key;
mod options;
mod password;
mod user;

use crate::value::{Map, Value};
use options::Options;
use thiserror::Error;

/// Why a value cannot be generated.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum GenerationError {
    /// There is no such type.
    #[error("unknown type '{0}': must be password, certificate, rsa, ssh or user")]
    UnknownType(String),
    /// The options are not a map.
    #[error("options must be a map, found {0}")]
    NotOptions(&'static str),
    /// The type has no such option.
    #[error("unknown option '{option}': must be one of {}", known.join(", "))]
    UnknownOption {
        /// The option.
        option: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
    /// An option has a wrong value.
    #[error("option '{option}' must be {expected}")]
    WrongOption {
        /// The option.
        option: &'static str,
        /// What is right.
        expected: &'static str,
    },
    /// A certificate needs a CA.
    #[error("option 'ca' is required: the name of the variable with the CA; or is_ca: true")]
    MissingCa,
    /// The CA has no value.
    #[error("its CA '{0}' has no value")]
    CaNotFound(String),
    /// The CA's value is not one.
    #[error("its CA '{name}' {problem}")]
    InvalidCa {
        /// The CA's variable.
        name: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The cryptographic library or the system's source of random numbers failed.
    #[error("{0}")]
    Failed(String),
}

/// Makes a value of a type. `ca` is the CA's variable with its value, if a certificate needs one.
pub fn generate(
    kind: &str,
    options: &Value,
    ca: Option<&(String, Value)>,
) -> Result<Value, GenerationError> {
    match kind {
        "password" => password::generate(&Options::read(options, password::OPTIONS)?),
        "certificate" => {
            let options = Options::read(options, certificate::OPTIONS)?;
            certificate::generate(&options, ca)
        }
        "rsa" => key::generate_rsa(),
        "ssh" => key::generate_ssh(),
        "user" => user::generate(&Options::read(options, user::OPTIONS)?),
        other => Err(GenerationError::UnknownType(other.to_owned())),
    }
}

/// The variable of the CA that a value needs.
pub fn ca_name(kind: &str, options: &Value) -> Option<String> {
    let name = options.get("ca").filter(|_| kind == "certificate")?.scalar_text()?;
    Some(name).filter(|name| !name.is_empty() && name != "null")
}

fn map<const N: usize>(fields: [(&str, String); N]) -> Value {
    Value::Map(Map::from_iter(fields.map(|(key, text)| (key.into(), Value::String(text)))))
}

/// PEM with lines of 64 characters, as Go writes it.
fn pem(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

fn random<const N: usize>() -> Result<[u8; N], GenerationError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| GenerationError::Failed(error.to_string()))?;
    Ok(bytes)
}
