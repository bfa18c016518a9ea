//! `cpi stemcell convert`.

use super::{bar, scratch, size_of};
use crate::stdout;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use stemcell::{Target, UnpackOptions, convert, open, unpack};

/// Write an image in another format.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi stemcell convert root.img --to vhd --output root.vhd")]
pub struct Convert {
    /// The image, in whatever wrapping; it stays as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The format to write.
    #[arg(long, value_name = "FORMAT")]
    to: Format,

    /// Where to write it.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For KVM.
    Qcow2,
    /// The bytes of the disk.
    Raw,
    /// For XenServer; it grows.
    Vhd,
    /// For XenServer, of a fixed size.
    VhdFixed,
}

impl Convert {
    pub fn run(self) -> anyhow::Result<()> {
        let reading = bar("unpacking", size_of(&self.file))?;
        let unpacked = unpack(
            open(&self.file)?,
            &scratch(Some(&self.output)),
            &UnpackOptions::default(),
            &mut |done| reading.set_position(done),
        );
        reading.finish_and_clear();
        let unpacked = unpacked?;
        let target = match self.to {
            Format::Qcow2 => Target::Qcow2,
            Format::Raw => Target::Raw,
            Format::Vhd => Target::VhdDynamic,
            Format::VhdFixed => Target::VhdFixed,
        };
        let writing = bar("converting", unpacked.size)?;
        let converted = convert(&unpacked.image, &self.output, target, &mut |done| {
            writing.set_length(writing.length().unwrap_or_default().max(done));
            writing.set_position(done);
        });
        writing.finish_and_clear();
        converted?;
        Ok(stdout::write_line(&format!("{}: {}", self.output.display(), target.format()))?)
    }
}
