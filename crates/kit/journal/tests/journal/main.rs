//! The journal on SQLite, and on a private PostgreSQL where one is installed.

mod journal;
mod old;
mod opening;
mod support;
