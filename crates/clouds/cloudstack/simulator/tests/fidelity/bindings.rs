//! Which of our ids stands for which recorded one.

use std::collections::{BTreeSet, HashMap};

/// Recorded values and ours, learnt by position in the answers.
#[derive(Debug, Default)]
pub struct Bindings {
    ours: HashMap<String, String>,
    recorded: HashMap<String, String>,
    chosen: BTreeSet<String>,
}

impl Bindings {
    /// Learns that `recorded` is `ours`. `Err` says which value stood there before: an id means
    /// one thing for a whole walk.
    pub fn bind(&mut self, recorded: &str, ours: &str) -> Result<(), String> {
        if let Some(known) = self.ours.get(recorded) {
            return if known == ours { Ok(()) } else { Err(format!("{known} before")) };
        }
        if let Some(other) = self.recorded.get(ours) {
            return Err(format!("{ours} is another one already ({other})"));
        }
        self.rebind(recorded, ours);
        Ok(())
    }

    /// Learns that `recorded` is `ours` from now on: addresses are given out again.
    pub fn rebind(&mut self, recorded: &str, ours: &str) {
        self.ours.insert(recorded.to_owned(), ours.to_owned());
        self.recorded.insert(ours.to_owned(), recorded.to_owned());
    }

    /// Forgets what stood for these, so that they can be bound anew: public addresses keep their
    /// ids while nobody has them, and which one is given out is the cloud's own choice.
    pub fn release(&mut self, recorded: &str, ours: &str) {
        if let Some(ours) = self.ours.remove(recorded) {
            self.recorded.remove(&ours);
        }
        if let Some(recorded) = self.recorded.remove(ours) {
            self.ours.remove(&recorded);
        }
    }

    /// What we call it.
    pub fn ours(&self, recorded: &str) -> Option<&str> {
        self.ours.get(recorded).map(String::as_str)
    }

    /// Whether something recorded is known to be this of ours.
    pub fn is_bound(&self, ours: &str) -> bool {
        self.recorded.contains_key(ours)
    }

    /// Whether a value was chosen by the walk itself, so that it has to come back as it is.
    pub fn was_chosen(&self, recorded: &str) -> bool {
        self.chosen.contains(recorded)
    }

    /// A parameter with our ids in place of the recorded ones; lists are comma-separated.
    pub fn translate(&mut self, value: &str) -> String {
        let translated: Vec<String> = value
            .split(',')
            .map(|token| match self.ours.get(token) {
                Some(ours) => ours.clone(),
                None => {
                    self.chosen.insert(token.to_owned());
                    token.to_owned()
                }
            })
            .collect();
        translated.join(",")
    }
}

/// Whether a text has the form of a UUID.
pub fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
