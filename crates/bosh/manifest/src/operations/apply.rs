//! Doing an operation: the rules of the CLI's library (go-patch), with its corners.

use super::path::{Modifier, Path, Token};
use crate::value::{Key, Map, Value};
use std::borrow::Cow;
use thiserror::Error;

/// Why an operation cannot be done. Each names the path up to the step that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatchError {
    /// A map has no such key.
    #[error("key '{key}' not found at path '{path}' ({})", found(keys))]
    MissingKey {
        /// The key.
        key: String,
        /// Where.
        path: Path,
        /// Which keys are there.
        keys: Vec<String>,
    },
    /// A list is too short.
    #[error("index {index} not found at path '{path}': the list has {length} items")]
    MissingIndex {
        /// The position, modifiers done.
        index: i64,
        /// Where.
        path: Path,
        /// How long the list is.
        length: usize,
    },
    /// Something else is there.
    #[error("must be {expected} at path '{path}', found {actual}")]
    WrongType {
        /// What would be right.
        expected: &'static str,
        /// Where.
        path: Path,
        /// What is there.
        actual: &'static str,
    },
    /// No item fits, or several do.
    #[error("exactly one item must match at path '{path}', found {count}")]
    NotOneMatch {
        /// Where.
        path: Path,
        /// How many match.
        count: usize,
    },
    /// `:before` or `:after` where nothing can be inserted, or with something behind it.
    #[error(
        "':before' and ':after' at path '{path}' must be the last of a replace operation's path"
    )]
    MisplacedInsertion {
        /// Where.
        path: Path,
    },
    /// `-` where nothing can be appended.
    #[error("'-' at path '{path}' is only for a replace operation")]
    MisplacedEnd {
        /// Where.
        path: Path,
    },
    /// What is missing cannot be made, since it is not known as what.
    #[error("'{path}' is missing and cannot be made: it must be followed by a key or name=value")]
    UnknownContainer {
        /// Where.
        path: Path,
    },
    /// The whole document cannot be removed.
    #[error("the whole document cannot be removed")]
    RemovedDocument,
    /// A test of a value failed.
    #[error("the value at path '{path}' is not the expected one")]
    OtherValue {
        /// Where.
        path: Path,
    },
    /// A test of absence failed.
    #[error("'{path}' must not be there")]
    NotAbsent {
        /// Where.
        path: Path,
    },
}

fn found(keys: &[String]) -> String {
    if keys.is_empty() {
        return "the map is empty".to_owned();
    }
    format!("found '{}'", keys.join("', '"))
}

type Result<T> = std::result::Result<T, PatchError>;

/// What is at a path.
pub fn find(document: &Value, path: &Path) -> Result<Value> {
    let mut value = Cow::Borrowed(document);
    for (at, token) in path.tokens().iter().enumerate() {
        let step = Step { path, at };
        value = match value {
            Cow::Borrowed(value) => step.find(value, token)?,
            Cow::Owned(value) => Cow::Owned(step.find(&value, token)?.into_owned()),
        };
    }
    Ok(value.into_owned())
}

/// Sets what is at a path.
pub fn replace(document: &mut Value, path: &Path, value: Value) -> Result<()> {
    let Some((last, steps)) = path.tokens().split_last() else {
        *document = value;
        return Ok(());
    };
    let mut target = document;
    for (at, token) in steps.iter().enumerate() {
        target = Step { path, at }.enter(target, token)?;
    }
    Step { path, at: steps.len() }.set(target, last, value)
}

/// Removes what is at a path.
pub fn remove(document: &mut Value, path: &Path) -> Result<()> {
    let Some((last, steps)) = path.tokens().split_last() else {
        return Err(PatchError::RemovedDocument);
    };
    let mut target = document;
    for (at, token) in steps.iter().enumerate() {
        match (Step { path, at }).existing(target, token)? {
            Some(next) => target = next,
            None => return Ok(()),
        }
    }
    Step { path, at: steps.len() }.remove(target, last)
}

/// Fails unless the value, or nothing, is at a path.
pub fn test(document: &Value, path: &Path, expected: Option<&Value>) -> Result<()> {
    let found = find(document, path);
    let Some(expected) = expected else {
        return match found {
            Ok(_) => Err(PatchError::NotAbsent { path: path.clone() }),
            Err(
                PatchError::MissingKey { path: missing, .. }
                | PatchError::MissingIndex { path: missing, .. },
            ) if missing == *path => Ok(()),
            Err(error) => Err(error),
        };
    };
    if found? == *expected { Ok(()) } else { Err(PatchError::OtherValue { path: path.clone() }) }
}

