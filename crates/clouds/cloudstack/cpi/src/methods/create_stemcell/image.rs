//! The image as it goes to the cloud: unwrapped, in the format that the hypervisor takes, and
//! such that its agent finds its settings.

use super::hypervisor;
use crate::properties::{StemcellProperties, given};
use bosh_cpi::{CpiError, ErrorKind, Result};
use cpi_kit::Progress;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use stemcell::{
    AgentSettings, Boot, Checksum, Checksums, Compression, ImageFormat, Layer, Patched,
    StemcellError, Target, UnpackOptions,
};
use tempfile::TempDir;

/// An image that is ready to be sent.
pub(super) struct Image {
    /// Where it is.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// `QCOW2`, `RAW`, `VHD`, `OVA`.
    pub format: &'static str,
    /// What CloudStack takes for its extension: `qcow2`, `vhd.bz2`.
    pub extension: String,
    /// The SHA-1 of what is sent.
    pub sha1: String,
    /// The SHA-256 of what is sent.
    pub sha256: String,
    /// The SHA-256 of the file as it was given.
    pub given_sha256: String,
    /// What goes with it.
    _scratch: Option<TempDir>,
}

/// What a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A file that CloudStack takes.
    File,
    /// A disk that we can read ourselves.
    Disk,
}

/// An image on its way, in the scratch folder.
struct Draft {
    path: PathBuf,
    format: ImageFormat,
    /// Whether it is another than what was given.
    changed: bool,
}

/// Refuses at once what cannot be an image.
pub(super) fn check(file: &Path, path: &str) -> Result<()> {
    let shown = file.display();
    match std::fs::metadata(file) {
        Ok(there) if there.is_file() && there.len() > 0 => Ok(()),
        Ok(there) if there.is_file() => Err(CpiError::cpi(format!(
            "arguments[0]: {shown} is empty, as a light stemcell's image is; then {path} must \
             name a template (template_id or template)"
        ))),
        Ok(_) => Err(CpiError::cpi(format!("arguments[0]: {shown} is not a file"))),
        Err(error) => Err(CpiError::cpi(format!("arguments[0]: {shown}: {error}"))),
    }
}

impl Image {
    /// Makes of the file what that hypervisor takes. Scratch files lie beside it.
    pub(super) fn prepare(
        file: &Path,
        stemcell: &StemcellProperties,
        path: &str,
        hypervisor: &str,
        (form, agent): (Form, Option<&AgentSettings>),
    ) -> Result<Self> {
        let failed = |error: StemcellError| with_file(file, &error);
        let scratch = scratch(file)?;
        let source = stemcell::open(file).map_err(failed)?;
        let options = UnpackOptions { expected: expected(stemcell, path)?, ..Default::default() };
        let unpacked = stemcell::unpack(source, scratch.path(), &options, &mut |_| {});
        let unpacked = unpacked.map_err(failed)?;
        verify_sha1(stemcell, path, &unpacked.input.sha1)?;
        tracing::info!("the image is a {}{}", unpacked.format, wrapped(&unpacked.layers));
        let path = unpacked.image.keep().map_err(|e| CpiError::cpi(e.to_string()))?;
        let mut draft = Draft { path, format: unpacked.format, changed: false };
        patch_if_needed(&mut draft, stemcell, agent, scratch.path()).map_err(failed)?;
        let draft = match form {
            Form::File => convert_if_needed(draft, hypervisor, scratch.path(), file)?,
            // Refused before anything is made, by the name that the caller knows.
            Form::Disk => stemcell::disk_size(&draft.path).map(|_| draft).map_err(failed)?,
        };
        let format = draft.format.template_format().ok_or_else(|| {
            let what = draft.format;
            CpiError::cloud(format!("arguments[0]: CloudStack takes no {what} as a template"))
        })?;
        let plain = draft.format.extension();
        // As it was given, where nothing changed that CloudStack would not undo by itself.
        let as_given = packed(&unpacked.layers).filter(|_| form == Form::File && !draft.changed);
        let (path, bytes, sums, extension) = match as_given {
            Some(packed) => {
                let sums = unpacked.input.clone();
                (file.to_owned(), unpacked.input_size, sums, format!("{plain}{packed}"))
            }
            None => {
                let (bytes, sums) = sums_of(&draft.path).map_err(failed)?;
                (draft.path, bytes, sums, plain.to_owned())
            }
        };
        Ok(Self {
            path,
            bytes,
            format,
            extension,
            sha1: sums.sha1,
            sha256: sums.sha256,
            given_sha256: unpacked.input.sha256,
            _scratch: as_given.is_none().then_some(scratch),
        })
    }

