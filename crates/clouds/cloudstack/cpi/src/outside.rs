//! What a VM has outside of itself: public addresses, their firewall rules, load balancers. None
//! of it has a name of ours, so that each is made under a job id of ours, which tells any process
//! its id.

use crate::CloudStack;
use crate::connect::JobOutcome;
use crate::errors::{self, Activity, Failure};
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use bosh_cpi::Result;
use cloud_http::Deadline;
use cloudstack::api::{
    AsyncJob, DeleteFirewallRule, DeleteLoadBalancerRule, DisableStaticNat, DisassociateIpAddress,
    EnableStaticNat, List, ListFirewallRules, ListLoadBalancerRuleInstances, ListLoadBalancerRules,
    ListPublicIpAddresses, PublicIpAddress, QueryAsyncJobResult, Started,
};
use cloudstack::{Error, JobCommand};
use journal::{Absence, Operation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

type Answer<T> = std::result::Result<T, Failure>;

/// The tag of an address that was acquired for a VM; its value is that VM's host name.
pub(crate) const ACQUIRED_FOR: &str = "bosh-acquired-for";

/// What kind of thing it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outside {
    /// A public address.
    Address,
    /// A firewall rule of one.
    FirewallRule,
    /// A load balancer rule.
    LoadBalancer,
}

impl Outside {
    /// What people call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Address => "public address",
            Self::FirewallRule => "firewall rule",
            Self::LoadBalancer => "load balancer rule",
        }
    }
}

/// A thing outside of a VM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutsideThing {
    /// What kind.
    pub what: Outside,
    /// Its id.
    pub id: String,
}

impl CloudStack {
    /// Makes a thing for a VM, and answers its id and what the job told; null where that was
    /// lost. Two steps: the cloud tells the id at once, so
    /// that it is written down before anybody waits for the job.
    pub(crate) async fn make_outside<C: JobCommand>(
        &self,
        operation: &mut Operation<'_, Intent>,
        what: Outside,
        vm: &str,
        call: &C,
    ) -> Answer<(String, Value)> {
        let until = self.deadline(Wait::CreateVm);
        let job = uuid::Uuid::new_v4().to_string();
        let making = Intent::Making {
            what,
            job: job.clone(),
            command: C::NAME.to_owned(),
            vm: vm.to_owned(),
        };
        let id = operation
            .step(
                making,
                async || ended(self.start_as(call, &job, until).await),
                async || Ok(self.made_by(&job).await?.and_then(|job| job.jobinstanceid)),
            )
            .await?;
        let thing = OutsideThing { what, id: id.clone() };
        let wait = async || -> Answer<Value> {
            let client = self.scoped().await?;
            Box::pin(client.wait(&job, C::NAME, until)).await.map_err(Failure::Cloud)
        };
        let made = operation.step(
            Intent::Outside { thing: thing.clone(), vm: vm.to_owned() },
            async || ended(wait().await),
            async || Ok(self.has_outside(&thing).await?.then_some(Value::Null)),
        );
        Ok((id, made.await?))
    }

    /// Starts a job that makes something, and answers its id.
    async fn start_as<C: JobCommand>(
        &self,
        call: &C,
        job: &str,
        until: Deadline,
    ) -> Answer<String> {
        let client = self.scoped().await?;
        let Started { id, .. } =
            self.scope_heeded(Box::pin(client.start_as(call, job, until)).await)?;
        match id {
            Some(id) => Ok(id),
            // A release that does not tell it in the answer tells it in the job.
            None => {
                let job = self.made_by(job).await?;
                let id = job.and_then(|job| job.jobinstanceid);
                id.ok_or_else(|| {
                    let reason = "the answer has no id".to_owned();
                    Failure::Cloud(Error::Odd { command: C::NAME, reason })
                })
            }
        }
    }

