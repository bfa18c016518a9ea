//! The journal on SQLite, and on a private PostgreSQL where one is installed.

mod journal;
mod old;
mod one_process;
mod opening;
mod owners;
mod support;
mod trouble;
