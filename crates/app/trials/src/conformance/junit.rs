//! Verdicts as JUnit XML, which every CI system reads.

use super::verdict::Verdict;
use std::fmt::Write as _;

/// One suite with a case for each verdict.
pub fn junit(verdicts: &[Verdict]) -> String {
    let failed = verdicts.iter().filter(|verdict| verdict.fault.is_some()).count();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let tests = verdicts.len();
    let _ = writeln!(xml, r#"<testsuite name="conformance" tests="{tests}" failures="{failed}">"#);
    for Verdict { id, what, fault, took } in verdicts {
        let (what, took) = (escape(what), took.as_secs_f64());
        let _ = write!(xml, r#"  <testcase classname="{id}" name="{what}" time="{took:.3}""#);
        let _ = match fault {
            None => writeln!(xml, "/>"),
            Some(fault) => {
                writeln!(xml, "><failure message=\"{}\"/></testcase>", escape(fault))
            }
        };
    }
    xml + "</testsuite>\n"
}

/// What may stand in an attribute. Control characters may stand nowhere in XML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' => escaped += "&#10;",
            c if c.is_control() => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_fault_cannot_break_the_xml() {
        let fault = Some("<\"&\u{1b}>\n".to_owned());
        let verdict = Verdict { id: "V1", what: "a & b", fault, took: Duration::from_millis(5) };
        let xml = junit(&[verdict]);
        assert!(xml.contains(r#"tests="1" failures="1""#), "{xml}");
        assert!(xml.contains("message=\"&lt;&quot;&amp;\u{fffd}&gt;&#10;\""), "{xml}");
        assert!(xml.contains(r#"name="a &amp; b""#), "{xml}");
    }
}
