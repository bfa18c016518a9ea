//! Lists, page by page, from a cloud that may tell anything: every list ends, and what cannot be
//! whole is an error, since an absence is concluded from it.

use crate::Paged;
use crate::api::List;
use crate::client::Client;
use crate::error::Error;
use crate::exchange::Call;
use crate::phrases::PAGE_TOO_LARGE;
use cloud_http::{Deadline, SendError};
use std::collections::BTreeSet;

/// Rows a page: the most that a cloud with default settings gives.
const PAGE_SIZE: usize = 500;

/// No account has more of anything; what claims so would only fill the memory.
const MOST_ROWS: u64 = 100_000;

impl Client {
    /// All rows of a list, page by page. A row that others add or remove meanwhile may be
    /// missing or be there twice, as CloudStack counts pages anew each time.
    pub async fn list_all<C: Paged>(
        &self,
        command: C,
        deadline: Deadline,
    ) -> Result<Vec<C::Item>, Error> {
        self.list_matching(command, deadline, |_| true).await
    }

    /// The rows of a list that `keep` wants; the others are forgotten as they come. No page is
    /// asked for that the first page's count does not announce, and none is taken twice.
    pub async fn list_matching<C: Paged>(
        &self,
        command: C,
        deadline: Deadline,
        mut keep: impl FnMut(&C::Item) -> bool,
    ) -> Result<Vec<C::Item>, Error> {
        let mut call = self.prepare(&command)?;
        let mut pages = Pages::new(C::NAME);
        let mut rows = Vec::new();
        loop {
            pages.ask(&mut call);
            match self.exchange.repeat_digested::<List<C::Item>>(&call, deadline).await {
                Ok((List { count, items }, digest)) => {
                    let more = pages.took(count, items.len(), digest)?;
                    rows.extend(items.into_iter().filter(&mut keep));
                    if !more {
                        return Ok(rows);
                    }
                }
                Err(error) => pages.shrink(error)?,
            }
        }
    }
}

/// How far a list has come.
struct Pages {
    command: &'static str,
    size: usize,
    taken: u64,
    /// What the first page has announced.
    announced: Option<u64>,
    digests: BTreeSet<u64>,
}

impl Pages {
    fn new(command: &'static str) -> Self {
        let (taken, announced, digests) = (0, None, BTreeSet::new());
        Self { command, size: PAGE_SIZE, taken, announced, digests }
    }

    fn ask(&self, call: &mut Call) {
        call.set("pagesize", self.size.to_string());
        call.set("page", (self.taken / self.size as u64 + 1).to_string());
    }

    /// Takes a page of so many rows; whether there is another.
    fn took(&mut self, count: u64, rows: usize, digest: u64) -> Result<bool, Error> {
        let announced = *self.announced.get_or_insert(count);
        if announced > MOST_ROWS {
            return Err(self.odd(format!("it announces {announced} rows")));
        }
        if rows > 0 && !self.digests.insert(digest) {
            return Err(self.odd("the same page comes twice".into()));
        }
        self.taken += rows as u64;
        // A page that is not full is the last one, whatever was announced.
        let more = rows >= self.size && self.taken < announced;
        // Some lists count templates and show a row for each of their zones.
        if self.taken > MOST_ROWS || rows > self.size.max(announced as usize) * 100 {
            return Err(self.odd("it has more rows than were announced".into()));
        }
        Ok(more)
    }

    /// Goes on with smaller pages where that may help.
    fn shrink(&mut self, error: Error) -> Result<(), Error> {
        let size = match &error {
            Error::Unanswered { cause: SendError::TooLarge(_), .. } => self.size / 5,
            _ => allowed_size(&error, self.size).unwrap_or(0),
        };
        // Pages are counted in their size: those that were taken must be whole ones of it.
        if size == 0 || !self.taken.is_multiple_of(size as u64) {
            return Err(error);
        }
        self.size = size;
        Ok(())
    }

    fn odd(&self, reason: String) -> Error {
        Error::Odd { command: self.command, reason: format!("a list that does not end: {reason}") }
    }
}

/// The page size that the cloud allows, where it refused a larger one:
/// "Page size can't exceed max allowed page size value: 500".
fn allowed_size(error: &Error, refused: usize) -> Option<usize> {
    let (_, allowed) = error.refusal()?.text.split_once(PAGE_TOO_LARGE)?;
    let digits = allowed.trim_start_matches([':', ' ']).split(|c: char| !c.is_ascii_digit()).next();
    digits?.parse().ok().filter(|size| (1..refused).contains(size))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages() -> Pages {
        Pages::new("listVolumes")
    }

    /// Whoever ignores `page` shows the first one for ever: what comes behind it is not known, and
    /// must not be taken for absent.
    #[test]
    fn a_page_that_comes_twice_is_an_error() {
        let mut pages = pages();
        assert!(pages.took(1500, 500, 1).unwrap());
        assert!(pages.took(1500, 500, 1).is_err());
    }

    /// A proxy that makes up a page for every number is not followed beyond the first count.
    #[test]
    fn a_list_ends_where_it_was_announced_to() {
        let mut pages = pages();
        let mut asked = 1;
        while pages.took(1200 + 500 * asked, 500, asked).unwrap() {
            asked += 1;
        }
        assert_eq!(asked, 4, "1,700 rows were announced first");
        assert!(self::pages().took(u64::MAX, 500, 1).is_err());
        assert!(self::pages().took(3, 100_000, 1).is_err());
    }

    /// A last page, an empty list, and one that counts templates but shows a row per zone.
    #[test]
    fn a_page_that_is_not_full_is_the_last() {
        assert!(!pages().took(0, 0, 1).unwrap());
        assert!(!pages().took(700, 3, 1).unwrap());
        assert!(!pages().took(2, 6, 1).unwrap());
    }
}
