//! `SoftLayer_Virtual_Guest`.

use crate::engine::Service;
use crate::object_ref::ObjectRef;
use crate::state::Cloud;

mod create;
mod lifecycle;
mod methods;
mod options;
mod template;
mod view;

pub use view::read;

pub static SERVICE: Service = Service {
    name: "SoftLayer_Virtual_Guest",
    find: Some(find),
    own: None,
    methods: &[
        ("createObject", create::create),
        ("generateOrderTemplate", create::generate_order_template),
        ("getCreateObjectOptions", options::create_object_options),
        ("editObject", methods::edit),
        ("deleteObject", lifecycle::delete),
        ("setUserMetadata", methods::set_user_metadata),
        ("setTags", methods::set_tags),
        ("rebootSoft", methods::reboot),
        ("rebootHard", methods::reboot),
        ("rebootDefault", methods::reboot),
        ("powerOff", methods::power_off),
        ("powerOffSoft", methods::power_off),
        ("powerOn", methods::power_on),
        ("isPingable", methods::is_pingable),
        ("getUpgradeItemPrices", options::upgrade_item_prices),
        ("reloadOperatingSystem", lifecycle::reload),
        ("allowAccessToNetworkStorageList", methods::allow_access),
    ],
};

fn find(cloud: &Cloud, id: u64) -> Option<ObjectRef> {
    cloud.guests.contains_key(&id).then_some(ObjectRef::Guest(id))
}
