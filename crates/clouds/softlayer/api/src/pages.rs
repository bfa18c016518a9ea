//! The pages of a list, whose end must come whatever the answers say.

use serde_json::Value;
use std::collections::BTreeSet;

/// A list has no more rows: SoftLayer's own limit of an account is far below.
const MOST_ROWS: usize = 100_000;

/// What has come of a list.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The rows that came.
    pub(crate) seen: usize,
    /// Their ids.
    ids: BTreeSet<u64>,
    /// How many there are, as the first page said.
    total: Option<usize>,
    /// How many pages came.
    pages: usize,
}

impl Pages {
    /// Adds a page of at most `size` rows; whether it was the last one, or why the answers cannot
    /// be believed: a page that came before, more rows than there are said to be, no end.
    pub(crate) fn add(
        &mut self,
        rows: &[Value],
        size: usize,
        total: Option<usize>,
    ) -> Result<bool, String> {
        if self.pages == 0 {
            self.total = total;
        }
        self.pages += 1;
        self.seen += rows.len();
        let ids: Vec<u64> = rows.iter().filter_map(|row| row.get("id")?.as_u64()).collect();
        let known = ids.iter().filter(|id| !self.ids.insert(**id)).count();
        if self.pages > 1 && !ids.is_empty() && known == ids.len() {
            return Err("the list does not end: its pages repeat".to_owned());
        }
        if self.seen > MOST_ROWS {
            return Err(format!("the list does not end: {MOST_ROWS} rows came"));
        }
        // A page that is larger than was asked for is the whole list: the limit was not heeded.
        let whole = rows.len() > size;
        match self.total {
            Some(total) if self.seen >= total => Ok(true),
            // Rows that went meanwhile make the last page short.
            _ => Ok(whole || rows.len() < size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows(ids: std::ops::Range<u64>) -> Vec<Value> {
        ids.map(|id| json!({ "id": id })).collect()
    }

    /// Without a total, a short page ends the list, and so does an empty one.
    #[test]
    fn a_list_ends_with_a_short_page() {
        let mut pages = Pages::default();
        assert_eq!(pages.add(&rows(0..10), 10, None), Ok(false));
        assert_eq!(pages.add(&rows(10..20), 10, None), Ok(false));
        assert_eq!(pages.add(&[], 10, None), Ok(true));
        let mut pages = Pages::default();
        assert_eq!(pages.add(&rows(0..10), 10, Some(10)), Ok(true));
    }

    /// A server that does not heed the limit answers everything at once; one that does not heed
    /// the offset would be asked for ever.
    #[test]
    fn a_list_ends_where_limit_or_offset_are_not_heeded() {
        let mut pages = Pages::default();
        assert_eq!(pages.add(&rows(0..250), 100, None), Ok(true));
        let mut pages = Pages::default();
        assert_eq!(pages.add(&rows(0..100), 100, Some(1_000_000_000)), Ok(false));
        let error = pages.add(&rows(0..100), 100, Some(1_000_000_000)).unwrap_err();
        assert!(error.contains("repeat"), "{error}");
    }

    /// New rows without end: memory is bounded.
    #[test]
    fn a_list_without_end_is_given_up() {
        let mut pages = Pages::default();
        let endless =
            (0..2000_u64).find_map(|n| pages.add(&rows(n * 100..n * 100 + 100), 100, None).err());
        assert!(endless.unwrap().contains("does not end"));
    }
}
