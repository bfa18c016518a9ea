//! What commands for people share: a provider without a director's request.

use crate::{config, folder_owner, waiting};
use anyhow::{Context as _, Result};
use bosh_cpi::Request;
use clap::Args;
use cpi_kit::DynProvider;
use cpi_runtime::{ConfigFile, Environment, StateDir};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Whose things a command is about.
#[derive(Debug, Args)]
pub struct ProviderArgs {
    /// A JSON file that stands for a request's context: a cpi-config's properties, which choose
    /// the cloud and the account.
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,

    /// The director's UUID, whose mark is in every name (`bosh env` tells it).
    #[arg(long, value_name = "UUID")]
    director_uuid: Option<String>,
}

impl ProviderArgs {
    /// The cloud of these calls. From here on this process is the owner of the state's folder,
    /// if it is root's.
    ///
    /// # Errors
    /// A config that cannot be read or used; a mark that is no UUID.
    pub fn target(&self, config: Option<&Path>) -> Result<Target> {
        let file = ConfigFile::read(&config::find(config)?)?;
        let mut context = self.read_context()?;
        if let Some(uuid) = &self.director_uuid {
            context.insert("director_uuid".into(), json!(uuid));
        }
        let director = context.get("director_uuid").and_then(Value::as_str).map(str::to_owned);
        let request = json!({"method": "info", "arguments": [], "context": context});
        let request = Request::parse(request.to_string().as_bytes())?;
        let environment = Environment::of_process();
        let state_dir = StateDir::of(&file.config, &environment);
        let folder = state_dir.probable();
        folder_owner::become_owner(&folder, &environment.store)?;
        let provider = cpi_runtime::provider(&request, &file.config, state_dir)?;
        let unknown = cpi_runtime::unknown_properties(&request, &file.config)?;
        let named = |name: &str| named(&file, &context, name);
        let endpoint = named("/endpoint").unwrap_or_else(|| file.config.plugin().to_owned());
        let in_database = named("/ledger/url").is_some();
        Ok(Target { provider, folder, endpoint, director, in_database, unknown, notes: file.notes })
    }

    fn read_context(&self) -> Result<Map<String, Value>> {
        let Some(path) = &self.context else { return Ok(Map::new()) };
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{}: expected a JSON hash", path.display()))
    }
}

/// The cloud that a command is about.
pub struct Target {
    /// Who asks it.
    pub provider: Box<dyn DynProvider>,
    /// The folder for what outlives a call.
    pub folder: PathBuf,
    /// Where it is, for people.
    pub endpoint: String,
    /// The director whose things are meant, if one is named.
    pub director: Option<String>,
    /// Whether the journal is in a database.
    pub in_database: bool,
    /// Paths of properties that nothing knows.
    pub unknown: Vec<String>,
    /// What the file says and means nothing any more.
    pub notes: Vec<String>,
}

impl Target {
    /// Does `work` with it; says what is waited for if that takes its time.
    pub fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        block_on(waiting::announced(&format!("the cloud at {}", self.endpoint), work))
    }

    /// Whether there is a journal: in the folder, or in a database. Who only looks makes none.
    pub fn keeps_a_journal(&self) -> bool {
        self.in_database || self.folder.join("ledger.db").exists()
    }
}

/// A text among the cloud's own properties: the cpi-config's, else the file's.
fn named(file: &ConfigFile, context: &Map<String, Value>, pointer: &str) -> Option<String> {
    let plugin = file.config.plugin();
    let context = Value::Object(context.clone());
    let below = file.raw.pointer(&format!("/cloud/properties/{plugin}{pointer}"));
    let above =
        context.pointer(pointer).or_else(|| context.pointer(&format!("/{plugin}{pointer}")));
    above.or(below)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Runs `work` to its end.
pub fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// A time for people: `42 s`, `7 min`, `3 h`, `2 d`.
pub fn age(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// Reads `90s`, `15m`, `24h` or `7d`; a bare number is seconds.
pub fn parse_age(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        unit => return Err(format!("'{unit}' is no unit: use s, m, h or d")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("'{text}' is no age such as 24h"))?;
    Ok(Duration::from_secs(number.saturating_mul(factor)))
}

/// Reads `500M` or `20G`, of 1024 each; a bare number is bytes.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" | "k" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        unit => return Err(format!("'{unit}' is no unit: use K, M, G or T")),
    };
    let number: u64 = digits.parse().map_err(|_| format!("'{text}' is no size such as 20G"))?;
    number.checked_mul(1 << shift).ok_or_else(|| format!("'{text}' is too much"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        assert_eq!((parse_size("90"), parse_size("2G")), (Ok(90), Ok(2 << 30)));
        for wrong in ["", "G", "1X", "-1", "99999999999T"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ages_are_read_with_their_unit() {
        assert_eq!(parse_age("90"), Ok(Duration::from_secs(90)));
        assert_eq!(parse_age("24h"), Ok(Duration::from_secs(86_400)));
        assert!(parse_age("1w").is_err() && parse_age("h").is_err() && parse_age("").is_err());
    }
}
