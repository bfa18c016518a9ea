//! `cpi stemcell config-drive`.

use crate::stdout;
use anyhow::Context;
use clap::Args;
use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use stemcell::config_drive::ConfigDrive;
use stemcell::output::{Output, Readers};

/// Write the ISO that CloudStack would present to a VM, to see what its agent sees.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi stemcell config-drive --user-data settings.json \
    --metadata instance-id=0b4e2c1e --output config-2.iso")]
pub struct WriteConfigDrive {
    /// The user-data, not encoded: for a BOSH VM the agent's settings.
    #[arg(long, value_name = "FILE")]
    user_data: PathBuf,

    /// A value by CloudStack's name: instance-id, local-hostname, local-ipv4 … May be given
    /// several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    metadata: Vec<(String, String)>,

    /// Where to write it; readable by its owner only, since user-data holds secrets.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

impl WriteConfigDrive {
    pub fn run(self) -> anyhow::Result<()> {
        let read = std::fs::read(&self.user_data);
        let user_data = read.with_context(|| self.user_data.display().to_string())?;
        let metadata: BTreeMap<_, _> = self.metadata.into_iter().collect();
        let drive = ConfigDrive { user_data, metadata, network_data: None };
        let mut output = Output::create(&self.output, Readers::Owner)?;
        let mut writer = BufWriter::new(output.file());
        drive.write(&mut writer)?;
        writer.flush()?;
        drop(writer);
        output.publish()?;
        let path = self.output.display();
        let paths: Vec<_> = drive.files().into_keys().collect();
        Ok(stdout::write_line(&format!("{path}:\n  {}", paths.join("\n  ")))?)
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
