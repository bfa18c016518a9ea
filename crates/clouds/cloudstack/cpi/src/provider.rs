//! What the binary asks of this cloud, beside the contract's methods.

use crate::intent::Intent;
use crate::session::CloudStack;
use crate::{capture, doctor, gc};
use bosh_cpi::Result;
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
