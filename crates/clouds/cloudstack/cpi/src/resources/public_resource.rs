//! Public addresses, firewall rules and load balancer rules of a VM. They have no name of ours, so
//! each is created under a job id that we choose (`customjobid`): any process can ask that job for
//! the resource's id.

use super::{firewall_rule, load_balancer_rule, public_ip};
use crate::api::{JobOutcome, step_outcome};
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::{Intent, PublicResource, PublicResourceKind};
use crate::properties::Wait;
use crate::scope;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{
    AsyncJob, DeleteFirewallRule, DeleteLoadBalancerRule, DisassociateIpAddress,
    QueryAsyncJobResult, Started,
};
use cloudstack::{CommandInfo, Error, JobCommand};
use journal::{Absence, Operation};
use serde_json::Value;

/// Creates a resource for a VM, and answers its id and what the job told; null where that was
/// lost. Two steps: the cloud tells the id at once, so that it is written down before anybody
/// waits for the job.
pub(crate) async fn create<C: JobCommand>(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    kind: PublicResourceKind,
    vm: &str,
    call: &C,
) -> CloudResult<(String, Value)> {
    let until = cloud.deadline(Wait::CreateVm);
    let job = uuid::Uuid::new_v4().to_string();
    let creation = Intent::PublicResourceCreation {
        resource: kind,
        job: job.clone(),
        command: C::NAME.to_owned(),
        vm: vm.to_owned(),
    };
    let id = operation
        .step(
            creation,
            async || step_outcome(start(cloud, call, &job, until).await),
            async || Ok(find_job(cloud, &job).await?.and_then(|job| job.jobinstanceid)),
        )
        .await?;
    let resource = PublicResource { kind, id: id.clone() };
    let wait = async || -> CloudResult<Value> {
        let client = cloud.scoped().await?;
        Box::pin(client.wait(&job, C::NAME, until)).await.map_err(Failure::Cloud)
    };
    let made = operation.step(
        Intent::PublicResource { resource: resource.clone(), vm: vm.to_owned() },
        async || step_outcome(wait().await),
        async || Ok(exists(cloud, &resource).await?.then_some(Value::Null)),
    );
    Ok((id, made.await?))
}

/// Starts a job that creates a resource, and answers its id.
async fn start<C: JobCommand>(
    cloud: &CloudStack,
    call: &C,
    job: &str,
    until: Deadline,
) -> CloudResult<String> {
    let client = cloud.scoped().await?;
    let Started { id, .. } =
        scope::checked(cloud, Box::pin(client.start_as(call, job, until)).await)?;
    match id {
        Some(id) => Ok(id),
        // A release that does not tell it in the answer tells it in the job.
        None => {
            let job = find_job(cloud, job).await?;
            let id = job.and_then(|job| job.jobinstanceid);
            id.ok_or_else(|| {
                let reason = "the answer has no id".to_owned();
                Failure::Cloud(Error::Odd { command: C::NAME, reason })
            })
        }
    }
}

