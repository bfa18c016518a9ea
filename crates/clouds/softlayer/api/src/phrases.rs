//! The phrases by which two errors of one exception are told apart.
//!
//! `SoftLayer_Exception_Public` is anything. Each phrase is from where its doc says. Ask with
//! [`Refusal::says`](crate::Refusal::says); case does not matter.

/// Something else works on the guest. v51's handling of `deleteObject` and upgrades.
pub const ACTIVE_TRANSACTION: &str = "active transaction";
/// The key is registered already. `SoftLayer_Security_Ssh_Key::createObject`, v51.
pub const KEY_EXISTS: &str = "SSH key already exist";
/// The image has no disk yet, it is still being imported. `setBootMode`, v51.
pub const NO_PRIMARY_DISK: &str = "Unable to find the primary block device";
/// A snapshot of a volume that is being made. `createSnapshot`, v51.
pub const PROVISIONING: &str = "try again after Volume Provisioning is complete";
/// It cannot be done now, and may be in a moment. Snapshots, access lists, rate limits: v51.
pub const TRY_LATER: &str = "try again later";
/// A subnet whose route is being changed. `SoftLayer_Network_Subnet::route`, its documentation.
pub const ROUTE_NOT_READY: &str = "not ready";
/// No host of the place has room for it. IBM's documentation of virtual servers and their orders.
pub const INSUFFICIENT_CAPACITY: &str = "insufficient capacity";
/// What is to be cancelled is cancelled. `cancelItem`, v51's issues 133 and 260.
pub const NO_BILLING_ITEM: &str = "Cannot find the billing item";
