//! What the tests of several crates share.

pub mod environment;
pub mod postgres;
pub mod s3;

use std::fmt::Display;

/// Says that a test skips itself, since this machine lacks something that Debian has. With
/// `REQUIRE_ALL` in the environment, as in `.ci/run`, that is a failure: a skip is no pass.
pub fn skip(why: impl Display) {
    eprintln!("skipped: {why}");
    assert!(std::env::var_os("REQUIRE_ALL").is_none(), "REQUIRE_ALL is set, and skipped: {why}");
}
