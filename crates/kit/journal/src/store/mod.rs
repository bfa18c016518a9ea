//! Where the journal is kept: SQLite in `state_dir`, or PostgreSQL for several directors.
//!
//! Both speak the same SQL (see [`schema`]); they differ in how they are opened, how they make
//! a write durable, and in the lock that dies with its owner.

mod postgres;
mod postgres_url;
mod schema;
mod sqlite;
mod tls;

use crate::{JournalError, OperationId};
pub(crate) use postgres::Postgres;
pub use postgres_url::Database;
pub(crate) use schema::*;
pub(crate) use sqlite::Sqlite;
use std::time::SystemTime;

/// A parameter or a column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Int(i64),
    Null,
}

/// A row: text and numbers, in the order of the SELECT.
#[derive(Debug, Clone)]
pub(crate) struct Row(Vec<Value>);

/// A statement with its parameters, `$1` first.
pub(crate) type Statement = (&'static str, Vec<Value>);

/// The journal's database.
pub(crate) enum Store {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Held by an operation's owner. It is gone when the owner dies, whatever killed it.
#[derive(Debug)]
pub(crate) enum Owner {
    /// A locked file, which the kernel unlocks.
    File(sqlite::LockFile),
    /// An advisory lock of the database session, which the server gives up.
    Session(i64),
}

impl Store {
    /// Writes all of `statements` durably, or none.
    pub(crate) async fn write(&self, statements: Vec<Statement>) -> Result<u64, JournalError> {
        match self {
            Store::Sqlite(store) => store.write(&statements),
            Store::Postgres(store) => store.write(&statements).await,
        }
    }

    /// Reads rows.
    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, JournalError> {
        match self {
            Store::Sqlite(store) => store.read(&statement),
            Store::Postgres(store) => store.read(&statement).await,
        }
    }

    /// Becomes the owner of an operation; None while somebody else is.
    pub(crate) async fn try_lock(&self, id: OperationId) -> Result<Option<Owner>, JournalError> {
        match self {
            Store::Sqlite(store) => Ok(store.try_lock(id)?.map(Owner::File)),
            Store::Postgres(store) => Ok(store.try_lock(id).await?.map(Owner::Session)),
        }
    }

    /// Removes what dead owners have left behind.
    pub(crate) fn tidy(&self, at: SystemTime) -> Result<(), JournalError> {
        match self {
            Store::Sqlite(store) => store.remove_dead_locks(at),
            // The server has given up their locks.
            Store::Postgres(_) => Ok(()),
        }
    }

    /// Stops being the owner.
    pub(crate) async fn release(&self, owner: Owner) {
        match (self, owner) {
            (Store::Sqlite(_), Owner::File(file)) => file.remove(),
            (Store::Postgres(store), Owner::Session(number)) => store.release(number).await,
            _ => {}
        }
    }
}

impl Row {
    /// The text in a column; empty for NULL.
    pub(crate) fn text(&self, column: usize) -> String {
        match self.0.get(column) {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Int(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// The number in a column; 0 for NULL.
    pub(crate) fn int(&self, column: usize) -> i64 {
        match self.0.get(column) {
            Some(Value::Int(number)) => *number,
            _ => 0,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Value::Null, Value::Text)
    }
}
