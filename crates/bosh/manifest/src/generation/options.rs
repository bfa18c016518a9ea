//! The options of a definition.

use super::GenerationError;
use crate::value::{Key, Map, Value};

/// Options of which all are known.
pub struct Options<'a>(Option<&'a Map>);

impl<'a> Options<'a> {
    pub fn read(
        options: &'a Value,
        known: &'static [&'static str],
    ) -> Result<Options<'a>, GenerationError> {
        let map = match options {
            Value::Null => return Ok(Options(None)),
            Value::Map(map) => map,
            other => return Err(GenerationError::NotOptions(other.kind())),
        };
        for key in map.keys() {
            let option = key.to_string();
            if !known.contains(&option.as_str()) {
                return Err(GenerationError::UnknownOption { option, known });
            }
        }
        Ok(Options(Some(map)))
    }

    fn get(&self, option: &str) -> Option<&'a Value> {
        self.0?.get(&Key::from(option)).filter(|value| **value != Value::Null)
    }

    /// Text; empty if it is absent.
    pub fn text(&self, option: &'static str) -> Result<String, GenerationError> {
        let Some(value) = self.get(option) else { return Ok(String::new()) };
        value.scalar_text().ok_or(GenerationError::WrongOption { option, expected: "a string" })
    }

    /// A list of texts.
    pub fn texts(&self, option: &'static str) -> Result<Vec<String>, GenerationError> {
        let wrong = GenerationError::WrongOption { option, expected: "a list of strings" };
        let Some(value) = self.get(option) else { return Ok(Vec::new()) };
        let items = value.as_list().ok_or_else(|| wrong.clone())?;
        items.iter().map(|item| item.scalar_text().ok_or_else(|| wrong.clone())).collect()
    }

    /// True or false; false if it is absent.
    pub fn flag(&self, option: &'static str) -> Result<bool, GenerationError> {
        match self.get(option) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(GenerationError::WrongOption { option, expected: "true or false" }),
        }
    }

    /// A whole number of at least 0; 0 if it is absent.
    pub fn number(&self, option: &'static str) -> Result<u64, GenerationError> {
        let expected = "a whole number that is not negative";
        match self.get(option) {
            None => Ok(0),
            Some(Value::Int(int)) => {
                let number = u64::try_from(*int).ok();
                number.ok_or(GenerationError::WrongOption { option, expected })
            }
            Some(_) => Err(GenerationError::WrongOption { option, expected }),
        }
    }
}
