//! What keeps the virtual router known to a VM after its first boot.
//!
//! The agent reads its settings from `http://data-server` whenever a disk is attached or listed.
//! Only the router's own DNS knows that name, and after the first boot the resolvers of a VM with a
//! static network are those of the manifest. A small service finds the router's address (it is
//! the DHCP server, and often the gateway) and keeps it in `/etc/hosts`, which the agent and the
//! director's DNS records overwrite now and then.

use crate::agent;

/// Where systemd looks for an operator's units. An image without it has no systemd.
pub(crate) const UNITS: &str = "/etc/systemd/system";
/// A drop-in directory of the target that a server boots into.
const TARGET: &str = "multi-user.target.d";

/// A file that is written into an image: owned by root, mode 0644.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageFile {
    /// A directory that exists in the image.
    pub(crate) parent: &'static str,
    /// A directory below it, which is made if it does not exist.
    pub(crate) below: Option<&'static str>,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its content.
    pub(crate) content: Vec<u8>,
}

/// The service, and what starts it.
pub(crate) fn files() -> [ImageFile; 3] {
    let file = |parent, below, name, content: &str| ImageFile {
        parent,
        below,
        name,
        content: content.as_bytes().to_vec(),
    };
    [
        file(
            agent::DIRECTORY,
            None,
            "cloudstack-data-server.sh",
            include_str!("../assets/cloudstack-data-server.sh"),
        ),
        file(
            UNITS,
            None,
            "cloudstack-data-server.service",
            include_str!("../assets/cloudstack-data-server.service"),
        ),
        file(
            UNITS,
            Some(TARGET),
            "cloudstack-data-server.conf",
            include_str!("../assets/multi-user.conf"),
        ),
    ]
}
