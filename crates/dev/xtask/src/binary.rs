//! The binary of the release: one file that needs nothing of the machine that it runs on.

use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// musl, because its resolver is in the binary: a static glibc loads its own at run time.
const TARGET: &str = "x86_64-unknown-linux-musl";

/// What a binary may need of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linkage {
    /// Nothing.
    Static,
    /// Libraries, as those of a developer's build.
    Any,
}

/// Builds it; says what is missing on this machine if it cannot.
pub fn build(root: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        // Without the lab: what a director starts for each call has no embedded clouds in it.
        .args(["build", "--release", "--locked", "--package", "cpi", "--no-default-features"])
        .args(["--target", TARGET])
        .current_dir(root)
        .status()
        .context("cargo does not start")?;
    ensure!(
        status.success(),
        "the build failed; it needs `rustup target add {TARGET}` and musl-gcc (apt-get install musl-tools)"
    );
    Ok(())
}

/// Where [`build`] has put it.
pub fn built(root: &Path) -> Result<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| root.join("target"));
    let binary = target.join(TARGET).join("release/cpi");
    ensure!(
        binary.is_file(),
        "{} is not there: make it with `cargo xtask release --build`, or name one with --binary",
        binary.display()
    );
    Ok(binary)
}

/// Makes sure that `path` is a program for Linux on x86_64, linked as wanted.
pub fn require(path: &Path, linkage: Linkage) -> Result<()> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let path = path.display();
    let Some(needs) = interpreter(&bytes) else {
        bail!("{path} is not a 64-bit ELF program for x86_64");
    };
    if needs && linkage == Linkage::Static {
        bail!("{path} is not static: it would need libraries of the director's VM");
    }
    Ok(())
}

/// Whether an ELF file names a loader for shared libraries; none if it is no x86_64 program.
fn interpreter(elf: &[u8]) -> Option<bool> {
    const X86_64: u16 = 62;
    const PT_INTERP: u32 = 3;
    let u16_at = |at: usize| Some(u16::from_le_bytes(elf.get(at..at + 2)?.try_into().ok()?));
    // Magic, 64 bits, little-endian.
    if elf.get(..6)? != b"\x7fELF\x02\x01" || u16_at(18)? != X86_64 {
        return None;
    }
    let table = usize::try_from(u64::from_le_bytes(elf.get(32..40)?.try_into().ok()?)).ok()?;
    let (size, count) = (usize::from(u16_at(54)?), usize::from(u16_at(56)?));
    for index in 0..count {
        let at = table.checked_add(index * size)?;
        let kind = elf.get(at..at.checked_add(4)?)?;
        if u32::from_le_bytes(kind.try_into().ok()?) == PT_INTERP {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This test's own program is linked to libraries on every usual machine.
    #[test]
    #[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
    fn a_program_that_needs_libraries_is_refused() {
        let own = std::env::current_exe().unwrap();
        require(&own, Linkage::Any).unwrap();
        let error = require(&own, Linkage::Static).unwrap_err().to_string();
        assert!(error.contains("is not static"), "{error}");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for (name, bytes) in [("text", b"#!/bin/sh\n".as_slice()), ("cut", b"\x7fELF\x02\x01\x01")]
        {
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), bytes).unwrap();
            let error = require(file.path(), Linkage::Any).unwrap_err().to_string();
            assert!(error.contains("not a 64-bit ELF"), "{name}: {error}");
        }
    }
}
