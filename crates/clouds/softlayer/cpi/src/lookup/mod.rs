//! Names to ids and prices, in the cache where they seldom change.

pub(crate) mod account;
pub(crate) mod catalogue;
pub(crate) mod datacenter;
