//! From a [`Value`] to text, byte by byte as the CLI's library writes it: a state file holds a
//! digest of this text, and the CLI compares it with its own.

use super::key_order::sorted;
use super::scalar::{float_text, is_plain};
use crate::value::{Key, Value};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::borrow::Cow;

/// Where a line is broken, in characters; only at spaces.
const WIDTH: usize = 80;

/// Keys up to this length, in bytes, stand on one line with their value.
const LONGEST_KEY: usize = 128;

/// Writes a document.
pub fn write(value: &Value) -> String {
    let mut emitter =
        Emitter { out: String::new(), column: 0, indent: None, after_space: true, at_indent: true };
    emitter.node(value, Place::Root);
    emitter.indent = None;
    emitter.start_line();
    emitter.out
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Root,
    Item,
    Key,
    Value,
}

struct Emitter {
    out: String,
    /// In characters.
    column: usize,
    indent: Option<usize>,
    /// Whether a space is before what comes next.
    after_space: bool,
    /// Whether only indentation and list marks are on this line.
    at_indent: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Emitter {
    fn node(&mut self, value: &Value, place: Place) {
        match value {
            Value::Null => self.scalar("null", Style::Plain, place),
            Value::Bool(bool) => self.scalar(&bool.to_string(), Style::Plain, place),
            Value::Int(int) => self.scalar(&int.to_string(), Style::Plain, place),
            Value::Uint(uint) => self.scalar(&uint.to_string(), Style::Plain, place),
            Value::Float(float) => self.scalar(&float_text(*float), Style::Plain, place),
            Value::String(text) => self.string(text, place),
            Value::Binary(bytes) => self.binary(bytes, place),
            Value::List(items) if items.is_empty() => self.mark("[]", true),
            Value::List(items) => self.list(items, place),
            Value::Map(map) if map.is_empty() => self.mark("{}", true),
            Value::Map(map) => {
                let outer = self.indent;
                self.indent = Some(outer.map_or(0, |indent| indent + 2));
                for key in sorted(map.keys()) {
                    self.entry(key, &map[key]);
                }
                self.indent = outer;
            }
        }
    }

    /// A list that is the value of a key stands as deep as the key.
    fn list(&mut self, items: &[Value], place: Place) {
        let outer = self.indent;
        let beside_key = place == Place::Value && !self.at_indent;
        self.indent = match outer {
            Some(indent) if !beside_key => Some(indent + 2),
            Some(indent) => Some(indent),
            None => Some(0),
        };
        for item in items {
            self.start_line();
            self.list_mark("-");
            self.node(item, Place::Item);
        }
        self.indent = outer;
    }

    fn entry(&mut self, key: &Key, value: &Value) {
        self.start_line();
        let key = Value::from(key.clone());
        if is_simple(&key) {
            self.node(&key, Place::Key);
            self.mark(":", false);
        } else {
            self.list_mark("?");
            self.node(&key, Place::Value);
            self.start_line();
            self.list_mark(":");
        }
        self.node(value, Place::Value);
    }

    fn string(&mut self, text: &str, place: Place) {
        let style = if text.contains('\n') {
            Style::Literal
        } else if is_plain(text) {
            Style::Plain
        } else {
            Style::Double
        };
        self.scalar(text, style, place);
    }

    fn binary(&mut self, bytes: &[u8], place: Place) {
        let text = base64_lines(bytes);
        self.mark("!!binary", true);
        let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
        self.scalar(&text, style, place);
    }

    fn scalar(&mut self, text: &str, style: Style, place: Place) {
        let outer = self.indent;
        self.indent = Some(outer.map_or(2, |indent| indent + 2));
        let breaks = place != Place::Key;
        match allowed(text, style, place) {
            Style::Plain => self.plain(text, breaks),
            Style::Single => self.single_quoted(text, breaks),
            Style::Double => self.double_quoted(text, breaks),
            Style::Literal => self.literal(text),
        }
        self.indent = outer;
    }

    fn plain(&mut self, text: &str, breaks: bool) {
        if !self.after_space {
            self.put(' ');
        }
        self.folded(text, breaks, |_, _| true, |emitter, c| emitter.put(c));
        self.after_space = false;
        self.at_indent = false;
    }

    fn single_quoted(&mut self, text: &str, breaks: bool) {
        self.mark("'", true);
        let inside = |at: usize, text: &str| at > 0 && at < text.len() - 1;
        self.folded(text, breaks, inside, |emitter, c| {
            if c == '\'' {
                emitter.put('\'');
            }
            emitter.put(c);
        });
        self.mark("'", false);
    }

    /// Text, a line break instead of a single space where the line is full.
    fn folded(
        &mut self,
        text: &str,
        breaks: bool,
        may_break: impl Fn(usize, &str) -> bool,
        write: impl Fn(&mut Self, char),
    ) {
        let (mut after_space, mut after_break) = (false, false);
        for (at, c) in text.char_indices() {
            let one_space = !after_space && !text[at + c.len_utf8()..].starts_with(' ');
            if c == ' ' && breaks && one_space && self.column > WIDTH && may_break(at, text) {
                self.start_line();
                after_space = true;
            } else if c == ' ' {
                self.put(' ');
                after_space = true;
            } else if is_break(c) {
                self.put_break(c);
                self.at_indent = true;
                after_break = true;
            } else {
                if after_break {
                    self.start_line();
                }
                write(self, c);
                self.at_indent = false;
                (after_space, after_break) = (false, false);
            }
        }
    }

    fn double_quoted(&mut self, text: &str, breaks: bool) {
        self.mark("\"", true);
        let mut after_space = false;
        for (at, c) in text.char_indices() {
            let inside = at > 0 && at < text.len() - 1;
            if !is_printable(c) || is_break(c) || matches!(c, '"' | '\\') {
                for c in escaped(c).chars() {
                    self.put(c);
                }
                after_space = false;
            } else if c == ' ' && breaks && !after_space && self.column > WIDTH && inside {
                self.start_line();
                if text[at + 1..].starts_with(' ') {
                    self.put('\\');
                }
                after_space = true;
            } else {
                self.put(c);
                after_space = c == ' ';
            }
        }
        self.mark("\"", false);
    }

    fn literal(&mut self, text: &str) {
        let indented = text.starts_with(' ') || text.starts_with(is_break);
        let mut last = text.chars().rev().map(is_break);
        let chomping = match (last.next(), last.next()) {
            (Some(true), Some(true) | None) => "+",
            (Some(true), Some(false)) => "",
            _ => "-",
        };
        self.mark(&format!("|{}{chomping}", if indented { "2" } else { "" }), true);
        self.put_break('\n');
        self.at_indent = true;
        self.after_space = true;
        let mut after_break = true;
        for c in text.chars() {
            if is_break(c) {
                self.put_break(c);
                self.at_indent = true;
                after_break = true;
                continue;
            }
            if after_break {
                self.start_line();
            }
            self.put(c);
            self.at_indent = false;
            after_break = false;
        }
    }

    /// Goes to the indentation, on a new line unless only marks are on this one.
    fn start_line(&mut self) {
        let indent = self.indent.unwrap_or(0);
        let beyond = self.column > indent || (self.column == indent && !self.after_space);
        if !self.at_indent || beyond {
            self.put_break('\n');
        }
        while self.column < indent {
            self.put(' ');
        }
        self.after_space = true;
        self.at_indent = true;
    }

    fn mark(&mut self, mark: &str, spaced: bool) {
        if spaced && !self.after_space {
            self.put(' ');
        }
        for c in mark.chars() {
            self.put(c);
        }
        self.after_space = false;
        self.at_indent = false;
    }

    /// A mark after which more may begin on the same line.
    fn list_mark(&mut self, mark: &str) {
        let at_indent = self.at_indent;
        self.mark(mark, true);
        self.at_indent = at_indent;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }

    fn put_break(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }
}

fn is_simple(key: &Value) -> bool {
    match key {
        Value::String(text) => text.len() <= LONGEST_KEY && !text.contains(is_break),
        Value::Binary(bytes) => {
            let text = base64_lines(bytes);
            "!!binary".len() + text.len() <= LONGEST_KEY && !text.contains('\n')
        }
        _ => true,
    }
}

/// The wanted style, or the next one that can hold the text.
fn allowed(text: &str, style: Style, place: Place) -> Style {
    let traits = Traits::of(text);
    let mut style = style;
    if place == Place::Key && traits.multiline {
        style = Style::Double;
    }
    let empty_key = text.is_empty() && place == Place::Key;
    if style == Style::Plain && (!traits.plain || empty_key) {
        style = Style::Single;
    }
    if style == Style::Single && !traits.single {
        style = Style::Double;
    }
    if style == Style::Literal && (!traits.literal || place == Place::Key) {
        style = Style::Double;
    }
    style
}

/// Which styles can hold a text.
struct Traits {
    multiline: bool,
    plain: bool,
    single: bool,
    literal: bool,
}

impl Traits {
    fn of(text: &str) -> Traits {
        if text.is_empty() {
            return Traits { multiline: false, plain: true, single: true, literal: false };
        }
        let multiline = text.contains(is_break);
        let outer = |c: char| c == ' ' || is_break(c);
        let framed = text.starts_with(outer) || text.ends_with(outer);
        let pairs = || text.chars().zip(text.chars().skip(1));
        let break_space = pairs().any(|(a, b)| is_break(a) && b == ' ');
        let space_break = pairs().any(|(a, b)| a == ' ' && is_break(b));
        let special = !text.chars().all(is_printable);
        Traits {
            multiline,
            plain: !multiline
                && !framed
                && !break_space
                && !space_break
                && !special
                && !has_indicators(text),
            single: !break_space && !space_break && !special,
            literal: !text.ends_with(' ') && !space_break && !special,
        }
    }
}

/// Whether a text would be read as something else than text if it stood alone.
fn has_indicators(text: &str) -> bool {
    if text.starts_with("---") || text.starts_with("...") {
        return true;
    }
    let mut before = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let blank_follows = chars.peek().is_none_or(|next| matches!(next, ' ' | '\t'));
        let blank_before = before.is_none_or(|c| matches!(c, ' ' | '\t' | '\0') || is_break(c));
        let indicates = match c {
            '#' => blank_before,
            ':' => blank_follows,
            '?' | '-' => before.is_none() && blank_follows,
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => before.is_none(),
            _ => false,
        };
        if indicates {
            return true;
        }
        before = Some(c);
    }
    false
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// A tab is not printable, and neither is what is beyond the first plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

fn escaped(c: char) -> Cow<'static, str> {
    match c {
        '\0' => "\\0".into(),
        '\x07' => "\\a".into(),
        '\x08' => "\\b".into(),
        '\t' => "\\t".into(),
        '\n' => "\\n".into(),
        '\x0b' => "\\v".into(),
        '\x0c' => "\\f".into(),
        '\r' => "\\r".into(),
        '\x1b' => "\\e".into(),
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{85}' => "\\N".into(),
        '\u{a0}' => "\\_".into(),
        '\u{2028}' => "\\L".into(),
        '\u{2029}' => "\\P".into(),
        c => match u32::from(c) {
            code @ ..=0xff => format!("\\x{code:02X}").into(),
            code @ ..=0xffff => format!("\\u{code:04X}").into(),
            code => format!("\\U{code:08X}").into(),
        },
    }
}

