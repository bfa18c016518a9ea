//! Which networks are wished for: VLANs, subnets, portable and global addresses.

use crate::properties::{self, NetworkProperties, VmProperties};
use bosh_cpi::{CpiError, NetworkKind, Networks, Result};
use std::net::IpAddr;

/// What the networks of a VM ask for.
pub(super) struct NetworkWishes {
    pub dynamic: Vec<DynamicWish>,
    pub manual: Vec<ManualWish>,
    pub vips: Vec<VipWish>,
    /// No public NIC, as far as properties say.
    pub private_only: Option<bool>,
}
