//! Public keys. A key is registered once, under whatever label.

use super::ownership;
use crate::api::step_outcome;
use crate::errors::{CloudResult, ResultExt};
use crate::intent::Intent;
use crate::properties::Wait;
use crate::session::SoftLayer;
use journal::{Absence, Operation};
use softlayer::Filter;
use softlayer::api::{NewSshKey, SshKey, account, ssh_key};
use softlayer::phrases::KEY_EXISTS;

/// The id of a public key, which is registered where it is not.
pub(crate) async fn register(
    cloud: &SoftLayer,
    operation: &mut Operation<'_, Intent>,
    key: &str,
) -> CloudResult<u64> {
    if let Some(id) = find_id(cloud, key).await? {
        return Ok(id);
    }
    let label = cloud.names.key_pair(key);
    let notes = Some(cloud.names.note(operation.id()));
    let template = NewSshKey { label: label.clone(), key: key.to_owned(), notes: notes.clone() };
    let until = cloud.deadline(Wait::Lookup);
    let made = operation
        .step(
            Intent::SshKey { label, notes },
            async || {
                let call = ssh_key::CreateObject { template };
                step_outcome(cloud.call(&call, until).await.map(|made| made.id))
            },
            async || find_id(cloud, key).await,
        )
        .await;
    match made {
        // Another call was faster.
        Err(failure) if failure.says(KEY_EXISTS) => find_id(cloud, key).await?.ok_or(failure),
        other => other,
    }
}

/// The key's id, if it is registered under whatever label.
async fn find_id(cloud: &SoftLayer, key: &str) -> CloudResult<Option<u64>> {
    let keys: Vec<SshKey> = cloud.list(&account::GetSshKeys {}, &Filter::everything()).await?;
    let same = |row: &&SshKey| row.key.as_deref().is_some_and(|known| body(known) == body(key));
    Ok(keys.iter().find(same).map(|row| row.id))
}

/// A key without its comment.
fn body(key: &str) -> Vec<&str> {
    key.split_whitespace().take(2).collect()
}

/// Makes sure that no key of this label of ours is left. Where the journal knows the notes that the
/// operation wrote on it, the key must bear them: another operation may have registered the same.
pub(crate) async fn ensure_absent(
    cloud: &SoftLayer,
    label: &str,
    notes: Option<&str>,
) -> CloudResult<Absence> {
    let filter = Filter::is("label", label);
    let mut keys: Vec<SshKey> = cloud.list(&account::GetSshKeys {}, &filter).await?;
    keys.retain(|key| notes.is_none_or(|notes| key.notes.as_deref() == Some(notes)));
    let keys = ownership::by_name(cloud, label, keys).await?;
    for key in &keys {
        let until = cloud.undo_deadline(Wait::Lookup);
        cloud.call(&ssh_key::DeleteObject { id: key.id }, until).await.ignore_not_found()?;
    }
    Ok(if keys.is_empty() { Absence::MayAppear } else { Absence::Final })
}
