//! `create_vm`: one order that makes a guest with its ephemeral disk, or a bare metal server; then
//! its settings, as soon as its addresses are known; then a global address, if it has one.

mod agent_networks;
mod bare_metal;
mod guest;
mod order;
mod resolve;
mod spec;
mod vip;

use crate::agent_settings::{NewAgent, check_length, user_data};
use crate::api::step_outcome;
use crate::cids::Machine;
use crate::errors::{Activity, CloudResult, ResultExt};
use crate::intent::Intent;
use crate::naming::host_name;
use crate::properties::Wait;
use crate::resources::machine;
use crate::session::SoftLayer;
use bosh_cpi::method::CreateVm;
use bosh_cpi::{CpiError, ErrorKind, Networks, Result, VmCreated};
use cloud_http::Secret;
use cpi_kit::Provider;
use journal::Operation;
use order::MachineOrder;
use spec::VmSpec;

pub(crate) async fn run(cloud: &SoftLayer, call: CreateVm) -> Result<VmCreated> {
    let spec = VmSpec::read(cloud, &call)?;
    let wait = if spec.vm.bare_metal { Wait::CreateBareMetal } else { Wait::CreateVm };
    let until = cloud.deadline(wait);
    let created = cloud.operation("create_vm", async |operation| {
        let is_edge = !spec.networks.vips.is_empty();
        let name = host_name(&cloud.names, &spec.prefix, &spec.domain, is_edge, operation.id());
        let tried = format!("creating VM {name}");
        let agent = Agent { cloud, call: &call, spec: &spec };
        // Too long settings must be known before anything is billed.
        check_length(&agent.draft(&name), cloud.properties.userdata_max)?;
        let resolved = Box::pin(resolve::resolve(cloud, operation, &spec)).await;
        let resolved = resolved.during(Activity::CreateVm, || &tried)?;
        let order = MachineOrder { cloud, spec: &spec, resolved: &resolved, name: &name, until };
        let machine = match spec.vm.bare_metal {
            false => Box::pin(guest::place(&order, operation)).await,
            true => Box::pin(bare_metal::place(&order, operation)).await,
        };
        let machine = machine.during(Activity::CreateVm, || &tried)?;
        let networks = Box::pin(complete(&agent, operation, &order, machine)).await;
        let networks = networks.during(Activity::CreateVm, || &tried)?;
        Ok((VmCreated { cid: machine.cid()?, networks }, Some(machine.to_string())))
    });
    created.await.map_err(as_creation_failure)
}

/// The agent of the VM, and what its settings are made of.
struct Agent<'a> {
    cloud: &'a SoftLayer,
    call: &'a CreateVm,
    spec: &'a VmSpec,
}

impl Agent<'_> {
    /// The settings as far as they are known before the VM is there: about as long as they will be.
    fn draft(&self, name: &str) -> Secret {
        self.settings(name, &self.call.networks)
    }

    fn settings(&self, vm: &str, networks: &Networks) -> Secret {
        let new = NewAgent {
            agent_id: &self.call.agent_id,
            vm,
            networks,
            ephemeral: self.spec.disk.is_some(),
            env: &self.call.env,
        };
        user_data(&self.cloud.agent, &new)
    }
}

/// Gives the machine its settings as soon as its addresses are known, waits until it runs, and
/// makes it reachable; answers the networks as they became.
async fn complete(
    agent: &Agent<'_>,
    operation: &mut Operation<'_, Intent>,
    order: &MachineOrder<'_>,
    machine: Machine,
) -> CloudResult<Networks> {
    let MachineOrder { cloud, spec, resolved, name, until } = *order;
    let private_only = resolved.public.is_none();
    let nics = machine::wait_for_nics(cloud, machine, private_only, until).await?;
    let networks = agent_networks::complete(cloud, spec, resolved, &agent.call.networks, &nics)?;
    let text = agent.settings(&machine.to_string(), &networks.agent);
    let set = operation.step(
        // From here on the machine is found by its id, whatever lists say.
        Intent::Vm { vm: machine.to_string(), name: name.to_owned() },
        async || step_outcome(machine::set_user_metadata(cloud, machine, &text, until).await),
        // Set twice, they are set.
        async || machine::set_user_metadata(cloud, machine, &text, until).await.map(Some),
    );
    set.await?;
    machine::wait_until_ready(cloud, machine, until).await?;
    vip::attach(cloud, operation, resolved, &nics, until).await?;
    Ok(networks.answer)
}

/// Whatever the cloud says, the director wants to hear that there is no VM.
fn as_creation_failure(error: CpiError) -> CpiError {
    match error.kind {
        ErrorKind::CloudError | ErrorKind::NoDiskSpace => {
            CpiError { kind: ErrorKind::VmCreationFailed, ..error }
        }
        _ => error,
    }
}
