//! The provider: what one call of the CPI works with.

use crate::connect;
use crate::lookup::Cache;
use crate::naming::{Names, fingerprint};
use crate::properties::{CloudStackProperties, Wait};
use crate::state_dir::StateDir;
use crate::steps::Target;
use bosh_cpi::agent::AgentProperties;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, reveal};
use cloudstack::Client;
use ledger::{Key, Ledger, Parked, Patience, Place, Recovery};
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync;

/// How long an undo waits at once; it is tried again where that was too short.
const SHORT: Duration = Duration::from_secs(10);

/// What a [`CloudStack`] is made of.
pub struct Setup<'a> {
    /// The plugin's properties, the context's laid over the file's.
    pub properties: CloudStackProperties,
    /// What every VM's agent is told.
    pub agent: AgentProperties,
    /// Where the journal and the lookups are kept.
    pub state_dir: StateDir,
    /// Who asks: its mark is in every name.
    pub director_uuid: Option<&'a str>,
    /// The caller's id of this request, for people who read the journal.
    pub request_id: Option<&'a str>,
}

/// The CPI for one account of one CloudStack.
pub struct CloudStack {
    pub(crate) properties: CloudStackProperties,
    pub(crate) agent: AgentProperties,
    pub(crate) names: Names,
    pub(crate) cache: Cache,
    pub(crate) request_id: String,
    /// What is answered but not yet written to the caller.
    pub(crate) parked: RefCell<Vec<Parked<Target>>>,
    state_dir: Rc<StateDir>,
    client: OnceCell<Client>,
    scoped: sync::OnceCell<Client>,
    /// The cloud does not know the project or the account that every call names.
    pub(crate) scope_refused: Cell<bool>,
    ledger: sync::OnceCell<Ledger>,
}

impl CloudStack {
    /// Takes the setup. Touches nothing, and asks for no more than `info` needs: what is
    /// missing from the properties is told by the first call that needs it.
    pub fn new(setup: Setup<'_>) -> Result<Self> {
        let state_dir = Rc::new(setup.state_dir);
        let account = account(&setup.properties);
        let scope = setup.properties.scope_text();
        let key = fingerprint(&[setup.properties.endpoint(), &account, &scope]);
        Ok(Self {
            cache: Cache::new(Rc::clone(&state_dir), key),
            names: Names::new(setup.director_uuid),
            request_id: setup.request_id.unwrap_or_default().to_owned(),
            properties: setup.properties,
            agent: setup.agent,
            parked: RefCell::default(),
            state_dir,
            client: OnceCell::new(),
            scoped: sync::OnceCell::new(),
            scope_refused: Cell::new(false),
            ledger: sync::OnceCell::new(),
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

    /// The journal.
    pub async fn ledger(&self) -> Result<&Ledger> {
        self.ledger.get_or_try_init(|| self.open_ledger()).await
    }

    async fn open_ledger(&self) -> Result<Ledger> {
        self.properties.validate()?;
        let key = Key {
            endpoint: self.properties.endpoint().to_owned(),
            account: account(&self.properties),
            project: self.properties.scope_text(),
        };
        let url = self.properties.ledger.url.as_ref();
        let opened = match url.filter(|url| !reveal(url).is_empty()) {
            Some(url) => Ledger::open(Place::Postgres(url), key).await,
            None => Ledger::open(Place::Directory(self.state_dir.path()?), key).await,
        };
        opened.map_err(|e| CpiError::cpi(e.to_string()))
    }

    /// Finishes what calls that died, or gave up, left open, and notes that the caller knows
    /// `cids`. To be called at the start of any call but `info`; costs one read of the journal,
    /// and one for each CID, when there is nothing to do. What cannot be finished at once is
    /// left to the next call: this one is about something else.
    pub async fn open_with(&self, cids: &[&str]) -> Result<()> {
        let journal = |e: ledger::LedgerError| CpiError::cpi(e.to_string());
        let ledger = self.ledger().await?;
        let once = Patience { deadline: Deadline::after(Duration::ZERO), ..self.patience() };
        let recovery = ledger.recover(self, once).await.map_err(journal)?;
        for (id, left) in &recovery.left {
            let left: Vec<_> = left.iter().map(ToString::to_string).collect();
            tracing::warn!("operation {id} is not undone yet: {}", left.join("; "));
        }
        for cid in cids {
            ledger.acknowledge(cid).await.map_err(journal)?;
        }
        Ok(())
    }

    /// Finishes what calls that died, or gave up, left open, and insists on it.
    pub async fn recover(&self) -> Result<Recovery> {
        let recovery = self.ledger().await?.recover(self, self.patience()).await;
        recovery.map_err(|e| CpiError::cpi(e.to_string()))
    }

    /// To be called once the answer was written to the caller.
    pub async fn answer_was_written(&self) {
        for parked in self.parked.take() {
            if let Some(ledger) = self.ledger.get() {
                ledger.close(parked).await;
            }
        }
    }

    /// To be called if the answer could not be written: nobody knows what was made, so it is
    /// undone. The error names what is left.
    pub async fn answer_was_lost(&self) -> Result<()> {
        let mut left = Vec::new();
        for parked in self.parked.take() {
            let undone = self.ledger().await?.unwind(parked, self, self.patience()).await;
            let undone = undone.map_err(|e| CpiError::cpi(e.to_string()))?;
            left.extend(undone.iter().map(ToString::to_string));
        }
        if left.is_empty() {
            return Ok(());
        }
        Err(CpiError::cpi(format!("left in the cloud for a later call: {}", left.join("; "))))
    }

    /// How long to insist on removing what a failed call has made.
    pub(crate) fn patience(&self) -> Patience {
        let properties = &self.properties.ledger;
        Patience { horizon: properties.horizon(), deadline: Deadline::after(properties.budget()) }
    }

    /// When waiting for `wait`, begun now, must end.
    pub(crate) fn deadline(&self, wait: Wait) -> Deadline {
        self.properties.deadline(wait)
    }

    /// The same for an undo. It is tried again, by this call or a later one, so that it may
    /// give up sooner.
    pub(crate) fn undo_deadline(&self, wait: Wait) -> Deadline {
        self.deadline(wait).or_sooner(self.properties.ledger.budget().max(SHORT))
    }

    /// When an undo stops waiting for a job of the call that it undoes.
    pub(crate) fn soon(&self) -> Deadline {
        Deadline::after(SHORT)
    }
}

/// What stands for the account, whose name nobody tells: a fingerprint of its API key, which
/// is no secret by itself.
fn account(properties: &CloudStackProperties) -> String {
    let key = properties.api_key.as_ref().map(reveal).unwrap_or_default();
    fingerprint(&[key])[..16].to_owned()
}
