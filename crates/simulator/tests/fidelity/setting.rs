//! What a transcript does not tell of itself: who walked, how that cloud differed from the default
//! world, and what somebody else did to it meanwhile: `settings.yaml`.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// The setting of one walk.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Setting {
    /// The transcript's file name without `.jsonl`.
    pub transcript: String,
    /// Whose keys signed.
    pub caller: Who,
    /// Beginnings of the names of offerings that were not there yet.
    pub without: Vec<String>,
    /// After how many seconds that cloud expunges destroyed and failed VMs, if not after a day.
    pub expunge_delay: Option<u64>,
    /// Calls that the transcript does not hold.
    pub beside: Vec<Beside>,
}

/// One of the two accounts of the world.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// The root admin.
    #[default]
    Admin,
    /// The plain user.
    User,
}

/// A call that somebody made before a line of the walk.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// The line it came before.
    pub before: usize,
    /// Who made it.
    #[serde(default)]
    pub caller: Who,
    /// Its parameters. A value `listZones/adv` is the id of the zone of this name.
    #[serde(default)]
    pub call: BTreeMap<String, String>,
    /// Or: nothing was called, but so many seconds passed.
    #[serde(default)]
    pub seconds: u64,
}

/// The setting of this transcript. One that the file does not know was walked in the default
/// world, by a plain user if its name says `user`.
pub fn of(transcript: &str, file: &Path) -> Setting {
    let text = std::fs::read_to_string(file).expect("the settings are there");
    let known: Vec<Setting> = serde_saphyr::from_str(&text).expect("settings.yaml is valid");
    known.into_iter().find(|setting| setting.transcript == transcript).unwrap_or_else(|| Setting {
        transcript: transcript.to_owned(),
        caller: if transcript.contains("user") { Who::User } else { Who::Admin },
        ..Setting::default()
    })
}
