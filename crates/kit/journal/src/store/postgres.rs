//! The journal in PostgreSQL, for several directors or an HA pair.

use super::postgres_url::{Database, Security, read};
use super::tls::Tls;
use super::{MIGRATIONS, Row, Statement, VERSION, Value};
use crate::{JournalError, OperationId};
use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Error, NoTls};

/// The longest that connecting may take, TLS and password included, unless the URL has a
/// `connect_timeout`.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest that a statement may take; it takes milliseconds.
const STATEMENT: Duration = Duration::from_secs(30);

/// How long a call waits for room on the server, as it does for SQLite's lock.
const ROOM: Duration = Duration::from_secs(60);

/// How long it waits before it asks for room again.
const PAUSE: Duration = Duration::from_millis(200);

/// A session. It never reconnects: with the session the locks would be lost, and the owner
/// must stop then.
pub(crate) struct Postgres {
    client: Mutex<Client>,
    server: String,
    /// The locks of this session. The server would give a session again what it has.
    held: std::sync::Mutex<BTreeSet<i64>>,
}

/// What a NULL parameter refers to.
static NULL: Option<String> = None;

/// Guards the making of the tables; any number that is the same for everybody.
const MIGRATION_LOCK: i64 = 0x6370_695f_6c65_6467;

impl Postgres {
    /// Connects, and makes or migrates the tables where needed; whether it did.
    pub(crate) async fn open(database: Database<'_>) -> Result<(Self, bool), JournalError> {
        let (config, security) = read(database)?;
        let server = server(&config);
        let client = connect_once_possible(&config, &security, &server).await?;
        let store = Self { client: Mutex::new(client), server, held: Default::default() };
        let migrated = store.migrate().await?;
        Ok((store, migrated))
    }

    async fn migrate(&self) -> Result<bool, JournalError> {
        let mut client = self.client.lock().await;
        let found = self.in_time(version(&client)).await?;
        match found {
            Ok(VERSION) => return Ok(false),
            Ok(newer) if newer > VERSION => {
                return Err(JournalError::Newer { found: newer, known: VERSION });
            }
            _ => {}
        }
        // Another process that migrates is waited for.
        let migrated = timeout(ROOM, migrate(&mut client)).await;
        let migrated = migrated.map_err(|_| self.silent(ROOM))?;
        migrated.map_err(|e| self.failed(JournalError::open, &e))?;
        Ok(true)
    }

    pub(crate) async fn write(&self, statements: &[Statement]) -> Result<u64, JournalError> {
        let mut client = self.client.lock().await;
        let written = self.in_time(write(&mut client, statements)).await?;
        written.map_err(|e| self.failed(JournalError::write, &e))
    }

    pub(crate) async fn read(&self, (sql, values): &Statement) -> Result<Vec<Row>, JournalError> {
        let client = self.client.lock().await;
        let rows = self.in_time(client.query(*sql, &parameters(values))).await?;
        let rows = rows.map_err(|e| self.failed(JournalError::read, &e))?;
        Ok(rows.iter().map(row).collect())
    }

    pub(crate) async fn try_lock(&self, id: OperationId) -> Result<Option<i64>, JournalError> {
        let number = id.lock_number();
        let client = self.client.lock().await;
        if self.held().contains(&number) {
            return Ok(None);
        }
        let parameters: [&(dyn ToSql + Sync); 1] = [&number];
        let asked = client.query_one("SELECT pg_try_advisory_lock($1)", &parameters);
        let row = self.in_time(asked).await?;
        let owned = row.map_err(|e| self.failed(JournalError::lock, &e))?.get::<_, bool>(0);
        if owned {
            self.held().insert(number);
        }
        Ok(owned.then_some(number))
    }

