//! YAML of releases, read as Go and Ruby read it: 1.1 scalars, the last of two equal keys.

use crate::ReleaseError;
use serde::de::DeserializeOwned;

/// Reads a document; `name` stands in the error.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, ReleaseError> {
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true,
    };
    // An old Ruby writes texts with letters beyond ASCII so.
    let text = text.replace(" !binary |-", " !!binary |-");
    serde_saphyr::from_str_with_options(&text, options).map_err(|error| ReleaseError::Document {
        document: name.to_owned(),
        reason: error.to_string(),
    })
}
