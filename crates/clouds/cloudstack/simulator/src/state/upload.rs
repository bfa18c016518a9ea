//! Uploads that secondary storage waits for, and how far a template's copies are.

use super::{Cloud, CopyState, Entity};
use crate::engine::signature;
use crate::storage::{Download, Seen};
use jiff::Timestamp;
use std::net::SocketAddr;

/// A template that waits for its image.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The template's id.
    pub id: String,
    /// Until when it waits.
    pub expires: Timestamp,
    /// Whether its address was used: it is good for one time.
    pub used: bool,
}

impl Entity for Upload {
    fn id(&self) -> &str {
        &self.id
    }
}

/// What secondary storage has to do.
#[derive(Debug, Clone, Default)]
pub struct Storage {
    /// Where uploads come in; None in a cloud that serves nobody.
    pub address: Option<SocketAddr>,
    /// The key that it shares with the management server.
    pub key: String,
    /// What is to be fetched and is not begun.
    pub downloads: Vec<Download>,
}

impl Cloud {
    /// The signature that lets an upload in.
    pub fn sign_upload(&self, metadata: &str, url: &str, expires: &str) -> Vec<u8> {
        signature::sign(&self.storage.key, &format!("{metadata}{url}{expires}"))
    }

    /// An upload ended: with an image, or with this error.
    pub fn upload_ends(&mut self, template: &str, with: Result<Seen, String>) {
        match with {
            Err(why) => self.set_copies(template, &CopyState::Failed(why)),
            Ok(seen) => {
                let zones: Vec<String> = self
                    .templates
                    .get(template)
                    .into_iter()
                    .flat_map(|found| found.copies.iter().map(|copy| copy.zone.clone()))
                    .collect();
                zones.iter().for_each(|zone| self.image_is_there(template, zone, &seen));
            }
        }
    }

    /// Sets how far every copy is.
    pub fn set_copies(&mut self, template: &str, state: &CopyState) {
        if let Some(found) = self.templates.get_mut(template) {
            found.copies.iter_mut().for_each(|copy| copy.state = state.clone());
        }
    }

    /// Sets how far the copy in a zone is.
    pub fn set_copy(&mut self, template: &str, zone: &str, state: CopyState) {
        let found = self.templates.get_mut(template);
        let copy = found.and_then(|it| it.copies.iter_mut().find(|copy| copy.zone == zone));
        if let Some(copy) = copy {
            copy.state = state;
        }
    }

    /// A copy's image is there.
    pub fn image_is_there(&mut self, template: &str, zone: &str, seen: &Seen) {
        let Some(found) = self.templates.get_mut(template) else { return };
        for copy in found.copies.iter_mut().filter(|copy| copy.zone == zone) {
            copy.state = CopyState::Ready;
            copy.size = Some(seen.virtual_size());
            copy.physical = Some(seen.bytes);
            copy.sha256 = Some(seen.sums.sha256.clone());
        }
    }

    /// Whether an upload is waited for, or goes on.
    pub fn awaits_upload(&self, template: &str) -> bool {
        let copies = self.templates.get(template).into_iter().flat_map(|found| &found.copies);
        let mut open = copies.filter(|copy| {
            matches!(copy.state, CopyState::NotUploaded | CopyState::UploadInProgress)
        });
        let forgets = self.world.secondary_storage.forgets_awaited_uploads;
        !forgets && open.next().is_some() && !self.is_abandoned(template)
    }

    /// Whether an upload's time is over and nothing came.
    pub fn is_abandoned(&self, template: &str) -> bool {
        self.uploads.get(template).is_some_and(|upload| upload.expires < self.now())
    }
}
