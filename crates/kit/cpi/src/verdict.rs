//! What becomes of a resource of ours, from what is known of it. [`decide`] says what is deleted,
//! so it asks nobody and is tried by a table.

use crate::gc::{GcPolicy, OwnedResource, Persistent, ResourceRole, Verdict};
use journal::{Journal, JournalError, OperationId, REMEMBERED};
use std::time::Duration;

/// What is known of a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// What it is for.
    pub role: ResourceRole,
    /// Why it stays in any case: a VM uses it.
    pub used: Option<&'static str>,
    /// Whether the director has named it with `--keep`.
    pub kept: bool,
    /// Whether the call that made it runs.
    pub live: bool,
    /// Whether the operation that made it is in the journal.
    pub journaled: bool,
    /// Whether a later call has named its CID.
    pub named_since: bool,
    /// How old it is; None where nothing tells.
    pub age: Option<Duration>,
    /// Whether it is older than the journal remembers.
    pub forgotten: bool,
}

/// What the journal knows of a resource, for its verdict.
pub(crate) async fn facts<T>(
    ledger: &Journal,
    policy: &GcPolicy,
    thing: &OwnedResource<T>,
) -> std::result::Result<Facts, JournalError> {
    let operation = thing.ours.map(|ours| ours.operation);
    let (live, journaled) = match operation {
        Some(id) => (ledger.is_live(id).await?, ledger.operation(id).await?.is_some()),
        None => (false, false),
    };
    Ok(Facts {
        role: thing.purpose,
        used: thing.used,
        kept: policy.known.as_ref().is_some_and(|known| known.contains(&thing.cid)),
        live,
        journaled,
        named_since: ledger.is_known(&thing.cid).await?,
        age: operation.map(OperationId::age),
        forgotten: operation.is_some_and(is_forgotten),
    })
}

/// Whether the journal no longer knows what came of an operation.
fn is_forgotten(operation: OperationId) -> bool {
    operation.age() > REMEMBERED
}

/// What becomes of it, and why.
pub(crate) fn decide(policy: &GcPolicy, facts: &Facts) -> (Verdict, &'static str) {
    if facts.kept {
        return (Verdict::Keep, "the director knows it (--keep)");
    }
    if let Some(used) = facts.used {
        return (Verdict::Keep, used);
    }
    if facts.live {
        return (Verdict::Keep, "a call is working on it");
    }
    let (verdict, reason) = match facts.role {
        ResourceRole::Cid { tagged, .. } => by_journal(policy, facts, tagged),
        ResourceRole::Silent if policy.known.is_none() => {
            (Verdict::List, "a network that BOSH manages: give --keep to decide")
        }
        ResourceRole::Silent => (Verdict::Delete, "it serves no VM"),
        ResourceRole::Servant(reason) => (Verdict::Delete, reason),
    };
    if verdict != Verdict::Delete {
        return (verdict, reason);
    }
    if facts.age.is_some_and(|age| age < policy.older_than) {
        return (Verdict::List, "younger than --older-than");
    }
    let persistent = matches!(facts.role, ResourceRole::Cid { persistent: true, .. });
    if persistent && policy.persistent == Persistent::Kept {
        return (Verdict::List, "persistent: give --include-persistent");
    }
    (Verdict::Delete, reason)
}

