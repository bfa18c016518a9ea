//! `cargo xtask`: chores of this repository.

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use xtask::binary::{self, Linkage};
use xtask::cloud_job::JOBS;
use xtask::imports::{self, Imports};
use xtask::release::Release;
use xtask::{check, page, root, softlayer_types, spec};

#[derive(Parser)]
#[command(about = "Chores of this repository.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the release tarball, and check it.
    Release(MakeRelease),
    /// Show the files that import each other in a circle, in each crate or in one.
    Circles {
        /// A part of the crate's path, such as `cloudstack/cpi`.
        krate: Option<String>,
    },
    /// Write the job's spec, the names in its template, and the page of all properties anew from
    /// docs/schema.json.
    Spec,
    /// Write the facts about SoftLayer's types anew, which the simulator checks masks and filters
    /// by, from a checkout of softlayer-go.
    SoftlayerTypes {
        /// The checkout.
        source: PathBuf,
    },
}

#[derive(clap::Args)]
#[command(after_help = "Example:\n  cargo xtask release --build --output cpi-release.tgz")]
struct MakeRelease {
    /// Build the static binary first.
    #[arg(long, conflicts_with = "binary")]
    build: bool,
    /// The binary. Default: where `--build` puts it.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// The release's version. Default: that of the crates.
    #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
    version: String,
    /// Where the tarball goes.
    #[arg(long, value_name = "FILE", default_value = "cloudstack-cpi-release.tgz")]
    output: PathBuf,
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Release(release) => release.run(),
        Command::Spec => write_spec(),
        Command::Circles { krate } => show_circles(&krate.unwrap_or_default()),
        Command::SoftlayerTypes { source } => {
            let facts = softlayer_types::generate(&source)?;
            Ok(std::fs::write(softlayer_types::path(&root()), facts)?)
        }
    }
}

#[expect(clippy::print_stdout, reason = "it is what the command is for")]
fn show_circles(part: &str) -> Result<()> {
    for folder in imports::crates(&root().join("crates"))? {
        if !folder.to_string_lossy().contains(part) {
            continue;
        }
        for circle in Imports::read(&folder)?.circles() {
            println!("{}:", folder.strip_prefix(root()).unwrap_or(&folder).display());
            circle.iter().for_each(|file| println!("  {file}"));
        }
    }
    Ok(())
}

fn write_spec() -> Result<()> {
    for job in &JOBS {
        std::fs::create_dir_all(job.folder(&root()).join("templates"))?;
        for (name, text) in spec::templates(&root(), job)? {
            std::fs::write(job.template(&root(), name), text)?;
        }
        std::fs::write(job.spec(&root()), spec::generate(&root(), job)?)?;
    }
    Ok(std::fs::write(page::path(&root()), page::generate(&root())?)?)
}

impl MakeRelease {
    fn run(self) -> Result<()> {
        if self.build {
            binary::build(&root())?;
        }
        let binary = match self.binary {
            Some(binary) => binary,
            None => binary::built(&root())?,
        };
        binary::require(&binary, Linkage::Static)?;
        let tarball = Release::read(&root(), &binary, &self.version)?.tarball()?;
        std::fs::write(&self.output, &tarball)?;
        for line in check::tarball(&tarball)? {
            eprintln!("ok: {line}");
        }
        eprintln!("{}: {} bytes", self.output.display(), tarball.len());
        Ok(())
    }
}
