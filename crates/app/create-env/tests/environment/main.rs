//! Environments on a toy cloud, made by the CPI of a stranger.

mod cli;
mod crashes;
mod life;
mod toy;

/// What a test starts once more, to kill it.
#[test]
fn worker() {
    test_support::environment::worker::work();
}
