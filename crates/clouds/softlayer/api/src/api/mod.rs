//! Calls and data types, a file per service, under SoftLayer's own names.
//!
//! A data type holds the fields that the client or the simulator reads; its mask asks for no
//! others. Where a caller needs less or other fields than the usual type has, it names another
//! type of the same service as the view ([`Client::view`](crate::Client::view)).

pub mod account;
pub mod billing;
mod common;
pub mod hardware;
pub mod image;
pub mod location;
pub mod network;
pub mod network_storage;
pub mod placement_group;
pub mod product_order;
pub mod product_package;
pub mod security_group;
pub mod ssh_key;
pub mod virtual_guest;

pub use account::{Account, User};
pub use billing::BillingItem;
pub use common::{
    AllowedHost, BillingItemRef, Datacenter, HostCredential, Id, KeyName, Keyed, Named, OrderRef,
    TagReference, Time, Transaction,
};
pub use hardware::{Hardware, HardwareNetworks, HardwareStorage};
pub use image::{Image, ImageImport};
pub use network::{GlobalIp, IpAddress, Subnet, Vlan};
pub use network_storage::{NetworkStorage, StorageProgress, StorageSnapshot};
pub use placement_group::{DedicatedHost, PlacementGroup};
pub use product_order::{
    BilledOrder, BillingOrder, BillingOrderItem, Order, OrderForm, OrderReceipt,
};
pub use product_package::{ItemPrice, PackagePreset, ProductItem, ProductPackage};
pub use security_group::SecurityGroup;
pub use ssh_key::{NewSshKey, SshKey};
pub use virtual_guest::{
    CreateObjectOptions, GuestEdit, GuestNetworks, GuestProgress, GuestStorage, NetworkComponent,
    NewVirtualGuest, VirtualGuest,
};
