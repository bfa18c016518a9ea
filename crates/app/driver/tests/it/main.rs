//! A CPI as a director starts it.

mod driver;
mod durable;
