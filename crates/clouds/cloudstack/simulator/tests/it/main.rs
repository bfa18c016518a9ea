//! The simulated CloudStack, asked over HTTP.

mod agent_bus;
mod agents;
mod control;
mod protocol;
mod routing;
mod storage;
mod vm;
