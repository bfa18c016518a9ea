//! What a call does to the cloud, which decides whether it may be sent again.

use crate::SendError;

/// The effect of an API call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Changes nothing: may be sent again freely.
    Read,
    /// Makes something: sent again only if it certainly never left.
    Create,
    /// Changes something in place: as `Create`.
    Change,
    /// Removes something: as `Create`, but a second one that finds nothing is a success.
    Delete,
}

impl Effect {
    /// Whether a call of this effect may be sent once more after `error`.
    pub fn may_resend_after(self, error: &SendError) -> bool {
        match error {
            SendError::NotSent(_) => true,
            SendError::MaybeSent(_) | SendError::TimedOut => self == Effect::Read,
            // Neither heals by itself.
            SendError::Untrusted(..) | SendError::Setup(_) | SendError::TooLarge(_) => false,
        }
    }
}