    /// The size of the disk in it, in bytes.
    pub(super) fn disk_size(&self) -> Result<u64> {
        stemcell::disk_size(&self.path).map_err(|error| with_file(&self.path, &error))
    }

    /// Writes the disk in it onto a device.
    pub(super) fn write_onto(&self, device: &Path) -> Result<()> {
        let mut progress = Progress::new(self.disk_size()?, "written");
        let written = stemcell::write_onto(&self.path, device, &mut |done| progress.tell(done));
        written.map_err(|error| not_written(&self.path, &error))
    }

    /// Opens it, to be sent.
    pub(super) fn open(&self) -> Result<File> {
        stemcell::open(&self.path).map_err(|error| with_file(&self.path, &error))
    }
}

/// An error of the image, with its place in the request.
fn with_file(file: &Path, error: &StemcellError) -> CpiError {
    let kind = match error {
        StemcellError::NoRoom { .. } => ErrorKind::NoDiskSpace,
        _ => ErrorKind::CpiError,
    };
    CpiError::new(kind, format!("arguments[0]: {}: {error}", file.display()))
}

/// An error of writing an image onto a device.
fn not_written(image: &Path, error: &StemcellError) -> CpiError {
    match error {
        StemcellError::File { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
            CpiError::cpi(format!(
                "{error}: the route 'volume' needs to write on this VM's disks: run the CPI as \
                 root, or as a member of the group 'disk'"
            ))
        }
        _ => with_file(image, error),
    }
}

/// Beside the image: the director has room there, and removes it all when it is done.
fn scratch(file: &Path) -> Result<TempDir> {
    let beside = file.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".cpi-stemcell-");
    let made = builder.tempdir_in(beside).or_else(|_| builder.tempdir());
    made.map_err(|e| CpiError::cpi(format!("no folder for scratch files: {e}")))
}

fn expected(stemcell: &StemcellProperties, path: &str) -> Result<Option<Checksum>> {
    let sum = |text: &str, name: &str| {
        text.parse().map_err(|e: StemcellError| CpiError::cpi(format!("{path}.{name}: {e}")))
    };
    match (given(&stemcell.sha256), given(&stemcell.sha1)) {
        (Some(text), _) => sum(text, "sha256").map(Some),
        // BOSH writes `sha256:…` here, too.
        (None, Some(text)) => sum(text, "sha1").map(Some),
        (None, None) => Ok(None),
    }
}

/// Where both sums are given, the first was checked on the way.
fn verify_sha1(stemcell: &StemcellProperties, path: &str, sha1: &str) -> Result<()> {
    match (given(&stemcell.sha256), given(&stemcell.sha1)) {
        (Some(_), Some(wanted)) if wanted.len() == 40 && !wanted.eq_ignore_ascii_case(sha1) => {
            Err(CpiError::cpi(format!("{path}.sha1: the image's is {sha1}, not {wanted}")))
        }
        _ => Ok(()),
    }
}

fn wrapped(layers: &[Layer]) -> String {
    if layers.is_empty() {
        return String::new();
    }
    let names: Vec<_> = layers.iter().map(ToString::to_string).collect();
    format!(" in {}", names.join(", "))
}

