//! What the binary asks of this cloud, beside the contract's methods.

use crate::errors::{Activity, Failure};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::CloudStack;
use crate::{capture, doctor, gc};
use bosh_cpi::Result;
use cloudstack::api::ListAccounts;
use cpi_kit::errors::ResultExt as _;
use cpi_kit::{
    CallJournal, Capture, Captured, Finding, Found, Keep, OwnedResource, Provider, Questions,
};

impl Provider for CloudStack {
    fn journal(&self) -> &CallJournal<Intent> {
        &self.journal
    }

    fn validate(&self) -> Result<()> {
        self.properties.validate()
    }

    /// The id of the account, which each job tells.
    fn account_identity(&self) -> Option<String> {
        self.client().ok()?.tally().account
    }

    /// A plain user sees its own account only; who sees others is not told which is its own.
    async fn look_up_account_identity(&self) -> Result<Option<String>> {
        let until = self.deadline(Wait::Lookup);
        let accounts = self.client()?.call(&ListAccounts::default(), until).await;
        let accounts = accounts.map_err(Failure::Cloud);
        let found = accounts.during(Activity::Lookup, || "looking up the account")?.items;
        let [account] = &found[..] else { return Ok(None) };
        Ok(Some(account.id.clone()).filter(|id| !id.is_empty()))
    }

    async fn owned_resources(&self) -> Result<Vec<OwnedResource<Intent>>> {
        gc::owned_resources(self).await
    }

    async fn delete_listed(&self, found: &Found, intent: &Intent) -> Result<()> {
        gc::delete_listed(self, found, intent).await
    }

    async fn examine(&self, questions: &Questions) -> Vec<Finding> {
        doctor::examine(self, questions).await
    }

    async fn capture(&self, capture: &Capture, keep: Keep<'_>) -> Result<Captured> {
        capture::run(self, capture, keep).await
    }
}
