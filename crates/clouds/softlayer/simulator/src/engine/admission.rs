//! Who calls, and how often.

use super::{Exception, Request};
use crate::state::{Cloud, Throttle};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use simulator_kit::clock::later;
use std::time::Duration;

/// The user name with which an IAM key comes.
const IAM: &str = "apikey";

impl Cloud {
    /// Who calls; the id of the user.
    pub(super) fn admit(&mut self, request: &Request) -> Result<u64, Exception> {
        let user = self.authenticate(request)?;
        self.throttle()?;
        Ok(user)
    }

    fn authenticate(&self, request: &Request) -> Result<u64, Exception> {
        let header = request.authorization.as_deref().unwrap_or_default();
        if let Some(token) = header.strip_prefix("Bearer ") {
            return self.of_token(token.trim());
        }
        let encoded = header.strip_prefix("Basic ").unwrap_or_default().trim();
        let pair = STANDARD.decode(encoded).ok().and_then(|pair| String::from_utf8(pair).ok());
        let pair = pair.unwrap_or_default();
        let (name, key) = pair.split_once(':').ok_or_else(Exception::unauthorized)?;
        let known = self.users.values().find(|user| {
            let user = &user.spec;
            (user.name == name && user.api_key == key)
                || (name == IAM && user.iam_key.as_deref() == Some(key))
        });
        known.map(|user| user.id).ok_or_else(Exception::unauthorized)
    }

    fn of_token(&self, token: &str) -> Result<u64, Exception> {
        let now = self.now();
        let known = self.tokens.iter().find(|it| it.token == token && it.ends > now);
        known.map(|it| it.user).ok_or_else(|| {
            Exception::new(
                500,
                "SoftLayer_Exception_Account_Authentication_AccessTokenValidation",
                "Unable to validate access token.",
            )
        })
    }

    fn throttle(&mut self) -> Result<(), Exception> {
        let Some(limit) = self.world.settings.rate_limit.clone() else { return Ok(()) };
        let now = self.now();
        if self.throttle.ends.is_none_or(|ends| ends <= now) {
            let ends = later(now, Duration::from_millis(limit.milliseconds));
            self.throttle = Throttle { ends: Some(ends), calls: 0 };
        }
        self.throttle.calls += 1;
        if self.throttle.calls <= limit.calls {
            return Ok(());
        }
        Err(Exception::new(
            limit.status,
            "SoftLayer_Exception_WebService_RateLimitExceeded",
            "API rate limit exceeded. Please try again later.",
        ))
    }

    /// Whether a user may not do this. Its caller is told that the object is not there.
    pub(super) fn denied(&self, user: u64, name: &str) -> bool {
        let denied = self.users.get(&user).map(|user| user.spec.denied.as_slice());
        denied.unwrap_or_default().iter().any(|row| {
            row == name || name.strip_prefix(row.as_str()).is_some_and(|it| it.starts_with("::"))
        })
    }
}
