//! The names of what we make. A name tells whose it is and which operation made it, and is
//! sent inside the create call where the cloud takes one there, so that nothing we made is ever
//! without one.
//!
//! `vm-<mark>-<operation>`: the mark is the director's, the operation's id is 32 hexadecimal
//! digits; 44 characters of the 63 that a host name may have.

use journal::OperationId;
use sha1::{Digest, Sha1};

/// How the description of a group of ours begins.
const NOTE: &str = "made by the BOSH CPI,";

/// What begins the host name of a VM with something outside of it.
pub const EDGE: &str = "edge";

/// A name that one of our operations gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnName {
    /// That operation.
    pub operation: OperationId,
}

/// Gives names for one director.
#[derive(Debug, Clone)]
pub struct Names {
    mark: String,
}

impl Names {
    /// The names for this director. Without a UUID (a person at a terminal) they bear the mark
    /// of nobody.
    pub fn new(director_uuid: Option<&str>) -> Self {
        Self { mark: fingerprint(&[director_uuid.unwrap_or_default()])[..8].to_owned() }
    }

    /// Eight hexadecimal digits that stand for the director.
    pub fn mark(&self) -> &str {
        &self.mark
    }

    /// The host name of the VM that an operation makes.
    pub fn vm(&self, operation: OperationId) -> String {
        self.name("vm", operation)
    }

    /// The host name of a VM with something outside of it that goes with it: an acquired address,
    /// firewall rules. Its volumes show the name, so that deleting other VMs costs no call more.
    pub fn edge(&self, operation: OperationId) -> String {
        self.name(EDGE, operation)
    }

    /// The name of the network that an operation makes.
    pub fn network(&self, operation: OperationId) -> String {
        self.name("net", operation)
    }

    /// The name of the persistent disk that an operation makes.
    pub fn disk(&self, operation: OperationId) -> String {
        self.name("disk", operation)
    }

    /// The name of the snapshot that an operation takes.
    pub fn snapshot(&self, operation: OperationId) -> String {
        self.name("snap", operation)
    }

    /// What stands in the description of a group that an operation makes. A group's name is the
    /// operator's, so that only this tells that it is ours.
    pub fn note(&self, operation: OperationId) -> String {
        format!("{NOTE} {}-{operation}", self.mark)
    }

    /// Reads such a description; None unless an operation of this director wrote it.
    pub fn parse_note(&self, note: &str) -> Option<OwnName> {
        let (mark, operation) = note.strip_prefix(NOTE)?.trim_start().split_once('-')?;
        if mark != self.mark {
            return None;
        }
        Some(OwnName { operation: OperationId::parse(operation)? })
    }

    /// The name of a public key that an operator gives without one. The same key has the same
    /// name, so that it is registered once.
    pub fn key_pair(&self, public_key: &str) -> String {
        format!("{}{}", self.key_pairs(), &fingerprint(&[public_key.trim()])[..16])
    }

    /// How the names of such keys begin.
    pub fn key_pairs(&self) -> String {
        format!("key-{}-", self.mark)
    }

    /// The name of the template that an operation makes.
    pub fn stemcell(&self, operation: OperationId) -> String {
        self.name("stemcell", operation)
    }

    /// Reads a name; None unless an operation of this director gave it.
    pub fn parse(&self, name: &str) -> Option<OwnName> {
        let mut parts = name.splitn(3, '-');
        let noun = parts.next()?;
        if !["vm", EDGE, "disk", "snap", "net", "stemcell"].contains(&noun)
            || parts.next()? != self.mark
        {
            return None;
        }
        Some(OwnName { operation: OperationId::parse(parts.next()?)? })
    }

    fn name(&self, noun: &str, operation: OperationId) -> String {
        format!("{noun}-{}-{operation}", self.mark)
    }
}

/// 40 hexadecimal digits that stand for `parts`.
pub fn fingerprint(parts: &[&str]) -> String {
    let digest = Sha1::digest(parts.join("\n"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clouds refuse a host name that is longer than 63 characters, begins with a digit, or holds
    /// anything but letters, digits and hyphens.
    #[test]
    fn a_vm_name_is_a_host_name() {
        let name = Names::new(Some("d1")).vm(OperationId::new());
        assert_eq!(name.len(), 44);
        assert!(name.starts_with("vm-"));
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
    }

    /// Two directors in one account must not take each other's things for theirs.
    #[test]
    fn directors_have_marks_of_their_own() {
        let (one, other) = (Names::new(Some("d1")), Names::new(Some("d2")));
        assert_ne!(one.mark(), other.mark());
        assert_eq!(one.mark(), Names::new(Some("d1")).mark());
        assert_eq!(one.mark().len(), 8);
    }

    /// What a person or another director made must never be taken for garbage of ours.
    #[test]
    fn only_our_own_names_are_ours() {
        let (names, operation) = (Names::new(Some("d1")), OperationId::new());
        assert_eq!(names.parse(&names.vm(operation)), Some(OwnName { operation }));
        assert_eq!(names.parse(&Names::new(Some("d2")).disk(operation)), None);
        for name in ["vm-1", "DATA-11", "cpivm-1", "", &format!("vm-{}-x", names.mark())] {
            assert_eq!(names.parse(name), None, "{name}");
        }
    }

    /// gc deletes by the description: a group of an operator must never look like one of ours.
    #[test]
    fn only_our_own_notes_are_ours() {
        let (names, operation) = (Names::new(Some("d1")), OperationId::new());
        assert_eq!(names.parse_note(&names.note(operation)), Some(OwnName { operation }));
        assert_eq!(names.parse_note(&Names::new(Some("d2")).note(operation)), None);
        for note in ["", "made by the BOSH CPI,", "the routers", "made by the BOSH CPI, x-1"] {
            assert_eq!(names.parse_note(note), None, "{note}");
        }
    }
}
