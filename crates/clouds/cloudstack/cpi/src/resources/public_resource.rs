//! Public addresses, firewall rules and load balancer rules of a VM. They have no name of ours, so
//! each is created under a job id that we choose (`customjobid`): any process can ask that job for
//! the resource's id.

use super::{firewall_rule, load_balancer_rule, public_ip};
use crate::api::{JobOutcome, change, is_lost, new_job_id, step_outcome};
use crate::errors::{Activity, CloudResult, Failure, ResultExt};
use crate::intent::{Intent, PublicResource, PublicResourceKind};
use crate::permit::{self, Permit};
use crate::properties::Wait;
use crate::scope;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{FirewallRule, LoadBalancerRule, PublicIpAddress, Started};
use cloudstack::{CommandInfo, Error, JobCommand};
use journal::{Absence, Operation};
use serde_json::Value;

/// The right to remove a public resource.
pub(crate) enum PublicPermit {
    PublicIp(Permit<PublicIpAddress>),
    FirewallRule(Permit<FirewallRule>),
    LoadBalancerRule(Permit<LoadBalancerRule>),
}

impl PublicPermit {
    /// The resource, as the journal names it.
    pub(crate) fn resource(&self) -> PublicResource {
        let (kind, id) = match self {
            Self::PublicIp(permit) => (PublicResourceKind::PublicIp, permit.id()),
            Self::FirewallRule(permit) => (PublicResourceKind::FirewallRule, permit.id()),
            Self::LoadBalancerRule(permit) => (PublicResourceKind::LoadBalancerRule, permit.id()),
        };
        PublicResource { kind, id: id.to_owned() }
    }
}

/// How often a creation is sent at most whose answers are lost.
const MAX_SENDS: usize = 3;

/// Creates a resource for a VM, and answers its id and what the job told; null where that was
/// lost. Two steps: the cloud tells the id at once, so that it is written down before anybody
/// waits for the job. A call whose job is not known is made again, under another job id.
pub(crate) async fn create<C: JobCommand>(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    kind: PublicResourceKind,
    vm: &str,
    call: &C,
) -> CloudResult<(String, Value)> {
    let until = cloud.deadline(Wait::CreateVm);
    let mut sends = 1;
    let (job, id) = loop {
        let job = new_job_id();
        let creation = Intent::PublicResourceCreation {
            resource: kind,
            job: job.clone(),
            command: C::NAME.to_owned(),
            vm: vm.to_owned(),
        };
        let started = operation
            .step(
                creation,
                async || step_outcome(start(cloud, call, &job, until).await),
                async || Ok(cloud.find_job(&job).await?.and_then(|job| job.jobinstanceid)),
            )
            .await;
        match started {
            Err(failure) if is_lost(&failure) && sends < MAX_SENDS => sends += 1,
            started => break (job, started?),
        }
    };
    let resource = PublicResource { kind, id: id.clone() };
    let intent = Intent::PublicResource { resource: resource.clone(), vm: vm.to_owned() };
    let wait = async || -> CloudResult<Value> {
        let client = cloud.scoped().await?;
        Box::pin(client.wait(&job, C::NAME, until)).await.map_err(Failure::Cloud)
    };
    let probe = async || Ok(find(cloud, &resource).await?.map(|_| Value::Null));
    Ok((id, change(operation, intent, wait, probe).await?))
}

/// Starts a job that creates a resource, and answers its id.
async fn start<C: JobCommand>(
    cloud: &CloudStack,
    call: &C,
    job: &str,
    until: Deadline,
) -> CloudResult<String> {
    let client = cloud.scoped().await?;
    let started = scope::checked(cloud, Box::pin(client.start_as(call, job, until)).await);
    let id = match started {
        Ok(Started { id: Some(id), .. }) => Some(id),
        // A release that does not tell it in the answer tells it in the job.
        Ok(Started { id: None, .. }) => {
            cloud.find_job(job).await?.and_then(|job| job.jobinstanceid)
        }
        Err(failure) => match cloud.find_started_job(&failure, job, until).await? {
            Some(job) => job.jobinstanceid,
            None => return Err(failure),
        },
    };
    id.ok_or_else(|| {
        let reason = "the answer has no id".to_owned();
        Failure::Cloud(Error::Odd { command: C::NAME, reason })
    })
}

/// The resource, if it exists and is the account's own.
async fn find(cloud: &CloudStack, resource: &PublicResource) -> CloudResult<Option<PublicPermit>> {
    let id = &resource.id;
    Ok(match resource.kind {
        PublicResourceKind::PublicIp => {
            public_ip::by_id(cloud, id).await?.map(|it| PublicPermit::PublicIp((&it).into()))
        }
        PublicResourceKind::FirewallRule => {
            let rule = firewall_rule::by_id(cloud, id).await?;
            rule.map(|it| PublicPermit::FirewallRule((&it).into()))
        }
        PublicResourceKind::LoadBalancerRule => {
            let rule = load_balancer_rule::by_id(cloud, id).await?;
            rule.map(|it| PublicPermit::LoadBalancerRule((&it).into()))
        }
    })
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
    let Some(row) = cloud.find_job(job).await? else { return Ok(Absence::MayAppear) };
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
    remove_by_id(cloud, resource).await
}

/// Removes the resources of a VM that is gone.
pub(crate) async fn remove_all(cloud: &CloudStack, resources: &[PublicPermit]) -> CloudResult<()> {
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
    remove_by_id(cloud, resource).await
}

async fn remove_by_id(cloud: &CloudStack, resource: &PublicResource) -> CloudResult<()> {
    match find(cloud, resource).await? {
        Some(permit) => remove(cloud, &permit).await,
        None => Ok(()),
    }
}

/// Removes a resource; it may be gone already.
async fn remove(cloud: &CloudStack, resource: &PublicPermit) -> CloudResult<()> {
    let until = cloud.undo_deadline(Wait::DeleteVm);
    let removed = match resource {
        PublicPermit::PublicIp(it) => {
            cloud.destroy_by_job(&permit::release_public_ip(it), until).await
        }
        PublicPermit::FirewallRule(it) => {
            cloud.destroy_by_job(&permit::delete_firewall_rule(it), until).await
        }
        PublicPermit::LoadBalancerRule(it) => {
            cloud.destroy_by_job(&permit::delete_load_balancer_rule(it), until).await
        }
    };
    match removed.ignore_not_found() {
        // An address that nobody has is no unknown id, and is refused in other words: 431, or the
        // error of a database (530).
        Err(failure) if failure.has_code(431) || failure.has_code(530) => {
            match find(cloud, &resource.resource()).await {
                Ok(None) => Ok(()),
                _ => Err(failure),
            }
        }
        other => other,
    }
}
