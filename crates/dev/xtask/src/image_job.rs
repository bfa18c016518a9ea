//! The release's job that serves images: whether what it renders starts the image server.

use crate::archive::Files;
use crate::check::text;
use crate::job::{self, Job};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Its name.
pub const IMAGE_JOB: &str = "image_server";

/// `bpm.yml`.
#[derive(Debug, Deserialize)]
struct Bpm {
    processes: Vec<Process>,
}

/// One of its processes.
#[derive(Debug, Deserialize)]
struct Process {
    name: String,
    executable: String,
    args: Vec<String>,
    persistent_disk: bool,
}

/// The properties to try: without TLS, and everything.
pub fn cases() -> Result<[(&'static str, Value); 2]> {
    let names = ["images.example.com".to_owned()];
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names)?;
    let plain = json!({"http_port": 8080, "password": "correct horse battery"});
    let full = json!({
        "address": "::", "http_port": 8080, "https_port": 443,
        "tls": {"certificate": cert.pem(), "private_key": signing_key.serialize_pem()},
        "user": "me", "password": "a\"b'c $d <%= 7 %> \\",
        "public_url": "https://images.example.com", "max_age": "1d", "max_size": "50G",
        "keep": "10m", "longest_link": "1h",
    });
    Ok([("http only", plain), ("every property", full)])
}

/// Has the program of the package check what is rendered. `home` stands for `/var/vcap`.
pub fn runs(job: &Job, files: &Files, home: &Path, given: &Value) -> Result<()> {
    let values = job.values(given);
    for (template, target) in &job.templates {
        let source = text(files, &format!("templates/{template}"))?;
        let rendered = job::render(source, &values).with_context(|| template.clone())?;
        let path = home.join("jobs").join(&job.name).join(target);
        std::fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        std::fs::write(path, rendered)?;
    }
    std::fs::create_dir_all(home.join("store").join(&job.name))?;
    let bpm = std::fs::read_to_string(home.join("jobs").join(&job.name).join("config/bpm.yml"))?;
    let bpm: Bpm = serde_saphyr::from_str(&bpm).context("bpm.yml")?;
    let [process] = &bpm.processes[..] else { anyhow::bail!("bpm.yml: one process is expected") };
    ensure!(process.name == job.name, "bpm.yml: monit looks for the process {}", job.name);
    ensure!(process.persistent_disk, "bpm.yml: without its disk the server cannot write");
    let here = |text: &String| text.replace("/var/vcap", &home.display().to_string());
    let output = Command::new(here(&process.executable))
        .args(process.args.iter().map(here))
        .arg("--check")
        .env_clear()
        .output()
        .with_context(|| format!("{} does not start", process.executable))?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
