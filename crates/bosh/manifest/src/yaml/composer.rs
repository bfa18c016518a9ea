//! From text to a [`Value`]: the parser's events put together, with aliases and merge keys.

use super::scalar;
use crate::value::{Key, Map, Value};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use std::collections::HashMap;
use thiserror::Error;

/// What aliases may add to a document, in values. A document of a few lines could otherwise fill
/// the memory.
const MOST_ALIASED: usize = 400_000;

/// What `!!` stands for.
const YAML_TAGS: &str = "tag:yaml.org,2002:";

/// Text that is not YAML.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
#[error("line {line}: {problem}")]
pub struct YamlError {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong. No value is quoted, since it could be a secret.
    pub problem: String,
}

/// Reads the first document of a text. An empty text is null.
pub fn parse(text: &str) -> Result<Value, YamlError> {
    let mut composer = Composer {
        events: Parser::new_from_str(text.strip_prefix('\u{feff}').unwrap_or(text)),
        anchors: HashMap::new(),
        aliased: 0,
    };
    loop {
        match composer.event()? {
            (Event::StreamStart | Event::DocumentStart(..), _) => {}
            (Event::StreamEnd | Event::DocumentEnd, _) => return Ok(Value::Null),
            (event, span) => return Ok(composer.node(event, span)?.value),
        }
    }
}

struct Composer<'input, P: Iterator<Item = Result<(Event<'input>, Span), ScanError>>> {
    events: P,
    anchors: HashMap<usize, Node>,
    aliased: usize,
}

/// A value with what its use again costs.
#[derive(Clone)]
struct Node {
    value: Value,
    size: usize,
}

impl<'input, P: Iterator<Item = Result<(Event<'input>, Span), ScanError>>> Composer<'input, P> {
    fn event(&mut self) -> Result<(Event<'input>, Span), YamlError> {
        loop {
            match self.events.next() {
                None => return Ok((Event::StreamEnd, Span::default())),
                Some(Err(error)) => {
                    return Err(YamlError {
                        line: error.marker().line(),
                        problem: error.kind().to_string(),
                    });
                }
                Some(Ok((event, span))) if event.is_node() || is_structure(&event) => {
                    return Ok((event, span));
                }
                // A comment.
                Some(Ok(_)) => {}
            }
        }
    }

    fn node(&mut self, event: Event<'input>, span: Span) -> Result<Node, YamlError> {
        let fail = |problem: &str| error(span, problem);
        match event {
            Event::Alias(id) => self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar_value(&text, style, tag.as_deref())
                    .ok_or_else(|| fail("the value does not fit its tag"))?;
                Ok(self.anchored(anchor, Node { value, size: 1 }))
            }
            Event::SequenceStart(_, anchor, _) => {
                let node = self.sequence()?;
                Ok(self.anchored(anchor, node))
            }
            Event::MappingStart(_, anchor, _) => {
                let node = self.mapping()?;
                Ok(self.anchored(anchor, node))
            }
            _ => Err(fail("the document ends too early")),
        }
    }

    fn anchored(&mut self, anchor: usize, node: Node) -> Node {
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        node
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, YamlError> {
        let Some(node) = self.anchors.get(&id) else {
            return Err(error(span, "the alias stands inside of what it refers to"));
        };
        self.aliased += node.size;
        if self.aliased > MOST_ALIASED {
            return Err(error(span, "aliases make the document too big"));
        }
        Ok(node.clone())
    }

    fn sequence(&mut self) -> Result<Node, YamlError> {
        let mut items = Vec::new();
        let mut size = 1;
        loop {
            let (event, span) = self.event()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok(Node { value: Value::List(items), size });
            }
            let node = self.node(event, span)?;
            size += node.size;
            items.push(node.value);
        }
    }

    fn mapping(&mut self) -> Result<Node, YamlError> {
        let mut map = Map::new();
        let mut size = 1;
        loop {
            let (event, span) = self.event()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Node { value: Value::Map(map), size });
            }
            let merge = is_merge(&event);
            let key = self.node(event, span)?.value;
            let (event, value_span) = self.event()?;
            let a_list_of_its_own = matches!(event, Event::SequenceStart(..));
            let node = self.node(event, value_span)?;
            size += node.size + 1;
            if merge {
                merge_into(&mut map, node.value, a_list_of_its_own)
                    .ok_or_else(|| error(value_span, "<< must have a map or a list of maps"))?;
            } else {
                let key = Key::try_from(key).map_err(|e| error(span, &e.to_string()))?;
                map.insert(key, node.value);
            }
        }
    }
}

/// What `<<` refers to replaces what stands before it, and is replaced by what stands after it.
fn merge_into(map: &mut Map, value: Value, may_be_list: bool) -> Option<()> {
    match value {
        Value::Map(merged) => map.extend(merged),
        Value::List(items) if may_be_list => {
            // The first of a list has precedence, so it comes last.
            for item in items.into_iter().rev() {
                let Value::Map(merged) = item else { return None };
                map.extend(merged);
            }
        }
        _ => return None,
    }
    Some(())
}

fn is_structure(event: &Event<'_>) -> bool {
    matches!(event, Event::StreamEnd | Event::DocumentEnd | Event::SequenceEnd | Event::MappingEnd)
}

fn is_merge(event: &Event<'_>) -> bool {
    let Event::Scalar(text, style, _, tag) = event else { return false };
    let plain = *style == ScalarStyle::Plain && tag.is_none();
    let tagged = tag
        .as_ref()
        .is_some_and(|tag| tag.suffix_in_namespace(YAML_TAGS).as_deref() == Some("merge"));
    text == "<<" && (plain || tagged)
}

fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Value> {
    match tag {
        // `!` alone makes quoted text plain, to Go.
        Some(tag) if tag.parts() == ("", "!") => Some(scalar::resolve(text)),
        Some(tag) => match tag.suffix_in_namespace(YAML_TAGS) {
            Some(name) => scalar::tagged(&name, text),
            None => Some(text.into()),
        },
        None if style == ScalarStyle::Plain => Some(scalar::resolve(text)),
        None => Some(text.into()),
    }
}

fn error(span: Span, problem: &str) -> YamlError {
    YamlError { line: span.start.line(), problem: problem.to_owned() }
}
