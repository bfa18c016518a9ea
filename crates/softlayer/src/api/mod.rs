//! Calls and data types, a file per service, under SoftLayer's own names.
//!
//! A data type holds the fields that the client or the simulator reads; its mask asks for no
//! others. Where a caller needs less or other fields than the usual type has, it names another
//! type of the same service as the view ([`Client::view`](crate::Client::view)).

pub mod account;
pub mod virtual_guest;

mod common;

pub use account::{Account, User};
pub use common::{
    AllowedHost, Datacenter, HostCredential, Id, Keyed, Named, TagReference, Transaction,
};
pub use virtual_guest::{
    CreateObjectOptions, GuestNetworks, GuestProgress, GuestStorage, NetworkComponent,
    NewVirtualGuest, VirtualGuest,
};

/// SoftLayer's time format, `2025-10-30T13:51:39-05:00`, kept as text.
pub type Time = String;