/// A step of a path.
#[derive(Clone, Copy)]
struct Step<'a> {
    path: &'a Path,
    at: usize,
}

impl Step<'_> {
    fn here(self) -> Path {
        self.path.up_to(self.at)
    }

    fn find<'v>(self, value: &'v Value, token: &Token) -> Result<Cow<'v, Value>> {
        match token {
            Token::Key { key, optional } => {
                let map = self.map(value)?;
                match map.get(&Key::from(key.as_str())) {
                    Some(value) => Ok(Cow::Borrowed(value)),
                    None if !optional => Err(self.missing_key(key, map)),
                    None if self.is_last() => Ok(Cow::Owned(Value::Null)),
                    None => match self.path.tokens()[self.at + 1] {
                        Token::Match { .. } => Ok(Cow::Owned(Value::List(Vec::new()))),
                        Token::Key { .. } => Ok(Cow::Owned(Value::Map(Map::new()))),
                        _ => Err(self.unknown_container()),
                    },
                }
            }
            Token::Index { index, modifiers } => {
                let list = self.list(value)?;
                Ok(Cow::Borrowed(&list[self.position(*index, modifiers, list.len())?]))
            }
            Token::Match { key, value: wanted, optional, modifiers } => {
                let list = self.list(value)?;
                match self.matching(list, key, wanted, *optional)? {
                    Some(index) => {
                        Ok(Cow::Borrowed(&list[self.position(index, modifiers, list.len())?]))
                    }
                    None => Ok(Cow::Owned(item(key, wanted))),
                }
            }
            Token::End => Err(PatchError::MisplacedEnd { path: self.here() }),
        }
    }

    /// Goes one step on, and makes what is missing and optional.
    fn enter<'v>(self, value: &'v mut Value, token: &Token) -> Result<&'v mut Value> {
        match token {
            Token::Key { key, optional } => {
                let map = self.map_mut(value)?;
                let name = Key::from(key.as_str());
                if !map.contains_key(&name) {
                    if !optional {
                        return Err(self.missing_key(key, map));
                    }
                    let container = match self.path.tokens()[self.at + 1] {
                        Token::End | Token::Match { .. } => Value::List(Vec::new()),
                        Token::Key { .. } => Value::Map(Map::new()),
                        Token::Index { .. } => return Err(self.unknown_container()),
                    };
                    map.insert(name.clone(), container);
                }
                Ok(map.entry(name).or_default())
            }
            Token::Index { index, modifiers } => {
                let list = self.list_mut(value)?;
                let position = self.position(*index, modifiers, list.len())?;
                Ok(&mut list[position])
            }
            Token::Match { key, value: wanted, optional, modifiers } => {
                let list = self.list_mut(value)?;
                let position = match self.matching(list, key, wanted, *optional)? {
                    Some(index) => self.position(index, modifiers, list.len())?,
                    None => {
                        list.push(item(key, wanted));
                        list.len() - 1
                    }
                };
                Ok(&mut list[position])
            }
            Token::End => Err(PatchError::MisplacedEnd { path: self.here() }),
        }
    }

    /// Goes one step on; nothing if what is optional is missing.
    fn existing<'v>(self, value: &'v mut Value, token: &Token) -> Result<Option<&'v mut Value>> {
        match token {
            Token::Key { key, optional } => {
                let map = self.map_mut(value)?;
                let name = Key::from(key.as_str());
                if map.contains_key(&name) {
                    return Ok(map.get_mut(&name));
                }
                if *optional { Ok(None) } else { Err(self.missing_key(key, map)) }
            }
            Token::Match { key, value: wanted, optional, modifiers } => {
                let list = self.list_mut(value)?;
                let Some(index) = self.matching(list, key, wanted, *optional)? else {
                    return Ok(None);
                };
                let position = self.position(index, modifiers, list.len())?;
                Ok(list.get_mut(position))
            }
            token => self.enter(value, token).map(Some),
        }
    }

    fn set(self, target: &mut Value, token: &Token, value: Value) -> Result<()> {
        match token {
            Token::Key { key, optional } => {
                let map = self.map_mut(target)?;
                let name = Key::from(key.as_str());
                if !optional && !map.contains_key(&name) {
                    return Err(self.missing_key(key, map));
                }
                map.insert(name, value);
            }
            Token::Index { index, modifiers } => {
                let list = self.list_mut(target)?;
                self.put(list, *index, modifiers, value)?;
            }
            Token::Match { key, value: wanted, optional, modifiers } => {
                let list = self.list_mut(target)?;
                match self.matching(list, key, wanted, *optional)? {
                    Some(index) => self.put(list, index, modifiers, value)?,
                    None => list.push(value),
                }
            }
            Token::End => self.list_mut(target)?.push(value),
        }
        Ok(())
    }

    /// In place of an item, or before or after it.
    fn put(
        self,
        list: &mut Vec<Value>,
        index: i64,
        modifiers: &[Modifier],
        value: Value,
    ) -> Result<()> {
        let insertion = |m: &Modifier| matches!(m, Modifier::Before | Modifier::After);
        match modifiers.split_last() {
            Some((last, moves)) if insertion(last) => {
                let position = self.position(index, moves, list.len())?;
                list.insert(position + usize::from(*last == Modifier::After), value);
            }
            _ => {
                let position = self.position(index, modifiers, list.len())?;
                list[position] = value;
            }
        }
        Ok(())
    }

    fn remove(self, target: &mut Value, token: &Token) -> Result<()> {
        let (list, index, modifiers) = match token {
            Token::Key { key, optional } => {
                let map = self.map_mut(target)?;
                if map.shift_remove(&Key::from(key.as_str())).is_none() && !optional {
                    return Err(self.missing_key(key, map));
                }
                return Ok(());
            }
            Token::Index { index, modifiers } => (self.list_mut(target)?, *index, modifiers),
            Token::Match { key, value, optional, modifiers } => {
                let list = self.list_mut(target)?;
                let Some(index) = self.matching(list, key, value, *optional)? else {
                    return Ok(());
                };
                (list, index, modifiers)
            }
            Token::End => return Err(PatchError::MisplacedEnd { path: self.here() }),
        };
        let position = self.position(index, modifiers, list.len())?;
        list.remove(position);
        Ok(())
    }

    /// The position of an item, from the start.
    fn position(self, index: i64, modifiers: &[Modifier], length: usize) -> Result<usize> {
        let mut moved = index;
        for modifier in modifiers {
            moved = match modifier {
                Modifier::Prev => moved.saturating_sub(1),
                Modifier::Next => moved.saturating_add(1),
                Modifier::Before | Modifier::After => {
                    return Err(PatchError::MisplacedInsertion { path: self.here() });
                }
            };
        }
        let from_start =
            if moved < 0 { moved.saturating_add_unsigned(length as u64) } else { moved };
        let position = usize::try_from(from_start).ok().filter(|position| *position < length);
        position.ok_or_else(|| PatchError::MissingIndex { index: moved, path: self.here(), length })
    }

    /// The one item that has this text at this key.
    fn matching(
        self,
        list: &[Value],
        key: &str,
        wanted: &str,
        optional: bool,
    ) -> Result<Option<i64>> {
        let fits = |item: &Value| item.get(key).and_then(Value::as_str) == Some(wanted);
        let mut positions = list.iter().enumerate().filter(|(_, item)| fits(item));
        match (positions.next(), positions.count()) {
            (None, _) if optional => Ok(None),
            (None, _) => Err(PatchError::NotOneMatch { path: self.here(), count: 0 }),
            (Some((position, _)), 0) => Ok(Some(position as i64)),
            (Some(_), more) => Err(PatchError::NotOneMatch { path: self.here(), count: more + 1 }),
        }
    }

    fn is_last(self) -> bool {
        self.at + 1 == self.path.tokens().len()
    }

    fn map(self, value: &Value) -> Result<&Map> {
        value.as_map().ok_or_else(|| self.wrong_type("a map", value))
    }

    fn list(self, value: &Value) -> Result<&[Value]> {
        value.as_list().ok_or_else(|| self.wrong_type("a list", value))
    }

    fn map_mut(self, value: &mut Value) -> Result<&mut Map> {
        match value {
            Value::Map(map) => Ok(map),
            value => Err(self.wrong_type("a map", value)),
        }
    }

    fn list_mut(self, value: &mut Value) -> Result<&mut Vec<Value>> {
        match value {
            Value::List(list) => Ok(list),
            value => Err(self.wrong_type("a list", value)),
        }
    }

    fn wrong_type(self, expected: &'static str, value: &Value) -> PatchError {
        PatchError::WrongType { expected, path: self.here(), actual: value.kind() }
    }

    fn missing_key(self, key: &str, map: &Map) -> PatchError {
        let mut keys: Vec<String> = map.keys().map(ToString::to_string).collect();
        keys.sort();
        PatchError::MissingKey { key: key.to_owned(), path: self.here(), keys }
    }

    fn unknown_container(self) -> PatchError {
        PatchError::UnknownContainer { path: self.here() }
    }
}

fn item(key: &str, value: &str) -> Value {
    Value::Map(Map::from_iter([(Key::from(key), Value::from(value))]))
}
