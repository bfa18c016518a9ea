//! The tables and every statement on them. `$1`, `$2` … stand in ascending order, so that
//! SQLite, which numbers them as they appear, and PostgreSQL read them alike.

/// The version that this code writes; a lower one is migrated, a higher one refused.
pub(crate) const VERSION: i64 = 3;

/// SQLite's `application_id` of a journal since version 3: `BOSH`.
pub(crate) const APPLICATION: i64 = 0x424f_5348;

/// What brings version n-1 to version n, from version 1 on.
pub(crate) const MIGRATIONS: [&str; VERSION as usize] = [VERSION_1, VERSION_2, VERSION_3];

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

// `home` is the owner's key without the spelling of its endpoint, and `account_identity` what the
// cloud says that a home is: homes of one identity are one owner's, so that keys may be rotated.
// `number` orders operations as they began, whatever the clock said. `anchors` tells how long ago
// a step was sent (see `clock`).
const VERSION_3: &str = "
ALTER TABLE operation ADD COLUMN home TEXT;
ALTER TABLE operation ADD COLUMN number BIGINT;
ALTER TABLE step ADD COLUMN anchors TEXT;
CREATE TABLE account_identity (home TEXT PRIMARY KEY, identity TEXT NOT NULL);
CREATE INDEX operation_by_home ON operation (home, state);
CREATE INDEX operation_by_home_and_cid ON operation (home, cid);
";

pub(crate) const INSERT_OPERATION: &str = "INSERT INTO operation \
    (id, owner_key, home, endpoint, account, project, method, request, state, begun, changed, \
    number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
    (SELECT COALESCE(MAX(number), 0) + 1 FROM operation))";

pub(crate) const INSERT_STEP: &str = "INSERT INTO step (operation, number, target, state, sent, \
    anchors) VALUES ($1, $2, $3, $4, $5, $6)";

pub(crate) const UPDATE_STEP: &str = "UPDATE step SET state = $1 WHERE operation = $2 \
    AND number = $3";

pub(crate) const UPDATE_ANCHORS: &str = "UPDATE step SET anchors = $1 WHERE operation = $2 \
    AND number = $3";

pub(crate) const UPDATE_STEPS: &str = "UPDATE step SET state = $1 WHERE operation = $2 \
    AND state <> 'undone'";

pub(crate) const UPDATE_OPERATION: &str = "UPDATE operation SET state = $1, changed = $2, \
    note = $3 WHERE id = $4";

pub(crate) const UPDATE_ANSWER: &str = "UPDATE operation SET state = $1, changed = $2, cid = $3 \
    WHERE id = $4";

/// The homes of one owner: `$1`, and those that the cloud says are the same account's.
macro_rules! of_owner {
    () => {
        "home IN (SELECT CAST($1 AS TEXT) UNION SELECT other.home FROM account_identity own \
         JOIN account_identity other ON other.identity = own.identity WHERE own.home = $1)"
    };
}

pub(crate) const SELECT_UNFINISHED: &str = concat!(
    "SELECT id FROM operation WHERE ",
    of_owner!(),
    " AND state IN ('open', 'unwinding') ORDER BY COALESCE(number, 0), id"
);

pub(crate) const SELECT_UNFINISHED_ON: &str = concat!(
    "SELECT id FROM operation WHERE ",
    of_owner!(),
    " AND state IN ('open', 'unwinding') AND EXISTS (SELECT 1 FROM step \
     WHERE step.operation = operation.id AND step.state <> 'undone' AND step.target LIKE $2) \
     ORDER BY COALESCE(number, 0), id"
);

pub(crate) const SELECT_OPERATION: &str = "SELECT id, endpoint, account, project, method, \
    request, state, begun, changed, cid, note FROM operation WHERE id = $1";

pub(crate) const SELECT_OPERATIONS: &str = "SELECT id, endpoint, account, project, method, \
    request, state, begun, changed, cid, note FROM operation ORDER BY COALESCE(number, 0), id";

pub(crate) const SELECT_STEPS: &str = "SELECT number, target, state, sent, anchors FROM step \
    WHERE operation = $1 ORDER BY number";

pub(crate) const SELECT_UNKNOWN: &str =
    concat!("SELECT id FROM operation WHERE ", of_owner!(), " AND cid = $2 AND state = 'answered'");

pub(crate) const SELECT_LAST_ANSWERED: &str = concat!(
    "SELECT id, COALESCE(number, 0) FROM operation WHERE ",
    of_owner!(),
    " AND cid = $2 AND id <> $3 AND state IN ('answered', 'known') \
     ORDER BY COALESCE(number, 0) DESC, id DESC LIMIT 1"
);

pub(crate) const SELECT_NUMBER: &str = "SELECT COALESCE(number, 0) FROM operation WHERE id = $1";

pub(crate) const SELECT_KNOWN: &str =
    concat!("SELECT id FROM operation WHERE ", of_owner!(), " AND cid = $2 AND state = 'known'");

/// Whose homes the journal has, of rows that were written before homes were.
pub(crate) const SELECT_HOMELESS: &str = "SELECT DISTINCT endpoint, account, project \
    FROM operation WHERE home IS NULL";

pub(crate) const UPDATE_HOMELESS: &str = "UPDATE operation SET home = $1 WHERE endpoint = $2 \
    AND account = $3 AND project = $4 AND home IS NULL";

pub(crate) const SELECT_IDENTITY: &str = "SELECT identity FROM account_identity WHERE home = $1";

pub(crate) const DELETE_IDENTITY: &str = "DELETE FROM account_identity WHERE home = $1";

pub(crate) const INSERT_IDENTITY: &str = "INSERT INTO account_identity (home, identity) \
    VALUES ($1, $2)";

/// Whether something is unfinished of another home whose identity is known: it may be of the same
/// account, under keys that were rotated.
pub(crate) const SELECT_STRANGERS: &str = "SELECT operation.id FROM operation \
    JOIN account_identity ON account_identity.home = operation.home \
    WHERE operation.home <> $1 AND state IN ('open', 'unwinding') LIMIT 1";

/// When the operation changed that is so many changes old; [`tidy_sometimes`] runs as seldom.
///
/// [`tidy_sometimes`]: crate::Journal
pub(crate) const SELECT_LATE_CHANGE: &str = "SELECT changed FROM operation \
    ORDER BY changed DESC LIMIT 1 OFFSET 64";

pub(crate) const DELETE_ENDED: &str = "DELETE FROM operation WHERE id IN (SELECT id FROM \
    operation WHERE state IN ('undone', 'done') AND changed < $1 ORDER BY changed LIMIT 1000)";

pub(crate) const DELETE_ANSWERED: &str = "DELETE FROM operation WHERE id IN (SELECT id FROM \
    operation WHERE state IN ('answered', 'known') AND changed < $1 ORDER BY changed LIMIT 1000)";

pub(crate) const DELETE_STEPS_OF_NONE: &str = "DELETE FROM step WHERE NOT EXISTS (SELECT 1 FROM \
    operation WHERE operation.id = step.operation)";
