//! `SoftLayer_Virtual_Guest_Block_Device_Template_Group`: images.

use crate::engine::{Answer, Call, Exception, Service};
use crate::object_ref::ObjectRef;
use crate::state::Cloud;

mod import;
mod view;

pub use view::read;

pub static SERVICE: Service = Service {
    name: "SoftLayer_Virtual_Guest_Block_Device_Template_Group",
    find: Some(find),
    own: None,
    methods: &[
        ("getPublicImages", public_images),
        ("createFromIcos", import::from_icos),
        ("createFromExternalSource", import::from_external_source),
        ("editObject", import::edit),
        ("deleteObject", import::delete),
        ("setBootMode", import::set_boot_mode),
        ("setTags", import::set_tags),
        ("addLocations", import::add_locations),
    ],
};

fn find(cloud: &Cloud, id: u64) -> Option<ObjectRef> {
    cloud.images.contains_key(&id).then_some(ObjectRef::Image(id))
}

/// The images that every account sees.
fn public_images(cloud: &mut Cloud, _: &Call) -> Result<Answer, Exception> {
    let public = cloud.images.values().filter(|it| it.account.is_none());
    Ok(Answer::Many(SERVICE.name, public.map(|it| ObjectRef::Image(it.id)).collect()))
}
