//! VMs against the simulator: what is ordered, what agents are told, what is left behind.

mod bare_metal;
mod bench;
mod guests;
mod networks;
mod undo;
