//! Who may mount a volume. A machine has one iSCSI name and one pair of CHAP credentials for
//! all of its volumes.

use super::volume;
use crate::cids::Machine;
use crate::errors::{CloudResult, Failure};
use crate::properties::Wait;
use crate::session::SoftLayer;
use cloud_http::Deadline;
use journal::Absence;
use softlayer::api::network_storage::{
    AllowAccessFromHardware, AllowAccessFromVirtualGuest, RemoveAccessFromHardware,
    RemoveAccessFromVirtualGuest,
};
use softlayer::api::{AllowedHost, GuestStorage, HardwareStorage, hardware, virtual_guest};
use softlayer::{Call, Code, Error};

/// A machine as its volumes see it.
pub(crate) struct Mounts {
    /// Its data center's name.
    pub(crate) datacenter: Option<String>,
    /// Its iSCSI name and credentials; none before its first volume.
    pub(crate) host: Option<AllowedHost>,
    /// The ids of what it may mount, files and shares among them.
    pub(crate) volumes: Vec<u64>,
}

/// A machine as its volumes see it; None if there is none of this id.
pub(crate) async fn mounts(cloud: &SoftLayer, machine: Machine) -> CloudResult<Option<Mounts>> {
    let (place, host, volumes) = match machine {
        Machine::Guest(id) => {
            let guest = cloud.find::<GuestStorage, _>(&virtual_guest::GetObject { id }).await?;
            let Some(guest) = guest else { return Ok(None) };
            (guest.datacenter, guest.allowed_host, guest.allowed_network_storage)
        }
        Machine::Server(id) => {
            let server = cloud.find::<HardwareStorage, _>(&hardware::GetObject { id }).await?;
            let Some(server) = server else { return Ok(None) };
            (server.datacenter, server.allowed_host, server.allowed_network_storage)
        }
    };
    let datacenter = place.map(|place| place.name);
    let volumes = volumes.iter().map(|volume| volume.id).collect();
    Ok(Some(Mounts { datacenter, host, volumes }))
}

/// Lets a machine mount a volume, once that can be done.
pub(crate) async fn allow(
    cloud: &SoftLayer,
    volume: u64,
    machine: Machine,
    until: Deadline,
) -> CloudResult<()> {
    match machine {
        Machine::Guest(id) => {
            let allow = AllowAccessFromVirtualGuest { id: volume, guest: id.into() };
            call_when_idle(cloud, &allow, until).await
        }
        Machine::Server(id) => {
            let allow = AllowAccessFromHardware { id: volume, hardware: id.into() };
            call_when_idle(cloud, &allow, until).await
        }
    }
}

/// Lets a machine mount a volume no more, once that can be done.
pub(crate) async fn remove(
    cloud: &SoftLayer,
    volume: u64,
    machine: Machine,
    until: Deadline,
) -> CloudResult<()> {
    match machine {
        Machine::Guest(id) => {
            let remove = RemoveAccessFromVirtualGuest { id: volume, guest: id.into() };
            call_when_idle(cloud, &remove, until).await
        }
        Machine::Server(id) => {
            let remove = RemoveAccessFromHardware { id: volume, hardware: id.into() };
            call_when_idle(cloud, &remove, until).await
        }
    }
}

/// Makes a call on a volume once nothing else works on it. It answers whether it did: false
/// means that it could not begin, and is asked again.
async fn call_when_idle<C: Call<Answer = bool>>(
    cloud: &SoftLayer,
    call: &C,
    until: Deadline,
) -> CloudResult<()> {
    let begun = std::time::Instant::now();
    loop {
        match Box::pin(cloud.client()?.call_once_possible(call, volume::BUSY, until)).await {
            Ok(true) => return Ok(()),
            // Who is to be let in is in.
            Err(error) if error.code() == Some(&Code::MassAccessControlModification) => {
                return Ok(());
            }
            Ok(false) if cloud_http::paused(begun.elapsed(), until).await => {}
            Ok(false) => {
                let what = "that the volume takes it".into();
                let late = Error::Late { call: C::NAME, what, last: None };
                return Err(Failure::Cloud(late));
            }
            Err(error) => return Err(Failure::Cloud(error)),
        }
    }
}

/// Whether a machine may mount a volume; false for a volume that is gone.
pub(crate) async fn is_allowed(
    cloud: &SoftLayer,
    volume: u64,
    machine: Machine,
) -> CloudResult<bool> {
    let volume = volume::find(cloud, volume).await?;
    Ok(volume.is_some_and(|volume| volume::holders(&volume).contains(&machine)))
}

/// Makes sure that a machine, which could not mount a volume before, cannot do so now.
pub(crate) async fn ensure_detached(
    cloud: &SoftLayer,
    volume: u64,
    machine: Machine,
) -> CloudResult<Absence> {
    if !is_allowed(cloud, volume, machine).await? {
        return Ok(Absence::MayAppear);
    }
    remove(cloud, volume, machine, cloud.undo_deadline(Wait::AttachDisk)).await?;
    Ok(Absence::Final)
}
