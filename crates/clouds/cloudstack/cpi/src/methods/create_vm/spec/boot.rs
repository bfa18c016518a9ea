//! How the VM boots.

use crate::properties::{VmProperties, given};
use bosh_cpi::{CpiError, Result};

/// How the VM boots: type and mode, as CloudStack spells them.
pub(in crate::methods::create_vm) struct BootSpec {
    pub kind: Option<String>,
    pub mode: Option<String>,
    /// The path of the VM's properties.
    pub path: String,
}

impl BootSpec {
    pub(super) fn read(vm: &VmProperties, path: &str) -> Result<Self> {
        let one_of = |value: &Option<String>, name: &str, allowed: [&str; 2]| match given(value) {
            None => Ok(None),
            Some(text) => match allowed.iter().find(|one| one.eq_ignore_ascii_case(text)) {
                Some(one) => Ok(Some((*one).to_owned())),
                None => Err(CpiError::cpi(format!(
                    "{path}.{name}: must be {} or {}, not '{text}'",
                    allowed[0], allowed[1]
                ))),
            },
        };
        let kind = one_of(&vm.boot_type, "boot_type", ["BIOS", "UEFI"])?;
        let mode = one_of(&vm.boot_mode, "boot_mode", ["LEGACY", "SECURE"])?;
        let path = path.to_owned();
        match (kind.as_deref(), mode.as_deref()) {
            (Some("UEFI"), None) => Ok(Self { kind, mode: Some("LEGACY".to_owned()), path }),
            (Some("UEFI"), _) | (_, None | Some("LEGACY")) => Ok(Self { kind, mode, path }),
            _ => Err(CpiError::cpi(format!("{path}.boot_mode: SECURE needs boot_type: UEFI"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, mode: &str) -> Result<(Option<String>, Option<String>)> {
        let vm = VmProperties {
            boot_type: Some(kind.to_owned()),
            boot_mode: Some(mode.to_owned()),
            ..VmProperties::default()
        };
        BootSpec::read(&vm, "arguments[2]").map(|boot| (boot.kind, boot.mode))
    }

    /// CloudStack refuses UEFI without a mode, and a secure boot of a BIOS means nothing.
    #[test]
    fn uefi_has_a_mode_and_secure_boot_needs_uefi() {
        let texts = |kind: &str, mode: &str| (Some(kind.to_owned()), Some(mode.to_owned()));
        assert_eq!(read("uefi", "").unwrap(), texts("UEFI", "LEGACY"));
        assert_eq!(read("UEFI", "secure").unwrap(), texts("UEFI", "SECURE"));
        assert_eq!(read("", "").unwrap(), (None, None));
        assert_eq!(read("BIOS", "").unwrap(), (Some("BIOS".into()), None));
        assert!(read("", "SECURE").unwrap_err().message.contains("boot_mode"));
        assert!(read("EFI", "").unwrap_err().message.contains("arguments[2].boot_type"));
    }
}
