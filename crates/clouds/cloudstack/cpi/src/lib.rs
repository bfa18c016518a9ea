//! The BOSH CPI for CloudStack: [`CloudStack`] implements [`bosh_cpi::Cpi`].
//!
//! A method is a file under `methods`, which reads like its description: read, resolve, change,
//! answer. It resolves names with `lookup`, names what it makes with [`cpi_kit::naming`], and says
//! to the journal what it is about to change (`intent`), so that what fails is undone and what
//! dies is repaired (`undo`, by `resources`). What the cloud refuses becomes BOSH's errors in the
//! one table of `errors`. Modules use those that stand above them here, and no other:

// Data.
mod disk_bus;
mod disk_hint;
mod errors;
mod intent;
mod name_ref;
mod naming;
mod permit;
pub mod properties;
mod tags;

// The session with the cloud.
mod agent_settings;
mod api;
mod client;
mod scope;
mod session;

// What is in the cloud.
mod lookup;
mod resources;

// What is done to it.
mod capture;
mod doctor;
mod gc;
mod methods;
mod plugin;
mod provider;
mod undo;

pub use intent::{Intent, PublicResource, PublicResourceKind};
pub use plugin::Plugin;
pub use properties::CloudStackProperties;
pub use session::CloudStack;

bosh_cpi::dispatch!(CloudStack, crate::methods);
