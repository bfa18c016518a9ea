//! The API client from the properties, and the few ways in which everybody above uses it.

use crate::errors::{CloudResult, Failure};
use crate::properties::{PATH, SoftLayerProperties, Wait};
use crate::session::SoftLayer;
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, Outcome, Secret, TransportSettings, reveal};
use cpi_kit::properties::{proxy, tls};
use softlayer::field::Field;
use softlayer::{Call, Client, ClientSettings, Credentials, Filter, Listing};

/// Makes the client; opens no connection.
fn new_client(properties: &SoftLayerProperties) -> Result<Client> {
    let api_key = properties.api_key.as_ref().map(reveal).unwrap_or_default();
    let credentials = Credentials::Key {
        username: properties.username().to_owned(),
        api_key: Secret::from(api_key.trim()),
    };
    let mut settings = ClientSettings::new(properties.endpoint(), credentials);
    settings.transport = transport(properties)?;
    Client::new(settings).map_err(|e| CpiError::cpi(format!("{PATH}.{e}")))
}

/// How to reach what belongs to the cloud.
pub(crate) fn transport(properties: &SoftLayerProperties) -> Result<TransportSettings> {
    Ok(TransportSettings {
        tls: tls(&properties.ca_cert, properties.skip_verify_ssl),
        proxy: proxy(&properties.proxy, &properties.no_proxy, PATH)?,
        ..TransportSettings::default()
    })
}

/// Each call has a place of its own on the heap: the methods, which make many, would outgrow the
/// stack.
impl SoftLayer {
    /// The API client.
    pub fn client(&self) -> Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        self.properties.validate()?;
        let client = new_client(&self.properties)?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Makes a call.
    pub(crate) async fn call<C: Call>(&self, call: &C, until: Deadline) -> CloudResult<C::Answer> {
        Box::pin(self.client()?.call(call, until)).await.map_err(Failure::Cloud)
    }

    /// What has this id; None if nothing has, or nothing that this user may see.
    pub(crate) async fn find<View: Field, C: Call>(&self, call: &C) -> CloudResult<Option<View>> {
        let until = self.deadline(Wait::Lookup);
        Box::pin(self.client()?.find(call, until)).await.map_err(Failure::Cloud)
    }

    /// All rows that a filter keeps.
    pub(crate) async fn list<View: Field, C: Listing>(
        &self,
        call: &C,
        filter: &Filter,
    ) -> CloudResult<Vec<View>> {
        let until = self.deadline(Wait::Lookup);
        Box::pin(self.client()?.list_as(call, filter, until)).await.map_err(Failure::Cloud)
    }

    /// Waits until `done` finds what it looks for.
    pub(crate) async fn wait_for<View: Field, C: Call, T>(
        &self,
        call: &C,
        what: &str,
        until: Deadline,
        done: impl FnMut(View) -> Option<T>,
    ) -> CloudResult<T> {
        Box::pin(self.client()?.wait_for(call, what, until, done)).await.map_err(Failure::Cloud)
    }
}

/// What came of a call, for a step of the journal. What a refusal leaves is known; only where the
/// answer was lost, or stands for anything, is the truth looked up.
pub(crate) fn step_outcome<T>(result: CloudResult<T>) -> Outcome<T, Failure> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(failure @ (Failure::Journal(_) | Failure::Ready(_))) => Outcome::NotApplied(failure),
        Err(Failure::Cloud(error)) => error.outcome().map_err(Failure::Cloud),
    }
}
