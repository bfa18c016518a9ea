//! The parameters of a call, and typed ways to read them.

use super::Refusal;
use super::answer::Page;
use crate::state::{Entity, Table};
use std::collections::BTreeMap;

/// The parameters of a call. Names are in lower case; the sub-keys of maps keep theirs.
#[derive(Debug, Clone, Default)]
pub struct Params {
    command: String,
    post: bool,
    plain: BTreeMap<String, String>,
    maps: BTreeMap<String, BTreeMap<u32, BTreeMap<String, String>>>,
}

impl Params {
    /// Sorts out what a request brought: `name=value` and `name[0].key=value`. A later value of
    /// the same name wins.
    pub fn decode(raw: &[(String, String)]) -> Result<Self, Refusal> {
        let mut params = Self::default();
        for (name, value) in raw {
            if value.chars().any(|c| c.is_ascii_control() && c != '\n' && c != '\r') {
                return Err(Refusal::parameter(format!(
                    "parameter {name} holds ASCII control characters"
                )));
            }
            match name.split_once('[') {
                None => params.put(name, value),
                Some((map, rest)) => params.put_in_map(name, map, rest, value)?,
            }
        }
        params.command = params.plain.remove("command").unwrap_or_default();
        Ok(params)
    }

    fn put(&mut self, name: &str, value: &str) {
        self.plain.insert(name.to_ascii_lowercase(), value.to_owned());
    }

