//! Panics become answers. Their place is told, their words are not: they may hold anything.

use bosh_cpi::{CpiError, Result};
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether panics of this thread are ours to tell.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    /// Where this thread panicked last.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `act`, and makes an error of a panic.
pub(crate) fn catch<T>(act: impl FnOnce() -> Result<T>) -> Result<T> {
    let outer = watch_thread();
    let outcome = panic::catch_unwind(AssertUnwindSafe(act));
    WATCHED.set(outer);
    outcome.unwrap_or_else(|_| {
        let place = PLACE.take().unwrap_or_else(|| "an unknown place".to_owned());
        tracing::error!("panic at {place}");
        Err(CpiError::cpi(format!("the CPI failed at {place}: please report this as a bug")))
    })
}

/// From here on a panic of this thread says nothing by itself. Answers whether it was so before.
pub(crate) fn watch_thread() -> bool {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if WATCHED.get() {
                PLACE.set(panic.location().map(ToString::to_string));
            } else {
                previous(panic);
            }
        }));
    });
    WATCHED.replace(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_panic_becomes_an_answer_that_tells_the_place_only() {
        let outcome: Result<Value> = catch(|| panic!("s3cret-of-a-panic"));
        let error = outcome.unwrap_err();
        assert_eq!(error.kind, bosh_cpi::ErrorKind::CpiError);
        assert!(error.message.contains("panics.rs:"), "{error}");
        assert!(!error.message.contains("s3cret"), "{error}");
    }

    /// Each thread tells its own place, whoever panics at the same time.
    #[test]
    fn panics_of_many_threads_do_not_mix() {
        let lines: Vec<String> = std::thread::scope(|scope| {
            let caught = |number: u32| {
                let outcome: Result<()> = catch(|| match number % 2 {
                    0 => panic!("even"),
                    _ => panic!("odd"),
                });
                outcome.unwrap_err().message
            };
            let threads: Vec<_> = (0..16).map(|n| scope.spawn(move || caught(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_ne!(lines[0], lines[1], "two places");
        for (number, line) in lines.iter().enumerate() {
            assert_eq!(line, &lines[number % 2]);
        }
    }
}
