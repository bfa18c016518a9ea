//! `password`.

use super::options::Options;
use super::{GenerationError, random};
use crate::value::Value;

pub const OPTIONS: &[&str] = &["length"];

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const LENGTH: u64 = 20;
const LONGEST: u64 = 65_536;

pub fn generate(options: &Options<'_>) -> Result<Value, GenerationError> {
    Ok(Value::String(password(options)?))
}

/// A password as long as the options say.
pub fn password(options: &Options<'_>) -> Result<String, GenerationError> {
    let length = match options.number("length")? {
        0 => LENGTH,
        length @ ..=LONGEST => length,
        _ => {
            return Err(GenerationError::WrongOption {
                option: "length",
                expected: "at most 65536",
            });
        }
    };
    let mut password = String::new();
    while (password.len() as u64) < length {
        // What is beyond a multiple of the alphabet's size would make some characters likelier.
        let fair = random::<32>()?.into_iter().filter(|byte| *byte < 252).map(usize::from);
        let missing = usize::try_from(length).unwrap_or(usize::MAX) - password.len();
        password.extend(fair.take(missing).map(|byte| char::from(ALPHABET[byte % ALPHABET.len()])));
    }
    Ok(password)
}
