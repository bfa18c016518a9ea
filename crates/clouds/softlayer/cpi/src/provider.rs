//! The provider as the binary sees it: its journal, its checks and what it owns.

use crate::intent::Intent;
use crate::{SoftLayer, doctor, gc};
use bosh_cpi::Result;
use cpi_kit::{CallJournal, Finding, OwnedResource, Provider, Questions};

impl Provider for SoftLayer {
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
}
