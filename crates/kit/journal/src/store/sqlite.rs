//! The journal as an SQLite file: WAL, full sync, a lock file per live operation.

use super::{MIGRATIONS, Row, Statement, VERSION, Value};
use crate::{JournalError, OperationId};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, TransactionBehavior};
use std::cell::RefCell;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// How long a writer waits for other processes. A write takes milliseconds, so that even a
/// hundred processes are through long before.
const BUSY: Duration = Duration::from_secs(60);

/// The age of a lock file whose owner may be dead.
const OLD: Duration = Duration::from_secs(24 * 3600);

/// How many lock files are looked at, at once.
const MANY: usize = 1000;

/// An open journal file.
pub(crate) struct Sqlite {
    connection: RefCell<Connection>,
    locks: PathBuf,
    file: PathBuf,
}

/// The lock of one live operation.
#[derive(Debug)]
pub(crate) struct LockFile {
    path: PathBuf,
    // The kernel drops the lock with the process that holds it open.
    file: File,
}

impl Sqlite {
    /// Opens the journal in `dir`, making or migrating it where needed.
    pub(crate) fn open(dir: &Path) -> Result<Self, JournalError> {
        let file = dir.join("ledger.db");
        let failed = |e: &dyn std::fmt::Display| JournalError::open(&file.display(), e);
        let locks = dir.join("operations");
        DirBuilder::new().recursive(true).mode(0o700).create(&locks).map_err(|e| failed(&e))?;
        make_database(&file).map_err(|e| failed(&e))?;
        let mut connection = Connection::open(&file).map_err(|e| failed(&e))?;
        prepare(&mut connection, &dir.join("ledger.lock")).map_err(|e| e.at(&file.display()))?;
        Ok(Self { connection: RefCell::new(connection), locks, file })
    }

    pub(crate) fn write(&self, statements: &[Statement]) -> Result<u64, JournalError> {
        self.try_write(statements).map_err(|e| JournalError::write(&self.file.display(), &e))
    }

    fn try_write(&self, statements: &[Statement]) -> rusqlite::Result<u64> {
        let mut connection = self.connection.borrow_mut();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = 0;
        for (sql, values) in statements {
            changed += transaction.execute(sql, rusqlite::params_from_iter(values))?;
        }
        transaction.commit()?;
        Ok(changed as u64)
    }

    pub(crate) fn read(&self, statement: &Statement) -> Result<Vec<Row>, JournalError> {
        self.try_read(statement).map_err(|e| JournalError::read(&self.file.display(), &e))
    }

    fn try_read(&self, (sql, values): &Statement) -> rusqlite::Result<Vec<Row>> {
        let connection = self.connection.borrow();
        let mut query = connection.prepare(sql)?;
        let columns = query.column_count();
        let rows = query.query_map(rusqlite::params_from_iter(values), |row| {
            (0..columns).map(|column| row.get_ref(column).map(Value::from)).collect()
        })?;
        rows.map(|row| row.map(Row)).collect()
    }

    /// Removes lock files that nobody has locked for long: those of owners that were killed
    /// before their operation stood in the journal, or after its end.
    pub(crate) fn remove_dead_locks(&self, at: SystemTime) -> Result<(), JournalError> {
        self.try_remove_dead_locks(at).map_err(|e| JournalError::lock(&self.locks.display(), &e))
    }

    fn try_remove_dead_locks(&self, at: SystemTime) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.locks)?.take(MANY) {
            let entry = entry?;
            let made = entry.metadata().and_then(|data| data.modified());
            // An owner that is about to lock its file must not find it locked.
            let age = made.ok().and_then(|made| at.duration_since(made).ok());
            if age.is_some_and(|age| age > OLD)
                && let Some(dead) = self.try_own(&entry.path())?
            {
                dead.remove();
            }
        }
        Ok(())
    }

    pub(crate) fn own(&self, id: OperationId) -> Result<Option<LockFile>, JournalError> {
        let path = self.locks.join(format!("{id}.lock"));
        self.try_own(&path).map_err(|e| JournalError::lock(&path.display(), &e))
    }

    fn try_own(&self, path: &Path) -> io::Result<Option<LockFile>> {
        loop {
            let file = private_file(path)?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path)? => {
                    return Ok(Some(LockFile { path: path.to_owned(), file }));
                }
                // Removed between our opening and our locking: others lock a new file by now.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(e)) => return Err(e),
            }
        }
    }
}

impl LockFile {
    /// Gives the lock up, and leaves no file behind.
    pub(crate) fn remove(self) {
        if let Err(e) = std::fs::remove_file(&self.path) {
            tracing::debug!("{}: {e}", self.path.display());
        }
        drop(self.file);
    }
}

fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let ours = file.metadata()?;
    match std::fs::metadata(path) {
        Ok(there) => Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn prepare(connection: &mut Connection, guard: &Path) -> Result<(), JournalError> {
    let failed = |e: rusqlite::Error| JournalError::open(&"", &e);
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
    match version(connection).map_err(failed)? {
        VERSION => Ok(()),
        newer if newer > VERSION => Err(JournalError::Newer { found: newer, known: VERSION }),
        _ => migrate(connection, guard),
    }
}

/// One process at a time makes or migrates: a switch to WAL does not wait for others.
fn migrate(connection: &mut Connection, guard: &Path) -> Result<(), JournalError> {
    let guard_file = private_file(guard).map_err(|e| JournalError::lock(&guard.display(), &e))?;
    guard_file.lock().map_err(|e| JournalError::lock(&guard.display(), &e))?;
    try_migrate(connection).map_err(|e| JournalError::open(&"", &e))
}

fn try_migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    for sql in &MIGRATIONS[(from as usize).min(MIGRATIONS.len())..] {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Makes the file where it is missing: SQLite would make it readable by all, and WAL and shared
/// memory take its mode over.
///
/// A file that is there is never opened here. SQLite's locks belong to the process, and closing
/// any descriptor of the file drops all of them: another process would then delete the WAL below
/// our connections (sqlite.org, How To Corrupt An SQLite Database File, 2.2).
fn make_database(path: &Path) -> io::Result<()> {
    /// Nobody in this process connects between the making of the file and its closing.
    static MAKING: Mutex<()> = Mutex::new(());
    let _guard = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    }
}

fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Null => ValueRef::Null,
        }))
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Integer(number) => Value::Int(number),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            _ => Value::Null,
        }
    }
}
