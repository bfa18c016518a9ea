//! What a transcript does not tell of itself: settings of that cloud, and what somebody else did
//! to it before or meanwhile: `settings.yaml`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The setting of one walk.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// The transcript's file name without `.jsonl`.
    pub transcript: String,
    /// After how many seconds that cloud expunges destroyed and failed VMs, if not after a day.
    pub expunge_delay: Option<u64>,
    /// Calls that the transcript does not hold.
    pub beside: Vec<Beside>,
}

/// A call that somebody made before a line of the walk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// The line it came before.
    pub before: usize,
    /// The account that made it.
    pub account: String,
    /// Its parameters. A value `listZones/adv` is the id of the zone of this name.
    pub call: BTreeMap<String, String>,
}

/// The setting of this transcript; nothing special for one that the file does not know.
pub fn of(transcript: &str, file: &Path) -> Setting {
    let text = std::fs::read_to_string(file).expect("the settings are there");
    let known: Vec<Setting> = serde_saphyr::from_str(&text).expect("settings.yaml is valid");
    let plain = Setting { transcript: transcript.to_owned(), ..Setting::default() };
    known.into_iter().find(|setting| setting.transcript == transcript).unwrap_or(plain)
}
