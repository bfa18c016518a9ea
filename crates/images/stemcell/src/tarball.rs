//! Tar headers, as far as one must look at them before the archive is opened.

/// The size of a header.
const HEADER: usize = 512;

/// Whether a stream starts with a tar header: by its checksum, which the oldest tars have too.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..HEADER) else {
        return false;
    };
    let field = &header[148..156];
    let digits: Vec<u8> = field.iter().copied().filter(|byte| byte.is_ascii_digit()).collect();
    let Some(promised) =
        std::str::from_utf8(&digits).ok().and_then(|text| u64::from_str_radix(text, 8).ok())
    else {
        return false;
    };
    // The field itself counts as blanks.
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let of_field: u64 = field.iter().map(|byte| u64::from(*byte)).sum();
    header[0] != 0 && promised == sum - of_field + 8 * u64::from(b' ')
}

/// Whether it is an OVA: a tar whose first file is the OVF, as that format demands.
pub(crate) fn is_ova(head: &[u8]) -> bool {
    let name = head.get(..100).unwrap_or_default();
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    is_tar(head) && name[..end].to_ascii_lowercase().ends_with(b".ovf")
}