/// Base64, in lines of 70 if it does not fit one.
fn base64_lines(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let text = BASE64_STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let lines = text.as_bytes().chunks(LINE);
    lines.flat_map(|line| line.iter().chain(b"\n")).map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// Maps, lists and scalars stand where the CLI puts them.
    #[test]
    fn structure_is_written_as_the_cli_writes_it() {
        let text = "b: [1, [2, [3]], {x: 1, y: {z: []}}]\na: {}\nc: |\n  l1\n  l2\n\
                    d: \"x\\n\\n\"\n\"e e\": 'it''s'\nf: [{g: [1]}]\n";
        let expected = "a: {}\nb:\n- 1\n- - 2\n  - - 3\n- true:\n    z: []\n  x: 1\nc: |\n  l1\n  l2\n\
                        d: |+\n  x\n\ne e: it's\nf:\n- g:\n  - 1\n";
        assert_eq!(write(&parse(text).unwrap()), expected);
    }

    #[test]
    fn text_that_could_be_read_as_something_else_is_quoted() {
        for (text, written) in [
            ("yes", "\"yes\"\n"),
            ("017", "\"017\"\n"),
            ("1:30", "\"1:30\"\n"),
            ("2024-01-02", "\"2024-01-02\"\n"),
            ("", "\"\"\n"),
            ("a: b", "'a: b'\n"),
            ("- a", "'- a'\n"),
            ("a #b", "'a #b'\n"),
            ("a#b", "a#b\n"),
            ("*a", "'*a'\n"),
            (" a", "' a'\n"),
            ("a\tb", "\"a\\tb\"\n"),
            ("a\n", "|\n  a\n"),
            ("a\nb", "|-\n  a\n  b\n"),
            (" a\nb", "|2-\n   a\n  b\n"),
            ("a \nb", "\"a \\nb\"\n"),
            ("\u{1f600}", "\"\\U0001F600\"\n"),
            ("--- a", "'--- a'\n"),
            ("ü", "ü\n"),
        ] {
            assert_eq!(write(&text.into()), written, "{text:?}");
        }
    }

    #[test]
    fn binary_data_is_written_in_base64() {
        assert_eq!(write(&Value::Binary(vec![0xff, 0xfe])), "!!binary //4=\n");
    }
}
