//! An image out of whatever it is wrapped in: in one pass, with bounded memory, and with
//! checksums of all that passes.

use crate::checksum::{Checksum, Checksums, Metered};
use crate::compression::Compression;
use crate::error::{StemcellError, TooMuch};
use crate::format::{self, ImageFormat};
use crate::manifest::{self, Manifest};
use crate::regular_file;
use crate::sparse::SparseFile;
use crate::tarball;
use serde::Serialize;
use std::fmt;
use std::fs::{File, Permissions};
use std::io::{self, Cursor, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempPath;

/// How much of a stream is looked at to recognise it.
pub(crate) const HEAD: usize = 68 << 10;
/// What an archive may have around an image that is as large as the limit.
const ARCHIVE_OVERHEAD: u64 = 64 << 20;
/// A stemcell is wrapped four times: gzip, tar, gzip, tar.
const DEEPEST: usize = 8;

/// What to allow and expect.
#[derive(Debug, Clone)]
pub struct UnpackOptions {
    /// At most so many bytes may come out, as image or otherwise.
    pub limit: u64,
    /// What the input's checksum must be: of the file as it is given.
    pub expected: Option<Checksum>,
}

impl Default for UnpackOptions {
    /// 64 GiB, and no checksum.
    fn default() -> Self {
        Self { limit: 64 << 30, expected: None }
    }
}

/// One thing that an image was wrapped in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Compressed.
    Compressed(Compression),
    /// In an archive, under this name.
    Tar(String),
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compressed(compression) => compression.fmt(f),
            Self::Tar(name) => write!(f, "tar with {name}"),
        }
    }
}

/// What came out.
#[derive(Debug)]
pub struct Unpacked {
    /// The image. The file goes when this is dropped: [`TempPath::keep`] or `persist` it.
    pub image: TempPath,
    /// Its format.
    pub format: ImageFormat,
    /// Its size in bytes, holes included.
    pub size: u64,
    /// Its checksums.
    pub checksums: Checksums,
    /// What it was wrapped in, outermost first.
    pub layers: Vec<Layer>,
    /// The manifest, where the input was a whole stemcell.
    pub manifest: Option<Manifest>,
    /// How many bytes the input has.
    pub input_size: u64,
    /// The checksums of the input, as it was given.
    pub input: Checksums,
}

/// Writes the image in `source` to a new file in `directory`. `progress` is told how many bytes
/// of the source are done.
///
/// # Errors
/// Everything of [`StemcellError`] that is about reading; nothing is left of the file then.
pub fn unpack(
    source: impl Read,
    directory: &Path,
    options: &UnpackOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<Unpacked, StemcellError> {
    let (contents, input_size, input) = look_through(source, directory, options, progress)?;
    let Some(found) = contents.image else {
        return Err(contents.not_an_image());
    };
    Ok(Unpacked {
        image: found.path,
        format: found.format,
        size: found.size,
        checksums: found.checksums,
        layers: found.layers,
        manifest: contents.manifest,
        input_size,
        input,
    })
}

/// As [`unpack`], but a light stemcell is fine.
pub(crate) fn look_through(
    source: impl Read,
    directory: &Path,
    options: &UnpackOptions,
    progress: &mut dyn FnMut(u64),
) -> Result<(Contents, u64, Checksums), StemcellError> {
    let mut metered = Metered::new(source, progress);
    let mut walk =
        Walk { directory, limit: options.limit, layers: Vec::new(), contents: Contents::default() };
    let outcome = walk.enter(&mut metered, "file").and_then(|()| walk.contents.require_any());
    // A wrong checksum explains whatever else went wrong, so the rest is read then; without one,
    // nothing is learned from it.
    if options.expected.is_none() {
        outcome?;
        let (size, checksums) = metered.finish(options.limit).map_err(StemcellError::source)?;
        walk.contents.verify()?;
        return Ok((walk.contents, size, checksums));
    }
    let (size, checksums) = match metered.finish(options.limit) {
        Ok(finished) => finished,
        Err(error) => return Err(outcome.err().unwrap_or(StemcellError::source(error))),
    };
    if let Some(expected) = &options.expected {
        checksums.verify("the stemcell", expected)?;
    }
    outcome?;
    walk.contents.verify()?;
    Ok((walk.contents, size, checksums))
}

/// What a walk through the layers found.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    pub(crate) image: Option<Found>,
    pub(crate) manifest: Option<Manifest>,
    /// The checksums of the entry `image` of a stemcell.
    image_entry: Option<Checksums>,
    /// What was there instead of an image.
    instead: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: TempPath,
    pub(crate) format: ImageFormat,
    pub(crate) size: u64,
    pub(crate) checksums: Checksums,
    pub(crate) layers: Vec<Layer>,
}

