//! Nothing is ever left behind: many processes of the real binary at once, at random, and with
//! random faults. (Each single fault at each single call is the crash matrix.)

mod concurrency;
mod model;
mod soak;
mod support;
