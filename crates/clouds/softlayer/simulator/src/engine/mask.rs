//! Object masks: which properties of an answer somebody wants.

use super::Exception;

/// What is wanted of an object: its properties, and of those that lead to other objects what is
/// wanted of these. Without any, all local properties are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// In the order in which they were named first.
    pub wanted: Vec<Wanted>,
    /// Whether filters apply to nested lists too (`filteredMask`).
    pub filtered: bool,
}

/// A property that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The sub-type to whose objects alone the property belongs.
    pub cast: Option<String>,
    /// The property.
    pub name: String,
    /// What is wanted of the objects that it leads to.
    pub inside: Mask,
}

impl Mask {
    /// Reads `mask[id,a[b,c],d.e]`, `mask.a.b`, `[mask.a,mask.b]`, `mask(SoftLayer_X)[a]`,
    /// `filteredMask[…]`, or the bare list within.
    pub fn parse(text: &str) -> Result<Self, Exception> {
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, text };
        let mut mask = Self::default();
        reader.list(&mut mask, Depth::Top, None)?;
        match reader.tokens {
            [] => Ok(mask),
            [rest, ..] => Err(reader.wrong(&format!("unexpected {rest}"))),
        }
    }

    /// What is wanted of the objects that this property leads to.
    fn entry(&mut self, cast: Option<&str>, name: &str) -> &mut Mask {
        let known = |it: &Wanted| it.name == name && it.cast.as_deref() == cast;
        let at = self.wanted.iter().position(known).unwrap_or_else(|| {
            let (cast, name) = (cast.map(str::to_owned), name.to_owned());
            self.wanted.push(Wanted { cast, name, inside: Mask::default() });
            self.wanted.len() - 1
        });
        &mut self.wanted[at].inside
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
            _ => return Err(Exception::mask(format!("Unable to parse object mask: {c:?}"))),
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
        Exception::mask(format!("Unable to parse object mask {:?}: {what}", self.text))
    }

    fn list(&mut self, into: &mut Mask, depth: Depth, cast: Option<&str>) -> Result<(), Exception> {
        loop {
            if self.tokens.is_empty() || self.peek() == "]" {
                return Ok(());
            }
            self.item(into, depth, cast)?;
            if !self.take(",") && !self.take(";") {
                return Ok(());
            }
        }
    }

    fn item(&mut self, into: &mut Mask, depth: Depth, cast: Option<&str>) -> Result<(), Exception> {
        if depth == Depth::Top && self.take("[") {
            self.list(into, Depth::Top, None)?;
            return self.close();
        }
        let marker = matches!(self.peek(), "mask" | "filteredMask");
        if depth == Depth::Top && marker && self.opens_after(1) {
            into.filtered |= self.peek() == "filteredMask";
            self.tokens = &self.tokens[1..];
            let cast = self.cast()?;
            if self.take("[") {
                self.list(into, Depth::Inside, cast.as_deref())?;
                return self.close();
            }
            if !self.take(".") {
                return Err(self.wrong("expected [ or . after mask"));
            }
            return self.path(into, cast.as_deref());
        }
        self.path(into, cast)
    }

    fn opens_after(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| ["[", ".", "("].contains(&token.as_str()))
    }

    fn path(&mut self, into: &mut Mask, cast: Option<&str>) -> Result<(), Exception> {
        let Some((name, rest)) = self.tokens.split_first() else {
            return Err(self.wrong("it ends too early"));
        };
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
            return Err(self.wrong(&format!("unexpected {name}")));
        }
        self.tokens = rest;
        let inside = into.entry(cast, name);
        let cast = self.cast()?;
        if self.take("[") {
            self.list(inside, Depth::Inside, cast.as_deref())?;
            return self.close();
        }
        if self.take(".") {
            return self.path(inside, cast.as_deref());
        }
        Ok(())
    }

    /// `(SoftLayer_Hardware_Server)`: of which sub-type the properties are.
    fn cast(&mut self) -> Result<Option<String>, Exception> {
        if !self.take("(") {
            return Ok(None);
        }
        let name = self.tokens.first().cloned();
        self.tokens = self.tokens.get(1..).unwrap_or_default();
        if self.take(")") { Ok(name) } else { Err(self.wrong("a type is not closed")) }
    }

    fn close(&mut self) -> Result<(), Exception> {
        if self.take("]") { Ok(()) } else { Err(self.wrong("a bracket is not closed")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(mask: &Mask) -> String {
        let part = |it: &Wanted| {
            let cast = it.cast.as_ref().map(|cast| format!("({cast})")).unwrap_or_default();
            match it.inside.wanted.is_empty() {
                true => format!("{cast}{}", it.name),
                false => format!("{cast}{}[{}]", it.name, shown(&it.inside)),
            }
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
            ("[mask[id],mask(SoftLayer_X)[id,a]]", "id,(SoftLayer_X)id,(SoftLayer_X)a"),
            ("filteredMask[a[b]]", "a[b]"),
            ("mask[a(SoftLayer_X)[b]]", "a[(SoftLayer_X)b]"),
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
