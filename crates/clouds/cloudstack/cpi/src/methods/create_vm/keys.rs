//! The SSH key pair. It goes by its name into the deploy call; only where the cloud knows none
//! of that name the public key is registered, and the VM deployed once more.

use crate::CloudStack;
use crate::errors::{self, Activity, Failure};
use crate::properties::{VmProperties, Wait, given};
use crate::steps::{Intent, ended};
use bosh_cpi::Result;
use cloudstack::api::{ListSshKeyPairs, RegisterSshKeyPair};
use cloudstack::phrases::{KEY_PAIR_EXISTS, NO_SUCH_KEY_PAIR};
use journal::Operation;

/// A key pair.
pub(super) struct KeyWish {
    /// Its name.
    pub name: String,
    /// What to register under it where it is not.
    public_key: Option<String>,
}

impl KeyWish {
    pub(super) fn read(cloud: &CloudStack, vm: &VmProperties) -> Option<Self> {
        let config = &cloud.properties;
        let own = (given(&vm.key_name), given(&vm.public_key));
        let default = (given(&config.default_key_name), given(&config.default_public_key));
        // A key of the VM's own must not be registered under the default's name, nor the
        // default's key under a name of the VM's own.
        let (name, public_key) = if own == (None, None) { default } else { own };
        let named = || public_key.map(|key| cloud.names.key_pair(key));
        let name = name.map(str::to_owned).or_else(named)?;
        Some(Self { name, public_key: public_key.map(str::to_owned) })
    }
}

/// Registers the key that a deploy was refused for; false if it was not for one.
pub(super) async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    wish: Option<&KeyWish>,
    failure: &Failure,
) -> Result<bool> {
    let Some(KeyWish { name, public_key: Some(public_key) }) = wish else { return Ok(false) };
    if !failure.says(NO_SUCH_KEY_PAIR) {
        return Ok(false);
    }
    let call = RegisterSshKeyPair { name: name.clone(), publickey: public_key.clone() };
    let until = cloud.deadline(Wait::CreateVm);
    let registered = operation
        .step(
            Intent::KeyPair { name: name.clone() },
            async || ended(cloud.call(&call, until).await.map(drop)),
            async || {
                let of = ListSshKeyPairs { name: Some(name.clone()) };
                let there = cloud.list(of).await?;
                Ok(there.iter().any(|pair| pair.name == *name).then_some(()))
            },
        )
        .await;
    match registered {
        Ok(()) => Ok(true),
        // Another call was faster.
        Err(failure) if failure.says(KEY_PAIR_EXISTS) => Ok(true),
        Err(failure) => {
            let tried = format!("registering the public key '{name}'");
            Err(errors::answer(Activity::CreateVm, tried, failure))
        }
    }
}
