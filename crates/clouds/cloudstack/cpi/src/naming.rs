//! What names tell in CloudStack, beyond what [`cpi_kit::naming`] gives.

use cpi_kit::naming::EDGE;
use journal::OperationId;
use sha1::{Digest, Sha1};

/// The MAC of an operation's VM's NIC. Chosen by us, so that the agent can be told it in the
/// very call that makes the NIC.
///
/// The first octet makes it a locally administered unicast address, and differs from those of
/// CloudStack's own (02, 06, 1e).
pub fn mac(operation: OperationId, nic: usize) -> String {
    let digest = Sha1::digest(format!("{operation}/{nic}"));
    let [a, b, c, d, e] = [digest[0], digest[1], digest[2], digest[3], digest[4]];
    format!("0e:{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}")
}

/// Whether a volume lives and dies with its VM: CloudStack names the data disk of a deploy
/// `DATA-<n>`, the Go CPI names its own `cpi-ephemeral-disk-…`. No persistent disk is named so.
pub fn is_ephemeral(volume: &str) -> bool {
    volume.starts_with("DATA-") || volume.starts_with("cpi-ephemeral-disk-")
}

/// Whether a VM of this host name has something outside of it that goes with it.
pub fn is_edge(vm: &str) -> bool {
    vm.strip_prefix(EDGE).is_some_and(|rest| rest.starts_with('-'))
}

/// Whether a name was given by the Go CPI, to which CIDs were names.
pub fn is_legacy(name: &str) -> bool {
    name.starts_with("cpi-disk-") || name.starts_with("cpivm-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A multicast address, or two NICs with one address, would make a VM without network.
    #[test]
    fn macs_are_local_unicast_and_differ() {
        let id = OperationId::new();
        let first = u8::from_str_radix(&mac(id, 0)[..2], 16).unwrap();
        assert_eq!(first & 0b11, 0b10);
        assert_ne!(mac(id, 0), mac(id, 1));
        assert_eq!(mac(id, 0), mac(id, 0));
        assert_ne!(mac(id, 0), mac(OperationId::new(), 0));
    }
}
