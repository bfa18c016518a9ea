//! What the tests of several crates share.

pub mod postgres;
pub mod s3;
