//! Images that come in from outside, and go again.

use crate::engine::{Answer, Call, Exception, number, words};
use crate::object_ref::ObjectRef;
use crate::services::tag;
use crate::state::image::{Copy, Image};
use crate::state::transaction::Transaction;
use crate::state::{Cloud, Event};
use crate::world::Phase;
use serde_json::Value;

/// The type that it makes.
const TYPE: &str = "SoftLayer_Virtual_Guest_Block_Device_Template_Group";

/// What an imported image comes to.
const BYTES: u64 = 25 << 30;

/// From object storage: `cos://<region>/<bucket>/<file>`, with a key that may read it.
pub fn from_icos(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let raw = call.object(0)?;
    let uri = uri(raw)?;
    let place = uri.strip_prefix("cos://").unwrap_or_default();
    if place.split('/').filter(|part| !part.is_empty()).count() < 3 {
        return Err(Exception::public(format!("Invalid URI: '{uri}'.")));
    }
    let api_key = words(&raw["ibmApiKey"]).is_some();
    let pair = words(&raw["ibmAccessKey"]).and(words(&raw["ibmSecretKey"])).is_some();
    if !api_key && !pair {
        return Err(Exception::missing("ibmApiKey", TYPE));
    }
    import(cloud, raw, uri)
}

/// From the object storage of before: `swift://<account>@<cluster>/<container>/<file>`.
pub fn from_external_source(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let raw = call.object(0)?;
    let uri = uri(raw)?;
    if !uri.starts_with("swift://") && !uri.starts_with("cos://") {
        return Err(Exception::public(format!("Invalid URI: '{uri}'.")));
    }
    import(cloud, raw, uri)
}

fn uri(raw: &Value) -> Result<&str, Exception> {
    words(&raw["uri"]).ok_or_else(|| Exception::missing("uri", TYPE))
}

fn import(cloud: &mut Cloud, raw: &Value, uri: &str) -> Result<Answer, Exception> {
    let name = words(&raw["name"]).ok_or_else(|| Exception::missing("name", TYPE))?;
    if ![".vhd", ".qcow2", ".iso", ".raw", ".vmdk"].iter().any(|it| uri.ends_with(it)) {
        return Err(Exception::public(format!("The file of '{uri}' is of no known format.")));
    }
    let code = words(&raw["operatingSystemReferenceCode"]);
    let code = code.ok_or_else(|| Exception::missing("operatingSystemReferenceCode", TYPE))?;
    let id = cloud.new_id();
    let transaction = Transaction {
        id: cloud.new_id(),
        group: "Image Import",
        status: "IMAGE_IMPORT",
        created: cloud.now(),
    };
    let image = Image {
        id,
        uuid: cloud.new_uuid(),
        name: name.to_owned(),
        note: raw["note"].as_str().map(str::to_owned),
        account: Some(cloud.world.account),
        created: cloud.now(),
        copies: Vec::new(),
        os_code: Some(code.to_owned()),
        boot_mode: words(&raw["bootMode"]).map(str::to_owned),
        tags: Vec::new(),
        transaction: Some(transaction),
        made: true,
    };
    cloud.images.insert(id, image);
    cloud.after(Phase::ImageImported, Event::ImageImported(id));
    Ok(Answer::One(ObjectRef::Image(id)))
}

pub fn edit(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let changes = call.object(0)?;
    let image = own(cloud, call)?;
    if let Some(name) = words(&changes["name"]) {
        image.name = name.to_owned();
    }
    if let Some(note) = changes["note"].as_str() {
        image.note = Some(note.to_owned());
    }
    Ok(true.into())
}

/// Goes on after it was answered.
pub fn delete(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let (new, now) = (cloud.new_id(), cloud.now());
    let image = own(cloud, call)?;
    if image.transaction.is_some() {
        return Err(Exception::public("The image has an active transaction."));
    }
    let transaction =
        Transaction { id: new, group: "Image Delete", status: "IMAGE_DELETE", created: now };
    let (id, told) = (image.id, transaction.value(now, ("guestId", 0)));
    image.transaction = Some(transaction);
    cloud.after(Phase::ImageDeleted, Event::ImageDeleted(id));
    Ok(Answer::Value(told))
}

/// Only what has come in has a block device whose boot mode can be set.
pub fn set_boot_mode(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let mode = call.text(0)?;
    if !["HVM", "PV"].contains(&mode) {
        return Err(Exception::invalid(format!("Invalid boot mode: '{mode}'.")));
    }
    let image = own(cloud, call)?;
    if image.copies.iter().all(|copy| copy.bytes == 0) {
        return Err(Exception::public("Unable to find the primary block device."));
    }
    image.boot_mode = Some(mode.to_owned());
    Ok(true.into())
}

pub fn set_tags(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let tags = cloud.tags_named(tag::names(call.text(0)?)?);
    own(cloud, call)?.tags = tags;
    Ok(true.into())
}

pub fn add_locations(cloud: &mut Cloud, call: &Call) -> Result<Answer, Exception> {
    let mut places = Vec::new();
    for place in call.list(0)? {
        let id = number(&place["id"]).unwrap_or_default();
        if !cloud.locations.contains_key(&id) {
            return Err(Exception::not_found(id));
        }
        places.push((id, cloud.new_id()));
    }
    let image = own(cloud, call)?;
    if !image.is_whole() {
        return Err(Exception::public("The image has an active transaction."));
    }
    for (location, id) in places {
        if !image.copies.iter().any(|copy| copy.location == location) {
            image.copies.push(Copy { id, location, bytes: BYTES });
        }
    }
    Ok(true.into())
}

/// An image that is ours to change.
fn own<'a>(cloud: &'a mut Cloud, call: &Call) -> Result<&'a mut Image, Exception> {
    let id = call.id()?;
    let account = cloud.world.account;
    let image = cloud.images.get_mut(&id).filter(|image| image.account == Some(account));
    image.ok_or_else(|| Exception::not_found(id))
}

impl Cloud {
    /// What has come in is in the first data centre.
    pub(crate) fn image_imported(&mut self, id: u64) {
        let (copy, location) = (self.new_id(), self.locations.keys().next().copied());
        if let Some((image, location)) = self.images.get_mut(&id).zip(location) {
            image.transaction = None;
            image.copies = vec![Copy { id: copy, location, bytes: BYTES }];
        }
    }

    /// What could not be brought in is left without anything in it.
    pub(crate) fn image_not_imported(&mut self, id: u64) {
        if let Some(image) = self.images.get_mut(&id) {
            image.transaction = None;
        }
    }
}
