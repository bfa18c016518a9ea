//! The BOSH CPI for SoftLayer (IBM Cloud Classic): [`SoftLayer`] implements [`bosh_cpi::Cpi`].
//!
//! A method is a file under `methods`, which reads like its description: find, plan, run,
//! answer. What it changes in the cloud it changes in steps of the journal, whose [`Intent`]s
//! say how any process makes sure that nothing billed is left. What the cloud refuses becomes
//! BOSH's errors in the one table of `errors`.

mod access;
mod cids;
mod cloud;
mod connect;
mod doctor;
mod errors;
mod gc;
mod machine;
mod methods;
mod notes;
pub mod properties;
mod settings;
mod snapshots;
mod steps;
mod storage;
mod tags;

pub use cloud::SoftLayer;
pub use properties::SoftLayerProperties;
pub use steps::Intent;
pub use storage::DiskOrder;

bosh_cpi::dispatch!(SoftLayer, crate::methods);