impl Contents {
    /// The error where no image was found.
    pub(crate) fn not_an_image(&self) -> StemcellError {
        match &self.manifest {
            Some(manifest) if manifest.is_light() => StemcellError::Light,
            _ => StemcellError::NotAnImage {
                found: self.instead.clone().unwrap_or_else(|| "an empty archive".to_owned()),
            },
        }
    }

    /// `NotAnImage` where neither an image nor a manifest was found.
    fn require_any(&self) -> Result<(), StemcellError> {
        match self.image.is_none() && self.manifest.is_none() {
            true => Err(self.not_an_image()),
            false => Ok(()),
        }
    }

    /// The manifest promises the checksum of the image; it may come before or after it.
    fn verify(&self) -> Result<(), StemcellError> {
        match (&self.manifest, &self.image_entry) {
            (Some(manifest), Some(entry)) => entry.verify("the image", &manifest.checksum()?),
            _ => Ok(()),
        }
    }
}

struct Walk<'a> {
    directory: &'a Path,
    limit: u64,
    layers: Vec<Layer>,
    contents: Contents,
}

impl Walk<'_> {
    /// Goes into one layer; `within` names what is being read, for errors.
    fn enter(&mut self, source: &mut dyn Read, within: &str) -> Result<(), StemcellError> {
        if self.layers.len() >= DEEPEST {
            return Err(StemcellError::TooDeep(DEEPEST));
        }
        let mut head = Vec::with_capacity(HEAD);
        (&mut *source)
            .take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(|error| StemcellError::decoding(within, &error))?;
        if let Some(compression) = Compression::recognise(&head) {
            let inner = compression.reader(Cursor::new(head).chain(source));
            // Whatever comes out, in an archive or not, ends somewhere.
            let most = self.limit.saturating_add(ARCHIVE_OVERHEAD);
            let mut inner = Bounded { inner, left: most, limit: self.limit };
            return self.decompressed(compression, &mut inner);
        }
        if tarball::is_ova(&head) {
            return self.image(ImageFormat::Ova, &head, source, within);
        }
        if tarball::is_tar(&head) {
            return self.archive(Cursor::new(head).chain(source), within);
        }
        match ImageFormat::recognise(&head) {
            Some(format) => self.image(format, &head, source, within),
            None => {
                self.contents.instead = Some(format::describe(&head));
                Ok(())
            }
        }
    }

    fn decompressed(
        &mut self,
        compression: Compression,
        inner: &mut dyn Read,
    ) -> Result<(), StemcellError> {
        self.layers.push(Layer::Compressed(compression));
        let within = format!("{compression} stream");
        self.enter(inner, &within)?;
        // Its own checksum comes last: the stream is read to its end.
        drain(inner, self.limit, &within)?;
        self.layers.pop();
        Ok(())
    }

    /// All entries of a tar: the first image is taken, and a manifest wherever it is.
    fn archive(&mut self, source: impl Read, within: &str) -> Result<(), StemcellError> {
        let failed = |error: &io::Error| StemcellError::decoding(&below(within, "tar"), error);
        let limit = self.limit;
        tarball::for_each_file(source, limit, failed, |entry, size, name| {
            if name == "stemcell.MF" {
                self.contents.manifest = Some(read_manifest(entry)?);
            } else if self.contents.image.is_none() && size > 0 {
                self.archived(entry, size, name)?;
            }
            Ok(())
        })
    }

    /// One entry that may be the image, or hold it.
    fn archived(
        &mut self,
        entry: &mut dyn Read,
        promised: u64,
        name: &str,
    ) -> Result<(), StemcellError> {
        let mut ignore = |_| ();
        let mut metered = Metered::new(entry, &mut ignore);
        self.layers.push(Layer::Tar(name.to_owned()));
        self.enter(&mut metered, name)?;
        let (size, checksums) =
            metered.finish(self.limit).map_err(|error| StemcellError::decoding(name, &error))?;
        if size < promised {
            return Err(StemcellError::Truncated { within: format!("{name} in the tar") });
        }
        self.layers.pop();
        if name == "image" {
            self.contents.image_entry = Some(checksums);
        }
        // An archive may hold other files, but not in the place of the image.
        match (&self.contents.image, self.contents.instead.take(), name) {
            (None, Some(found), "image" | "root.img") => {
                Err(StemcellError::NotAnImage { found: format!("{name} is {found}") })
            }
            (None, found, _) => {
                self.contents.instead = Some(match found {
                    Some(found) => format!("{name} is {found}"),
                    None => format!("an archive with {name}"),
                });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn image(
        &mut self,
        format: ImageFormat,
        head: &[u8],
        source: &mut dyn Read,
        within: &str,
    ) -> Result<(), StemcellError> {
        let into = StemcellError::file("create a file in", self.directory);
        // It may become somebody's output: whoever the umask allows may read it.
        let file = tempfile::Builder::new()
            .prefix("stemcell-image-")
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(self.directory)
            .map_err(into)?;
        let (file, path) = file.into_parts();
        let mut target = SparseFile::new(file, self.directory);
        copy(head, source, &mut target, self.limit, within)?;
        let (size, tail, checksums) = target.finish()?;
        self.contents.image = Some(Found {
            path,
            format: format.with_tail(&tail),
            size,
            checksums,
            layers: self.layers.clone(),
        });
        Ok(())
    }
}

fn below(within: &str, layer: &str) -> String {
    match within {
        "file" => format!("{layer} archive"),
        outer => format!("{layer} archive in the {outer}"),
    }
}

fn copy(
    head: &[u8],
    source: &mut dyn Read,
    target: &mut SparseFile,
    limit: u64,
    within: &str,
) -> Result<(), StemcellError> {
    target.write(head)?;
    let mut buffer = vec![0; 256 << 10];
    loop {
        let count =
            source.read(&mut buffer).map_err(|error| StemcellError::decoding(within, &error))?;
        if count == 0 {
            return Ok(());
        }
        target.write(&buffer[..count])?;
        if target.written() > limit {
            return Err(StemcellError::TooLarge { limit });
        }
    }
}

/// A decoder of which no more than so many bytes are taken.
struct Bounded<R> {
    inner: R,
    left: u64,
    /// What the caller allowed, for the error.
    limit: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => return Err(io::Error::other(TooMuch(self.limit))),
        }
        Ok(count)
    }
}

fn drain(source: &mut dyn Read, limit: u64, within: &str) -> Result<(), StemcellError> {
    let rest = io::copy(&mut source.take(limit + 1), &mut io::sink())
        .map_err(|error| StemcellError::decoding(within, &error))?;
    match rest > limit {
        true => Err(StemcellError::TooLarge { limit }),
        false => Ok(()),
    }
}

fn read_manifest(entry: &mut dyn Read) -> Result<Manifest, StemcellError> {
    let mut text = String::new();
    let malformed = |reason: String| StemcellError::Malformed { what: "stemcell.MF", reason };
    let read = entry
        .take(manifest::LARGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| malformed(error.to_string()))?;
    if read as u64 > manifest::LARGEST {
        return Err(malformed("it is larger than 1 MiB".to_owned()));
    }
    Manifest::parse(&text)
}

/// Opens a file for [`unpack`].
///
/// # Errors
/// `File` with the path; `NotAFile` for a directory, a device or a pipe.
pub fn open(path: &Path) -> Result<File, StemcellError> {
    regular_file::open(path, false)
}
