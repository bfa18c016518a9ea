//! Environments on a toy cloud, made by the CPI of a stranger.

mod crashes;
mod life;
mod stage;
mod toy;

/// What a test starts once more, to kill it: see `toy::worker`.
#[test]
fn worker() {
    toy::worker::work();
}