    pub(crate) async fn release(&self, number: i64) {
        let client = self.client.lock().await;
        // A session that is gone has given its locks up already.
        let parameters: [&(dyn ToSql + Sync); 1] = [&number];
        let released = client.query("SELECT pg_advisory_unlock($1)", &parameters);
        let _ = timeout(CONNECT, released).await;
        self.held().remove(&number);
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No server may hang a call: one that accepts and never answers is not there.
    async fn in_time<T>(&self, work: impl Future<Output = T>) -> Result<T, JournalError> {
        timeout(STATEMENT, work).await.map_err(|_| self.silent(STATEMENT))
    }

    fn silent(&self, limit: Duration) -> JournalError {
        JournalError::unreachable(&self.server, &format!("no answer in {} s", limit.as_secs()))
    }

    fn failed(
        &self,
        kind: fn(&dyn std::fmt::Display, &dyn std::fmt::Display) -> JournalError,
        error: &Error,
    ) -> JournalError {
        match error.as_db_error() {
            Some(_) => kind(&self.server, &describe(error)),
            None => JournalError::unreachable(&self.server, &describe(error)),
        }
    }
}

/// Connects; a server that has no room for one more session is waited for.
async fn connect_once_possible(
    config: &Config,
    security: &Security,
    server: &str,
) -> Result<Client, JournalError> {
    let limit = config.get_connect_timeout().copied().unwrap_or(CONNECT);
    let begun = Instant::now();
    loop {
        let error = match timeout(limit, connect(config, security)).await {
            Ok(Ok(client)) => return Ok(client),
            Ok(Err(ConnectError::Server(error))) => error,
            Ok(Err(ConnectError::Tls(why))) => {
                return Err(JournalError::Setting(format!("ca_cert: {why}")));
            }
            Err(_) => {
                let why = format!("no answer in {} s", limit.as_secs());
                return Err(JournalError::unreachable(&server, &why));
            }
        };
        let why = describe(&error);
        match error.code() {
            Some(code) if !lacks_room(code) => return Err(JournalError::open(&server, &why)),
            Some(_) if begun.elapsed() < ROOM => tokio::time::sleep(PAUSE).await,
            _ if is_about_tls(&error) => return Err(JournalError::open(&server, &why)),
            _ => return Err(JournalError::unreachable(&server, &why)),
        }
    }
}

/// Too many sessions, or a server that starts, stops or recovers.
fn lacks_room(code: &SqlState) -> bool {
    [
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::CONFIGURATION_LIMIT_EXCEEDED,
    ]
    .contains(code)
}

/// A certificate that is not trusted today is not trusted a moment later.
fn is_about_tls(error: &Error) -> bool {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        let io = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        if io.is_some_and(|inner| inner.is::<rustls::Error>()) {
            return true;
        }
        source = error.source();
    }
    false
}

enum ConnectError {
    Server(Error),
    Tls(String),
}

async fn connect(config: &Config, security: &Security) -> Result<Client, ConnectError> {
    let client = match security {
        Security::Plain => {
            let (client, connection) = config.connect(NoTls).await.map_err(ConnectError::Server)?;
            tokio::spawn(connection);
            client
        }
        Security::Tls { names, roots } => {
            let tls = Tls::new(roots.as_deref(), *names);
            let tls = tls.map_err(|e| ConnectError::Tls(e.to_string()))?;
            let (client, connection) = config.connect(tls).await.map_err(ConnectError::Server)?;
            tokio::spawn(connection);
            client
        }
    };
    Ok(client)
}

/// Host and database, without user and password.
fn server(config: &Config) -> String {
    let host = config.get_hosts().first().map(|host| match host {
        tokio_postgres::config::Host::Tcp(name) => name.clone(),
        tokio_postgres::config::Host::Unix(path) => path.display().to_string(),
    });
    let database = config.get_dbname().unwrap_or_default();
    format!("postgres on {}, database '{database}'", host.unwrap_or_default())
}

async fn version(client: &Client) -> Result<i64, Error> {
    let row = client.query_one("SELECT version FROM ledger_version", &[]).await?;
    Ok(row.get(0))
}

async fn migrate(client: &mut Client) -> Result<(), Error> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS ledger_version (version BIGINT NOT NULL)")
        .await?;
    let row = transaction.query_opt("SELECT version FROM ledger_version", &[]).await?;
    let from: i64 = row.map_or(0, |row| row.get(0));
    for sql in &MIGRATIONS[(from as usize).min(MIGRATIONS.len())..] {
        transaction.batch_execute(sql).await?;
    }
    transaction.execute("DELETE FROM ledger_version", &[]).await?;
    transaction.execute("INSERT INTO ledger_version (version) VALUES ($1)", &[&VERSION]).await?;
    transaction.commit().await
}

async fn write(client: &mut Client, statements: &[Statement]) -> Result<u64, Error> {
    let transaction = client.transaction().await?;
    let mut changed = 0;
    for (sql, values) in statements {
        changed += transaction.execute(*sql, &parameters(values)).await?;
    }
    transaction.commit().await?;
    Ok(changed)
}

fn parameters(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values
        .iter()
        .map(|value| match value {
            Value::Text(text) => text as &(dyn ToSql + Sync),
            Value::Int(number) => number,
            Value::Null => &NULL,
        })
        .collect()
}

fn row(row: &tokio_postgres::Row) -> Row {
    let value = |column: usize| {
        if let Ok(number) = row.try_get::<_, Option<i64>>(column) {
            return number.map_or(Value::Null, Value::Int);
        }
        let text = row.try_get::<_, Option<String>>(column).ok().flatten();
        Value::from(text)
    };
    Row((0..row.len()).map(value).collect())
}

/// The server's own words, where it has some: the crate says only "db error".
fn describe(error: &Error) -> String {
    match error.as_db_error() {
        Some(error) => error.to_string(),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
