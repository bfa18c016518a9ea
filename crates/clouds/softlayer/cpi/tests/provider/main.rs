//! Persistent disks, snapshots and stemcells against the simulator.

#[path = "../vms/bench.rs"]
#[allow(dead_code, reason = "the tests of VMs use the rest of it")]
mod bench;
mod budgets;
mod disks;
mod doctor;
mod heavy_stemcells;
mod lost_orders;
mod snapshots;
mod stemcells;
mod sweep;
mod volumes;
