//! The SSH key pair of the VM.

use crate::properties::{CloudStackProperties, VmProperties, given};
use cpi_kit::naming::Names;

/// A key pair.
pub(in crate::methods::create_vm) struct KeyPairSpec {
    /// Its name.
    pub name: String,
    /// What to register under it where it is not.
    pub public_key: Option<String>,
}

impl KeyPairSpec {
    pub(super) fn read(
        config: &CloudStackProperties,
        names: &Names,
        vm: &VmProperties,
    ) -> Option<Self> {
        let own = (given(&vm.key_name), given(&vm.public_key));
        let default = (given(&config.default_key_name), given(&config.default_public_key));
        // A key of the VM's own must not be registered under the default's name, nor the
        // default's key under a name of the VM's own.
        let (name, public_key) = if own == (None, None) { default } else { own };
        let named = || public_key.map(|key| names.key_pair(key));
        let name = name.map(str::to_owned).or_else(named)?;
        Some(Self { name, public_key: public_key.map(str::to_owned) })
    }
}
