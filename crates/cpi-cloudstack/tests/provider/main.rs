//! The provider against the simulator: every method, what it refuses, what it leaves behind,
//! and how many calls it makes.

mod bench;
mod budgets;
mod disks;
mod doctor;
mod lookups;
mod networks;
mod parallel;
mod plain_user;
mod scope;
mod secrets;
mod snapshots;
mod stemcells;
mod tags;
mod undo;
mod user_data;
mod versions;
mod vips;
mod vms;
