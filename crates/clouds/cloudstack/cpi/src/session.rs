//! What one call of the CPI works with: properties, names, cache, journal, client. What is done
//! with them stands in the modules above.

use crate::client;
use crate::intent::Intent;
use crate::name_ref::{Found, NameRef, cache_key};
use crate::properties::{CloudStackProperties, Wait};
use bosh_cpi::Result;
use bosh_cpi::agent::AgentProperties;
use cloud_http::{Deadline, reveal};
use cloudstack::Client;
use cpi_kit::naming::{Names, fingerprint};
use cpi_kit::{Cache, Cacheable, CallJournal, Setup};
use journal::Key;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;
use tokio::sync;

/// The CPI for one account of one CloudStack.
pub struct CloudStack {
    pub(crate) properties: CloudStackProperties,
    pub(crate) agent: AgentProperties,
    pub(crate) names: Names,
    pub(crate) cache: Cache,
    pub(crate) journal: CallJournal<Intent>,
    client: OnceCell<Client>,
    /// The client for the configured project or account, once it is known by its id.
    pub(crate) scoped: sync::OnceCell<Client>,
    /// The cloud does not know the project or the account that every call names.
    pub(crate) scope_refused: Cell<bool>,
    /// The account that our resources belong to, once it is known.
    pub(crate) account: sync::OnceCell<Option<String>>,
    /// How many answers to changes were lost, or may be those to a request delivered twice.
    pub(crate) lost_answers: Cell<u32>,
}

impl CloudStack {
    /// Takes the setup. Touches nothing, and asks for no more than `info` needs: the first call
    /// that needs a property that is missing names it.
    pub fn new(setup: Setup<'_, CloudStackProperties>) -> Result<Self> {
        let Setup { properties, agent, state_dir, director_uuid, request_id } = setup;
        let state_dir = Rc::new(state_dir);
        let key = Key {
            endpoint: properties.endpoint().to_owned(),
            account: key_fingerprint(&properties),
            project: properties.scope_text(),
        };
        let cache_key = fingerprint(&[&key.endpoint, &key.account, &key.project]);
        Ok(Self {
            cache: Cache::new(Rc::clone(&state_dir), cache_key),
            names: Names::new(director_uuid),
            journal: CallJournal::new(state_dir, key, properties.ledger.clone(), request_id),
            properties,
            agent,
            client: OnceCell::new(),
            scoped: sync::OnceCell::new(),
            scope_refused: Cell::new(false),
            account: sync::OnceCell::new(),
            lost_answers: Cell::new(0),
        })
    }

    /// The API client, for what belongs to nobody.
    pub fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        self.properties.validate()?;
        let client = client::client(&self.properties)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// When waiting for `wait`, begun now, must end.
    pub(crate) fn deadline(&self, wait: Wait) -> Deadline {
        self.properties.deadline(wait)
    }

    /// The same for an undo. It is tried again, by this call or a later one, so that it may
    /// give up sooner.
    pub(crate) fn undo_deadline(&self, wait: Wait) -> Deadline {
        self.journal.undo_deadline(self.deadline(wait))
    }

    /// When an undo stops waiting for a job of the call that it undoes.
    pub(crate) fn undo_wait(&self) -> Deadline {
        self.journal.soon()
    }

    /// What an earlier call has found under a name, in a zone if names are per zone.
    pub(crate) fn cached<T: Cacheable>(&self, name: &NameRef, zone: &str) -> Option<Found<T>> {
        let key = cache_key::<T>(name, zone);
        Some(Found::from_cache(self.cache.get(&key)?, key))
    }

    /// Remembers what was found for later calls.
    pub(crate) fn remember<T: Cacheable>(&self, name: &NameRef, zone: &str, facts: T) -> Found<T> {
        let key = cache_key::<T>(name, zone);
        self.cache.put(&key, &facts);
        Found::from_cloud(facts, key)
    }

    /// Forgets what an earlier call has found under a name.
    pub(crate) fn forget<T: Cacheable>(&self, name: &NameRef, zone: &str) {
        self.cache.forget(&[cache_key::<T>(name, zone)]);
    }
}

/// What stands for the account, whose name nobody tells: a fingerprint of its API key, which
/// is no secret by itself.
fn key_fingerprint(properties: &CloudStackProperties) -> String {
    let key = properties.api_key.as_ref().map(reveal).unwrap_or_default();
    fingerprint(&[key])[..16].to_owned()
}
