//! `certificate`.

use super::der::{BIT_STRING, Der, INTEGER, OBJECT_ID, OCTET_STRING, SEQUENCE, SET};
use super::key::RsaKey;
use super::options::Options;
use super::{GenerationError, map, pem, random};
use crate::value::Value;
use rcgen::string::{Ia5String, PrintableString};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
    RsaKeySize, SanType, SerialNumber,
};
use sha1::{Digest, Sha1};
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use time::OffsetDateTime;

pub const OPTIONS: &[&str] = &[
    "common_name",
    "organization",
    "alternative_names",
    "is_ca",
    "ca",
    "extended_key_usage",
    "duration",
    "key_length",
];

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DEFAULT_DAYS: u64 = 365;

/// A certificate with its key and the one that signed it. `ca` is a variable with its value.
pub fn generate(
    options: &Options<'_>,
    ca: Option<&(String, Value)>,
) -> Result<Value, GenerationError> {
    let is_ca = options.flag("is_ca")?;
    let ca_name = options.text("ca")?;
    if !is_ca && ca_name.is_empty() {
        return Err(GenerationError::MissingCa);
    }
    let size = key_size(options)?;
    let mut certificate = parameters(options)?;
    if is_ca {
        certificate.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        certificate.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    } else {
        make_leaf(&mut certificate, options)?;
    }
    let authority = match (ca_name.is_empty(), ca) {
        (true, _) => None,
        (false, Some((name, value))) => Some(Authority::read(name, value)?),
        (false, None) => return Err(GenerationError::CaNotFound(ca_name)),
    };
    let key = RsaKey::generate(size)?;
    let key_id = Sha1::digest(key.numbers()?.0).to_vec();
    certificate.key_identifier_method = KeyIdMethod::PreSpecified(key_id);
    let failed = |error: rcgen::Error| GenerationError::Failed(error.to_string());
    let (signed, authority) = match authority {
        None => {
            let signed = certificate.self_signed(&key.pair).map_err(failed)?;
            let der = signed.der().to_vec();
            (signed, der)
        }
        Some(authority) => {
            let signed = certificate.signed_by(&key.pair, &authority.issuer).map_err(failed)?;
            (signed, authority.der)
        }
    };
    Ok(map([
        ("ca", pem("CERTIFICATE", &authority)),
        ("certificate", pem("CERTIFICATE", signed.der())),
        ("private_key", key.pem()?),
    ]))
}

fn key_size(options: &Options<'_>) -> Result<RsaKeySize, GenerationError> {
    match options.number("key_length")? {
        2048 => Ok(RsaKeySize::_2048),
        0 | 3072 => Ok(RsaKeySize::_3072),
        4096 => Ok(RsaKeySize::_4096),
        _ => Err(GenerationError::WrongOption {
            option: "key_length",
            expected: "2048, 3072 or 4096",
        }),
    }
}

/// What a certificate and a CA have alike.
fn parameters(options: &Options<'_>) -> Result<CertificateParams, GenerationError> {
    let days = match options.number("duration")? {
        0 => DEFAULT_DAYS,
        days => days,
    };
    let now = SystemTime::now();
    let time = |time: Option<SystemTime>| {
        let seconds = time?.duration_since(UNIX_EPOCH).ok()?.as_secs();
        OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()
    };
    let duration = u32::try_from(days).ok().and_then(|days| DAY.checked_mul(days));
    let too_long = GenerationError::WrongOption {
        option: "duration",
        expected: "a number of days, and end before the year 10000",
    };
    let end = time(duration.and_then(|duration| now.checked_add(duration)));
    let mut certificate = CertificateParams::default();
    certificate.not_before =
        time(Some(now)).ok_or_else(|| GenerationError::Failed("the clock is wrong".to_owned()))?;
    certificate.not_after = end.ok_or(too_long)?;
    certificate.serial_number = Some(SerialNumber::from_slice(&random::<16>()?));
    certificate.distinguished_name = DistinguishedName::new();
    certificate.use_authority_key_identifier_extension = true;
    let organization = match options.text("organization")? {
        name if name.is_empty() => "Cloud Foundry".to_owned(),
        name => name,
    };
    for (kind, text) in [
        (DnType::CountryName, "US".to_owned()),
        (DnType::OrganizationName, organization),
        (DnType::CommonName, options.text("common_name")?),
    ] {
        if !text.is_empty() {
            certificate.distinguished_name.push(kind, name_value(text));
        }
    }
    Ok(certificate)
}

fn name_value(text: String) -> DnValue {
    match PrintableString::try_from(text.as_str()) {
        Ok(text) => DnValue::PrintableString(text),
        Err(_) => DnValue::Utf8String(text),
    }
}

