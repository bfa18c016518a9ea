//! The persistent disk: made, attached, grown, and its data moved to another one.

use crate::cpi::{Cpi, CpiFailure, Deleted, unrecorded};
use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Skipped, Steps};
use crate::instance::Instance;
use crate::manifest::Disk;
use crate::plan::DiskPlan;
use crate::state::book::Book;
use crate::state::{Change, DiskRecord};
use crate::vm::{metadata, now, tagged};
use bosh_agent::Agent;
use bosh_cpi::{DiskCid, VmCid};
use serde_json::json;

/// What disks of a VM are changed with. No job may run in the VM meanwhile.
pub(crate) struct Disks<'a, 'b> {
    pub environment: &'a Environment<'b>,
    pub cpi: &'a Cpi<'b>,
    pub instance: &'a Instance<'b>,
    pub vm: &'a VmCid,
}

impl Disks<'_, '_> {
    /// Makes the disk what the plan says. The old one stays until the VM has proved itself.
    pub fn settle(&self, book: &mut Book<'_>, plan: &DiskPlan) -> Result<(), Error> {
        let wanted = self.environment.manifest.instance_group.disk.as_ref();
        let current = book.state.current_disk().cloned();
        match (plan, wanted, current) {
            (DiskPlan::Create { .. }, Some(wanted), _) => {
                // It is the current one from the beginning, as there is no other.
                let new = self.create(book, wanted)?;
                self.attach(book, &new.cid)
            }
            (DiskPlan::Keep { .. }, _, Some(current)) => self.attach_if_needed(book, &current.cid),
            (DiskPlan::Grow { .. }, Some(wanted), Some(current)) => {
                if self.grow(book, &current, wanted)? {
                    return self.attach_if_needed(book, &current.cid);
                }
                self.attach_if_needed(book, &current.cid)?;
                self.migrate(book, &current, wanted)
            }
            (DiskPlan::Migrate { .. }, Some(wanted), Some(current)) => {
                self.attach_if_needed(book, &current.cid)?;
                self.migrate(book, &current, wanted)
            }
            (DiskPlan::Delete { .. }, _, Some(current)) => {
                self.detach_if_attached(book, &current.cid)?;
                book.state.current_disk_id = None;
                Ok(book.save()?)
            }
            _ => Ok(()),
        }
    }

