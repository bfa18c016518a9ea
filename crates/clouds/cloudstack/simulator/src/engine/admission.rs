//! What is checked before a call reaches its handler: who calls, how often, and how.

use super::{Command, Refusal, Request, signature};
use crate::state::clock::later;
use crate::state::{Caller, Cloud};
use cloudstack::phrases;
use jiff::Timestamp;
use std::collections::HashMap;
use std::time::Duration;

/// Prefixes of the commands that change nothing, and so may come by GET.
const READING: &[&str] = &["get", "list", "query", "find"];

/// How often each account has called in the running interval.
#[derive(Debug, Clone, Default)]
pub struct Throttle(HashMap<String, (Timestamp, u64)>);

impl Throttle {
    /// What an account has issued in the running interval, and when that ends.
    pub fn of(&self, account: &str) -> Option<(Timestamp, u64)> {
        self.0.get(account).copied()
    }
}

impl Cloud {
    /// Who calls this command with this request, if it may.
    pub(super) fn admit(
        &mut self,
        request: &Request,
        command: Option<&'static Command>,
    ) -> Result<(Caller, &'static Command), Refusal> {
        let caller = self.authenticate(request)?;
        self.throttle(&caller)?;
        // To the signed API an unknown command is a failure of authentication.
        let command = command.ok_or_else(Refusal::unauthorized)?;
        if command.admin_only && !caller.is_admin() {
            return Err(Refusal::unsupported(format!(
                "The API [{}] {} for user id [{}]",
                command.name,
                phrases::NO_SUCH_COMMAND,
                caller.user
            )));
        }
        self.check_method(request, command)?;
        Ok((caller, command))
    }

    fn authenticate(&self, request: &Request) -> Result<Caller, Refusal> {
        let key = request.get("apikey");
        let account = self
            .accounts
            .iter()
            .find(|account| !key.is_empty() && account.user.api_key == key)
            .ok_or_else(Refusal::unauthorized)?;
        signature::check(&request.raw, &account.user.secret_key, self.now())?;
        Ok(self.caller(account))
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
            4545,
            format!(
                "The given user has reached his/her account api limit, please retry after \
                 {wait} ms."
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