/// The job of that id; None if the cloud does not know it.
async fn find_job(cloud: &CloudStack, job: &str) -> CloudResult<Option<AsyncJob>> {
    match cloud.get(&QueryAsyncJobResult { jobid: job.to_owned() }).await {
        Ok(job) => Ok(Some(job)),
        Err(failure) if failure.has_code(431) => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn exists(cloud: &CloudStack, resource: &PublicResource) -> CloudResult<bool> {
    match resource.kind {
        PublicResourceKind::PublicIp => Ok(public_ip::by_id(cloud, &resource.id).await?.is_some()),
        PublicResourceKind::FirewallRule => firewall_rule::exists(cloud, &resource.id).await,
        PublicResourceKind::LoadBalancerRule => {
            load_balancer_rule::exists(cloud, &resource.id).await
        }
    }
}

/// Makes sure that nothing is left of what a job of ours created for the VM of this name.
pub(crate) async fn ensure_creation_undone(
    cloud: &CloudStack,
    kind: PublicResourceKind,
    job: &str,
    command: &str,
    vm: &str,
) -> Result<Absence> {
    let tried = || format!("removing a {} that was made for VM {vm}", kind.name());
    undo_creation(cloud, kind, job, command, vm).await.during(Activity::Undo, tried)
}

async fn undo_creation(
    cloud: &CloudStack,
    kind: PublicResourceKind,
    job: &str,
    command: &str,
    vm: &str,
) -> CloudResult<Absence> {
    let command = CommandInfo::named(command).map_or("", |row| row.name);
    if cloud.job_outcome(job, command, cloud.undo_wait()).await? == JobOutcome::Unknown {
        return Ok(Absence::MayAppear);
    }
    let Some(row) = find_job(cloud, job).await? else { return Ok(Absence::MayAppear) };
    let Some(id) = row.jobinstanceid.clone() else { return Ok(Absence::Final) };
    if kind == PublicResourceKind::PublicIp && !public_ip::is_same_lease(cloud, &id, &row).await? {
        return Ok(Absence::Final);
    }
    remove_unless_shared(cloud, &PublicResource { kind, id }, vm).await?;
    Ok(Absence::Final)
}

/// Makes sure that the resource is gone. What has gone over to another VM meanwhile stays.
pub(crate) async fn ensure_absent(
    cloud: &CloudStack,
    resource: &PublicResource,
    vm: &str,
) -> Result<Absence> {
    let tried = || format!("removing {} {}", resource.kind.name(), resource.id);
    remove_unless_shared(cloud, resource, vm).await.during(Activity::Undo, tried)?;
    Ok(Absence::Final)
}

/// Removes what was created for the VM of this name, unless it serves another one by now.
async fn remove_unless_shared(
    cloud: &CloudStack,
    resource: &PublicResource,
    vm: &str,
) -> CloudResult<()> {
    let shared = match resource.kind {
        PublicResourceKind::PublicIp => match public_ip::by_id(cloud, &resource.id).await? {
            None => return Ok(()),
            Some(address) => public_ip::serves_another(&address, vm),
        },
        PublicResourceKind::FirewallRule => false,
        PublicResourceKind::LoadBalancerRule => {
            match load_balancer_rule::members(cloud, &resource.id).await? {
                None => return Ok(()),
                Some(members) => members.iter().any(|member| member.name != vm),
            }
        }
    };
    if shared {
        tracing::warn!("{} {} stays: it serves others", resource.kind.name(), resource.id);
        return Ok(());
    }
    remove(cloud, resource).await
}

/// Removes the resources of a VM that is gone.
pub(crate) async fn remove_all(
    cloud: &CloudStack,
    resources: &[PublicResource],
) -> CloudResult<()> {
    for resource in resources {
        remove(cloud, resource).await?;
    }
    Ok(())
}

/// The same later, when somebody else may have it.
pub(crate) async fn remove_unless_taken(
    cloud: &CloudStack,
    resource: &PublicResource,
    vm: &str,
) -> CloudResult<()> {
    if resource.kind == PublicResourceKind::PublicIp {
        let there = public_ip::by_id(cloud, &resource.id).await?;
        let is_ours = there.is_some_and(|it| {
            public_ip::acquired_for(&it).is_some()
                && it.virtualmachineid.as_deref().is_none_or(|holder| holder == vm)
        });
        if !is_ours {
            return Ok(());
        }
    }
    remove(cloud, resource).await
}

/// Removes a resource; it may be gone already.
async fn remove(cloud: &CloudStack, resource: &PublicResource) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let id = resource.id.clone();
    let removed = match resource.kind {
        PublicResourceKind::PublicIp => cloud.run_job(&DisassociateIpAddress { id }, until).await,
        PublicResourceKind::FirewallRule => cloud.run_job(&DeleteFirewallRule { id }, until).await,
        PublicResourceKind::LoadBalancerRule => {
            cloud.run_job(&DeleteLoadBalancerRule { id }, until).await
        }
    };
    match removed.ignore_not_found() {
        // An address that nobody has is no unknown id, and is refused in other words.
        Err(failure) if failure.has_code(431) && !exists(cloud, resource).await.unwrap_or(true) => {
            Ok(())
        }
        other => other,
    }
}
