//! The provider against the simulator: every method, what it refuses, what it leaves behind,
//! and how many calls it makes.

mod bench;
mod budgets;
mod capture;
mod compute;
mod disks;
mod doctor;
mod garbage;
mod heavy_stemcells;
mod hypervisors;
#[path = "../../../../../images/stemcell/tests/it/common/mod.rs"]
mod images;
mod journal;
mod legacy;
mod lookups;
mod lost_answers;
mod managed_networks;
mod networks;
mod ownership;
mod parallel;
mod placement;
mod plain_user;
mod published_stemcells;
mod refused_early;
mod scope;
mod security_groups;
mod snapshots;
mod stemcell_formats;
mod stemcell_stage;
mod stemcell_volume;
mod stemcells;
mod stemcells_again;
mod tags;
mod undo;
mod update_disk;
mod user_data;
mod versions;
mod vips;
mod vms;
mod zones;
