//! When a call may be sent again, and after what wait.

/// The budget of one call.
#[derive(Debug, Clone)]
pub struct Retry;
