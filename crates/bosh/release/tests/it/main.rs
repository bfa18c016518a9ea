//! Releases: fetched, read, rendered.

mod download;
mod release;
mod render;
