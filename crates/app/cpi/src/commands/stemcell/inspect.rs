//! `cpi stemcell inspect`.

use super::{bar, scratch, size_of};
use crate::stdout;
use crate::terminal::{table, text};
use clap::Args;
use std::path::PathBuf;
use stemcell::{Boot, DiskReport, Hypervisor, ImageReport, Inspection, UnpackOptions, inspect};

/// Tell what a stemcell or an image is, whether it would boot, and how its agent would get its
/// settings.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cpi stemcell inspect stemcell.tgz\n  \
    cpi stemcell inspect root.img --hypervisor XenServer --json")]
pub struct Inspect {
    /// The stemcell, or an image in whatever wrapping.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The hypervisor that is to boot it.
    #[arg(long, value_name = "NAME", default_value = "KVM")]
    hypervisor: Hypervisor,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub fn run(self) -> anyhow::Result<()> {
        let bar = bar("reading", size_of(&self.file))?;
        let options = UnpackOptions::default();
        let told =
            inspect(&self.file, &scratch(None), &options, &mut |done| bar.set_position(done));
        bar.finish_and_clear();
        let told = told?;
        if self.json {
            stdout::write_line(&serde_json::to_string_pretty(&told)?)?;
            return Ok(());
        }
        let mut rows = table(&["what", "finding"]);
        for (what, finding) in self.rows(&told) {
            rows.add_row([what, &finding]);
        }
        Ok(stdout::write_line(&text(&rows))?)
    }

    fn rows(&self, told: &Inspection) -> Vec<(&'static str, String)> {
        let mut rows = Vec::new();
        if let Some(manifest) = &told.manifest {
            rows.push(("stemcell", format!("{} {}", manifest.name, manifest.version)));
            rows.push(("formats", manifest.stemcell_formats.join(", ")));
        }
        let layers: Vec<_> = told.layers.iter().map(ToString::to_string).collect();
        rows.push((
            "wrapped in",
            if layers.is_empty() { "nothing".into() } else { layers.join(" › ") },
        ));
        match &told.image {
            None => rows.push(("image", "none: a light stemcell".into())),
            Some(image) => self.image_rows(image, &mut rows),
        }
        rows
    }

    fn image_rows(&self, image: &ImageReport, rows: &mut Vec<(&'static str, String)>) {
        rows.push(("image", format!("{}, {} bytes", image.format, image.size)));
        let boots = match image.format.boots_on(self.hypervisor) {
            Boot::Yes => "as it is".to_owned(),
            Boot::Converted(format) => format!("once converted to {format}"),
            Boot::No(why) => format!("no: {why}"),
        };
        rows.push(("boots", format!("on {}: {boots}", self.hypervisor)));
        match &image.disk {
            Ok(disk) => disk_rows(disk, rows),
            Err(why) => rows.push(("disk", format!("unknown: {why}"))),
        }
    }
}

fn disk_rows(disk: &DiskReport, rows: &mut Vec<(&'static str, String)>) {
    rows.push(("disk", format!("{} bytes", disk.size)));
    match &disk.agent {
        Err(why) => rows.push(("agent", why.clone())),
        Ok(agent) => {
            rows.push(("agent", format!("on partition {}", agent.partition)));
            for source in &agent.sources {
                rows.push(("settings", source.to_string()));
            }
        }
    }
}
