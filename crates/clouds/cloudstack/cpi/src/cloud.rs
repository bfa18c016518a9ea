//! The provider: what one call of the CPI works with.

use crate::properties::{CloudStackProperties, Wait};
use crate::steps::Intent;
use crate::{capture, connect, doctor, gc};
use bosh_cpi::Result;
use bosh_cpi::agent::AgentProperties;
use cloud_http::{Deadline, reveal};
use cloudstack::Client;
use cpi_kit::naming::{Names, fingerprint};
use cpi_kit::{
    Cache, CallJournal, Capture, Captured, Finding, Keep, OwnedResource, Provider, Questions, Setup,
};
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
    journal: CallJournal<Intent>,
    client: OnceCell<Client>,
    scoped: sync::OnceCell<Client>,
    /// The cloud does not know the project or the account that every call names.
    pub(crate) scope_refused: Cell<bool>,
}

impl CloudStack {
    /// Takes the setup. Touches nothing, and asks for no more than `info` needs: what is
    /// missing from the properties is told by the first call that needs it.
    pub fn new(setup: Setup<'_, CloudStackProperties>) -> Result<Self> {
        let Setup { properties, agent, state_dir, director_uuid, request_id } = setup;
        let state_dir = Rc::new(state_dir);
        let key = Key {
            endpoint: properties.endpoint().to_owned(),
            account: account(&properties),
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
        })
    }

    /// The API client, for what belongs to nobody.
    pub fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        self.properties.validate()?;
        let client = connect::client(&self.properties)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// The same for the things of the configured project or account. A name is looked up by
    /// the first call of all, then remembered.
    pub(crate) async fn scoped(&self) -> Result<&Client> {
        let scoped = async || Ok(self.client()?.within(self.scope().await?));
        Box::pin(self.scoped.get_or_try_init(scoped)).await
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
    pub(crate) fn soon(&self) -> Deadline {
        self.journal.soon()
    }
}

impl Provider for CloudStack {
    fn journal(&self) -> &CallJournal<Intent> {
        &self.journal
    }

    fn validate(&self) -> Result<()> {
        self.properties.validate()
    }

    async fn owned_resources(&self) -> Result<Vec<OwnedResource<Intent>>> {
        gc::owned_resources(self).await
    }

    async fn examine(&self, questions: &Questions) -> Vec<Finding> {
        doctor::examine(self, questions).await
    }

    async fn capture(&self, capture: &Capture, keep: Keep<'_>) -> Result<Captured> {
        capture::run(self, capture, keep).await
    }
}

/// What stands for the account, whose name nobody tells: a fingerprint of its API key, which
/// is no secret by itself.
fn account(properties: &CloudStackProperties) -> String {
    let key = properties.api_key.as_ref().map(reveal).unwrap_or_default();
    fingerprint(&[key])[..16].to_owned()
}
