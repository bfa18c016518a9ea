//! What is checked before a call reaches its handler: who calls, how often, and how.

use super::{Command, Refusal, Request, roles, signature};
use crate::state::clock::later;
use crate::state::{Caller, Cloud};
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// Prefixes of the commands that change nothing, and so may come by GET.
const READING: &[&str] = &["get", "list", "query", "find"];

/// How often each account has called in the running interval.
#[derive(Debug, Clone, Default)]
pub struct Throttle(HashMap<String, (Timestamp, u64)>);

impl Throttle {
    /// What an account has issued in the interval that runs at `now`, and when that ends.
    pub fn of(&self, account: &str, now: Timestamp) -> Option<(Timestamp, u64)> {
        self.0.get(account).copied().filter(|(until, _)| *until > now)
    }

    /// Forgets what an account has issued, or all have.
    pub fn reset(&mut self, account: Option<&str>) {
        self.0.retain(|known, _| account.is_some_and(|account| account != known));
    }
}

impl Cloud {
    /// Who calls this command with this request, if it may. The order is CloudStack's: whether
    /// there is the command, whose key it is, what its role may, how often it called, and only
    /// then the signature.
    pub(super) fn admit(
        &mut self,
        request: &Request,
        command: Option<&'static Command>,
    ) -> Result<(Caller, &'static Command), Refusal> {
        let name = request.command();
        // To the signed API an unknown command is a failure of authentication.
        if command.is_none() && !roles::exists(name) {
            return Err(Refusal::unauthorized());
        }
        let key = request.get("apikey");
        let account = self
            .accounts
            .iter()
            .find(|account| !key.is_empty() && account.user.api_key == key)
            .ok_or_else(Refusal::unauthorized)?;
        let (caller, secret) = (self.caller(account), account.user.secret_key.clone());
        let Some(command) = command.filter(|it| roles::may_call(caller.role, it.name)) else {
            return Err(Refusal::unsupported(format!(
                "The API [{name}] does not exist or is not available for the account for user id \
                 [{}].",
                caller.user
            )));
        };
        self.throttle(&caller)?;
        signature::check(&request.raw, &secret, self.now())?;
        self.check_method(request, command)?;
        Ok((caller, command))
    }

    /// 429 for the call too many, with the wait in its text. Root admins are not counted.
    fn throttle(&mut self, caller: &Caller) -> Result<(), Refusal> {
        let settings = &self.world.settings;
        if !settings.api_throttling || caller.is_admin() {
            return Ok(());
        }
        let (now, interval) = (self.now(), Duration::from_secs(settings.api_throttling_interval));
        let max = settings.api_throttling_max;
        let fresh = (later(now, interval), 0);
        let entry = self.throttle.0.entry(caller.account.clone()).or_insert(fresh);
        if entry.0 <= now {
            *entry = fresh;
        }
        entry.1 += 1;
        if entry.1 <= max {
            return Ok(());
        }
        let wait = entry.0.duration_since(now).as_millis();
        Err(Refusal::new(
            429,
            9999,
            format!(
                "The given user has reached his/her account api limit, please retry after \
                 [{wait}] ms."
            ),
        ))
    }

    fn check_method(&self, request: &Request, command: &Command) -> Result<(), Refusal> {
        let reading = READING.iter().any(|prefix| command.name.starts_with(prefix));
        if !self.world.settings.enforce_post || reading || request.post {
            return Ok(());
        }
        let text =
            format!("State changing command {} needs to be sent using POST request", command.name);
        Err(Refusal { code: 400, cs: None, text, about: Vec::new() })
    }
}
