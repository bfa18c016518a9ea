//! What a published file may be called.

use crate::PublishError;

/// What file systems take.
const LONGEST: usize = 200;

/// Whether a file may be published under this name: letters, digits, `.`, `-`, `_` and `+`, and
/// no dot first. Such a name is the same in a URL, in a folder and in a bucket.
///
/// # Errors
/// `Setting`, with what is wrong.
pub fn check_name(name: &str) -> Result<(), PublishError> {
    let good = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    let why = if name.is_empty() {
        "is empty".to_owned()
    } else if name.len() > LONGEST {
        format!("is longer than {LONGEST} characters")
    } else if name.starts_with('.') {
        "begins with a dot".to_owned()
    } else if let Some(bad) = name.chars().find(|c| !good(*c)) {
        format!("has {bad:?} in it; letters, digits, '.', '-', '_' and '+' may be")
    } else {
        return Ok(());
    };
    Err(PublishError::setting("name", format!("'{}' {why}", name.escape_debug())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name must not lead out of the folder or the bucket.
    #[test]
    fn names_stay_where_they_are() {
        for good in ["stemcell-1.qcow2", "a", "bosh-kvm-1.204+dev.3.vhd.bz2"] {
            check_name(good).unwrap();
        }
        let long = "a".repeat(LONGEST + 1);
        for bad in ["", ".", "..", "../x", "a/b", ".hidden", "a b", "a%2f", "ä", "a\n", &long] {
            assert!(check_name(bad).is_err(), "{bad:?}");
        }
    }
}
