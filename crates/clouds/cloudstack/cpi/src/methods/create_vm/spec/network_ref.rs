//! Which network of the cloud properties name.

use crate::name_ref::{NameRef, NetworkRef};
use crate::properties::{NetworkProperties, given};

/// The network that properties name.
pub(super) fn named_network(properties: &NetworkProperties, path: &str) -> Option<NetworkRef> {
    let network = match (given(&properties.id), given(&properties.name)) {
        (Some(id), _) => NameRef::new(id, format!("{path}.id")),
        (None, Some(name)) => NameRef::new(name, format!("{path}.name")),
        (None, None) => return None,
    };
    Some(NetworkRef { network, vpc: given(&properties.vpc).map(str::to_owned) })
}
