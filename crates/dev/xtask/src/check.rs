//! Checks a release tarball as it is, with nothing taken from where it was made: what the
//! manifest promises, and that an installed job starts a CPI that takes its config.

use crate::archive::{self, File, Files};
use crate::cloud_job::{CloudJob, JOBS};
use crate::image_job::{self, IMAGE_JOB};
use crate::job::{self, Job};
use crate::{root, spec};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// `release.MF`.
#[derive(Debug, Deserialize)]
struct Manifest {
    name: String,
    version: String,
    jobs: Vec<Part>,
    packages: Vec<Part>,
}

/// A job or a package in the manifest.
#[derive(Debug, Deserialize)]
struct Part {
    name: String,
    fingerprint: String,
    sha1: String,
    #[serde(default)]
    packages: Vec<String>,
}

/// Checks everything; what was checked, a line each.
pub fn tarball(tarball: &[u8]) -> Result<Vec<String>> {
    let files = archive::unpack(tarball)?;
    let text = text(&files, "release.MF")?;
    let manifest: Manifest = serde_saphyr::from_str(text).context("release.MF")?;
    let mut done = vec![format!("{} {}", manifest.name, manifest.version)];

    let mut packages = Vec::new();
    for part in &manifest.packages {
        packages.push((part, part_files(&files, "packages", part)?));
    }
    for part in &manifest.jobs {
        let job_files = part_files(&files, "jobs", part)?;
        let job = spec_of(part, &job_files)?;
        for name in &job.packages {
            ensure!(part.packages.contains(name), "release.MF: {} lacks package {name}", part.name);
            ensure!(packages.iter().any(|(p, _)| p.name == *name), "package {name} is missing");
        }
        done.push(format!("job {}: {} properties", part.name, job.properties.len()));
        if !job::has_ruby() {
            done.push("templates: NOT checked, there is no ruby".to_owned());
            continue;
        }
        if part.name == IMAGE_JOB {
            for (what, given) in image_job::cases()? {
                let home = tempfile::tempdir()?;
                install(&packages, home.path())?;
                let runs = image_job::runs(&job, &job_files, home.path(), &given);
                runs.with_context(|| format!("{} with {what}", part.name))?;
                done.push(format!("job {} with {what}: the server takes its settings", part.name));
            }
            continue;
        }
        let cloud = JOBS.iter().find(|cloud| cloud.name == part.name);
        let cloud = cloud.with_context(|| format!("{}: no such cloud", part.name))?;
        for (what, given) in cases(cloud)? {
            runs(&job, &job_files, &packages, &given).with_context(|| format!("with {what}"))?;
            done.push(format!("job {} with {what}: the CPI takes its config", part.name));
        }
    }
    Ok(done)
}

/// An archive in the tarball, which is what the manifest promises.
fn part_files(files: &Files, kind: &str, part: &Part) -> Result<Files> {
    let path = format!("{kind}/{}.tgz", part.name);
    let packed = &files.get(&path).with_context(|| format!("{path} is missing"))?.bytes;
    ensure!(archive::digest(packed) == part.sha1, "{path}: its digest is not the manifest's");
    let inner = archive::unpack(packed)?;
    ensure!(
        archive::fingerprint(&inner) == part.fingerprint,
        "{path}: its fingerprint is not the manifest's"
    );
    Ok(inner)
}

fn spec_of(part: &Part, files: &Files) -> Result<Job> {
    let job = Job::parse(text(files, "job.MF")?)?;
    ensure!(job.name == part.name, "job.MF: the name is {}, not {}", job.name, part.name);
    ensure!(files.contains_key("monit"), "{}: no monit", job.name);
    let there: BTreeSet<_> =
        files.keys().filter_map(|path| path.strip_prefix("templates/")).collect();
    let named: BTreeSet<_> = job.templates.keys().map(String::as_str).collect();
    ensure!(there == named, "{}: its templates are {there:?}, its spec has {named:?}", job.name);
    for (name, property) in &job.properties {
        ensure!(!property.description.is_empty(), "{name} has no description");
    }
    Ok(job)
}

