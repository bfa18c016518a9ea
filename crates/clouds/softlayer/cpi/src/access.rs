//! Who may mount a volume. A machine has one iSCSI name and one pair of CHAP credentials for
//! all of its volumes.

use crate::SoftLayer;
use crate::cids::Machine;
use crate::connect::Answer;
use crate::errors::Failure;
use crate::properties::Wait;
use crate::storage::{NOT_YET, holders};
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

impl SoftLayer {
    /// A machine as its volumes see it; None if there is none of this id.
    pub(crate) async fn mounts(&self, machine: Machine) -> Answer<Option<Mounts>> {
        let (place, host, volumes) = match machine {
            Machine::Guest(id) => {
                let guest = self.find::<GuestStorage, _>(&virtual_guest::GetObject { id }).await?;
                let Some(guest) = guest else { return Ok(None) };
                (guest.datacenter, guest.allowed_host, guest.allowed_network_storage)
            }
            Machine::Server(id) => {
                let server = self.find::<HardwareStorage, _>(&hardware::GetObject { id }).await?;
                let Some(server) = server else { return Ok(None) };
                (server.datacenter, server.allowed_host, server.allowed_network_storage)
            }
        };
        let datacenter = place.map(|place| place.name);
        let volumes = volumes.iter().map(|volume| volume.id).collect();
        Ok(Some(Mounts { datacenter, host, volumes }))
    }

    /// Lets a machine mount a volume, once that can be done.
    pub(crate) async fn allow(&self, volume: u64, machine: Machine, until: Deadline) -> Answer<()> {
        match machine {
            Machine::Guest(id) => {
                let allow = AllowAccessFromVirtualGuest { id: volume, guest: id.into() };
                self.once_possible(&allow, until).await
            }
            Machine::Server(id) => {
                let allow = AllowAccessFromHardware { id: volume, hardware: id.into() };
                self.once_possible(&allow, until).await
            }
        }
    }

    /// Lets a machine mount a volume no more, once that can be done.
    pub(crate) async fn deny(&self, volume: u64, machine: Machine, until: Deadline) -> Answer<()> {
        match machine {
            Machine::Guest(id) => {
                let deny = RemoveAccessFromVirtualGuest { id: volume, guest: id.into() };
                self.once_possible(&deny, until).await
            }
            Machine::Server(id) => {
                let deny = RemoveAccessFromHardware { id: volume, hardware: id.into() };
                self.once_possible(&deny, until).await
            }
        }
    }

    /// Makes a call on a volume once nothing else works on it. It answers whether it did: false
    /// means that it could not begin, and is asked again.
    async fn once_possible<C: Call<Answer = bool>>(&self, call: &C, until: Deadline) -> Answer<()> {
        let begun = std::time::Instant::now();
        loop {
            match Box::pin(self.client()?.call_once_possible(call, NOT_YET, until)).await {
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
    pub(crate) async fn is_allowed(&self, volume: u64, machine: Machine) -> Answer<bool> {
        let volume = self.volume(volume).await?;
        Ok(volume.is_some_and(|volume| holders(&volume).contains(&machine)))
    }

    /// Undo: a machine that could not mount a volume before cannot do so now.
    pub(crate) async fn not_attached(&self, volume: u64, machine: Machine) -> Answer<Absence> {
        if !self.is_allowed(volume, machine).await? {
            return Ok(Absence::MayAppear);
        }
        self.deny(volume, machine, self.undo_deadline(Wait::AttachDisk)).await?;
        Ok(Absence::Final)
    }
}