    /// The job of that id; None if the cloud does not know it.
    async fn made_by(&self, job: &str) -> Answer<Option<AsyncJob>> {
        match self.look(&QueryAsyncJobResult { jobid: job.to_owned() }).await {
            Ok(job) => Ok(Some(job)),
            Err(failure) if failure.has_code(431) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn has_outside(&self, thing: &OutsideThing) -> Answer<bool> {
        let id = Some(thing.id.clone());
        let listall = Some(true);
        let found = match thing.what {
            Outside::Address => return Ok(self.address_by_id(&thing.id).await?.is_some()),
            Outside::FirewallRule => {
                let of = ListFirewallRules { id, listall, ..ListFirewallRules::default() };
                self.look(&of).await.map(|list| !list.items.is_empty())
            }
            Outside::LoadBalancer => {
                let of = ListLoadBalancerRules { id, listall, ..ListLoadBalancerRules::default() };
                self.look(&of).await.map(|list| !list.items.is_empty())
            }
        };
        match found {
            Err(failure) if failure.is_gone() => Ok(false),
            other => other,
        }
    }

    /// A public address that is allocated; None if nobody has it.
    pub(crate) async fn address_by_id(&self, id: &str) -> Answer<Option<PublicIpAddress>> {
        let of = ListPublicIpAddresses {
            id: Some(id.to_owned()),
            listall: Some(true),
            ..ListPublicIpAddresses::default()
        };
        match self.look(&of).await {
            Ok(List { items, .. }) => {
                Ok(items.into_iter().find(|address| address.state != "Releasing"))
            }
            Err(failure) if failure.is_gone() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Undo: nothing is left of what a job of ours made for the VM of this name.
    pub(crate) async fn nothing_made(&self, target: &Intent) -> Result<Absence> {
        let Intent::Making { what, job, command, vm } = target else { return Ok(Absence::Final) };
        let tried = format!("removing a {} that was made for VM {vm}", what.name());
        let failed = |failure| errors::answer(Activity::Undo, &tried, failure);
        let command = cloudstack::CommandInfo::named(command).map_or("", |row| row.name);
        if self.came_of(job, command, self.soon()).await.map_err(failed)? == JobOutcome::Nothing {
            return Ok(Absence::MayAppear);
        }
        let Some(row) = self.made_by(job).await.map_err(failed)? else {
            return Ok(Absence::MayAppear);
        };
        let Some(id) = row.jobinstanceid.clone() else { return Ok(Absence::Final) };
        if *what == Outside::Address && !self.is_same_lease(&id, &row).await.map_err(failed)? {
            return Ok(Absence::Final);
        }
        let thing = OutsideThing { what: *what, id };
        self.remove_own(&thing, vm).await.map_err(failed)?;
        Ok(Absence::Final)
    }

    /// Undo: the thing is gone. What has gone over to another VM meanwhile stays.
    pub(crate) async fn no_outside(&self, thing: &OutsideThing, vm: &str) -> Result<Absence> {
        let tried = format!("removing {} {}", thing.what.name(), thing.id);
        let removed = self.remove_own(thing, vm).await;
        removed.map_err(|failure| errors::answer(Activity::Undo, tried, failure))?;
        Ok(Absence::Final)
    }

    /// An address keeps its id while others have it: only the time tells whose it is.
    async fn is_same_lease(&self, id: &str, job: &AsyncJob) -> Answer<bool> {
        let told = job.jobresult.as_ref().and_then(|result| result.pointer("/ipaddress/allocated"));
        let Some(address) = self.address_by_id(id).await? else { return Ok(false) };
        Ok(told.is_none_or(|told| address.other.get("allocated") == Some(told)))
    }

    /// Removes what was made for the VM of this name, unless it serves another one by now.
    pub(crate) async fn remove_own(&self, thing: &OutsideThing, vm: &str) -> Answer<()> {
        let used = match thing.what {
            Outside::Address => match self.address_by_id(&thing.id).await? {
                None => return Ok(()),
                Some(address) => serves_another(&address, vm),
            },
            Outside::FirewallRule => false,
            Outside::LoadBalancer => {
                let of = ListLoadBalancerRuleInstances { id: thing.id.clone() };
                match self.list(of).await {
                    Ok(members) => members.iter().any(|member| member.name != vm),
                    Err(failure) if failure.is_gone() => return Ok(()),
                    Err(failure) => return Err(failure),
                }
            }
        };
        if used {
            tracing::warn!("{} {} stays: it serves others by now", thing.what.name(), thing.id);
            return Ok(());
        }
        self.remove_outside(thing).await
    }

    /// Removes what was outside of a VM that is gone.
    pub(crate) async fn remove_all_outside(&self, things: &[OutsideThing]) -> Answer<()> {
        for thing in things {
            self.remove_outside(thing).await?;
        }
        Ok(())
    }

    /// The same later, when somebody else may have it.
    pub(crate) async fn remove_left(&self, thing: &OutsideThing, vm: &str) -> Answer<()> {
        if thing.what == Outside::Address {
            let there = self.address_by_id(&thing.id).await?;
            let is_ours = |it: &PublicIpAddress| {
                acquired_for(it).is_some()
                    && it.virtualmachineid.as_deref().is_none_or(|holder| holder == vm)
            };
            if !there.is_some_and(|address| is_ours(&address)) {
                return Ok(());
            }
        }
        self.remove_outside(thing).await
    }

    /// Removes a thing outside of a VM; it may be gone already.
    pub(crate) async fn remove_outside(&self, thing: &OutsideThing) -> Answer<()> {
        let until = self.undo_deadline(Wait::DeleteVm);
        let id = thing.id.clone();
        let removed = match thing.what {
            Outside::Address => self.run(&DisassociateIpAddress { id }, until).await,
            Outside::FirewallRule => self.run(&DeleteFirewallRule { id }, until).await,
            Outside::LoadBalancer => self.run(&DeleteLoadBalancerRule { id }, until).await,
        };
        match gone_is_fine(removed.map(drop)) {
            // An address that nobody has is no unknown id, and is refused in other words.
            Err(failure)
                if failure.has_code(431) && !self.has_outside(thing).await.unwrap_or(true) =>
            {
                Ok(())
            }
            other => other,
        }
    }

    /// Leads an address to a VM.
    pub(crate) async fn lead(
        &self,
        operation: &mut Operation<'_, Intent>,
        address: &str,
        vm: &str,
        network: &str,
    ) -> Answer<()> {
        let until = self.deadline(Wait::CreateVm);
        let nat = enable(address, vm, network);
        operation
            .step(
                Intent::StaticNat { address: address.to_owned(), vm: vm.to_owned() },
                async || ended(self.call(&nat, until).await.map(drop)),
                async || Ok(self.leads_to(address, vm).await?.then_some(())),
            )
            .await
    }

    /// Takes an address from the VM that it leads to.
    pub(crate) async fn take_over(
        &self,
        operation: &mut Operation<'_, Intent>,
        address: &PublicIpAddress,
        from: &str,
    ) -> Answer<()> {
        let until = self.deadline(Wait::CreateVm);
        let disable = DisableStaticNat { ipaddressid: address.id.clone() };
        let target = Intent::TakenOver {
            address: address.id.clone(),
            vm: from.to_owned(),
            network: address.associatednetworkid.clone().unwrap_or_default(),
        };
        operation
            .step(
                target,
                async || ended(self.run(&disable, until).await.map(drop)),
                async || Ok((!self.leads_to(&address.id, from).await?).then_some(())),
            )
            .await
    }

    async fn leads_to(&self, address: &str, vm: &str) -> Answer<bool> {
        let there = self.address_by_id(address).await?;
        Ok(there.is_some_and(|it| it.isstaticnat && it.virtualmachineid.as_deref() == Some(vm)))
    }

    /// Undo: the address leads to that VM no more.
    pub(crate) async fn not_led(&self, address: &str, vm: &str) -> Result<Absence> {
        let tried = format!("freeing public address {address} from VM {vm}");
        let failed = |failure| errors::answer(Activity::Undo, &tried, failure);
        if !self.leads_to(address, vm).await.map_err(failed)? {
            return Ok(Absence::MayAppear);
        }
        let disable = DisableStaticNat { ipaddressid: address.to_owned() };
        let until = self.undo_deadline(Wait::DeleteVm);
        self.run(&disable, until).await.map_err(failed)?;
        Ok(Absence::Final)
    }

    /// Undo: the address leads to the VM again from which it was taken, unless it leads to
    /// another by now, or that VM is gone.
    pub(crate) async fn led_again(
        &self,
        address: &str,
        vm: &str,
        network: &str,
    ) -> Result<Absence> {
        let tried = format!("leading public address {address} to VM {vm} again");
        let failed = |failure| errors::answer(Activity::Undo, &tried, failure);
        let there = self.address_by_id(address).await.map_err(failed)?;
        match there {
            Some(it) if it.virtualmachineid.as_deref() == Some(vm) => {
                return Ok(Absence::MayAppear);
            }
            Some(it) if !it.isstaticnat => {}
            _ => return Ok(Absence::Final),
        }
        if self.vm_by_id(vm).await.map_err(failed)?.is_none_or(|vm| vm.state != "Running") {
            return Ok(Absence::Final);
        }
        let until = self.undo_deadline(Wait::DeleteVm);
        self.call(&enable(address, vm, network), until).await.map_err(failed)?;
        Ok(Absence::Final)
    }
}

fn enable(address: &str, vm: &str, network: &str) -> EnableStaticNat {
    EnableStaticNat {
        ipaddressid: address.to_owned(),
        virtualmachineid: vm.to_owned(),
        networkid: (!network.is_empty()).then(|| network.to_owned()),
    }
}

/// Whether an address leads to another VM than the one of this name, or was acquired for one.
fn serves_another(address: &PublicIpAddress, vm: &str) -> bool {
    let other = |name: Option<&str>| name.is_some_and(|name| name != vm);
    let leads = address.virtualmachinename.as_deref().filter(|_| address.isstaticnat);
    other(leads) || other(acquired_for(address))
}

/// The host name of the VM for which we acquired an address.
pub(crate) fn acquired_for(address: &PublicIpAddress) -> Option<&str> {
    address.tags.iter().find(|tag| tag.key == ACQUIRED_FOR).map(|tag| tag.value.as_str())
}
