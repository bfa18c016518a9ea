//! Takes secrets out of what a cloud says: some of its errors repeat parameters, whole or in
//! part.

use crate::{Secret, reveal};
use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// A piece of a secret that is at least this long is hidden. What is shorter as a whole is no
/// secret, but may well be a word.
const PIECE: usize = 8;
/// More than this of an error's text tells nobody anything.
const LONGEST: usize = 2000;
const HIDDEN: &str = "[hidden]";
/// So many secret parameters are remembered, for the errors of jobs that come later.
const REMEMBERED: usize = 32;

/// Knows the secrets of a client: its keys, and the secret parameters it sent lately.
#[derive(Debug)]
pub struct Scrubber {
    keys: Vec<Secret>,
    sent: Mutex<VecDeque<Secret>>,
}

impl Scrubber {
    /// One that knows these keys.
    pub fn new(keys: impl IntoIterator<Item = Secret>) -> Self {
        Self { keys: keys.into_iter().collect(), sent: Mutex::default() }
    }

    /// Remembers the secrets of a call that is about to be sent.
    pub fn remember<'s>(&self, secrets: impl Iterator<Item = &'s str>) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets {
            if sent.iter().any(|known| reveal(known) == secret) {
                continue;
            }
            if sent.len() == REMEMBERED {
                sent.pop_front();
            }
            sent.push_back(secret.into());
        }
    }

    /// What the cloud said, without secrets, and not too long.
    pub fn clean(&self, text: &str) -> String {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        scrub(text, sent.iter().chain(&self.keys).map(reveal))
    }
}

/// `text` without any piece of a secret, and not too long.
fn scrub<'s>(text: &str, secrets: impl Iterator<Item = &'s str>) -> String {
    let short: Cow<'_, str> = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]).into(),
        None => text.into(),
    };
    secrets.fold(short.into_owned(), |text, secret| without(&text, secret))
}

fn without(text: &str, secret: &str) -> String {
    if secret.chars().count() < PIECE {
        return text.into();
    }
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let mut clean = String::with_capacity(text.len());
    let (mut at, mut hidden) = (0, 0);
    while at + 1 < starts.len() {
        let end = starts.get(at + PIECE).copied();
        let found = end.is_some_and(|end| secret.contains(&text[starts[at]..end]));
        if found {
            if hidden <= at && !clean.ends_with(HIDDEN) {
                clean.push_str(HIDDEN);
            }
            hidden = hidden.max(at + PIECE);
        }
        if at >= hidden {
            clean.push_str(&text[starts[at]..starts[at + 1]]);
        }
        at += 1;
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_secrets_and_pieces_are_hidden() {
        let secrets = ["c2VjcmV0LXVzZXItZGF0YS1pbi1iYXNlNjQ=", "keykeykey"];
        let scrub = |text| scrub(text, secrets.iter().copied());
        assert_eq!(scrub("bad: LXVzZXItZGF0YS1!"), "bad: [hidden]!");
        assert_eq!(scrub("a keykeyke, key"), "a [hidden], key");
        assert_eq!(scrub(secrets[0]), "[hidden]");
        assert_eq!(scrub("nothing to hide: é"), "nothing to hide: é");
        assert_eq!(scrub(""), "");
    }

    #[test]
    fn a_text_is_cut() {
        assert!(scrub(&"é".repeat(9000), std::iter::empty()).chars().count() <= LONGEST + 1);
    }
}
