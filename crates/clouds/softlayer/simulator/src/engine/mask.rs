//! Object masks: which properties of an answer somebody wants.

use super::Exception;

/// What is wanted of an object: its properties, and of those that lead to other objects what is
/// wanted of these. Without any, all local properties are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Property and sub-mask, in the order in which they were named first.
    pub wanted: Vec<(String, Mask)>,
    /// Whether filters apply to nested lists too (`filteredMask`).
    pub filtered: bool,
}

impl Mask {
    /// Reads `mask[id,a[b,c],d.e]`, `mask.a.b`, `[mask.a,mask.b]`, `filteredMask[…]`, or the bare
    /// list within.
    pub fn parse(text: &str) -> Result<Self, Exception> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, text };
        let mut mask = Self::default();
        reader.list(&mut mask, Depth::Top)?;
        match reader.tokens {
            [] => Ok(mask),
            [rest, ..] => Err(reader.wrong(&format!("unexpected {rest}"))),
        }
    }

    /// What is wanted of the objects that this property leads to.
    fn entry(&mut self, name: &str) -> &mut Mask {
        let at = self.wanted.iter().position(|(known, _)| known == name);
        let at = at.unwrap_or_else(|| {
            self.wanted.push((name.to_owned(), Mask::default()));
            self.wanted.len() - 1
        });
        &mut self.wanted[at].1
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Top,
    Inside,
}

fn tokens(text: &str) -> Result<Vec<String>, Exception> {
    let mut tokens: Vec<String> = Vec::new();
    let mut in_word = false;
    for c in text.chars() {
        let word = c.is_ascii_alphanumeric() || c == '_';
        match (word, in_word, tokens.last_mut()) {
            (true, true, Some(last)) => last.push(c),
            (true, ..) => tokens.push(c.to_string()),
            (false, ..) if c.is_whitespace() => {}
            (false, ..) if "[],.();".contains(c) => tokens.push(c.to_string()),
            _ => return Err(Exception::public(format!("Unable to parse object mask: {c:?}"))),
        }
        in_word = word;
    }
    Ok(tokens)
}

struct Reader<'a> {
    tokens: &'a [String],
    text: &'a str,
}

impl Reader<'_> {
    fn peek(&self) -> &str {
        self.tokens.first().map_or("", String::as_str)
    }

    fn take(&mut self, wanted: &str) -> bool {
        let here = self.peek() == wanted;
        if here {
            self.tokens = &self.tokens[1..];
        }
        here
    }

    fn wrong(&self, what: &str) -> Exception {
        Exception::public(format!("Unable to parse object mask {:?}: {what}", self.text))
    }

    fn list(&mut self, into: &mut Mask, depth: Depth) -> Result<(), Exception> {
        loop {
            if self.tokens.is_empty() || self.peek() == "]" {
                return Ok(());
            }
            self.item(into, depth)?;
            if !self.take(",") && !self.take(";") {
                return Ok(());
            }
        }
    }

    fn item(&mut self, into: &mut Mask, depth: Depth) -> Result<(), Exception> {
        if depth == Depth::Top && self.take("[") {
            self.list(into, Depth::Top)?;
            return self.close();
        }
        let marker = matches!(self.peek(), "mask" | "filteredMask");
        if depth == Depth::Top && marker && self.opens_after(1) {
            into.filtered |= self.peek() == "filteredMask";
            self.tokens = &self.tokens[1..];
            self.type_hint()?;
            if self.take("[") {
                self.list(into, Depth::Inside)?;
                return self.close();
            }
            if !self.take(".") {
                return Err(self.wrong("expected [ or . after mask"));
            }
        }
        self.path(into)
    }

    fn opens_after(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| ["[", ".", "("].contains(&token.as_str()))
    }

    fn path(&mut self, into: &mut Mask) -> Result<(), Exception> {
        let Some((name, rest)) = self.tokens.split_first() else {
            return Err(self.wrong("it ends too early"));
        };
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return Err(self.wrong(&format!("unexpected {name}")));
        }
        self.tokens = rest;
        let inside = into.entry(name);
        self.type_hint()?;
        if self.take("[") {
            self.list(inside, Depth::Inside)?;
            return self.close();
        }
        if self.take(".") {
            return self.path(inside);
        }
        Ok(())
    }

    /// `(SoftLayer_Hardware_Server)`: of which sub-type the properties are. All are known here.
    fn type_hint(&mut self) -> Result<(), Exception> {
        if !self.take("(") {
            return Ok(());
        }
        self.tokens = self.tokens.get(1..).unwrap_or_default();
        if self.take(")") { Ok(()) } else { Err(self.wrong("a type is not closed")) }
    }

    fn close(&mut self) -> Result<(), Exception> {
        if self.take("]") { Ok(()) } else { Err(self.wrong("a bracket is not closed")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mask: &Mask) -> String {
        let part = |(name, inside): &(String, Mask)| match inside.wanted.is_empty() {
            true => name.clone(),
            false => format!("{name}[{}]", shown(inside)),
        };
        mask.wanted.iter().map(part).collect::<Vec<_>>().join(",")
    }

    /// All spellings of a mask that clients use say the same.
    #[test]
    fn every_spelling_is_read() {
        for (text, wanted) in [
            ("id", "id"),
            ("mask[id, name]", "id,name"),
            ("mask[a[b,c.d],a.e]", "a[b,c[d],e]"),
            ("mask.a.b", "a[b]"),
            ("[mask.a,mask[b,c]]", "a,b,c"),
            ("mask.a;mask.b", "a,b"),
            ("mask(SoftLayer_Hardware)[id]", "id"),
            ("filteredMask[a[b]]", "a[b]"),
            ("mask[a(SoftLayer_X)[b]]", "a[b]"),
        ] {
            let mask = Mask::parse(text).expect(text);
            assert_eq!(shown(&mask), wanted, "{text}");
        }
    }

    /// A mask that cannot be read is an exception, not an empty mask: that would answer all.
    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["mask[id", "mask[id]]", "mask[a..b]", "mask[{a}]", "mask[a[]"] {
            assert!(Mask::parse(text).is_err(), "{text}");
        }
    }
}
