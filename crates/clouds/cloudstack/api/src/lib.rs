//! The CloudStack API: typed commands, signed requests built without I/O, and a client that
//! sends them, waits for jobs and follows pages.
//!
//! A new API call is one struct in the file of its noun under [`api`] and one line in the
//! table of [`command`]. The types are shared with the simulator, which answers with them.
//!
//! A call on its way: [`request`] flattens a command into parameters, [`signing`] signs them,
//! `exchange` sends them, again where the command's effect allows it; [`answer`] reads what
//! came, [`error`] says what went wrong and what may have happened, [`job`] waits for jobs.
//!
//! ```no_run
//! use cloudstack::api::{ListZones, RebootVirtualMachine};
//! use cloudstack::{Client, ClientSettings, Credentials, Deadline};
//! use std::time::Duration;
//!
//! # async fn example() -> Result<(), cloudstack::Error> {
//! let keys = Credentials { api_key: "…".into(), secret_access_key: "…".into() };
//! let client = Client::new(ClientSettings::new("https://cloud.example/client/api", keys))?;
//! let deadline = Deadline::after(Duration::from_secs(120));
//!
//! let zones = client.call(&ListZones::default(), deadline).await?;
//! println!("{} zones", zones.count);
//! let vm = client.run(&RebootVirtualMachine { id: "…".into() }, deadline).await?.0;
//! println!("{} is {}", vm.name, vm.state);
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod api;
mod client;
mod clock;
pub mod command;
pub mod error;
mod exchange;
mod hint;
pub mod job;
mod pages;
pub mod phrases;
pub mod request;
mod scope;
mod settings;
pub mod signing;
mod start;
mod tally;
mod version;

pub use client::Client;
pub use cloud_http::{Deadline, Effect, Outcome, Secret};
pub use command::{COMMANDS, Command, CommandInfo, JobCommand, Paged};
pub use error::{Error, JobLoss, Refusal, outcome};
pub use scope::Scope;
pub use settings::{ClientSettings, Credentials};
pub use start::StartedJob;
pub use tally::Tally;
pub use version::Version;