    fn put_in_map(
        &mut self,
        whole: &str,
        map: &str,
        rest: &str,
        value: &str,
    ) -> Result<(), Refusal> {
        let decoded = rest.split_once("].").and_then(|(index, key)| {
            let index = index.parse::<u32>().ok()?;
            (!map.is_empty() && !key.is_empty() && !key.contains('[')).then_some((index, key))
        });
        let (index, key) = decoded.ok_or_else(|| {
            Refusal::new(430, 9999, format!(
                "Unable to decode parameter {whole}; an object array is written parameter[index].field=value"
            ))
        })?;
        let rows = self.maps.entry(map.to_ascii_lowercase()).or_default();
        rows.entry(index).or_default().insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    /// The same, with how they came.
    pub fn sent_by_post(self, post: bool) -> Self {
        Self { post, ..self }
    }

    /// Those that `known` takes.
    pub fn only(mut self, mut known: impl FnMut(&str) -> bool) -> Self {
        self.plain.retain(|name, _| known(name));
        self.maps.retain(|name, _| known(name));
        self
    }

    /// Whether they came by POST: by GET user data must be short.
    pub fn is_post(&self) -> bool {
        self.post
    }

    /// The command, as it was sent.
    pub fn command(&self) -> &str {
        &self.command
    }

    /// The command in lower case, as error texts have it.
    pub fn command_lower(&self) -> String {
        self.command.to_ascii_lowercase()
    }

    /// Every plain parameter.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.plain.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A text; None where it is missing or empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.plain.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether the parameter was sent at all, even empty.
    pub fn has(&self, name: &str) -> bool {
        self.plain.contains_key(name) || self.maps.contains_key(name)
    }

    /// A text of at most 255 characters, CloudStack's limit for most.
    pub fn short(&self, name: &str) -> Result<Option<&str>, Refusal> {
        match self.text(name) {
            Some(text) if text.chars().count() > 255 => Err(Refusal::parameter(format!(
                "Value greater than max allowed length 255 for param: {name}"
            ))),
            text => Ok(text),
        }
    }

    /// A text that must be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        match self.plain.get(name).map(String::as_str) {
            Some("") => {
                Err(Refusal::invalid(format!("Invalid value provided for API arg: {name}")))
            }
            Some(value) => Ok(value),
            None => Err(self.missing(name)),
        }
    }

    /// The refusal of a call that lacks a parameter.
    pub fn missing(&self, name: &str) -> Refusal {
        Refusal::parameter(format!(
            "Unable to execute API command {} due to missing parameter {name}",
            self.command_lower()
        ))
    }

    fn bad(&self, name: &str, value: &str) -> Refusal {
        Refusal::parameter(format!(
            "Unable to execute API command {} due to invalid value {value} for parameter {name}",
            self.command_lower()
        ))
    }

    /// A yes or no. CloudStack takes everything but `true` for no.
    pub fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(value) = self.text(name) else { return Ok(None) };
        value.parse().map(Some).map_err(|_| self.bad(name, value))
    }

    /// A comma-separated list; empty where it is missing.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).collect()
    }

    /// The rows of an object array, by index: `tags[0].key`.
    pub fn rows(&self, name: &str) -> Vec<&BTreeMap<String, String>> {
        self.maps.get(name).map(|rows| rows.values().collect()).unwrap_or_default()
    }

    /// A map whose keys are chosen by the caller: `details[0].cpuNumber`. All indexes count.
    pub fn map(&self, name: &str) -> BTreeMap<String, String> {
        let rows = self.rows(name);
        rows.into_iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    /// The id of a row of `table`, live or removed; 431 for one that never was.
    pub fn id<T: Entity>(&self, name: &str, table: &Table<T>) -> Result<Option<&str>, Refusal> {
        self.text(name).map(|id| self.known(name, id, table)).transpose()
    }

    /// An id that must be there, of a row of `table`, live or removed.
    pub fn need_id<T: Entity>(&self, name: &str, table: &Table<T>) -> Result<&str, Refusal> {
        self.known(name, self.need(name)?, table)
    }

    /// A comma-separated list of ids by which rows are looked for. What has not the form of an id
    /// finds nothing.
    pub fn wanted_ids<T: Entity>(
        &self,
        name: &str,
        table: &Table<T>,
    ) -> Result<Option<Vec<&str>>, Refusal> {
        let is_id = |id: &&str| uuid::Uuid::try_parse(id).is_ok();
        for id in self.list(name).into_iter().filter(is_id) {
            self.known(name, id, table)?;
        }
        Ok(self.text(name).map(|_| self.list(name)))
    }

    /// A comma-separated list of ids of `table`.
    pub fn ids<T: Entity>(&self, name: &str, table: &Table<T>) -> Result<Vec<&str>, Refusal> {
        self.list(name).into_iter().map(|id| self.known(name, id, table)).collect()
    }

    /// `id`, if `table` has or had it.
    pub fn known<'a, T: Entity>(
        &self,
        name: &str,
        id: &'a str,
        table: &Table<T>,
    ) -> Result<&'a str, Refusal> {
        if table.knows(id) { Ok(id) } else { Err(self.unknown_id(name, id)) }
    }

    /// The refusal of an id that never was.
    pub fn unknown_id(&self, name: &str, id: &str) -> Refusal {
        Refusal::parameter(format!(
            "Unable to execute API command {} due to invalid value. Invalid parameter {name} \
             value={id}: incorrect long value format, or entity does not exist",
            self.command_lower()
        ))
    }

    /// The page that a list is asked for: `page` and `pagesize` go together.
    pub fn page(&self) -> Result<Option<Page>, Refusal> {
        let together = |wanted: &str, given: &str| {
            Err(Refusal::parameter(format!(
                "\"{wanted}\" parameter is required when \"{given}\" is specified"
            )))
        };
        match (self.number("page")?, self.number("pagesize")?) {
            (None, None) => Ok(None),
            (None, Some(-1)) => Ok(Some(Page { page: 1, size: usize::MAX })),
            (Some(_), Some(-1)) => Err(Refusal::invalid(
                "Can't specify page parameter when pagesize is -1 (Unlimited)",
            )),
            (None, Some(_)) => together("page", "pagesize"),
            (Some(_), None) => together("pagesize", "page"),
            (Some(_), Some(size)) if size > Page::MAX_SIZE as i64 => Err(Refusal::invalid(
                format!("Page size can't exceed max allowed page size value: {}", Page::MAX_SIZE),
            )),
            (Some(page), Some(size)) => Ok(Some(Page {
                page: usize::try_from(page).unwrap_or(1),
                size: usize::try_from(size).unwrap_or(Page::MAX_SIZE),
            })),
        }
    }
}
