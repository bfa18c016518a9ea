//! SSH key pairs.

use super::{Cloud, Entity};
use crate::world::World;
use sha1::{Digest, Sha1};

/// An SSH key pair: CloudStack keeps the public half only.
#[derive(Debug, Clone)]
pub struct KeyPair {
    /// Its id.
    pub id: String,
    /// Its name, unique in its account.
    pub name: String,
    /// The account that owns it.
    pub owner: String,
    /// The public half.
    pub public_key: String,
}

impl Entity for KeyPair {
    fn id(&self) -> &str {
        &self.id
    }
}

impl KeyPair {
    /// `85:ca:05:…`, 16 bytes. CloudStack takes MD5; all that counts is that equal keys show it.
    pub fn fingerprint(&self) -> String {
        let digest = Sha1::digest(self.public_key.trim().as_bytes());
        let bytes: Vec<String> = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        bytes.join(":")
    }
}

impl Cloud {
    pub(super) fn add_key_pairs(&mut self, world: &World) {
        for spec in &world.key_pairs {
            let owner = self.account_named(&spec.account).map(|account| account.id.clone());
            let Some(owner) = owner else { continue };
            let (name, public_key) = (spec.name.clone(), spec.public_key.clone());
            let id = self.new_id();
            self.key_pairs.insert(KeyPair { id, name, owner, public_key });
        }
    }

    /// The key pair of this name.
    pub fn key_pair_named(&self, owner: &str, name: &str) -> Option<&KeyPair> {
        self.key_pairs
            .iter()
            .find(|pair| pair.owner == owner && pair.name.eq_ignore_ascii_case(name))
    }
}
