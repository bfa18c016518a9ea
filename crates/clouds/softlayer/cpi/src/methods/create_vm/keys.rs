//! Public keys: registered ones by id, others registered once, before the VM is ordered.

use super::wishes::Wishes;
use crate::SoftLayer;
use crate::connect::Answer;
use crate::properties::Wait;
use crate::steps::{Intent, ended, gone_is_fine};
use journal::{Absence, Operation};
use softlayer::Filter;
use softlayer::api::{NewSshKey, SshKey, account, ssh_key};
use softlayer::phrases::KEY_EXISTS;

/// The ids of all keys of a VM.
pub(super) async fn find(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    wishes: &Wishes,
) -> Answer<Vec<u64>> {
    let mut ids = wishes.vm.ssh_key.clone();
    // A key of the VM's own by id stands for the default one, as in the Go release.
    let own = wishes.vm.public_key.is_some() || ids.is_empty();
    if let Some(key) = wishes.public_key.as_deref().filter(|_| own) {
        ids.push(registered(cloud, operation, key).await?);
    }
    Ok(ids)
}

async fn registered(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    key: &str,
) -> Answer<u64> {
    if let Some(id) = known(cloud, key).await? {
        return Ok(id);
    }
    let label = cloud.names.key_pair(key);
    let template = NewSshKey { label: label.clone(), key: key.to_owned(), notes: None };
    let until = cloud.deadline(Wait::Lookup);
    let made = operation
        .step(
            Intent::SshKey { label },
            async || {
                let call = ssh_key::CreateObject { template };
                ended(cloud.call(&call, until).await.map(|made| made.id))
            },
            async || known(cloud, key).await,
        )
        .await;
    match made {
        // Another call was faster.
        Err(failure) if failure.says(KEY_EXISTS) => known(cloud, key).await?.ok_or(failure),
        other => other,
    }
}

/// The key's id, if it is registered under whatever label.
async fn known(cloud: &SoftLayer, key: &str) -> Answer<Option<u64>> {
    let keys: Vec<SshKey> = cloud.list(&account::GetSshKeys {}, &Filter::everything()).await?;
    let same = |row: &&SshKey| row.key.as_deref().is_some_and(|known| body(known) == body(key));
    Ok(keys.iter().find(same).map(|row| row.id))
}

/// A key without its comment.
fn body(key: &str) -> Vec<&str> {
    key.split_whitespace().take(2).collect()
}

/// Makes sure that no key of this label of ours is left.
pub(crate) async fn undo(cloud: &SoftLayer, label: &str) -> Answer<Absence> {
    let filter = Filter::is("label", label);
    let keys: Vec<SshKey> = cloud.list(&account::GetSshKeys {}, &filter).await?;
    for key in &keys {
        let until = cloud.undo_deadline(Wait::Lookup);
        let delete = ssh_key::DeleteObject { id: key.id };
        gone_is_fine(cloud.call(&delete, until).await.map(drop))?;
    }
    Ok(if keys.is_empty() { Absence::MayAppear } else { Absence::Final })
}
