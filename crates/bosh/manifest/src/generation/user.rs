//! `user`: a name with a password and its hash. The CLI does not know this type; directors do.

use super::options::Options;
use super::password::password;
use super::{GenerationError, map, random};
use crate::value::Value;
use sha_crypt::{PasswordHasher, ShaCrypt};

pub const OPTIONS: &[&str] = &["username", "length"];

/// The hash is that of `mkpasswd -m sha-512`, as `env.bosh.password` takes it.
pub fn generate(options: &Options<'_>) -> Result<Value, GenerationError> {
    let password = password(options)?;
    let username = match options.text("username")? {
        name if name.is_empty() => super::password::password(&Options::read(&Value::Null, &[])?)?,
        name => name,
    };
    let hash = ShaCrypt::SHA512.hash_password_with_salt(password.as_bytes(), &random::<12>()?);
    let hash = hash.map_err(|error| GenerationError::Failed(error.to_string()))?;
    let hash = hash.as_str().to_owned();
    Ok(map([("username", username), ("password", password), ("password_hash", hash)]))
}
