//! `((name))` in text.

/// A placeholder in a text.
#[derive(Debug, PartialEq, Eq)]
pub struct Placeholder<'a> {
    /// The name, without the exclamation mark of old.
    pub name: &'a str,
    /// Whether it is all of the text, so that its value keeps its type.
    pub is_whole: bool,
}

/// The placeholders of a text, from left to right.
pub fn placeholders(text: &str) -> Vec<Placeholder<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = text[at..].find("((").map(|start| at + start) {
        match read(&text[start..]) {
            Some((name, length)) => {
                let is_whole = start == 0 && length == text.len();
                found.push(Placeholder { name, is_whole });
                at = start + length;
            }
            None => at = start + 1,
        }
    }
    found
}

/// The text with a value in place of a name. Only `((name))` and `((!name))` are replaced, without
/// spaces: so does the CLI.
pub fn fill(text: &str, name: &str, value: &str) -> String {
    text.replace(&format!("(({name}))"), value).replace(&format!("((!{name}))"), value)
}

/// The name of a placeholder at the start of a text, and how long the placeholder is.
fn read(text: &str) -> Option<(&str, usize)> {
    let inside = text.strip_prefix("((")?;
    let inside = inside.strip_prefix(' ').unwrap_or(inside);
    let inside = inside.strip_prefix('!').unwrap_or(inside);
    let end = inside.find(|c| !is_of_name(c)).unwrap_or(inside.len());
    let (name, rest) = inside.split_at(end);
    let rest = rest.strip_prefix(' ').unwrap_or(rest).strip_prefix("))")?;
    (!name.is_empty()).then_some((name, text.len() - rest.len()))
}

fn is_of_name(c: char) -> bool {
    matches!(c, '-' | '/' | '.' | '_' | '0'..='9') || c.is_alphabetic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found() {
        for (text, names) in [
            ("((a))", vec![("a", true)]),
            ("(( a ))", vec![("a", true)]),
            ("((!a))", vec![("a", true)]),
            ("x((a))y((b.c/d-e))", vec![("a", false), ("b.c/d-e", false)]),
            ("(((a)))", vec![("a", false)]),
            ("((ä))", vec![("ä", true)]),
            ("((a b))", vec![]),
            ("((  a))", vec![]),
            ("(())", vec![]),
            ("((a)", vec![]),
            ("((a))((a))", vec![("a", false), ("a", false)]),
        ] {
            let found: Vec<(&str, bool)> =
                placeholders(text).iter().map(|p| (p.name, p.is_whole)).collect();
            assert_eq!(found, names, "{text}");
        }
    }
}
