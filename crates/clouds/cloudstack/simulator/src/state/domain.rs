//! Domains: the tree that accounts stand in.

use super::{Cloud, Entity};
use crate::world::World;

/// A domain.
#[derive(Debug, Clone)]
pub struct Domain {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ROOT/dev/bosh`.
    pub path: String,
    /// The domain that it is in; None for the root.
    pub parent: Option<String>,
}

impl Entity for Domain {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Cloud {
    /// Makes the root, and every domain that an account is in.
    pub(super) fn add_domains(&mut self, world: &World) {
        let root = self.domain.clone();
        let path = root.name.clone();
        self.domains.insert(Domain { id: root.id, name: root.name, path, parent: None });
        for spec in &world.accounts {
            self.domain_at(spec.domain.as_deref().unwrap_or_default());
        }
    }

    /// The id of the domain of this path below the root, made where it is missing.
    pub(super) fn domain_at(&mut self, path: &str) -> String {
        let mut at = self.domain.id.clone();
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let is = |domain: &&Domain| {
                domain.parent.as_ref() == Some(&at) && domain.name.eq_ignore_ascii_case(name)
            };
            if let Some(known) = self.domains.iter().find(is) {
                at = known.id.clone();
                continue;
            }
            let above = self.domains.get(&at).map(|domain| domain.path.clone());
            let path = format!("{}/{name}", above.unwrap_or_default());
            let (id, name) = (self.new_id(), name.to_owned());
            self.domains.insert(Domain { id: id.clone(), name, path, parent: Some(at) });
            at = id;
        }
        at
    }

    /// Whether `domain` is `above` or lies below it.
    pub fn is_in_domain(&self, domain: &str, above: &str) -> bool {
        let mut at = self.domains.get(domain);
        while let Some(domain) = at {
            if domain.id == above {
                return true;
            }
            at = domain.parent.as_deref().and_then(|parent| self.domains.get(parent));
        }
        false
    }

    /// The domain of an account.
    pub fn domain_of(&self, account: &str) -> Option<&Domain> {
        self.domains.get(&self.accounts.ever(account)?.domain)
    }
}
