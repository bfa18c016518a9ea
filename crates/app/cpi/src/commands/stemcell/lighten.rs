//! `cpi stemcell lighten`.

use crate::stdout;
use anyhow::{Context, bail};
use clap::Args;
use serde_json::{Map, json};
use std::fs::OpenOptions;
use std::path::PathBuf;
use stemcell::{Manifest, lighten};

/// Write a light stemcell: a tarball that names a template which is in the cloud already.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi stemcell lighten --template 0b4e2c1e-… \
    --name bosh-cloudstack-kvm-ubuntu-noble --stemcell-version 1.1 --os ubuntu-noble \
    --output light.tgz")]
pub struct Lighten {
    /// The template, by id or name.
    #[arg(long, value_name = "TEMPLATE")]
    template: String,

    /// The stemcell's name.
    #[arg(long, value_name = "NAME")]
    name: String,

    /// The stemcell's version.
    #[arg(long, value_name = "VERSION")]
    stemcell_version: String,

    /// The operating system that deployments ask for, such as ubuntu-noble.
    #[arg(long, value_name = "OS")]
    os: String,

    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

impl Lighten {
    pub fn run(self) -> anyhow::Result<()> {
        if self.template.trim().is_empty() {
            bail!("--template: no template is named");
        }
        let properties = Map::from_iter([("template".to_owned(), json!(self.template))]);
        let manifest = Manifest::light(&self.name, &self.stemcell_version, &self.os, properties);
        let path = self.output.display();
        let file = OpenOptions::new().write(true).create_new(true).open(&self.output);
        lighten(&manifest, file.with_context(|| path.to_string())?)?;
        Ok(stdout::write_line(&format!("{path}: upload it with `bosh upload-stemcell {path}`"))?)
    }
}
