//! Images.

use super::transaction::Transaction;
use jiff::Timestamp;
/// An image.
#[derive(Debug, Clone)]
pub struct Image {
    /// Its id.
    pub id: u64,
    /// Its global identifier.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// Notes.
    pub note: Option<String>,
    /// Whose it is; None for what every account sees.
    pub account: Option<u64>,
    /// When it was made.
    pub created: Timestamp,
    /// What each data centre has of it.
    pub copies: Vec<Copy>,
    /// `UBUNTU_22_64`.
    pub os_code: Option<String>,
    /// `HVM`, once it is set.
    pub boot_mode: Option<String>,
    /// Its tags.
    pub tags: Vec<u64>,
    /// What the service is doing with it.
    pub transaction: Option<Transaction>,
    /// Whether somebody made it.
    pub made: bool,
}

/// What a data centre has of an image.
#[derive(Debug, Clone)]
pub struct Copy {
    /// The id of this child.
    pub id: u64,
    /// Where.
    pub location: u64,
    /// Its size; 0 until it is there.
    pub bytes: u64,
}

impl Image {
    /// Whether machines can be made of it.
    pub fn is_whole(&self) -> bool {
        self.transaction.is_none() && self.copies.iter().any(|copy| copy.bytes > 0)
    }
}