/// By what the journal and the tags say of who knows it.
fn by_journal(policy: &GcPolicy, facts: &Facts, tagged: bool) -> (Verdict, &'static str) {
    let known = tagged || facts.named_since;
    match (known, facts.journaled, &policy.known) {
        (false, _, None) if facts.forgotten && !facts.journaled => {
            (Verdict::List, "older than the journal remembers: give --keep to decide")
        }
        (true, true, _) => (Verdict::Keep, "the director knows it"),
        (true, false, None) => (Verdict::List, "tagged, but in no journal: give --keep to decide"),
        (true, false, Some(_)) => (Verdict::Delete, "in no journal, and not in --keep"),
        (false, _, _) => (Verdict::Delete, "answered, if at all, and never named since"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const HOUR: Duration = Duration::from_secs(3600);
    const PLAIN: ResourceRole = ResourceRole::Cid { tagged: false, persistent: false };
    const TAGGED: ResourceRole = ResourceRole::Cid { tagged: true, persistent: false };
    const DATA: ResourceRole = ResourceRole::Cid { tagged: false, persistent: true };
    const SERVANT: ResourceRole = ResourceRole::Servant("no VM is in it");

    /// A VM that an operation in the journal made two hours ago, and that nobody has named since.
    const VM: Facts = Facts {
        role: PLAIN,
        used: None,
        kept: false,
        live: false,
        journaled: true,
        named_since: false,
        age: Some(Duration::from_secs(2 * 3600)),
        forgotten: false,
    };

    fn policy(keep: bool, persistent: Persistent) -> GcPolicy {
        GcPolicy { older_than: HOUR, persistent, known: keep.then(BTreeSet::new) }
    }

    /// Each outcome, and each reason for it: a row that is wrong deletes what is in use.
    #[test]
    fn every_verdict_has_its_reason() {
        use Persistent::{Included, Kept};
        use Verdict::{Delete, Keep, List};
        let lost = Facts { journaled: false, ..VM };
        let old = Facts { forgotten: true, ..lost };
        #[rustfmt::skip]
        let table: &[(Facts, bool, Persistent, Verdict, &str)] = &[
            // What is in use stays, whatever else is true of it.
            (Facts { kept: true, ..VM }, true, Included, Keep, "--keep"),
            (Facts { used: Some("it is attached to a VM"), ..VM }, true, Included, Keep, "attached"),
            (Facts { live: true, ..VM }, true, Included, Keep, "a call is working"),
            (Facts { live: true, role: SERVANT, ..VM }, true, Included, Keep, "a call is working"),
            // What the director knows stays, as far as journal or tags tell.
            (Facts { named_since: true, ..VM }, false, Kept, Keep, "the director knows it"),
            (Facts { role: TAGGED, ..VM }, false, Kept, Keep, "the director knows it"),
            (Facts { role: TAGGED, ..VM }, true, Included, Keep, "the director knows it"),
            (Facts { role: TAGGED, ..lost }, false, Included, List, "in no journal: give --keep"),
            (Facts { role: TAGGED, ..lost }, true, Kept, Delete, "not in --keep"),
            (Facts { named_since: true, ..lost }, false, Kept, List, "in no journal"),
            // What nobody ever named goes, once it is old enough …
            (VM, false, Kept, Delete, "never named since"),
            (VM, true, Kept, Delete, "never named since"),
            (lost, false, Kept, Delete, "never named since"),
            (Facts { age: None, ..VM }, false, Kept, Delete, "never named since"),
            (Facts { age: Some(HOUR / 2), ..VM }, false, Included, List, "younger"),
            (Facts { age: Some(HOUR / 2), role: SERVANT, ..VM }, true, Included, List, "younger"),
            // … but not what may have been named before the journal forgot.
            (old, false, Included, List, "older than the journal remembers"),
            (old, true, Kept, Delete, "never named since"),
            (Facts { journaled: true, ..old }, false, Kept, Delete, "never named since"),
            // Data is the operator's.
            (Facts { role: DATA, ..VM }, true, Kept, List, "--include-persistent"),
            (Facts { role: DATA, ..VM }, false, Included, Delete, "never named since"),
            // Networks are not named by any call but their deletion.
            (Facts { role: ResourceRole::Silent, ..VM }, false, Included, List, "give --keep"),
            (Facts { role: ResourceRole::Silent, ..VM }, true, Kept, Delete, "serves no VM"),
            (Facts { role: SERVANT, ..lost }, false, Kept, Delete, "no VM is in it"),
        ];
        for (facts, keep, persistent, verdict, reason) in table {
            let (found, why) = decide(&policy(*keep, *persistent), facts);
            assert_eq!(found, *verdict, "{facts:?}, --keep {keep}: {why}");
            assert!(why.contains(reason), "{facts:?}: '{why}' instead of '{reason}'");
        }
    }
}
