//! The BOSH CPI for SoftLayer (IBM Cloud Classic): [`SoftLayer`] implements [`bosh_cpi::Cpi`].
//!
//! The floors, from the bottom up; a file imports only from its own floor's data and from below:
//!
//! 1. data: `intent` (what the journal holds), `errors` (THE table from SoftLayer's errors to
//!    BOSH's), `properties`, `cids`, `notes`, `tags`, `agent_settings`;
//! 2. `session` (what one call works with), `api` (the ways to call the cloud), `naming`;
//! 3. `lookup`: names to ids and prices, cached;
//! 4. `resources`: a file a kind of thing: how it is found, made and made sure to be absent;
//! 5. `methods`: a file a method of the contract, none of which imports another; `gc`;
//! 6. `undo` (which resource undoes which [`Intent`]), `doctor`;
//! 7. `provider`.

mod agent_settings;
mod api;
mod cids;
mod doctor;
mod errors;
mod gc;
mod intent;
mod lookup;
mod methods;
mod naming;
mod notes;
mod plugin;
pub mod properties;
mod provider;
mod resources;
mod session;
mod tags;
mod undo;

pub use intent::{DiskOrder, Intent};
pub use plugin::Plugin;
pub use properties::SoftLayerProperties;
pub use session::SoftLayer;

bosh_cpi::dispatch!(SoftLayer, crate::methods);
