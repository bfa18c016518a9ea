//! Paths into a document: `/instance_groups/name=bosh/jobs/-`.

use std::fmt;
use thiserror::Error;

/// The most tokens of a path. A document gets no deeper than its paths are long.
const MOST_TOKENS: usize = 256;

/// Where something is in a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    tokens: Vec<Token>,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token {
    /// A key of a map.
    Key {
        /// The key, unescaped.
        key: String,
        /// Whether it is made where it is missing.
        optional: bool,
    },
    /// An item of a list by its position, from the end if it is negative.
    Index {
        /// The position.
        index: i64,
        /// Where to go from there.
        modifiers: Vec<Modifier>,
    },
    /// The item of a list that has this value at this key.
    Match {
        /// The key, unescaped.
        key: String,
        /// The text that must be there.
        value: String,
        /// Whether it is made where it is missing.
        optional: bool,
        /// Where to go from there.
        modifiers: Vec<Modifier>,
    },
    /// Behind the last item of a list.
    End,
}

/// Where to go from an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modifier {
    /// To the item before.
    Prev,
    /// To the item after.
    Next,
    /// Between the item before and this one.
    Before,
    /// Between this item and the one after.
    After,
}

/// Text that is not a path.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathError {
    /// It begins with something else.
    #[error("a path must begin with '/'")]
    NoSlash,
    /// It is too long.
    #[error("a path must have at most {MOST_TOKENS} parts")]
    TooLong,
    /// A colon that no modifier follows.
    #[error("unknown modifier ':{0}': must be prev, next, before or after; write a colon as ~7")]
    UnknownModifier(String),
    /// A modifier where it has no meaning.
    #[error("'{0}' must not have a modifier: only an index and name=value may have one")]
    MisplacedModifier(String),
}

impl Path {
    /// Reads a path. An empty one is the whole document.
    pub fn parse(text: &str) -> Result<Path, PathError> {
        if text.is_empty() {
            return Ok(Path::default());
        }
        let text = text.strip_prefix('/').ok_or(PathError::NoSlash)?;
        let parts: Vec<&str> = text.split('/').collect();
        if parts.len() > MOST_TOKENS {
            return Err(PathError::TooLong);
        }
        let mut tokens = Vec::with_capacity(parts.len());
        // From a question mark on, all that follows is optional.
        let mut optional = false;
        for (at, part) in parts.iter().enumerate() {
            tokens.push(Token::parse(part, at + 1 == parts.len(), &mut optional)?);
        }
        Ok(Path { tokens })
    }

    /// A path of keys.
    pub fn of_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Path {
        let key = |key: &str| Token::Key { key: key.to_owned(), optional: false };
        Path { tokens: keys.into_iter().map(key).collect() }
    }

    /// The steps.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// The path up to and with a step.
    pub(super) fn up_to(&self, at: usize) -> Path {
        Path { tokens: self.tokens[..=at].to_vec() }
    }

    /// The same path, with keys in place of positions: `/0` may mean the key `0`.
    pub(crate) fn with_keys_for_indices(&self) -> Path {
        let key = |token: &Token| match token {
            Token::Index { index, .. } => Token::Key { key: index.to_string(), optional: false },
            token => token.clone(),
        };
        Path { tokens: self.tokens.iter().map(key).collect() }
    }
}

impl Token {
    fn parse(part: &str, is_last: bool, optional: &mut bool) -> Result<Token, PathError> {
        let mut pieces = part.split(':');
        let text = unescape(pieces.next().unwrap_or_default());
        let modifiers = pieces.map(Modifier::parse).collect::<Result<Vec<_>, _>>()?;
        if is_last && text == "-" {
            return if modifiers.is_empty() {
                Ok(Token::End)
            } else {
                Err(PathError::MisplacedModifier(text))
            };
        }
        if let Ok(index) = text.parse() {
            return Ok(Token::Index { index, modifiers });
        }
        *optional |= text.ends_with('?');
        let optional = *optional;
        if let Some((key, value)) = text.split_once('=') {
            let value = value.strip_suffix('?').unwrap_or(value);
            let (key, value) = (key.to_owned(), value.to_owned());
            return Ok(Token::Match { key, value, optional, modifiers });
        }
        if !modifiers.is_empty() {
            return Err(PathError::MisplacedModifier(text));
        }
        let key = text.strip_suffix('?').unwrap_or(&text).to_owned();
        Ok(Token::Key { key, optional })
    }
}

impl Modifier {
    fn parse(text: &str) -> Result<Modifier, PathError> {
        match text {
            "prev" => Ok(Modifier::Prev),
            "next" => Ok(Modifier::Next),
            "before" => Ok(Modifier::Before),
            "after" => Ok(Modifier::After),
            other => Err(PathError::UnknownModifier(other.to_owned())),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Modifier::Prev => ":prev",
            Modifier::Next => ":next",
            Modifier::Before => ":before",
            Modifier::After => ":after",
        }
    }
}

fn unescape(text: &str) -> String {
    let mut unescaped = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('~') {
        unescaped.push_str(&rest[..at]);
        let (c, length) = match rest.as_bytes().get(at + 1) {
            Some(b'0') => ('~', 2),
            Some(b'1') => ('/', 2),
            Some(b'7') => (':', 2),
            _ => ('~', 1),
        };
        unescaped.push(c);
        rest = &rest[at + length..];
    }
    unescaped.push_str(rest);
    unescaped
}

fn escape(text: &str) -> String {
    text.replace('~', "~0").replace('/', "~1").replace(':', "~7")
}

/// As it is written; a question mark stands only where the path begins to be optional.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut marked = false;
        for token in &self.tokens {
            f.write_str("/")?;
            let (text, is_optional, modifiers): (_, _, &[Modifier]) = match token {
                Token::Key { key, optional } => (escape(key), *optional, &[]),
                Token::Index { index, modifiers } => (index.to_string(), false, modifiers),
                Token::Match { key, value, optional, modifiers } => {
                    (format!("{}={}", escape(key), escape(value)), *optional, modifiers)
                }
                Token::End => ("-".to_owned(), false, &[]),
            };
            f.write_str(&text)?;
            if is_optional && !marked {
                f.write_str("?")?;
                marked = true;
            }
            modifiers.iter().try_for_each(|modifier| f.write_str(modifier.name()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_it_was_read() {
        for text in [
            "",
            "/",
            "/a/b",
            "/a~1b/c~0d/e~7f",
            "/a?/b/c=d/-",
            "/a/0/-1/1:next:prev",
            "/a/name=b:before",
            "/a/name=b?",
            "/-/a",
        ] {
            assert_eq!(Path::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["a", "/a:before", "/a:x", "/name=x:y", "/-:after"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        assert_eq!(Path::parse(&"/a".repeat(300)), Err(PathError::TooLong));
    }
}
