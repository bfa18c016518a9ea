//! Disk images: recognised by their content, never by their name.

use serde::Serialize;
use std::fmt;

/// The format of a disk image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ImageFormat {
    /// QEMU's format, version 2 (compat 0.10) or 3 (compat 1.1).
    Qcow2,
    /// The bytes of the disk.
    Raw,
    /// VHD of a fixed size: the bytes of the disk and a footer.
    VhdFixed,
    /// VHD that grows.
    VhdDynamic,
    /// VHD that holds only what differs from another.
    VhdDifferencing,
    /// Hyper-V's newer format.
    Vhdx,
    /// VMDK in one file, sparse.
    VmdkSparse,
    /// VMDK in one file, compressed, as in an OVA.
    VmdkStream,
    /// The text that describes a VMDK whose data is in other files.
    VmdkDescriptor,
    /// OVF and its disks in a tar.
    Ova,
    /// An ISO 9660 image.
    Iso,
}

impl ImageFormat {
    /// From the first bytes of an image (64 KiB, where there are so many). A fixed VHD looks
    /// raw from its start: only [`with_tail`](Self::with_tail) tells.
    pub fn recognise(head: &[u8]) -> Option<Self> {
        let at = |offset: usize, magic: &[u8]| {
            head.get(offset..offset + magic.len()).is_some_and(|found| found == magic)
        };
        if at(0, b"QFI\xfb") {
            return matches!(head.get(4..8), Some([0, 0, 0, 2 | 3])).then_some(Self::Qcow2);
        }
        if at(0, b"conectix") {
            return Self::vhd(head);
        }
        if at(0, b"vhdxfile") {
            return Some(Self::Vhdx);
        }
        if at(0, b"KDMV") {
            // Bit 16 of the flags: grains are compressed.
            let compressed = head.get(10).is_some_and(|byte| byte & 1 != 0);
            return Some(match compressed {
                true => Self::VmdkStream,
                false => Self::VmdkSparse,
            });
        }
        if at(0, b"# Disk DescriptorFile") {
            return Some(Self::VmdkDescriptor);
        }
        if at(510, &[0x55, 0xaa]) || at(512, b"EFI PART") || crate::filesystem::is_there(head) {
            return Some(Self::Raw);
        }
        at(32769, b"CD001").then_some(Self::Iso)
    }

    /// What a raw-looking image turns out to be, seen from its last 512 bytes.
    pub fn with_tail(self, tail: &[u8]) -> Self {
        match self {
            Self::Raw if tail.starts_with(b"conectix") => Self::vhd(tail).unwrap_or(self),
            other => other,
        }
    }

    /// Which kind of VHD a footer says it is.
    fn vhd(footer: &[u8]) -> Option<Self> {
        match footer.get(60..64)? {
            [0, 0, 0, 2] => Some(Self::VhdFixed),
            [0, 0, 0, 3] => Some(Self::VhdDynamic),
            [0, 0, 0, 4] => Some(Self::VhdDifferencing),
            _ => None,
        }
    }

    /// Whether the disk in it can be read here, and so be converted.
    pub fn is_read(self) -> bool {
        !matches!(self, Self::VhdDifferencing | Self::VmdkDescriptor | Self::Iso)
    }

    /// Whether an agent's settings can be written into it as it is; others are converted first.
    pub fn is_patchable(self) -> bool {
        matches!(self, Self::Qcow2 | Self::Raw)
    }

    /// What CloudStack calls it in `registerTemplate`; `None` where it takes no such template.
    pub fn template_format(self) -> Option<&'static str> {
        match self {
            Self::Qcow2 => Some("QCOW2"),
            Self::Raw => Some("RAW"),
            Self::VhdFixed | Self::VhdDynamic => Some("VHD"),
            Self::Vhdx => Some("VHDX"),
            Self::VmdkSparse | Self::VmdkStream => Some("VMDK"),
            Self::Ova => Some("OVA"),
            Self::Iso => Some("ISO"),
            Self::VhdDifferencing | Self::VmdkDescriptor => None,
        }
    }

    /// The extension that CloudStack insists on in a template's URL or file name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Qcow2 => "qcow2",
            Self::Raw => "raw",
            Self::VhdFixed | Self::VhdDynamic | Self::VhdDifferencing => "vhd",
            Self::Vhdx => "vhdx",
            Self::VmdkSparse | Self::VmdkStream | Self::VmdkDescriptor => "vmdk",
            Self::Ova => "ova",
            Self::Iso => "iso",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Qcow2 => "qcow2",
            Self::Raw => "raw disk",
            Self::VhdFixed => "VHD of fixed size",
            Self::VhdDynamic => "dynamic VHD",
            Self::VhdDifferencing => "differencing VHD",
            Self::Vhdx => "VHDX",
            Self::VmdkSparse => "sparse VMDK",
            Self::VmdkStream => "stream-optimised VMDK",
            Self::VmdkDescriptor => "VMDK descriptor without its data",
            Self::Ova => "OVA",
            Self::Iso => "ISO 9660 image",
        })
    }
}

/// What something is that is neither image, archive nor compressed: for error messages.
pub(crate) fn describe(head: &[u8]) -> String {
    let known: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a zip archive"),
        (b"\x7fELF", "a program"),
        (b"<", "a page of HTML or XML; was it loaded through a login page?"),
        (b"{", "a JSON document"),
        (b"Rar!", "a RAR archive"),
        (b"7z\xbc\xaf", "a 7z archive"),
    ];
    if head.is_empty() {
        return "an empty file".to_owned();
    }
    if let Some((_, name)) = known.iter().find(|(magic, _)| head.starts_with(magic)) {
        return (*name).to_owned();
    }
    if head.iter().all(|byte| *byte == 0) {
        return "nothing but zeros".to_owned();
    }
    let start: Vec<String> = head.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("something unknown that starts with {}", start.join(" "))
}
