//! Base64 as CloudStack's decoder takes it: with line breaks, and without padding.

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Takes any padding, and bits that are left over.
pub const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The text without its line breaks and blanks.
pub fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_whitespace()).collect()
}
