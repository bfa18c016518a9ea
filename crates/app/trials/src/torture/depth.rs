//! How much of a matrix is played.

/// How many cells of a method are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Every way to fail at every API call.
    Every,
    /// Deaths, lost answers and failed jobs at every API call. An answer that is mangled is
    /// read by the API's client, which does so alike for every call of a command: each way to
    /// mangle one is played once for each command of the method.
    Quick,
}
