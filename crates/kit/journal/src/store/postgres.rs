//! The journal in PostgreSQL, for several directors or an HA pair.

use super::tls::Tls;
use super::{MIGRATIONS, Row, Statement, VERSION, Value};
use crate::{JournalError, OperationId};
use secrecy::{ExposeSecret, SecretString};
use std::collections::BTreeSet;
use std::sync::{MutexGuard, PoisonError};
use tokio::sync::Mutex;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, config::SslMode};

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
    /// Connects, and makes or migrates the tables where needed.
    pub(crate) async fn open(url: &SecretString) -> Result<Self, JournalError> {
        // The parser's error may quote the URL, which holds the password.
        let config: Config = url.expose_secret().parse().map_err(|_| JournalError::Url)?;
        let server = server(&config);
        let client = connect(&config).await.map_err(|e| JournalError::open(&server, &e))?;
        let store = Self { client: Mutex::new(client), server, held: Default::default() };
        store.migrate().await?;
        Ok(store)
    }

    async fn migrate(&self) -> Result<(), JournalError> {
        let mut client = self.client.lock().await;
        match version(&client).await {
            Ok(VERSION) => return Ok(()),
            Ok(newer) if newer > VERSION => {
                return Err(JournalError::Newer { found: newer, known: VERSION });
            }
            _ => {}
        }
        migrate(&mut client).await.map_err(|e| JournalError::open(&self.server, &describe(&e)))
    }

    pub(crate) async fn write(&self, statements: &[Statement]) -> Result<u64, JournalError> {
        let mut client = self.client.lock().await;
        write(&mut client, statements)
            .await
            .map_err(|e| JournalError::write(&self.server, &describe(&e)))
    }

    pub(crate) async fn read(&self, (sql, values): &Statement) -> Result<Vec<Row>, JournalError> {
        let client = self.client.lock().await;
        let rows = client.query(*sql, &parameters(values)).await;
        let rows = rows.map_err(|e| JournalError::read(&self.server, &describe(&e)))?;
        Ok(rows.iter().map(row).collect())
    }

    pub(crate) async fn own(&self, id: OperationId) -> Result<Option<i64>, JournalError> {
        let number = id.lock_number();
        let client = self.client.lock().await;
        if self.held().contains(&number) {
            return Ok(None);
        }
        let row = client.query_one("SELECT pg_try_advisory_lock($1)", &[&number]).await;
        let row = row.map_err(|e| JournalError::lock(&self.server, &describe(&e)))?;
        let owned = row.get::<_, bool>(0);
        if owned {
            self.held().insert(number);
        }
        Ok(owned.then_some(number))
    }

    pub(crate) async fn release(&self, number: i64) {
        let client = self.client.lock().await;
        // A session that is gone has given its locks up already.
        let _ = client.query("SELECT pg_advisory_unlock($1)", &[&number]).await;
        self.held().remove(&number);
    }

    fn held(&self) -> MutexGuard<'_, BTreeSet<i64>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn connect(config: &Config) -> Result<Client, String> {
    // A Unix socket carries no TLS; elsewhere the URL's sslmode decides.
    if config.get_ssl_mode() == SslMode::Disable || config.get_hosts().iter().all(is_socket) {
        let (client, connection) = config.connect(NoTls).await.map_err(|e| describe(&e))?;
        tokio::spawn(connection);
        return Ok(client);
    }
    let tls = Tls::new().map_err(|e| e.to_string())?;
    let (client, connection) = config.connect(tls).await.map_err(|e| describe(&e))?;
    tokio::spawn(connection);
    Ok(client)
}

fn is_socket(host: &tokio_postgres::config::Host) -> bool {
    matches!(host, tokio_postgres::config::Host::Unix(_))
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

async fn version(client: &Client) -> Result<i64, tokio_postgres::Error> {
    let row = client.query_one("SELECT version FROM ledger_version", &[]).await?;
    Ok(row.get(0))
}

async fn migrate(client: &mut Client) -> Result<(), tokio_postgres::Error> {
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

async fn write(
    client: &mut Client,
    statements: &[Statement],
) -> Result<u64, tokio_postgres::Error> {
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
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(error) => error.to_string(),
        None => match std::error::Error::source(error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    }
}
