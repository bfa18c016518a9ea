//! No subcommand: answers one request of a director.

use crate::{config, stdout};
use cpi_runtime::{Environment, answer};
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

pub const EXAMPLE: &str = "\
Example:
  echo '{\"method\":\"info\",\"arguments\":[],\"context\":{}}' | cpi --config cpi.json";

/// Reads all of standard input before anything else, since a director that cannot write its
/// request to the end fails; writes the answer; succeeds once it is written.
pub fn run(config: Option<&Path>) -> ExitCode {
    let mut bytes = Vec::new();
    if let Err(error) = std::io::stdin().lock().read_to_end(&mut bytes) {
        // What was read is no request then, and the answer says so.
        eprintln!("standard input: {error}");
    }
    let environment = Environment::of_process();
    let answered = answer(&bytes, &config::read(config), &environment, |response| {
        stdout::write_line(&response.to_json())
    });
    match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the answer could not be written: {error}");
            ExitCode::FAILURE
        }
    }
}
