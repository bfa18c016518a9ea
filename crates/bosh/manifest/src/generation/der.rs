//! The little of DER that is needed to find something in keys and certificates.

/// Elements, one after the other.
#[derive(Clone, Copy)]
pub struct Der<'a>(&'a [u8]);

/// An element.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    /// Its tag.
    pub tag: u8,
    /// What it holds.
    pub content: &'a [u8],
    /// The element with its tag and length.
    pub whole: &'a [u8],
}

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const OBJECT_ID: u8 = 0x06;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

impl<'a> Der<'a> {
    pub fn new(bytes: &'a [u8]) -> Der<'a> {
        Der(bytes)
    }

    /// The next element, if it has this tag.
    pub fn expect(&mut self, tag: u8) -> Option<Element<'a>> {
        self.next().filter(|element| element.tag == tag)
    }

    /// Into the next element, if it has this tag.
    pub fn enter(&mut self, tag: u8) -> Option<Der<'a>> {
        self.expect(tag).map(|element| Der(element.content))
    }
}

impl<'a> Iterator for Der<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let (tag, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            length @ 0..=0x7f => (usize::from(*length), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = digits
                    .iter()
                    .fold(0_usize, |length, digit| length.wrapping_shl(8) | usize::from(*digit));
                (length, rest)
            }
            _ => return None,
        };
        let (content, after) = rest.split_at_checked(length)?;
        let whole = &self.0[..self.0.len() - after.len()];
        self.0 = after;
        Some(Element { tag: *tag, content, whole })
    }
}

/// The RSA key (PKCS#1) within a private key of any kind (PKCS#8).
pub fn pkcs1_of_pkcs8(pkcs8: &[u8]) -> Option<&[u8]> {
    let mut key = Der::new(pkcs8).enter(SEQUENCE)?;
    key.expect(INTEGER)?;
    key.expect(SEQUENCE)?;
    Some(key.expect(OCTET_STRING)?.content)
}

/// Modulus and exponent of an RSA public key (PKCS#1), without leading zeros.
pub fn rsa_public_numbers(public_key: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut key = Der::new(public_key).enter(SEQUENCE)?;
    let mut number = || Some(without_zeros(key.expect(INTEGER)?.content));
    Some((number()?, number()?))
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}
