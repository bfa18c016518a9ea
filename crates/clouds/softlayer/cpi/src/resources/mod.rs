//! A file a kind of thing in the cloud: how it is found, made, changed, and made sure to be absent.

pub(crate) mod billing_item;
pub(crate) mod global_address;
pub(crate) mod image;
pub(crate) mod lost_orders;
pub(crate) mod machine;
pub(crate) mod machine_deletion;
pub(crate) mod machine_view;
pub(crate) mod ownership;
pub(crate) mod server_order;
pub(crate) mod snapshot;
pub(crate) mod snapshot_space;
pub(crate) mod ssh_key;
pub(crate) mod uploaded_image;
pub(crate) mod volume;
pub(crate) mod volume_access;
pub(crate) mod volume_order;
pub(crate) mod volume_upgrade;
