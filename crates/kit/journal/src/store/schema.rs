//! The tables and every statement on them. `$1`, `$2` … stand in ascending order, so that
//! SQLite, which numbers them as they appear, and PostgreSQL read them alike.

/// The version that this code writes; a lower one is migrated, a higher one refused.
pub(crate) const VERSION: i64 = 2;

/// What brings version n-1 to version n, from version 1 on.
pub(crate) const MIGRATIONS: [&str; VERSION as usize] = [VERSION_1, VERSION_2];

const VERSION_1: &str = "
CREATE TABLE operation (
    id TEXT PRIMARY KEY,
    owner_key TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    account TEXT NOT NULL,
    project TEXT NOT NULL,
    method TEXT NOT NULL,
    state TEXT NOT NULL,
    begun BIGINT NOT NULL,
    changed BIGINT NOT NULL
);
CREATE INDEX operation_by_state ON operation (owner_key, state);
CREATE TABLE step (
    operation TEXT NOT NULL,
    number BIGINT NOT NULL,
    target TEXT NOT NULL,
    state TEXT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (operation, number)
);
";

// The CID that was answered, so that a later call that names it proves that it is known; and
// why an operation is still not undone, for people.
const VERSION_2: &str = "
ALTER TABLE operation ADD COLUMN cid TEXT;
ALTER TABLE operation ADD COLUMN note TEXT;
ALTER TABLE operation ADD COLUMN request TEXT;
CREATE INDEX operation_by_cid ON operation (owner_key, cid);
";

pub(crate) const INSERT_OPERATION: &str = "INSERT INTO operation \
    (id, owner_key, endpoint, account, project, method, request, state, begun, changed) \
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

pub(crate) const INSERT_STEP: &str = "INSERT INTO step (operation, number, target, state, sent) \
    VALUES ($1, $2, $3, $4, $5)";

pub(crate) const UPDATE_STEPS: &str = "UPDATE step SET state = $1 WHERE operation = $2";

pub(crate) const UPDATE_OPERATION: &str = "UPDATE operation SET state = $1, changed = $2, \
    note = $3 WHERE id = $4";

pub(crate) const UPDATE_ANSWER: &str = "UPDATE operation SET state = $1, changed = $2, cid = $3 \
    WHERE id = $4";

pub(crate) const SELECT_UNFINISHED: &str = "SELECT id FROM operation WHERE owner_key = $1 \
    AND state IN ('open', 'unwinding') ORDER BY id";

pub(crate) const SELECT_UNFINISHED_ON: &str = "SELECT id FROM operation WHERE owner_key = $1 \
    AND state IN ('open', 'unwinding') AND EXISTS (SELECT 1 FROM step \
    WHERE step.operation = operation.id AND step.target LIKE $2) ORDER BY id";

pub(crate) const SELECT_OPERATION: &str = "SELECT id, endpoint, account, project, method, \
    request, state, begun, changed, cid, note FROM operation WHERE id = $1";

pub(crate) const SELECT_OPERATIONS: &str = "SELECT id, endpoint, account, project, method, \
    request, state, begun, changed, cid, note FROM operation ORDER BY id";

pub(crate) const SELECT_STEPS: &str = "SELECT number, target, state, sent FROM step \
    WHERE operation = $1 ORDER BY number";

pub(crate) const SELECT_UNKNOWN: &str = "SELECT id FROM operation WHERE owner_key = $1 \
    AND cid = $2 AND state = 'answered'";

pub(crate) const SELECT_LAST_ANSWERED: &str = "SELECT id FROM operation WHERE owner_key = $1 \
    AND cid = $2 AND id <> $3 AND state IN ('answered', 'known') ORDER BY id DESC LIMIT 1";

pub(crate) const SELECT_KNOWN: &str = "SELECT id FROM operation WHERE owner_key = $1 \
    AND cid = $2 AND state = 'known'";

pub(crate) const DELETE_ENDED: &str = "DELETE FROM operation WHERE id IN (SELECT id FROM \
    operation WHERE state IN ('undone', 'done') AND changed < $1 ORDER BY changed LIMIT 1000)";

pub(crate) const DELETE_ANSWERED: &str = "DELETE FROM operation WHERE id IN (SELECT id FROM \
    operation WHERE state IN ('answered', 'known') AND changed < $1 ORDER BY changed LIMIT 1000)";

pub(crate) const DELETE_STEPS_OF_NONE: &str = "DELETE FROM step WHERE NOT EXISTS (SELECT 1 FROM \
    operation WHERE operation.id = step.operation)";
