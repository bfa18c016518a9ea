//! The API client from the properties, and the few ways in which methods use it.

use crate::CloudStack;
use crate::errors::Failure;
use crate::properties::{CloudStackProperties, PATH, Wait, given};
use bosh_cpi::{CpiError, Result};
use cloud_http::{Deadline, Proxy, Secret, TransportSettings, reveal};
use cloudstack::api::{List, ListVirtualMachines, ListVolumes, VirtualMachine, Volume};
use cloudstack::{Client, ClientSettings, Command, Credentials, Error, JobCommand, JobLoss, Paged};
use cpi_kit::properties::tls;

/// The port where the Java release looked for a proxy.
const PROXY_PORT: u16 = 8080;

type Answer<T> = std::result::Result<T, Failure>;

/// What came of a job under an id of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobOutcome {
    /// It did what it was to do.
    Success,
    /// It found fault with its parameters or with the state of things, and did nothing.
    Refusal,
    /// It failed, and may have done some or all of it.
    Failure,
    /// The cloud does not know it: the call that was to start it has not arrived.
    Nothing,
}

/// Makes the client; opens no connection.
pub(crate) fn client(properties: &CloudStackProperties) -> Result<Client> {
    let key = |key: &Option<Secret>| Secret::from(key.as_ref().map_or("", reveal).trim());
    let credentials = Credentials {
        api_key: key(&properties.api_key),
        secret_access_key: key(&properties.secret_access_key),
    };
    let mut settings = ClientSettings::new(properties.endpoint(), credentials);
    settings.transport = transport(properties)?;
    Client::new(settings).map_err(|e| CpiError::cpi(format!("{PATH}.{e}")))
}

/// How to reach what belongs to the cloud.
pub(crate) fn transport(properties: &CloudStackProperties) -> Result<TransportSettings> {
    Ok(TransportSettings {
        tls: tls(&properties.ca_cert, properties.skip_verify_ssl),
        proxy: proxy(properties)?,
        ..TransportSettings::default()
    })
}

fn proxy(properties: &CloudStackProperties) -> Result<Option<Proxy>> {
    let proxy = cpi_kit::properties::proxy(&properties.proxy, &properties.no_proxy, PATH)?;
    if proxy.is_some() {
        return Ok(proxy);
    }
    let no_proxy = given(&properties.no_proxy).map(str::to_owned);
    Ok(given(&properties.proxy_host).map(|host| Proxy {
        url: format!("http://{host}:{}", properties.proxy_port.unwrap_or(PROXY_PORT)),
        user: given(&properties.proxy_user).map(str::to_owned),
        password: properties.proxy_password.clone(),
        no_proxy,
    }))
}

/// Each call has a place of its own on the heap: the methods, which make many, would outgrow the
/// stack.
impl CloudStack {
    /// Makes a call.
    pub(crate) async fn call<C: Command>(&self, call: &C, until: Deadline) -> Answer<C::Answer> {
        let client = self.scoped().await?;
        self.scope_heeded(Box::pin(client.call(call, until)).await)
    }

    /// Starts a job and waits for its end.
    pub(crate) async fn run<C: JobCommand>(&self, job: &C, until: Deadline) -> Answer<C::Result> {
        let client = self.scoped().await?;
        self.scope_heeded(Box::pin(client.run(job, until)).await)
    }

    /// The same under a job id of ours, so that any process can ask what came of it.
    pub(crate) async fn run_as<C: JobCommand>(
        &self,
        job: &C,
        id: &str,
        until: Deadline,
    ) -> Answer<C::Result> {
        let client = self.scoped().await?;
        self.scope_heeded(Box::pin(client.start_as(job, id, until)).await)?;
        Box::pin(client.wait(id, C::NAME, until)).await.map_err(Failure::Cloud)
    }

    /// What came of a job that was to be started under an id of ours.
    pub(crate) async fn came_of(
        &self,
        id: &str,
        command: &'static str,
        until: Deadline,
    ) -> Answer<JobOutcome> {
        let client = self.client()?;
        match Box::pin(client.wait::<serde_json::Value>(id, command, until)).await {
            Ok(_) => Ok(JobOutcome::Success),
            Err(Error::Refused(refusal)) if refusal.from_job => match refusal.errorcode {
                430..=432 => Ok(JobOutcome::Refusal),
                _ => Ok(JobOutcome::Failure),
            },
            Err(Error::JobLost { why: JobLoss::Purged, .. }) => Ok(JobOutcome::Nothing),
            Err(error) => Err(Failure::Cloud(error)),
        }
    }

    /// Reads.
    pub(crate) async fn look<C: Command>(&self, call: &C) -> Answer<C::Answer> {
        self.call(call, self.deadline(Wait::Lookup)).await
    }

    /// Reads all rows.
    pub(crate) async fn list<C: Paged>(&self, of: C) -> Answer<Vec<C::Item>> {
        let until = self.deadline(Wait::Lookup);
        let client = self.scoped().await?;
        self.scope_heeded(Box::pin(client.list_all(of, until)).await)
    }

    /// A volume, attached or not; None if there is none of this id.
    pub(crate) async fn volume_by_id(&self, id: &str) -> Answer<Option<Volume>> {
        let of =
            ListVolumes { id: Some(id.to_owned()), listall: Some(true), ..ListVolumes::default() };
        first(self.look(&of).await)
    }

    /// A VM; None if there is none of this id.
    pub(crate) async fn vm_by_id(&self, id: &str) -> Answer<Option<VirtualMachine>> {
        let of = ListVirtualMachines {
            id: Some(id.to_owned()),
            listall: Some(true),
            ..ListVirtualMachines::default()
        };
        first(self.look(&of).await)
    }

    /// The volumes of a VM, the root disk among them; none if there is no such VM.
    pub(crate) async fn volumes_of(&self, vm: &str) -> Answer<Vec<Volume>> {
        let of = ListVolumes {
            virtualmachineid: Some(vm.to_owned()),
            listall: Some(true),
            ..ListVolumes::default()
        };
        match self.list(of).await {
            Err(failure) if failure.is_gone() => Ok(Vec::new()),
            other => other,
        }
    }
}

/// The only row of a list by id. An id that the cloud never knew is refused, one that it knew
/// once gives no rows.
fn first<T>(answer: Answer<List<T>>) -> Answer<Option<T>> {
    match answer {
        Ok(list) => Ok(list.items.into_iter().next()),
        Err(failure) if failure.is_gone() => Ok(None),
        Err(failure) => Err(failure),
    }
}
