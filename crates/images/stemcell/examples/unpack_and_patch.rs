//! What create_stemcell does with an official stemcell's image before it is sent, with times and
//! memory, for docs/benchmarks.md:
//! `cargo run --release -p stemcell --example unpack_and_patch -- IMAGE DIRECTORY`

use std::path::PathBuf;
use std::time::Instant;
use stemcell::{AgentSettings, UnpackOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(image), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("IMAGE and DIRECTORY are needed".into());
    };
    let start = Instant::now();
    let source = stemcell::open(&image)?;
    let options = UnpackOptions::default();
    let unpacked = stemcell::unpack(source, &directory, &options, &mut |_| ())?;
    let unpacking = start.elapsed();
    let start = Instant::now();
    let patched = stemcell::patch(&unpacked.image, &AgentSettings::CloudStack)?;
    eprintln!(
        "{}, {} bytes, unpacked in {unpacking:.2?}; patched in {:.2?}, {} bytes written; {}",
        unpacked.format,
        unpacked.size,
        start.elapsed(),
        patched.written,
        peak_memory()?
    );
    Ok(())
}

/// The most that was ever resident, as the kernel counts it.
fn peak_memory() -> std::io::Result<String> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    Ok(line.unwrap_or("no VmHWM").to_owned())
}