/// The properties to try: the least, and an operator's who sets everything.
fn cases(cloud: &CloudJob) -> Result<[(&'static str, Value); 2]> {
    let mut least = json!({"agent": {"mbus": "nats://10.0.0.6:4222"}});
    least[cloud.plugin] = json!({"strict": true});
    Ok([("the defaults", least), ("the full example", spec::example(&root(), cloud)?)])
}

/// Installs packages and job into an empty folder as the bosh CLI does, and asks for `info`.
fn runs(job: &Job, files: &Files, packages: &[(&Part, Files)], given: &Value) -> Result<()> {
    let home = tempfile::tempdir()?;
    let (jobs, installed) = (home.path().join("jobs"), home.path().join("packages"));
    install(packages, home.path())?;
    // `state_dir` of an example is not this machine's.
    let mut given = given.clone();
    bosh_release::put(&mut given, "state_dir", json!(home.path().join("state")));
    let values = job.values(&given);
    for (template, target) in &job.templates {
        let source = text(files, &format!("templates/{template}"))?;
        let rendered = job::render(source, &values).with_context(|| template.clone())?;
        let path = jobs.join(&job.name).join(target);
        write(&path, rendered.as_bytes(), if target.starts_with("bin/") { 0o750 } else { 0o640 })?;
        if target.starts_with("bin/") {
            let syntax = Command::new("sh").arg("-n").arg(&path).output()?;
            let why = String::from_utf8_lossy(&syntax.stderr);
            ensure!(syntax.status.success(), "{target}: {why}");
        }
    }
    let program = jobs.join(&job.name).join("bin/cpi");
    info(&program, &jobs, &installed)
}

/// Installs packages into a folder that stands for `/var/vcap`.
fn install(packages: &[(&Part, Files)], home: &Path) -> Result<()> {
    for (part, files) in packages {
        let source = home.join("source").join(&part.name);
        write_all(&source, files)?;
        let packaging = Command::new("bash")
            .args(["-x", "packaging"])
            .current_dir(&source)
            .env("BOSH_INSTALL_TARGET", home.join("packages").join(&part.name))
            .output()?;
        ensure!(packaging.status.success(), "{}", String::from_utf8_lossy(&packaging.stderr));
    }
    Ok(())
}

/// Sends `info` as a director or the bosh CLI would.
fn info(program: &Path, jobs: &Path, packages: &Path) -> Result<()> {
    let mut child = Command::new(program)
        .env_clear()
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("BOSH_JOBS_DIR", jobs)
        .env("BOSH_PACKAGES_DIR", packages)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("bin/cpi does not start")?;
    let request = json!({"method": "info", "arguments": [], "context": {"director_uuid": "d"}});
    let mut stdin = child.stdin.take().context("bin/cpi has no stdin")?;
    stdin.write_all(request.to_string().as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let answer: Value = serde_json::from_slice(&output.stdout).with_context(|| {
        format!("bin/cpi gave no answer: {}", String::from_utf8_lossy(&output.stderr))
    })?;
    if !answer["error"].is_null() || !answer["result"]["api_version"].is_u64() {
        bail!("bin/cpi answers info with {answer}");
    }
    Ok(())
}

fn write_all(dir: &Path, files: &Files) -> Result<()> {
    for (path, File { bytes, mode }) in files {
        write(&dir.join(path), bytes, mode.bits())?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    fs::create_dir_all(path.parent().context("a file without a folder")?)?;
    fs::write(path, bytes)?;
    Ok(fs::set_permissions(path, fs::Permissions::from_mode(mode))?)
}

pub(crate) fn text<'a>(files: &'a Files, path: &str) -> Result<&'a str> {
    let file = files.get(path).with_context(|| format!("{path} is missing"))?;
    std::str::from_utf8(&file.bytes).with_context(|| format!("{path} is not UTF-8"))
}
