//! Passwords: from a file or the environment, never from the command line, where everybody sees
//! them.

use anyhow::{Context as _, Result, bail};
use cloud_http::Secret;
use std::path::Path;

/// The variable for the password of an image server.
pub const PASSWORD: &str = "CPI_IMAGES_PASSWORD";

/// The password of the file, or of the environment, if there is one.
pub fn read(file: Option<&Path>) -> Result<Option<Secret>> {
    let text = match file {
        Some(path) => {
            Some(std::fs::read_to_string(path).with_context(|| path.display().to_string())?)
        }
        None => std::env::var(PASSWORD).ok(),
    };
    let text = text.as_deref().map(|text| text.trim_end_matches(['\r', '\n']));
    match (text, file) {
        (Some(""), Some(path)) => bail!("{}: is empty", path.display()),
        (Some("") | None, _) => Ok(None),
        (Some(text), _) => Ok(Some(Secret::from(text))),
    }
}
