//! The SSH key pair. It goes by its name into the deploy call; only where the cloud knows none
//! of that name the public key is registered, and the VM deployed once more.

use super::spec::ssh_key::KeyPairSpec;
use crate::api::change;
use crate::errors::{Activity, Failure, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::resources::ssh_key;
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::RegisterSshKeyPair;
use cloudstack::phrases::{JOB_ID_TAKEN, KEY_PAIR_EXISTS, NO_SUCH_KEY_PAIR};
use journal::Operation;

/// Registers the key that a deploy was refused for; false if it was not for one.
pub(super) async fn make_missing(
    cloud: &CloudStack,
    operation: &mut Operation<'_, Intent>,
    spec: Option<&KeyPairSpec>,
    failure: &Failure,
) -> Result<bool> {
    let Some(KeyPairSpec { name, public_key: Some(public_key) }) = spec else { return Ok(false) };
    if !failure.says(NO_SUCH_KEY_PAIR) {
        return Ok(false);
    }
    let call = RegisterSshKeyPair { name: name.clone(), publickey: public_key.clone() };
    let until = cloud.deadline(Wait::CreateVm);
    let send = async || match cloud.call(&call, until).await.map(drop) {
        // Another call was faster.
        Err(failure) if failure.says(KEY_PAIR_EXISTS) => Ok(()),
        Err(failure) if failure.says(JOB_ID_TAKEN) && ssh_key::exists(cloud, name).await? => Ok(()),
        registered => registered,
    };
    let probe = async || Ok(ssh_key::exists(cloud, name).await?.then_some(()));
    let registered = change(operation, Intent::KeyPair { name: name.clone() }, send, probe).await;
    let tried = || format!("registering the public key '{name}'");
    registered.during(Activity::CreateVm, tried)?;
    Ok(true)
}
