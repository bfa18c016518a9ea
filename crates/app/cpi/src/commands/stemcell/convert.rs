//! `cpi stemcell convert`.

use super::{Format, bar, scratch, size_of};
use crate::stdout;
use clap::Args;
use std::path::PathBuf;
use stemcell::{UnpackOptions, convert, open, unpack};

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
        let target = self.to.target();
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
