//! One file for each method of the contract.

pub(crate) mod info;
