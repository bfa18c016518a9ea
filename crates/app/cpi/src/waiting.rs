//! What takes long says what it waits for.

use std::pin::pin;
use std::time::Duration;

/// A person who sees nothing for longer wonders.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does `work`; says on standard error that it waits for `what` if that takes its time.
pub async fn announced<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    match tokio::time::timeout(PATIENCE, work.as_mut()).await {
        Ok(done) => done,
        Err(_) => {
            eprintln!("waiting for {what} …");
            work.await
        }
    }
}