/// The second extension of what CloudStack unwraps by itself.
fn packed(layers: &[Layer]) -> Option<&'static str> {
    match layers {
        [] => Some(""),
        [Layer::Compressed(Compression::Gzip)] => Some(".gz"),
        [Layer::Compressed(Compression::Bzip2)] => Some(".bz2"),
        _ => None,
    }
}

/// Clouds for which official stemcells are made whose agents find nothing on CloudStack.
const FOREIGN: &[&str] = &["openstack", "vsphere"];

/// An agent of a stemcell for another cloud looks for its settings where CloudStack has none.
fn patch_if_needed(
    draft: &mut Draft,
    stemcell: &StemcellProperties,
    own: Option<&AgentSettings>,
    scratch: &Path,
) -> std::result::Result<(), StemcellError> {
    let foreign = given(&stemcell.infrastructure)
        .is_some_and(|made_for| FOREIGN.iter().any(|name| name.eq_ignore_ascii_case(made_for)));
    let settings = match own {
        Some(own) => own,
        None if foreign => &AgentSettings::CloudStack,
        None => return Ok(()),
    };
    if !draft.format.is_read() {
        tracing::warn!("agent.json is not written: a {} is not read", draft.format);
        return Ok(());
    }
    if !draft.format.is_patchable() {
        convert(draft, Target::Qcow2, &scratch.join("patchable"))?;
    }
    let patched = stemcell::patch(&draft.path, settings)?;
    draft.changed |= patched.written > 0;
    let Patched { file, partition, services, .. } = patched;
    let whose = if own.is_some() { "is the operator's own" } else { "fits CloudStack" };
    tracing::info!("{file} on partition {partition} {whose}");
    if own.is_none() && services.is_empty() {
        tracing::warn!(
            "the image has no systemd: with a static network and a virtual router, its agent finds \
             new settings only if the manifest's DNS knows 'data-server'"
        );
    }
    Ok(())
}

/// Converts the draft into another file of the scratch folder.
fn convert(draft: &mut Draft, target: Target, to: &Path) -> std::result::Result<(), StemcellError> {
    stemcell::convert(&draft.path, to, target, &mut |_| {})?;
    // Makes room; the folder goes in any case.
    if let Err(error) = std::fs::remove_file(&draft.path) {
        tracing::debug!(%error, "a scratch file stays for now");
    }
    *draft = Draft { path: to.to_owned(), format: target.format(), changed: true };
    Ok(())
}

fn sums_of(path: &Path) -> std::result::Result<(u64, Checksums), StemcellError> {
    Checksums::of(stemcell::open(path)?).map_err(StemcellError::Source)
}

/// Converts it where the hypervisor takes another format.
fn convert_if_needed(
    mut draft: Draft,
    hypervisor: &str,
    scratch: &Path,
    file: &Path,
) -> Result<Draft> {
    let target = match hypervisor::boots(draft.format, hypervisor) {
        Boot::Yes => return Ok(draft),
        Boot::Converted(ImageFormat::VhdDynamic) => Target::VhdDynamic,
        Boot::Converted(ImageFormat::Ova) => Target::Ova,
        Boot::Converted(_) => Target::Qcow2,
        Boot::No(why) => {
            return Err(CpiError::cloud(format!("arguments[0]: {}: {why}", file.display())));
        }
    };
    tracing::info!("{hypervisor} takes no {}: it is converted", draft.format);
    convert(&mut draft, target, &scratch.join("converted"))
        .map_err(|error| with_file(file, &error))?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A director does not run as root: what it lacks is told, not only that it is refused.
    #[test]
    fn the_right_to_write_on_disks_is_asked_for() {
        let refused = |kind: io::ErrorKind| {
            let path = PathBuf::from("/dev/disk/by-id/virtio-1f");
            let error = StemcellError::File { verb: "open", path, source: kind.into() };
            not_written(Path::new("image"), &error).message
        };
        let message = refused(io::ErrorKind::PermissionDenied);
        assert!(message.contains("virtio-1f") && message.contains("group 'disk'"), "{message}");
        assert!(!refused(io::ErrorKind::UnexpectedEof).contains("group 'disk'"));
    }
}
