//! Ctrl-C: the step that runs is ended, what is there is saved; a second one ends at once.

use super::exit::{Failure, FailureKind};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody wants the run to end.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Listens for SIGINT and SIGTERM from now on, on a thread of its own.
    pub fn listen() -> Result<Interrupt, Failure> {
        let interrupt = Interrupt::default();
        let heard = interrupt.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (mut first, mut second) = {
            let _context = runtime.enter();
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?)
        };
        std::thread::spawn(move || {
            runtime.block_on(async {
                loop {
                    tokio::select! {
                        _ = first.recv() => {}
                        _ = second.recv() => {}
                    }
                    heard.hear();
                }
            });
        });
        Ok(interrupt)
    }

    /// Whether somebody wants the run to end.
    pub fn is_wanted(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    fn hear(&self) {
        if self.0.swap(true, Ordering::SeqCst) {
            process::exit(FailureKind::Interrupted as i32);
        }
        eprintln!(
            "\nStopping when the step that runs has ended; once more stops at once, and the next \
             run goes on from there."
        );
    }
}
