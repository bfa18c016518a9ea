//! `cpi call`: a method by hand.

use crate::{config, folder_owner, stdout};
use anyhow::{Context, bail};
use bosh_cpi::{METHODS, Response};
use clap::Args;
use cpi_runtime::{ConfigFile, Environment, StateDir, answer};
use serde_json::{Value, json};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Call a method by hand, and see the result.
#[derive(Debug, Args)]
#[command(after_help = help())]
pub struct Call {
    /// The method's name.
    #[arg(value_name = "METHOD")]
    method: String,

    /// Its arguments as a JSON array; `-` reads them from standard input, which keeps
    /// passwords out of the list of processes.
    #[arg(value_name = "ARGS-JSON", default_value = "[]", hide_default_value = true)]
    arguments: String,

    /// A JSON file that stands for the request's context, such as a cpi-config's properties.
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,

    /// Print the answer as a director gets it.
    #[arg(long)]
    json: bool,

    /// The API version that the request names.
    #[arg(long, value_name = "1|2|3", default_value_t = 2)]
    api_version: u8,
}

impl Call {
    /// Calls it; fails if the method does.
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<ExitCode> {
        let file = ConfigFile::read(&config::find(config)?);
        let request = self.request()?;
        let environment = Environment::of_process();
        if let Ok(file) = &file {
            let folder = StateDir::of(&file.config, &environment).probable();
            folder_owner::become_owner(&folder, &environment.store)?;
        }
        let mut failed = false;
        answer(&request, &file, &environment, |response| {
            failed = response.is_error();
            if self.json { stdout::write_line(&response.to_json()) } else { show(response) }
        })?;
        Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn request(&self) -> anyhow::Result<Vec<u8>> {
        let mut arguments = self.arguments.clone();
        if arguments == "-" {
            arguments.clear();
            std::io::stdin().lock().read_to_string(&mut arguments).context("standard input")?;
        }
        let arguments: Value = serde_json::from_str(&arguments)
            .context("the arguments are not JSON; expected an array such as '[\"vm-cid\"]'")?;
        if !arguments.is_array() {
            bail!("the arguments are no JSON array; put them into [ ]");
        }
        let request = json!({
            "method": self.method,
            "arguments": arguments,
            "api_version": self.api_version,
            "context": self.context()?,
        });
        Ok(request.to_string().into_bytes())
    }

    fn context(&self) -> anyhow::Result<Value> {
        let Some(path) = &self.context else {
            return Ok(json!({}));
        };
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", path.display()))
    }
}

fn show(response: &Response) -> io::Result<()> {
    match response.outcome() {
        Ok(result) => stdout::write_line(&format!("{result:#}"))?,
        Err(error) => eprintln!("{error}"),
    }
    eprintln!("{}", response.log().trim_end());
    Ok(())
}

/// The methods with their arguments, as the contract's table has them.
fn help() -> String {
    let mut help = String::from("Methods:\n");
    for method in METHODS {
        let arguments: Vec<_> = method
            .arguments
            .iter()
            .map(|spec| if spec.required { spec.name.into() } else { format!("[{}]", spec.name) })
            .collect();
        help += &format!("  {} {}\n", method.name, arguments.join(" "));
        help += &format!("      {}\n", method.summary);
    }
    help + "\nExample:\n  cpi --config cpi.json call has_vm '[\"0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111\"]'"
}
