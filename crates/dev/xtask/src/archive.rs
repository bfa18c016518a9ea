//! Archives whose bytes depend on nothing but what is in them.

use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;

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
pub fn pack(files: &Files) -> Result<Vec<u8>> {
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
            .with_context(|| format!("{path} does not go into a tar"))?;
    }
    Ok(tar.into_inner()?.finish()?)
}

/// The files of a gzipped tar.
pub fn unpack(bytes: &[u8]) -> Result<Files> {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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
