//! The journal as an SQLite file: WAL, full sync, a lock file per live operation.

use super::{APPLICATION, MIGRATIONS, Row, Statement, VERSION, Value};
use crate::{JournalError, OperationId};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, TransactionBehavior};
use std::cell::RefCell;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
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
    /// Opens the journal in `dir`, making or migrating it where needed; whether it did.
    ///
    /// The file is opened by SQLite only: its locks belong to the process, and closing any other
    /// descriptor of the file would drop those of every connection in it.
    pub(crate) fn open(dir: &Path) -> Result<(Self, bool), JournalError> {
        check_directory(dir)?;
        let file = dir.join("ledger.db");
        let failed = |e: &dyn std::fmt::Display| JournalError::open(&file.display(), e);
        let locks = dir.join("operations");
        DirBuilder::new().recursive(true).mode(0o700).create(&locks).map_err(|e| failed(&e))?;
        let made = match std::fs::metadata(&file) {
            Ok(data) if data.len() == 0 => return Err(empty(&file)),
            Ok(_) => false,
            Err(e) if e.kind() == io::ErrorKind::NotFound => make(dir, &file)?,
            Err(e) => return Err(failed(&e)),
        };
        let mut connection = connect(&file)?;
        let migrated = prepare(&mut connection, &file, &dir.join("ledger.lock"))?;
        Ok((Self { connection: RefCell::new(connection), locks, file }, made || migrated))
    }

    pub(crate) fn write(&self, statements: &[Statement]) -> Result<u64, JournalError> {
        self.try_write(statements)
            .map_err(|e| JournalError::write(&self.file.display(), &describe(&e)))
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
        self.try_read(statement)
            .map_err(|e| JournalError::read(&self.file.display(), &describe(&e)))
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
                && let Some(dead) = self.try_lock_file(&entry.path())?
            {
                dead.remove();
            }
        }
        Ok(())
    }

    pub(crate) fn try_lock(&self, id: OperationId) -> Result<Option<LockFile>, JournalError> {
        let path = self.locks.join(format!("{id}.lock"));
        self.try_lock_file(&path).map_err(|e| JournalError::lock(&path.display(), &e))
    }

    fn try_lock_file(&self, path: &Path) -> io::Result<Option<LockFile>> {
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

/// A folder that would be another one for each working directory is none, and neither is a URI.
fn check_directory(dir: &Path) -> Result<(), JournalError> {
    let why = if dir.as_os_str().is_empty() {
        "it is empty; give an absolute path"
    } else if dir.as_os_str().as_encoded_bytes().starts_with(b"file:") {
        "it is a URI; give an absolute path"
    } else if dir.is_relative() {
        "it is relative to wherever the CPI is called; give an absolute path"
    } else {
        return Ok(());
    };
    Err(JournalError::Directory { dir: dir.display().to_string(), why })
}

fn empty(file: &Path) -> JournalError {
    let why = "the file is empty; restore it from a backup, or remove it if it never was a journal";
    JournalError::foreign(&file.display(), &why)
}

fn connect(file: &Path) -> Result<Connection, JournalError> {
    let opened = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    );
    let prepared = opened.and_then(|connection| {
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    });
    prepared.map_err(|e| JournalError::open(&file.display(), &describe(&e)))
}

/// Makes a journal under another name and gives it its own when it is whole, so that a file that
/// is empty or has no tables never was one of ours. One process at a time.
fn make(dir: &Path, file: &Path) -> Result<bool, JournalError> {
    let _guard = lock(&dir.join("ledger.lock"))?;
    if file.exists() {
        return Ok(false);
    }
    let new = dir.join("ledger.db.new");
    let failed = |e: &dyn std::fmt::Display| JournalError::open(&file.display(), e);
    let made = || -> io::Result<()> {
        for left in ["ledger.db.new", "ledger.db.new-wal", "ledger.db.new-shm"] {
            match std::fs::remove_file(dir.join(left)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        // SQLite would make the file readable by all; WAL and shared memory take its mode over.
        private_file(&new).map(drop)
    };
    made().map_err(|e| failed(&e))?;
    let mut connection = connect(&new)?;
    migrate(&mut connection).map_err(|e| failed(&describe(&e)))?;
    connection.close().map_err(|(_, e)| failed(&describe(&e)))?;
    std::fs::rename(&new, file).map_err(|e| failed(&e))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(|e| failed(&e))?;
    Ok(true)
}

/// Checks that it is a journal of ours, and migrates it where needed; whether it did.
fn prepare(connection: &mut Connection, file: &Path, guard: &Path) -> Result<bool, JournalError> {
    let failed = |e: rusqlite::Error| JournalError::open(&file.display(), &describe(&e));
    let is_ours = is_journal(connection).map_err(failed)?;
    match version(connection).map_err(failed)? {
        _ if !is_ours => {
            let why = "the file is an SQLite database of something else";
            Err(JournalError::foreign(&file.display(), &why))
        }
        VERSION => Ok(false),
        newer if newer > VERSION => Err(JournalError::Newer { found: newer, known: VERSION }),
        _ => {
            let _guard = lock(guard)?;
            migrate(connection).map_err(failed).map(|()| true)
        }
    }
}

/// Journals of the first two versions have no mark but their tables.
fn is_journal(connection: &Connection) -> rusqlite::Result<bool> {
    let application: i64 =
        connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if application == APPLICATION {
        return Ok(true);
    }
    let tables: i64 = connection.query_row(
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN ('operation', 'step')",
        [],
        |row| row.get(0),
    )?;
    Ok(application == 0 && tables == 2 && version(connection)? > 0)
}

/// One process at a time makes or migrates: a switch to WAL does not wait for others.
fn lock(guard: &Path) -> Result<File, JournalError> {
    let failed = |e: io::Error| JournalError::lock(&guard.display(), &e);
    let file = private_file(guard).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}

fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = version(&transaction)?;
    for sql in &MIGRATIONS[(from as usize).min(MIGRATIONS.len())..] {
        transaction.execute_batch(sql)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.commit()
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// What SQLite says, and what it means where that is not plain.
fn describe(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode::{DatabaseBusy, DiskFull, SystemIoFailure};
    match error.sqlite_error_code() {
        Some(DiskFull) => format!("the disk is full ({error}); free some space on it"),
        Some(SystemIoFailure) => format!("{error} (is the disk full, or broken?)"),
        Some(DatabaseBusy) => {
            format!("{error}: another process has kept it locked for {} s", BUSY.as_secs())
        }
        _ => error.to_string(),
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
