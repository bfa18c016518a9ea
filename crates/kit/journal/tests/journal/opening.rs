//! A journal that cannot be used says so before anything is created.

use crate::support::Home;
use journal::{Database, Journal, JournalError, Key, Place};
use secrecy::SecretString;

fn key() -> Key {
    Key { endpoint: "e".into(), account: "a".into(), project: String::new() }
}

#[tokio::test(flavor = "current_thread")]
async fn a_corrupt_file_is_named() {
    let journal = Home::sqlite();
    std::fs::write(journal.directory().join("ledger.db"), vec![7u8; 8192]).expect("written");
    let error = Journal::open(Place::Directory(journal.directory()), key()).await.err();
    let text = error.expect("refused").to_string();
    assert!(text.contains("ledger.db") && text.contains("not a database"), "{text}");
}

#[tokio::test(flavor = "current_thread")]
async fn a_newer_journal_is_refused_and_left_as_it_is() {
    let journal = Home::sqlite();
    drop(journal.open().await);
    let file = journal.directory().join("ledger.db");
    let connection = rusqlite::Connection::open(&file).expect("opens");
    connection.pragma_update(None, "user_version", 99).expect("set");
    drop(connection);
    let error = Journal::open(Place::Directory(journal.directory()), key()).await.err();
    assert!(matches!(error, Some(JournalError::Newer { found: 99, .. })), "{error:?}");
}

/// Version 1 knew neither CIDs nor notes.
#[tokio::test(flavor = "current_thread")]
async fn an_older_journal_is_migrated_with_its_rows() {
    let journal = Home::sqlite();
    let file = journal.directory().join("ledger.db");
    let connection = rusqlite::Connection::open(&file).expect("opens");
    connection
        .execute_batch(
            "CREATE TABLE operation (id TEXT PRIMARY KEY, owner_key TEXT NOT NULL, endpoint TEXT NOT NULL, \
             account TEXT NOT NULL, project TEXT NOT NULL, method TEXT NOT NULL, state TEXT NOT NULL, \
             begun BIGINT NOT NULL, changed BIGINT NOT NULL); \
             CREATE INDEX operation_by_state ON operation (owner_key, state); \
             CREATE TABLE step (operation TEXT NOT NULL, number BIGINT NOT NULL, target TEXT NOT NULL, \
             state TEXT NOT NULL, sent BIGINT NOT NULL, PRIMARY KEY (operation, number)); \
             INSERT INTO operation VALUES ('019a0000000070008000000000000001', 'k', 'e', 'a', '', \
             'create_vm', 'open', 1, 1); PRAGMA user_version = 1;",
        )
        .expect("an old journal");
    drop(connection);
    let ledger = journal.open().await;
    let rows = ledger.operations().await.expect("rows");
    assert_eq!((rows[0].method.as_str(), rows[0].cid.as_deref()), ("create_vm", None));
}

#[tokio::test(flavor = "current_thread")]
async fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let journal = Home::sqlite();
    let ledger = journal.open().await;
    ledger.acknowledge("cid").await.expect("read");
    for file in ["ledger.db", "ledger.db-wal"] {
        let Ok(data) = std::fs::metadata(journal.directory().join(file)) else { continue };
        assert_eq!(data.permissions().mode() & 0o077, 0, "{file}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_url_is_never_quoted() {
    for url in ["postgres://u:marked-password@[", "postgres://u:marked-password@127.0.0.1:1/db"] {
        let url = SecretString::from(url);
        let error = Journal::open(Place::Postgres(Database { url: &url, ca_cert: None }), key())
            .await
            .err()
            .expect("refused");
        assert!(!format!("{error} {error:?}").contains("marked-password"), "{error}");
    }
}
