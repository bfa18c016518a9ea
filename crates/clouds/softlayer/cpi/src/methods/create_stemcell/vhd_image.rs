//! The image as it goes to SoftLayer: unwrapped, and a VHD.

use crate::properties::{StemcellProperties, given};
use bosh_cpi::{CpiError, ErrorKind, Result};
use std::path::{Path, PathBuf};
use stemcell::{Checksum, ImageFormat, StemcellError, Target, UnpackOptions};
use tempfile::TempDir;

/// An image that is ready to be sent.
pub(super) struct VhdImage {
    /// Where it is.
    pub(super) path: PathBuf,
    _scratch: TempDir,
}

impl VhdImage {
    /// Makes a VHD of the file. Scratch files lie beside it.
    pub(super) fn prepare(file: &Path, stemcell: &StemcellProperties, path: &str) -> Result<Self> {
        let failed = |error: StemcellError| image_error(file, &error);
        check(file, path)?;
        let scratch = scratch(file)?;
        let source = stemcell::open(file).map_err(failed)?;
        let options = UnpackOptions { expected: expected(stemcell, path)?, ..Default::default() };
        let unpacked = stemcell::unpack(source, scratch.path(), &options, &mut |_| {});
        let unpacked = unpacked.map_err(failed)?;
        let format = unpacked.format;
        let image = unpacked.image.keep().map_err(|e| CpiError::cpi(e.to_string()))?;
        if matches!(format, ImageFormat::VhdDynamic | ImageFormat::VhdFixed) {
            return Ok(Self { path: image, _scratch: scratch });
        }
        tracing::info!("SoftLayer does not take {format}: the image is converted to a VHD");
        let to = scratch.path().join("converted.vhd");
        stemcell::convert(&image, &to, Target::VhdDynamic, &mut |_| {}).map_err(failed)?;
        // Makes room; the folder goes in any case.
        if let Err(error) = std::fs::remove_file(&image) {
            tracing::debug!(%error, "a scratch file stays for now");
        }
        Ok(Self { path: to, _scratch: scratch })
    }
}

fn check(file: &Path, path: &str) -> Result<()> {
    let shown = file.display();
    match std::fs::metadata(file) {
        Ok(there) if there.is_file() && there.len() > 0 => Ok(()),
        Ok(there) if there.is_file() => Err(CpiError::cpi(format!(
            "arguments[0]: {shown} is empty, as a light stemcell's image is; then {path} must \
             name an image (virtual-disk-image-id or virtual-disk-image-uuid)"
        ))),
        Ok(_) => Err(CpiError::cpi(format!("arguments[0]: {shown} is not a file"))),
        Err(error) => Err(CpiError::cpi(format!("arguments[0]: {shown}: {error}"))),
    }
}

/// An error of the image, with its place in the request.
fn image_error(file: &Path, error: &StemcellError) -> CpiError {
    let kind = match error {
        StemcellError::NoRoom { .. } => ErrorKind::NoDiskSpace,
        _ => ErrorKind::CpiError,
    };
    CpiError::new(kind, format!("arguments[0]: {}: {error}", file.display()))
}

/// Beside the image: the director has room there, and removes it all when it is done.
fn scratch(file: &Path) -> Result<TempDir> {
    let beside = file.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix(".cpi-stemcell-");
    let made = builder.tempdir_in(beside).or_else(|_| builder.tempdir());
    made.map_err(|e| CpiError::cpi(format!("cannot create a folder for scratch files: {e}")))
}

/// The digest that the image must have, the better one where both are given.
fn expected(stemcell: &StemcellProperties, path: &str) -> Result<Option<Checksum>> {
    let sums = [("sha256", &stemcell.sha256), ("sha1", &stemcell.sha1)];
    let Some((name, text)) = sums.into_iter().find_map(|(name, sum)| Some((name, given(sum)?)))
    else {
        return Ok(None);
    };
    let sum = text.parse().map_err(|e: StemcellError| CpiError::cpi(format!("{path}.{name}: {e}")));
    sum.map(Some)
}
