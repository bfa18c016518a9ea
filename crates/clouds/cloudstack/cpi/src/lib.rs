//! The BOSH CPI for CloudStack: [`CloudStack`] implements [`bosh_cpi::Cpi`].
//!
//! A method is a file under `methods`, which reads like its description: find, plan, run,
//! answer. It finds ids with `lookup`, names things with [`cpi_kit::naming`], and changes the cloud in
//! `steps` only, so that what fails is undone and what dies is repaired. What the cloud
//! refuses becomes BOSH's errors in the one table of `errors`.

mod capture;
mod cloud;
mod connect;
mod doctor;
mod errors;
mod gc;
mod groups;
mod hints;
mod lookup;
mod methods;
mod naming;
mod outside;
pub mod properties;
mod settings;
mod steps;
mod tags;
mod version;

pub use cloud::CloudStack;
pub use outside::{Outside, OutsideThing};
pub use properties::CloudStackProperties;
pub use steps::Intent;

bosh_cpi::dispatch!(CloudStack, crate::methods);
