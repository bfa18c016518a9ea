//! Archives: written so that their bytes depend on nothing but what is in them, read however
//! they are compressed.

use crate::digest::hex;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path};

/// The largest archive that is read into memory, unpacked: one of a job.
const LARGEST: u64 = 256 << 20;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Whether it can be run.
    pub mode: Mode,
}

/// Permissions, as far as archives of a release need them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// To be read.
    Plain,
    /// To be run, too.
    Program,
}

impl Mode {
    /// As the file system has them.
    pub fn bits(self) -> u32 {
        match self {
            Mode::Plain => 0o644,
            Mode::Program => 0o755,
        }
    }
}

/// Files by their paths, and so in the order of their paths.
pub type Files = BTreeMap<String, File>;

/// A file that is only read.
pub fn plain(bytes: impl Into<Vec<u8>>) -> File {
    File { bytes: bytes.into(), mode: Mode::Plain }
}

/// A gzipped tar: sorted, of nobody's, of no time.
///
/// # Errors
/// A path that is too long for a tar.
pub fn pack(files: &Files) -> io::Result<Vec<u8>> {
    // 255: an unknown operating system.
    let gzip = GzBuilder::new().mtime(0).operating_system(255);
    let mut tar = tar::Builder::new(gzip.write(Vec::new(), Compression::best()));
    for (path, file) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(file.bytes.len() as u64);
        header.set_mode(file.mode.bits());
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, path, file.bytes.as_slice())
            .map_err(|error| io::Error::other(format!("{path}: {error}")))?;
    }
    tar.into_inner()?.finish()
}

/// Packs all of a folder, links as links, into a gzipped tar.
///
/// # Errors
/// Those of reading the folder and of writing.
pub fn pack_folder(folder: &Path, output: impl Write) -> io::Result<()> {
    let gzip = GzBuilder::new().mtime(0).operating_system(255);
    let mut tar = tar::Builder::new(gzip.write(output, Compression::fast()));
    tar.follow_symlinks(false);
    tar.append_dir_all(".", folder)?;
    tar.into_inner()?.finish()?.flush()
}

/// The files of an archive, which must not be large; links and folders are left out.
///
/// # Errors
/// What is not an archive, or too large.
pub fn unpack(bytes: &[u8]) -> io::Result<Files> {
    let mut archive = tar::Archive::new(stemcell::decompress(bytes)?.take(LARGEST));
    let mut files = Files::new();
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
        let program = entry.header().mode()? & 0o100 != 0;
        let mode = if program { Mode::Program } else { Mode::Plain };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        files.insert(path, File { bytes, mode });
    }
    Ok(files)
}

/// Unpacks an archive into a folder, in one pass. Nothing is written outside of it: a path that
/// would be is an error.
///
/// # Errors
/// What is not an archive; those of writing.
pub fn extract(source: impl Read, folder: &Path) -> io::Result<()> {
    let mut archive = tar::Archive::new(stemcell::decompress(source)?);
    archive.set_preserve_permissions(false);
    archive.set_overwrite(true);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.unpack_in(folder)? {
            let path = entry.path()?.display().to_string();
            return Err(io::Error::other(format!("the path '{path}' leads out of the archive")));
        }
    }
    Ok(())
}

/// Writes files into a folder.
///
/// # Errors
/// Those of the file system, and a path that leads out of the folder.
pub fn write_files(folder: &Path, files: &Files) -> io::Result<()> {
    for (path, file) in files {
        if !is_safe(path) {
            return Err(io::Error::other(format!("the path '{path}' leads out of the folder")));
        }
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, &file.bytes)?;
        fs::set_permissions(&path, Permissions::from_mode(file.mode.bits()))?;
    }
    Ok(())
}

/// Whether a path stays in the folder to which it is relative.
pub fn is_safe(path: &str) -> bool {
    let mut components = Path::new(path).components().peekable();
    components.peek().is_some()
        && components.all(|it| matches!(it, Component::Normal(_) | Component::CurDir))
}

/// The digest of an archive, as a release manifest has it: `sha256:` and 64 digits.
pub fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// What tells one content from another: over paths, modes and bytes.
pub fn fingerprint(files: &Files) -> String {
    let mut hash = Sha256::new();
    for (path, file) in files {
        hash.update(format!("{path}\0{:o}\0{}\0", file.mode.bits(), file.bytes.len()));
        hash.update(&file.bytes);
    }
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;

    fn files() -> Files {
        let program = File { bytes: vec![7; 5000], mode: Mode::Program };
        Files::from([("b/x".into(), program), ("a".into(), plain("text"))])
    }

    #[test]
    fn what_is_packed_comes_out_again() {
        assert_eq!(unpack(&pack(&files()).unwrap()).unwrap(), files());
    }

    /// A checksum in a manifest holds for whoever makes the archive again.
    #[test]
    fn an_archive_has_no_time_and_no_owner() {
        let packed = pack(&files()).unwrap();
        assert_eq!(packed[4..8], [0; 4], "gzip's time");
        let mut archive = tar::Archive::new(GzDecoder::new(packed.as_slice()));
        for entry in archive.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap()), (0, 0));
        }
    }

    /// An archive of a stranger writes nowhere but where it is told.
    #[test]
    fn nothing_is_written_outside_of_the_folder() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("in");
        fs::create_dir(&folder).unwrap();
        let mut header = tar::Header::new_ustar();
        header.set_size(1);
        header.as_mut_bytes()[..6].copy_from_slice(b"../out");
        header.set_cksum();
        let mut tar = tar::Builder::new(Vec::new());
        tar.append(&header, &b"x"[..]).unwrap();
        let error = extract(&tar.into_inner().unwrap()[..], &folder).unwrap_err().to_string();
        assert!(error.contains("../out"), "{error}");
        assert!(!home.path().join("out").exists());
        for (path, safe) in
            [("a/b", true), ("./a", true), ("", false), ("/a", false), ("a/../b", false)]
        {
            assert_eq!(is_safe(path), safe, "{path:?}");
        }
    }

    /// A compiled package with its programs and links comes out as it was.
    #[test]
    fn a_folder_survives_packing() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        write_files(from.path(), &files()).unwrap();
        std::os::unix::fs::symlink("b/x", from.path().join("link")).unwrap();
        let mut packed = Vec::new();
        pack_folder(from.path(), &mut packed).unwrap();
        extract(&packed[..], to.path()).unwrap();
        assert_eq!(fs::read_link(to.path().join("link")).unwrap(), Path::new("b/x"));
        assert_eq!(
            fs::metadata(to.path().join("b/x")).unwrap().permissions().mode() & 0o777,
            0o755
        );
        assert_eq!(fs::read(to.path().join("a")).unwrap(), b"text");
    }

    #[test]
    fn a_fingerprint_knows_path_mode_and_content() {
        let of = |path: &str, file: File| fingerprint(&Files::from([(path.into(), file)]));
        let same = of("a", plain("x"));
        assert_eq!(same, of("a", plain("x")));
        assert_ne!(same, of("b", plain("x")));
        assert_ne!(same, of("a", plain("y")));
        assert_ne!(same, of("a", File { bytes: b"x".into(), mode: Mode::Program }));
    }
}
