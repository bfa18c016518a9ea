//! The manifest and the state file.

mod manifest;
mod state;
