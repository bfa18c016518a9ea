//! The operating system of an image, in SoftLayer's words.

use crate::properties::{StemcellProperties, given};

/// SoftLayer's codes of Ubuntu releases, by the release's name, which is a part of a stemcell's.
const RELEASES: &[(&str, &str)] = &[
    ("noble", "UBUNTU_24_64"),
    ("jammy", "UBUNTU_22_64"),
    ("bionic", "UBUNTU_18_64"),
    ("xenial", "UBUNTU_16_64"),
    ("trusty", "UBUNTU_14_64"),
];

/// What is taken for a release that has no code here.
const LATEST: &str = "UBUNTU_LATEST_64";

pub(super) fn choose(stemcell: &StemcellProperties) -> &str {
    if let Some(code) = given(&stemcell.os_code) {
        return code;
    }
    let name = given(&stemcell.name).unwrap_or_default();
    let release = RELEASES.iter().find(|(release, _)| name.contains(release));
    release.map_or(LATEST, |(_, code)| code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stemcell_s_name_tells_the_release() {
        let of = |name: &str, code: Option<&str>| {
            let (name, os_code) = (Some(name.to_owned()), code.map(str::to_owned));
            let stemcell = StemcellProperties { name, os_code, ..Default::default() };
            choose(&stemcell).to_owned()
        };
        assert_eq!(of("bosh-softlayer-xen-ubuntu-jammy-go_agent", None), "UBUNTU_22_64");
        assert_eq!(of("x-noble", Some("CENTOS_7_64")), "CENTOS_7_64");
        assert_eq!(of("", None), LATEST);
    }
}