    fn steps(&self) -> Steps<'_> {
        self.environment.steps()
    }

    fn create(&self, book: &mut Book<'_>, wanted: &Disk) -> Result<DiskRecord, Error> {
        let Disk { size, cloud_properties } = wanted;
        self.steps().step("Creating disk", || {
            let change =
                Change::CreateDisk { size: *size, cloud_properties: cloud_properties.clone() };
            self.cpi.change(book, change, json!([size, cloud_properties, self.vm]))?;
            Ok(book.state.disks.last().cloned().ok_or_else(|| unrecorded("create_disk"))?)
        })
    }

    /// A VM that is kept has its disk already, unless an earlier run ended before it had.
    fn attach_if_needed(&self, book: &mut Book<'_>, disk: &DiskCid) -> Result<(), Error> {
        let mounted = self.instance.say("list_disk", Agent::mounted_disks)?;
        if mounted.iter().any(|cid| cid == disk.as_str()) {
            return Ok(());
        }
        self.attach(book, disk)
    }

    fn attach(&self, book: &mut Book<'_>, disk: &DiskCid) -> Result<(), Error> {
        let vm = self.vm;
        if let Some(record) = &mut book.section.vm
            && !record.disks.contains(disk)
        {
            record.disks.push(disk.clone());
            book.save()?;
        }
        self.steps().step(&format!("Attaching disk '{disk}' to VM '{vm}'"), || {
            let hint = self.cpi.call("attach_disk", json!([vm, disk]))?;
            self.set_metadata(disk)?;
            self.instance.wait(self.environment.options.agent_timeout, None)?;
            if !hint.is_null() {
                self.instance.say("add_persistent_disk", |agent| {
                    agent.add_persistent_disk(disk.as_str(), &hint, self.instance.patient())
                })?;
            }
            Ok(self.instance.say("mount_disk", |agent| {
                agent.mount_disk(disk.as_str(), self.instance.patient())
            })?)
        })
    }

    fn set_metadata(&self, disk: &DiskCid) -> Result<(), Error> {
        let mut metadata = metadata(self.environment);
        metadata.insert("instance_index".to_owned(), json!("0"));
        metadata.insert("attached_at".to_owned(), json!(now()));
        let metadata = tagged(self.environment, metadata);
        Ok(self.cpi.set_metadata("set_disk_metadata", json!([disk, metadata]))?)
    }

    /// Detaches a disk that the VM may have.
    fn detach_if_attached(&self, book: &mut Book<'_>, disk: &DiskCid) -> Result<(), Error> {
        let vm = self.vm;
        let record = book.section.vm(vm);
        if !record.is_some_and(|record| record.disks.contains(disk)) {
            return Ok(());
        }
        let mounted = self.instance.say("list_disk", Agent::mounted_disks)?;
        if mounted.iter().any(|cid| cid == disk.as_str()) {
            self.steps().step(&format!("Unmounting disk '{disk}'"), || {
                Ok(self.instance.say("unmount_disk", |agent| {
                    agent.unmount_disk(disk.as_str(), self.instance.patient())
                })?)
            })?;
        }
        self.detach(book, disk)
    }

    fn detach(&self, book: &mut Book<'_>, disk: &DiskCid) -> Result<(), Error> {
        let vm = self.vm;
        self.steps().step(&format!("Detaching disk '{disk}'"), || {
            self.instance.say("remove_persistent_disk", |agent| {
                agent.remove_persistent_disk(disk.as_str(), self.instance.patient())
            })?;
            match self.cpi.call("detach_disk", json!([vm, disk])) {
                Err(CpiFailure::Refused { kind, .. }) if is_not_attached(&kind) => {}
                outcome => drop(outcome?),
            }
            self.instance.wait(self.environment.options.agent_timeout, None)?;
            if let Some(record) = &mut book.section.vm {
                record.disks.retain(|attached| attached != disk);
            }
            Ok(book.save()?)
        })
    }

    /// Has the CPI enlarge the disk, which must not be attached meanwhile. False if the CPI cannot.
    fn grow(
        &self,
        book: &mut Book<'_>,
        current: &DiskRecord,
        wanted: &Disk,
    ) -> Result<bool, Error> {
        let disk = &current.cid;
        self.detach_if_attached(book, disk)?;
        let step = format!("Resizing disk '{disk}' from {} to {}", current.size, wanted.size);
        self.steps().skippable(&step, || {
            let change = Change::ResizeDisk { cid: disk.clone(), size: wanted.size };
            match self.cpi.change(book, change, json!([disk, wanted.size])) {
                Ok(_) => Ok((true, None)),
                Err(Error::Cpi(CpiFailure::Refused { kind, .. })) if cannot(&kind) => {
                    Ok((false, Some(Skipped("The CPI cannot resize disks"))))
                }
                Err(error) => Err(error),
            }
        })
    }

    /// Copies all data to a new disk, which becomes the current one. The old one is detached and
    /// stays.
    fn migrate(&self, book: &mut Book<'_>, old: &DiskRecord, wanted: &Disk) -> Result<(), Error> {
        let new = self.create(book, wanted)?;
        // Should this run end now, the VM has two disks, and the next run starts with another VM.
        self.mark_migrating(book, true)?;
        self.attach(book, &new.cid)?;
        let step = format!("Migrating disk content from '{}' to '{}'", old.cid, new.cid);
        self.steps().step(&step, || {
            self.instance
                .say("migrate_disk", |agent| agent.migrate_disk(self.instance.patient()))?;
            book.state.current_disk_id = Some(new.id.clone());
            Ok(book.save()?)
        })?;
        self.detach(book, &old.cid)?;
        self.mark_migrating(book, false)
    }

    fn mark_migrating(&self, book: &mut Book<'_>, is_migrating: bool) -> Result<(), Error> {
        if let Some(record) = &mut book.section.vm {
            record.is_migrating = is_migrating;
        }
        Ok(book.save()?)
    }
}

/// Deletes disks that are not needed any more. What fails is told, and tried again by the next
/// run.
pub(crate) fn delete_unused(
    environment: &Environment<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
) -> Result<(), Error> {
    let unused: Vec<DiskCid> = book.state.unused_disks().map(|disk| disk.cid.clone()).collect();
    for disk in unused {
        let step = format!("Deleting unused disk '{disk}'");
        tolerate(environment.steps(), delete(environment.steps(), book, cpi, &disk, &step))?;
    }
    Ok(())
}

/// Deletes a disk.
pub(crate) fn delete(
    steps: Steps<'_>,
    book: &mut Book<'_>,
    cpi: &Cpi<'_>,
    disk: &DiskCid,
    step: &str,
) -> Result<(), Error> {
    steps.skippable(step, || {
        let deleted = cpi.change(book, Change::DeleteDisk { cid: disk.clone() }, json!([disk]))?;
        Ok(((), (deleted == Deleted::GoneBefore).then_some(Skipped("Disk not found"))))
    })
}

/// What the CPI refuses to clean up does not fail a deployment that is finished.
pub(crate) fn tolerate(steps: Steps<'_>, outcome: Result<(), Error>) -> Result<(), Error> {
    match outcome {
        Err(Error::Cpi(failure @ CpiFailure::Refused { .. })) => {
            steps.warn(format!("{failure}; the next run tries it again"));
            Ok(())
        }
        outcome => outcome,
    }
}

fn cannot(kind: &str) -> bool {
    kind == "Bosh::Clouds::NotImplemented" || kind == "Bosh::Clouds::NotSupported"
}

fn is_not_attached(kind: &str) -> bool {
    kind == "Bosh::Clouds::DiskNotAttached"
}
