//! What a stemcell's CID stands for.
//!
//! A heavy stemcell's is its template's id; a light one's has ` light` behind it, since its
//! template is not ours to delete; a later stemcell of a shared template has a mark of its own
//! (see `shared_template`).

use super::template::MARK;
use bosh_cpi::StemcellCid;

/// The marker on the CID of a stemcell whose template is not ours to delete.
pub(crate) const LIGHT: &str = " light";

/// Between a template's id and the mark, in a CID.
pub(crate) const AGAIN: &str = " again-";

/// The tag of the mark of a later stemcell.
pub(crate) fn mark_tag(mark: &str) -> String {
    format!("{MARK}{mark}")
}

/// The template and the mark's tag of a later stemcell; None for a first one.
pub(crate) fn parse_shared(cid: &str) -> Option<(&str, String)> {
    let (template, mark) = cid.split_once(AGAIN)?;
    Some((template, mark_tag(mark)))
}

/// The template that a stemcell stands for.
pub(crate) fn template(cid: &StemcellCid) -> &str {
    match parse_shared(cid.as_str()) {
        Some((template, _)) => template,
        None => cid.as_str().strip_suffix(LIGHT).unwrap_or(cid.as_str()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Deleting a first stemcell for a later one would take the template from both.
    #[test]
    fn a_later_stemcell_is_told_from_the_first() {
        assert_eq!(parse_shared("id again-1f"), Some(("id", "bosh-stemcell-1f".to_owned())));
        assert_eq!(parse_shared("id"), None);
        assert_eq!(parse_shared("id light"), None);
    }
}
