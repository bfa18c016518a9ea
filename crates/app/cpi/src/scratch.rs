//! Temporary folders of commands that a person may break off: Ctrl-C leaves none.

use anyhow::{Result, anyhow};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

/// A program that a signal ends: 128 and SIGINT's number, as shells have it.
const INTERRUPTED: i32 = 130;

/// The folder in which everything temporary of this process goes from here on. It is gone once
/// this is dropped, or a signal ends the process.
pub fn folder(command: &str) -> Result<TempDir> {
    let folder = tempfile::Builder::new().prefix(&format!("cpi-{command}-")).tempdir()?;
    tempfile::env::override_temp_dir(folder.path())
        .map_err(|earlier| anyhow!("{} is used already", earlier.display()))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let path = folder.path().to_owned();
    std::thread::spawn(move || runtime.block_on(remove_upon_signal(path)));
    Ok(folder)
}

async fn remove_upon_signal(folder: PathBuf) {
    let heard = async {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok::<(), std::io::Error>(())
    };
    if heard.await.is_err() {
        return;
    }
    // A child that ends just now may write a last file.
    for _ in 0..3 {
        if std::fs::remove_dir_all(&folder).is_ok() {
            break;
        }
    }
    std::process::exit(INTERRUPTED);
}
