//! `update.update_watch_time`.

use super::fields::Fields;
use std::time::Duration;

/// How long processes have to become running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchTime {
    /// Before this they are not looked at.
    pub least: Duration,
    /// After this it is a failure.
    pub most: Duration,
}

impl Default for WatchTime {
    fn default() -> Self {
        WatchTime { least: Duration::ZERO, most: Duration::from_millis(300_000) }
    }
}

impl WatchTime {
    pub(super) fn read(root: &Fields<'_>) -> WatchTime {
        const KEY: &str = "update_watch_time";
        let Some(update) = root.map("update") else { return WatchTime::default() };
        if update.value(KEY).is_none() {
            return WatchTime::default();
        }
        match Self::parse(&update.text(KEY)) {
            Ok(time) => time,
            Err(problem) => {
                update.problem(KEY, problem);
                WatchTime::default()
            }
        }
    }

    fn parse(text: &str) -> Result<WatchTime, &'static str> {
        let milliseconds = |text: &str| text.trim_matches(' ').parse().map(Duration::from_millis);
        let parts = text.split_once('-').filter(|(_, most)| !most.contains('-'));
        let (least, most) = parts.ok_or("must be two numbers of milliseconds: \"1000-30000\"")?;
        let least = milliseconds(least).map_err(|_| "must begin with a number of milliseconds")?;
        let most = milliseconds(most).map_err(|_| "must end with a number of milliseconds")?;
        if most < least {
            return Err("must not end before it begins");
        }
        Ok(WatchTime { least, most })
    }
}
