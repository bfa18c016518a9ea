//! One call of a CPI as a library: the bytes of a request in, a response out, whatever happens.
//!
//! [`answer`] may be called many times and on many threads of one process. Its log, secrets,
//! statistics and traces are those of one call; what the process has once is a panic hook.
//! Which clouds there are stands in [`PLUGINS`].
//!
//! ```
//! use cpi_runtime::{ConfigFile, Environment, answer};
//!
//! let config = ConfigFile::parse(br#"{"cloud": {"plugin": "cloudstack", "properties": {
//!     "cloudstack": {"endpoint": "http://127.0.0.1:1/client/api"}}}}"#);
//! let request = br#"{"method": "info", "arguments": [], "context": {}}"#;
//! let mut written = String::new();
//! answer(request, &config, &Environment::of_process(), |response| {
//!     written = response.to_json();
//!     Ok(())
//! })?;
//! assert!(written.contains("stemcell_formats"));
//! # Ok::<(), std::io::Error>(())
//! ```

mod call;
mod config_file;
mod environment;
pub mod log;
mod message_bus;
mod panics;
mod plugins;
mod redact;
mod state_dir;
mod statistics;
mod traces;

pub use call::answer;
pub use config_file::ConfigFile;
pub use environment::Environment;
pub use plugins::{PLUGINS, plugin_names, provider, similar_property, unknown_properties};
pub use redact::Secrets;
pub use state_dir::StateDir;
