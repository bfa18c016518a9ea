//! A table of one resource: rows by their internal number, found by id, removed ones remembered.

use std::collections::{BTreeMap, HashMap};

/// A row of a [`Table`].
pub trait Entity {
    /// Its id, which clients see.
    fn id(&self) -> &str;
}

/// Rows in the order in which they were made. CloudStack gives each an internal number as well
/// (`ROOT-11`), and still knows the id of a removed row: it is "gone", not "unknown".
#[derive(Debug, Clone)]
pub struct Table<T> {
    rows: BTreeMap<u64, T>,
    gone: BTreeMap<u64, T>,
    numbers: HashMap<String, u64>,
    next: u64,
    version: u64,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            gone: BTreeMap::new(),
            numbers: HashMap::new(),
            next: 1,
            version: 1,
        }
    }
}

impl<T> Table<T> {
    /// An empty table whose first row gets this internal number.
    pub fn starting_at(next: u64) -> Self {
        Self { next, ..Self::default() }
    }
}

impl<T: Entity> Table<T> {
    /// The live row of this internal number.
    pub fn numbered(&self, number: u64) -> Option<&T> {
        self.rows.get(&number)
    }

    /// The internal number that the next row gets.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Another one whenever a row may have changed: what was made of the rows is old then.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Adds a row and returns its internal number.
    pub fn insert(&mut self, row: T) -> u64 {
        let number = self.next;
        self.next += 1;
        self.version += 1;
        self.numbers.insert(row.id().to_owned(), number);
        self.rows.insert(number, row);
        number
    }

    /// The live row of this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.rows.get(self.numbers.get(id)?)
    }

    /// The live row of this id, to change it.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.version += 1;
        self.rows.get_mut(self.numbers.get(id)?)
    }

    /// The row of this id, live or removed.
    pub fn ever(&self, id: &str) -> Option<&T> {
        let number = self.numbers.get(id)?;
        self.rows.get(number).or_else(|| self.gone.get(number))
    }

    /// Whether a removed row is such a one.
    pub fn was_any(&self, is: impl Fn(&T) -> bool) -> bool {
        self.gone.values().any(is)
    }

    /// Removes a row as if it had never been: CloudStack deletes those of some tables for good.
    pub fn forget(&mut self, id: &str) {
        self.version += 1;
        if let Some(number) = self.numbers.remove(id) {
            self.rows.remove(&number);
            self.gone.remove(&number);
        }
    }

    /// Whether there is or was a row of this id.
    pub fn knows(&self, id: &str) -> bool {
        self.numbers.contains_key(id)
    }

    /// The internal number of this id, also of a removed row; 0 for an unknown one.
    pub fn number(&self, id: &str) -> u64 {
        self.numbers.get(id).copied().unwrap_or_default()
    }

    /// Removes a row; its id stays known.
    pub fn remove(&mut self, id: &str) -> Option<&T> {
        self.version += 1;
        let number = self.numbers.get(id)?;
        let row = self.rows.remove(number)?;
        Some(self.gone.entry(*number).or_insert(row))
    }

    /// Removes every row that is not to be kept.
    pub fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.version += 1;
        let gone: Vec<u64> =
            self.rows.iter().filter(|(_, row)| !keep(row)).map(|(number, _)| *number).collect();
        for number in gone {
            if let Some(row) = self.rows.remove(&number) {
                self.gone.insert(number, row);
            }
        }
    }

    /// All live rows, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.values()
    }

    /// All live rows, to change them.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.version += 1;
        self.rows.values_mut()
    }

    /// How many live rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no live row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
