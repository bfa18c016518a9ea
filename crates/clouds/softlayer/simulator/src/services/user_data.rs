//! User data: what machines read of their metadata service.

use crate::engine::Exception;
use crate::state::Cloud;

/// No more than the service keeps.
pub fn check_user_data(cloud: &Cloud, text: &str) -> Result<(), Exception> {
    let limit = cloud.world.settings.user_data_limit;
    if text.len() <= limit {
        return Ok(());
    }
    Err(Exception::public(format!("User data cannot be longer than {limit} bytes.")))
}
