//! What is on a partition: recognised by its superblock.

use serde::Serialize;
use std::fmt;

/// What a partition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Filesystem {
    /// ext2, ext3 or ext4.
    Ext,
    /// XFS.
    Xfs,
    /// Btrfs.
    Btrfs,
    /// A physical volume of LVM.
    Lvm,
    /// An encrypted volume.
    Luks,
    /// A member of a Linux software RAID.
    Raid,
    /// FAT, as an EFI system partition has it.
    Fat,
    /// NTFS.
    Ntfs,
    /// Swap space.
    Swap,
    /// SquashFS.
    Squashfs,
    /// F2FS.
    F2fs,
}

/// How many bytes from the start of a partition [`Filesystem::recognise`] wants to see.
pub const HEAD: usize = 68 << 10;

/// Where a magic number is, what it is, and what it means. LUKS before what may be left over
/// from an earlier life of the partition.
const MAGICS: &[(usize, &[u8], Filesystem)] = &[
    (0, b"LUKS\xba\xbe", Filesystem::Luks),
    (0, b"XFSB", Filesystem::Xfs),
    (0, b"hsqs", Filesystem::Squashfs),
    (3, b"NTFS    ", Filesystem::Ntfs),
    (512, b"LABELONE", Filesystem::Lvm),
    (0, b"LABELONE", Filesystem::Lvm),
    (4096, b"\xfc\x4e\x2b\xa9", Filesystem::Raid),
    (0x438, b"\x53\xef", Filesystem::Ext),
    (1024, b"\x10\x20\xf5\xf2", Filesystem::F2fs),
    (0x36, b"FAT", Filesystem::Fat),
    (0x52, b"FAT", Filesystem::Fat),
    (4086, b"SWAPSPACE2", Filesystem::Swap),
    (0x10040, b"_BHRfS_M", Filesystem::Btrfs),
];

impl Filesystem {
    /// From the first [`HEAD`] bytes of a partition; `None` for what is not known, or empty.
    pub fn recognise(head: &[u8]) -> Option<Self> {
        let found = MAGICS.iter().find(|(offset, magic, _)| {
            head.get(*offset..*offset + magic.len()).is_some_and(|bytes| bytes == *magic)
        });
        found.map(|(_, _, filesystem)| *filesystem)
    }

    /// Why an agent's settings cannot be written there; `None` where they can.
    pub fn why_not_patched(self) -> Option<&'static str> {
        match self {
            Self::Ext => None,
            Self::Xfs | Self::Btrfs | Self::F2fs | Self::Squashfs | Self::Ntfs => Some(
                "only ext4 can be written without mounting it; build the stemcell with ext4, or with an agent.json for CloudStack in it",
            ),
            Self::Lvm => Some(
                "the root filesystem is on a logical volume; build the stemcell with a plain partition",
            ),
            Self::Luks => Some("it is encrypted; nothing can be written without its key"),
            Self::Raid => Some("a member of a RAID must not be written alone"),
            Self::Fat | Self::Swap => Some("no root filesystem is there"),
        }
    }
}

impl fmt::Display for Filesystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ext => "ext4",
            Self::Xfs => "XFS",
            Self::Btrfs => "Btrfs",
            Self::Lvm => "LVM",
            Self::Luks => "LUKS",
            Self::Raid => "Linux RAID",
            Self::Fat => "FAT",
            Self::Ntfs => "NTFS",
            Self::Swap => "swap",
            Self::Squashfs => "SquashFS",
            Self::F2fs => "F2FS",
        })
    }
}

/// Whether a filesystem starts here, with no partition table before it.
pub(crate) fn is_there(head: &[u8]) -> bool {
    Filesystem::recognise(head).is_some()
}
