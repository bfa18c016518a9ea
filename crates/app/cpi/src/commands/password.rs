//! Passwords: from a file or the environment, never from the command line, where everybody sees
//! them.

use anyhow::{Context as _, Result, bail};
use cloud_http::Secret;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// The variable for the password of an image server.
pub const PASSWORD: &str = "CPI_IMAGES_PASSWORD";

/// Longer passwords than this do not fit into a header.
const LONGEST: u64 = 4096;
/// Read and write permission for users that are neither the owner nor in the group.
const OTHERS: u32 = 0o006;

/// The password of the file, or of the environment, if there is one.
pub fn read(file: Option<&Path>) -> Result<Option<Secret>> {
    let text = match file {
        Some(path) => Some(read_private(path).with_context(|| path.display().to_string())?),
        None => std::env::var(PASSWORD).ok(),
    };
    let text = text.as_deref().map(|text| text.trim_end_matches(['\r', '\n']));
    match (text, file) {
        (Some(""), Some(path)) => bail!("{}: is empty", path.display()),
        (Some("") | None, _) => Ok(None),
        (Some(text), _) => Ok(Some(Secret::from(text))),
    }
}

/// The content of a file that only its owner and its group may read.
fn read_private(path: &Path) -> Result<String> {
    let file = File::open(path)?;
    let mode = file.metadata()?.permissions().mode();
    if mode & OTHERS != 0 {
        bail!(
            "every user of this machine may read or write it (mode {:o}); run `chmod 600 {}`",
            mode & 0o777,
            path.display()
        );
    }
    let mut text = String::new();
    file.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        bail!("longer than {LONGEST} bytes");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};

    /// A password that every user can read guards nothing.
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "correct horse\n").unwrap();
        for (mode, accepted) in [(0o600, true), (0o640, true), (0o644, false), (0o602, false)] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let outcome = read(Some(&path));
            assert_eq!(outcome.is_ok(), accepted, "{mode:o}");
            if let Err(error) = outcome {
                let text = format!("{error:#}");
                assert!(text.contains("chmod 600") && !text.contains("horse"), "{text}");
            }
        }
    }
}
