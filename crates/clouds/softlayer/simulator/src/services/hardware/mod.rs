//! `SoftLayer_Hardware_Server`: servers of metal.

use crate::engine::{Handler, Service};
use crate::object_ref::ObjectRef;
use crate::state::Cloud;

mod lifecycle;
mod methods;
mod view;

pub use view::read;

pub static SERVICE: Service =
    Service { name: "SoftLayer_Hardware_Server", find: Some(find), own: None, methods: METHODS };

pub static HARDWARE: Service =
    Service { name: "SoftLayer_Hardware", find: Some(find), own: None, methods: METHODS };

const METHODS: &[(&str, Handler)] = &[
    ("editObject", methods::edit),
    ("setUserMetadata", methods::set_user_metadata),
    ("setTags", methods::set_tags),
    ("rebootSoft", methods::reboot),
    ("rebootHard", methods::reboot),
    ("rebootDefault", methods::reboot),
    ("powerOff", methods::power_off),
    ("powerOn", methods::power_on),
];

fn find(cloud: &Cloud, id: u64) -> Option<ObjectRef> {
    cloud.servers.contains_key(&id).then_some(ObjectRef::Server(id))
}
