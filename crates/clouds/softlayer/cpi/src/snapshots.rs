//! Snapshots of disks. A snapshot has notes from its making on, so that it has our name.

use crate::SoftLayer;
use crate::connect::Answer;
use crate::notes::Notes;
use crate::properties::Wait;
use crate::steps::gone_is_fine;
use journal::Absence;
use softlayer::Filter;
use softlayer::api::StorageSnapshot;
use softlayer::api::network_storage::{DeleteObject, GetSnapshots};

impl SoftLayer {
    /// The snapshots of a disk; none of a disk that is gone.
    pub(crate) async fn snapshots_of(&self, disk: u64) -> Answer<Vec<StorageSnapshot>> {
        match self.list(&GetSnapshots { id: disk }, &Filter::everything()).await {
            Err(failure) if failure.is_gone() => Ok(Vec::new()),
            snapshots => snapshots,
        }
    }

    /// The snapshot of a disk that has this name.
    pub(crate) async fn snapshot_named(
        &self,
        disk: u64,
        name: &str,
    ) -> Answer<Option<StorageSnapshot>> {
        let snapshots = self.snapshots_of(disk).await?.into_iter();
        Ok({
            let mut named = snapshots.filter(|it| Notes::read(it.notes.as_deref()).has_name(name));
            named.next()
        })
    }

    /// Undo: a disk has no snapshot of this name.
    pub(crate) async fn no_snapshot(&self, disk: u64, name: &str) -> Answer<Absence> {
        let Some(snapshot) = self.snapshot_named(disk, name).await? else {
            return Ok(Absence::MayAppear);
        };
        let until = self.undo_deadline(Wait::DeleteDisk);
        gone_is_fine(self.call(&DeleteObject { id: snapshot.id }, until).await.map(drop))?;
        Ok(Absence::Final)
    }
}
