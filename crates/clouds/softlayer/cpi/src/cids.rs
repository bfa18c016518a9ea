//! CIDs: ids of SoftLayer's, in decimal, as the last Go CPI had them. A bare metal server's
//! begins with `hw-`.

use bosh_cpi::{CpiError, DiskCid, Result, SnapshotCid, VmCid};
use std::fmt::Display;

const SERVER: &str = "hw-";

/// What a VM's CID stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    /// A virtual guest.
    Guest(u64),
    /// A bare metal server.
    Server(u64),
}

impl Machine {
    /// Its CID.
    pub(crate) fn cid(self) -> Result<VmCid> {
        VmCid::new(self.to_string()).map_err(|e| CpiError::cloud(e.to_string()))
    }

    /// What a CID stands for; None for what is no CID of this cloud, so that nothing has it.
    pub(crate) fn of(cid: &VmCid) -> Option<Self> {
        let text = cid.as_str();
        match text.strip_prefix(SERVER) {
            Some(id) => id.parse().ok().map(Self::Server),
            None => text.parse().ok().map(Self::Guest),
        }
    }
}

impl Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Guest(id) => write!(f, "{id}"),
            Self::Server(id) => write!(f, "{SERVER}{id}"),
        }
    }
}

/// A disk's id; None for what is no CID of this cloud.
pub(crate) fn disk_id(cid: &DiskCid) -> Option<u64> {
    cid.as_str().parse().ok()
}

/// A snapshot's id; None for what is no CID of this cloud.
pub(crate) fn snapshot_id(cid: &SnapshotCid) -> Option<u64> {
    cid.as_str().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIDs of the last Go CPI stay valid, and a server is never taken for a guest.
    #[test]
    fn cids_are_ids() {
        let of = |text: &str| Machine::of(&VmCid::new(text).unwrap());
        assert_eq!(of("1234"), Some(Machine::Guest(1234)));
        assert_eq!(of("hw-1234"), Some(Machine::Server(1234)));
        assert_eq!((of("i-1234"), of("hw-"), of("-1")), (None, None, None));
        assert_eq!(Machine::Server(7).to_string(), "hw-7");
    }
}
