//! AWS Signature Version 4 in the query, as the store sees it.

use crate::s3::{KEY, KEY_ID, REGION};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The query's parameters, decoded.
pub fn query(raw: &str) -> Vec<(String, String)> {
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    raw.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decoded(name), decoded(value)))
        .collect()
}

/// Why the request is refused: S3's code.
pub fn fault(method: &str, path: &str, raw_query: &str, host: &str) -> Option<&'static str> {
    let params = query(raw_query);
    let get = |name: &str| params.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let (Some(credential), Some(date), Some(expires), Some(signed), Some(signature)) = (
        get("X-Amz-Credential"),
        get("X-Amz-Date"),
        get("X-Amz-Expires"),
        get("X-Amz-SignedHeaders"),
        get("X-Amz-Signature"),
    ) else {
        return Some("AccessDenied");
    };
    let day = date.get(..8).unwrap_or_default();
    let scope = format!("{day}/{REGION}/s3/aws4_request");
    let Some((key, named)) = credential.split_once('/') else {
        return Some("AuthorizationQueryParametersError");
    };
    if key != KEY_ID {
        return Some("InvalidAccessKeyId");
    }
    if named != scope || signed != "host" || get("X-Amz-Algorithm") != Some("AWS4-HMAC-SHA256") {
        return Some("AuthorizationQueryParametersError");
    }
    let begun = jiff::fmt::strtime::parse(
        "%Y%m%dT%H%M%S%z",
        format!("{}+0000", date.trim_end_matches('Z')),
    );
    let begun = begun.and_then(|time| time.to_timestamp()).map_or(0, jiff::Timestamp::as_second);
    let lifetime: i64 = expires.parse().unwrap_or(0);
    if !(1..=604_800).contains(&lifetime) || jiff::Timestamp::now().as_second() > begun + lifetime {
        return Some("AccessDenied");
    }
    let canonical =
        format!("{method}\n{path}\n{}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD", sorted(&params));
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical)));
    let key = [day, REGION, "s3", "aws4_request"]
        .iter()
        .fold(format!("AWS4{KEY}").into_bytes(), |key, part| mac(&key, part.as_bytes()));
    (hex(&mac(&key, text.as_bytes())) != signature).then_some("SignatureDoesNotMatch")
}

fn sorted(params: &[(String, String)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, UNRESERVED).to_string();
    let mut pairs: Vec<String> = params
        .iter()
        .filter(|(name, _)| name != "X-Amz-Signature")
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

/// In lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
