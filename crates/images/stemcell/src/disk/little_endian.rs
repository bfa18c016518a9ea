//! Numbers as VMDK and VHDX have them.

pub(super) fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8
}

pub(super) fn le32(bytes: &[u8], at: usize) -> u32 {
    let four = bytes[at..at + 4].iter().rev();
    four.fold(0, |sum, byte| sum << 8 | u32::from(*byte))
}

pub(super) fn le64(bytes: &[u8], at: usize) -> u64 {
    u64::from(le32(bytes, at + 4)) << 32 | u64::from(le32(bytes, at))
}
