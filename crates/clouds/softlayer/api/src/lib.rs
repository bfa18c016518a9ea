//! The SoftLayer API (IBM Cloud Classic): typed calls, requests built without I/O, and a client
//! that sends them, follows pages and waits.
//!
//! A new API call is one struct in the file of its service under [`api`] and one line in the table
//! of [`call`]. What a struct holds is what is asked for: its mask is made from its fields
//! ([`field`]). The types are shared with the simulator, which answers with them.
//!
//! A call on its way: [`request`] makes verb, path, mask and body of it, `exchange` sends them,
//! again where the call's effect allows it; [`answer`] reads what came, [`error`] says what went
//! wrong and what may have happened.
//!
//! ```no_run
//! use softlayer::api::{account, virtual_guest};
//! use softlayer::{Client, ClientSettings, Credentials, Deadline, Filter, PUBLIC_ENDPOINT};
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), softlayer::Error> {
//! let keys = Credentials::Key { username: "apikey".into(), api_key: "…".into() };
//! let client = Client::new(ClientSettings::new(PUBLIC_ENDPOINT, keys))?;
//! let deadline = Deadline::after(Duration::from_secs(120));
//!
//! let wanted = Filter::is("hostname", "vm-1");
//! for guest in client.list(&account::GetVirtualGuests {}, &wanted, deadline).await? {
//!     client.call(&virtual_guest::RebootSoft { id: guest.id }, deadline).await?;
//! }
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod api;
pub mod call;
mod client;
mod code;
pub mod error;
mod exchange;
pub mod field;
mod filter;
mod hint;
mod pages;
pub mod phrases;
pub mod request;
mod settings;

pub use call::{CALLS, Call, CallInfo, Listing};
pub use client::Client;
pub use cloud_http::{Deadline, Effect, Outcome, Secret};
pub use code::Code;
pub use error::{Error, Refusal, outcome};
pub use filter::Filter;
pub use settings::{ClientSettings, Credentials, PRIVATE_ENDPOINT, PUBLIC_ENDPOINT};
