//! The transport, against a server that answers by script.

mod scripted;
mod tls;
mod transport;
mod upload;
