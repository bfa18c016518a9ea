//! Whose operations a call repairs: those of its account, however the endpoint is spelt and
//! whichever key it has.

use crate::support::{Cloud, Home, Thing, patient};
use cloud_http::Outcome;
use journal::{Journal, JournalError};

const HERE: &str = "http://127.0.0.1:8080/client/api";

/// An operation that dies with what it has made.
async fn dies(journal: &Journal, cloud: &Cloud, name: &str) {
    let mut operation = journal.begin("create_vm", "");
    let made: Result<(), JournalError> = operation
        .step(
            Thing::named(name),
            async || {
                cloud.make(name);
                Outcome::Applied(())
            },
            async || Ok(None),
        )
        .await;
    made.expect("made");
}

async fn undone(journal: &Journal, cloud: &Cloud) -> usize {
    journal.recover(cloud, patient()).await.expect("recovered").undone.len()
}

/// After `localhost` for `127.0.0.1`, or a trailing slash, what a crash left is still ours.
#[tokio::test(flavor = "current_thread")]
async fn the_spelling_of_the_endpoint_may_change() {
    for home in Home::each() {
        let cloud = Cloud::default();
        dies(&home.open_at(HERE, "key").await, &cloud, "vm").await;
        let elsewhere = home.open_at("http://127.0.0.1:8081/client/api", "key").await;
        assert_eq!(undone(&elsewhere, &cloud).await, 0, "another cloud");
        let respelt = home.open_at("HTTP://LocalHost:8080/client/api/", "key").await;
        assert_eq!(undone(&respelt, &cloud).await, 1);
        assert!(cloud.names().is_empty());
    }
}

/// Rotated keys are another fingerprint; the account's id, which the cloud tells, is the same.
#[tokio::test(flavor = "current_thread")]
async fn keys_may_be_rotated() {
    for home in Home::each() {
        let cloud = Cloud::default();
        {
            let old = home.open_at(HERE, "old").await;
            old.learn_identity("account-1").await.expect("written");
            dies(&old, &cloud, "vm").await;
        }
        let new = home.open_at(HERE, "new").await;
        assert_eq!(undone(&new, &cloud).await, 0, "nobody knows yet whose the keys are");
        assert!(new.wants_identity().await.expect("read"));
        new.learn_identity("account-1").await.expect("written");
        assert!(!new.wants_identity().await.expect("read"));
        assert_eq!(undone(&new, &cloud).await, 1);
        assert!(cloud.names().is_empty());
    }
}

/// Somebody else's keys on the same cloud repair nothing of ours, and cost no question once it is
/// known whose they are.
#[tokio::test(flavor = "current_thread")]
async fn another_account_repairs_nothing() {
    for home in Home::each() {
        let cloud = Cloud::default();
        {
            let ours = home.open_at(HERE, "ours").await;
            ours.learn_identity("account-1").await.expect("written");
            dies(&ours, &cloud, "vm").await;
        }
        let other = home.open_at(HERE, "other").await;
        other.learn_identity("account-2").await.expect("written");
        assert!(!other.wants_identity().await.expect("read"));
        assert_eq!(undone(&other, &cloud).await, 0);
        assert_eq!(cloud.names(), ["vm"]);
    }
}

/// A journal that today's release (version 2) has written: its open operations are found, under
/// the endpoint as it was spelt and under another spelling.
#[tokio::test(flavor = "current_thread")]
async fn operations_of_the_released_version_are_found() {
    for endpoint in [HERE, "http://localhost:8080/client/api/"] {
        let home = Home::sqlite();
        let file = rusqlite::Connection::open(home.directory().join("ledger.db")).expect("opens");
        file.execute_batch(&format!(
            "PRAGMA journal_mode = WAL;
            CREATE TABLE operation (id TEXT PRIMARY KEY, owner_key TEXT NOT NULL, \
             endpoint TEXT NOT NULL, account TEXT NOT NULL, project TEXT NOT NULL, \
             method TEXT NOT NULL, state TEXT NOT NULL, begun BIGINT NOT NULL, \
             changed BIGINT NOT NULL, cid TEXT, note TEXT, request TEXT);
            CREATE INDEX operation_by_state ON operation (owner_key, state);
            CREATE INDEX operation_by_cid ON operation (owner_key, cid);
            CREATE TABLE step (operation TEXT NOT NULL, number BIGINT NOT NULL, \
             target TEXT NOT NULL, state TEXT NOT NULL, sent BIGINT NOT NULL, \
             PRIMARY KEY (operation, number));
            INSERT INTO operation VALUES ('019a0000000070008000000000000001', \
             '{HERE}' || char(10) || 'key' || char(10), '{HERE}', 'key', '', 'create_vm', 'open', \
             1, 1, NULL, NULL, 'cpi-1');
            INSERT INTO step VALUES ('019a0000000070008000000000000001', 0, \
             '{{\"name\":\"vm\",\"cid\":null}}', 'intent', 1);
            PRAGMA user_version = 2;"
        ))
        .expect("a journal of version 2");
        drop(file);
        let cloud = Cloud::default();
        cloud.make("vm");
        assert_eq!(undone(&home.open_at(endpoint, "key").await, &cloud).await, 1);
        assert!(cloud.names().is_empty());
    }
}
