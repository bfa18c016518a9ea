//! `rsa` and `ssh`.

use super::der::{pkcs1_of_pkcs8, rsa_public_numbers};
use super::{GenerationError, map, pem};
use crate::value::Value;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest, Md5};
use rcgen::{KeyPair, PKCS_RSA_SHA256, PublicKeyData, RsaKeySize};

/// A key pair as PEM.
pub fn generate_rsa() -> Result<Value, GenerationError> {
    let key = RsaKey::generate(RsaKeySize::_2048)?;
    let public = pem("PUBLIC KEY", &key.pair.subject_public_key_info());
    Ok(map([("private_key", key.pem()?), ("public_key", public)]))
}

/// A key pair, the public one as a line of `authorized_keys`.
pub fn generate_ssh() -> Result<Value, GenerationError> {
    let key = RsaKey::generate(RsaKeySize::_2048)?;
    let (modulus, exponent) = key.numbers()?;
    let mut public = Vec::new();
    put(&mut public, b"ssh-rsa");
    put_number(&mut public, exponent);
    put_number(&mut public, modulus);
    let line = format!("ssh-rsa {}\n", BASE64_STANDARD.encode(&public));
    let digest: Vec<String> = Md5::digest(&public).iter().map(|b| format!("{b:02x}")).collect();
    Ok(map([
        ("private_key", key.pem()?),
        ("public_key", line),
        ("public_key_fingerprint", digest.join(":")),
    ]))
}

/// An RSA key pair.
pub struct RsaKey {
    pub pair: KeyPair,
}

impl RsaKey {
    pub fn generate(size: RsaKeySize) -> Result<RsaKey, GenerationError> {
        let pair = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size);
        let pair = pair.map_err(|error| GenerationError::Failed(error.to_string()))?;
        Ok(RsaKey { pair })
    }

    /// PKCS#1, the only form that the CLI reads.
    pub fn pem(&self) -> Result<String, GenerationError> {
        let pkcs1 = pkcs1_of_pkcs8(self.pair.serialized_der()).ok_or_else(unreadable)?;
        Ok(pem("RSA PRIVATE KEY", pkcs1))
    }

    /// Modulus and exponent.
    pub fn numbers(&self) -> Result<(&[u8], &[u8]), GenerationError> {
        rsa_public_numbers(self.pair.der_bytes()).ok_or_else(unreadable)
    }
}

fn unreadable() -> GenerationError {
    GenerationError::Failed("the generated RSA key has an unknown form".to_owned())
}

/// Bytes with their length before them.
fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend(length.to_be_bytes());
    out.extend(bytes);
}

/// A number that is not negative, whose first bit is therefore 0.
fn put_number(out: &mut Vec<u8>, number: &[u8]) {
    match number.first() {
        Some(0x80..) => put(out, &[&[0], number].concat()),
        _ => put(out, number),
    }
}
