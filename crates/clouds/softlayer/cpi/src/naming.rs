//! The host names of VMs: the name that an operation gives, behind the operator's prefix.

use cpi_kit::naming::Names;
use journal::OperationId;

/// A host name is no longer.
const LONGEST_NAME: usize = 63;
/// A full name of just this length gets no SSH keys (issue 129 of the last Go CPI).
const UNLUCKY: usize = 64;

/// The host name of the VM that an operation makes. Unique, and telling whose it is: SoftLayer
/// does not keep names apart, and the director's name comes later. That of a VM with global
/// addresses says so (`is_edge`).
pub(crate) fn host_name(
    names: &Names,
    prefix: &str,
    domain: &str,
    is_edge: bool,
    operation: OperationId,
) -> String {
    let name = match is_edge {
        false => names.vm(operation),
        true => names.edge(operation),
    };
    prefixed(prefix, &name, domain)
}

fn prefixed(prefix: &str, name: &str, domain: &str) -> String {
    let short = |most: usize| {
        let short: String = prefix.chars().take(most).collect();
        match short.trim_end_matches('-') {
            "" => name.to_owned(),
            prefix => format!("{prefix}-{name}"),
        }
    };
    let most = LONGEST_NAME - 1 - name.len();
    let full = short(most);
    if full.len() + 1 + domain.len() != UNLUCKY {
        return full;
    }
    match full.len() - name.len() {
        // Nothing to make shorter.
        0..=2 => format!("bosh-{name}"),
        prefix => short(prefix - 2),
    }
}

/// The name that an operation of ours gave, within a host name; None if there is none.
pub(crate) fn name_within<'h>(names: &Names, hostname: &'h str) -> Option<&'h str> {
    let starts = [format!("vm-{}-", names.mark()), format!("edge-{}-", names.mark())];
    let at = starts.iter().find_map(|start| hostname.find(start.as_str()))?;
    let name = &hostname[at..];
    names.parse(name).map(|_| name)
}

/// Whether a host name of ours says that the VM has global addresses.
pub(crate) fn is_edge(names: &Names, hostname: &str) -> bool {
    name_within(names, hostname).is_some_and(|name| name.starts_with(cpi_kit::naming::EDGE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_have_prefixes_and_lucky_lengths() {
        let name = "vm-1234abcd-0123456789abcdef0123456789abcdef";
        let of = |prefix: &str, domain: usize| prefixed(prefix, name, &"d".repeat(domain));
        assert_eq!(of("router", 10), format!("router-{name}"));
        assert_eq!(of(&"p".repeat(60), 10).len(), 63);
        for (prefix, domain) in [("", 19), ("r", 17), ("router", 12), ("a-b", 15)] {
            assert_eq!(name.len(), 44);
            let host = of(prefix, domain);
            assert_ne!(host.len() + 1 + domain, UNLUCKY, "{host}");
            assert!(host.len() <= LONGEST_NAME && host.ends_with(name), "{host}");
        }
    }
}