fn make_leaf(
    certificate: &mut CertificateParams,
    options: &Options<'_>,
) -> Result<(), GenerationError> {
    certificate.is_ca = IsCa::ExplicitNoCa;
    certificate.key_usages =
        vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment];
    let usages = options.texts("extended_key_usage")?;
    for usage in &usages {
        certificate.extended_key_usages.push(match usage.as_str() {
            "client_auth" => ExtendedKeyUsagePurpose::ClientAuth,
            "server_auth" => ExtendedKeyUsagePurpose::ServerAuth,
            _ => {
                return Err(GenerationError::WrongOption {
                    option: "extended_key_usage",
                    expected: "a list of client_auth and server_auth",
                });
            }
        });
    }
    if usages.is_empty() {
        certificate.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    for name in options.texts("alternative_names")? {
        certificate.subject_alt_names.push(match name.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(Ia5String::try_from(name).map_err(|_| {
                GenerationError::WrongOption {
                    option: "alternative_names",
                    expected: "a list of IP addresses and of names in ASCII",
                }
            })?),
        });
    }
    Ok(())
}

/// A CA that can sign.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate.
    der: Vec<u8>,
}

impl Authority {
    fn read(name: &str, value: &Value) -> Result<Authority, GenerationError> {
        let invalid = |problem| GenerationError::InvalidCa { name: name.to_owned(), problem };
        let field = |key| value.get(key).and_then(Value::as_str).unwrap_or_default();
        let certificate = pem::parse(field("certificate"))
            .map_err(|_| invalid("has no certificate in PEM format"))?;
        let key = KeyPair::from_pem(field("private_key"))
            .map_err(|_| invalid("has no private_key in PEM format that can be used"))?;
        let der = certificate.into_contents();
        let parts = CertificateParts::read(&der);
        let parts = parts.ok_or_else(|| invalid("has a certificate that cannot be read"))?;
        if parts.public_key != key.subject_public_key_info() {
            return Err(invalid("has a private_key that is not its certificate's"));
        }
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = distinguished_name(parts.subject)
            .ok_or_else(|| invalid("has a subject that cannot be written"))?;
        if let Some(key_id) = parts.key_id {
            parameters.key_identifier_method = KeyIdMethod::PreSpecified(key_id.to_vec());
        }
        Ok(Authority { issuer: Issuer::new(parameters, key), der })
    }
}

/// What is needed of a CA's certificate.
struct CertificateParts<'a> {
    /// The name, an element.
    subject: &'a [u8],
    /// Algorithm and key, an element.
    public_key: &'a [u8],
    /// The subject key identifier.
    key_id: Option<&'a [u8]>,
}

impl<'a> CertificateParts<'a> {
    fn read(certificate: &'a [u8]) -> Option<CertificateParts<'a>> {
        const VERSION: u8 = 0xa0;
        const EXTENSIONS: u8 = 0xa3;
        const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1d, 0x0e];
        let mut fields = Der::new(certificate).enter(SEQUENCE)?.enter(SEQUENCE)?;
        let first = fields.next()?;
        if first.tag == VERSION {
            fields.expect(INTEGER)?;
        }
        // Algorithm, issuer, validity.
        for _ in 0..3 {
            fields.expect(SEQUENCE)?;
        }
        let subject = fields.expect(SEQUENCE)?.whole;
        let public_key = fields.expect(SEQUENCE)?;
        Der::new(public_key.content).find(|element| element.tag == BIT_STRING)?;
        let extensions = fields.find(|element| element.tag == EXTENSIONS);
        let extensions = extensions.and_then(|e| Der::new(e.content).enter(SEQUENCE));
        let key_id = extensions.into_iter().flatten().find_map(|extension| {
            let mut fields = Der::new(extension.content);
            let id = fields.expect(OBJECT_ID)?;
            let value = fields.find(|field| field.tag == OCTET_STRING)?;
            let key_id = || Der::new(value.content).expect(OCTET_STRING);
            if id.content == SUBJECT_KEY_ID { Some(key_id()?.content) } else { None }
        });
        Some(CertificateParts { subject, public_key: public_key.whole, key_id })
    }
}

/// A name that is written as it was read, or else nothing: a chain is built by comparing bytes.
fn distinguished_name(subject: &[u8]) -> Option<DistinguishedName> {
    let mut name = DistinguishedName::new();
    let mut parts = 0;
    for set in Der::new(subject).enter(SEQUENCE)? {
        let mut attributes = (set.tag == SET).then(|| Der::new(set.content))?;
        let mut attribute = attributes.enter(SEQUENCE)?;
        let id = attribute.expect(OBJECT_ID)?;
        let value = attribute.next()?;
        let text = std::str::from_utf8(value.content).ok()?;
        let value = match value.tag {
            0x0c => DnValue::Utf8String(text.to_owned()),
            0x13 => DnValue::PrintableString(PrintableString::try_from(text).ok()?),
            0x16 => DnValue::Ia5String(Ia5String::try_from(text).ok()?),
            _ => return None,
        };
        if attributes.next().is_some() {
            return None;
        }
        name.push(DnType::from_oid(&object_id(id.content)?), value);
        parts += 1;
    }
    // Two attributes of one type would have become one.
    (name.iter().count() == parts).then_some(name)
}

/// The numbers of an object identifier.
fn object_id(content: &[u8]) -> Option<Vec<u64>> {
    let mut numbers: Vec<u64> = Vec::new();
    let mut number: u64 = 0;
    for byte in content {
        number = number.checked_mul(128)?.checked_add(u64::from(byte & 0x7f))?;
        if byte & 0x80 == 0 {
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.push(first);
                number -= first * 40;
            }
            numbers.push(number);
            number = 0;
        }
    }
    Some(numbers)
}
