//! From a request to a reply.

use super::params_ids::check_uuid;
use super::{Call, Command, Handler, Params, Refusal, Reply, signature, xml};
use crate::resources;
use crate::state::{Caller, Cloud, User};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cloudstack::phrases;
use serde_json::{Value, json};

/// A request as it came in.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Whether it came by POST.
    pub post: bool,
    /// Its parameters as sent, those of the body first: a later one of the same name wins.
    pub raw: Vec<(String, String)>,
}

/// What a call came to, before it is written as JSON or XML.
struct Outcome {
    key: String,
    result: Result<Value, Refusal>,
    job: Option<String>,
}

impl Request {
    pub(super) fn get(&self, wanted: &str) -> &str {
        let find = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(wanted);
        self.raw.iter().rev().find(find).map_or("", |(_, value)| value)
    }

    /// A request with the keys of `user`, as a client would send it.
    pub fn signed(user: &User, command: &str, params: &[(&str, &str)]) -> Self {
        let plain = [("command", command), ("response", "json"), ("apikey", &user.api_key)];
        let mut raw: Vec<(String, String)> = plain
            .iter()
            .chain(params)
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let signature = signature::sign(&user.secret_key, &signature::canonical(&raw));
        raw.push(("signature".into(), STANDARD.encode(signature)));
        Self { post: true, raw }
    }

    /// The command that it names.
    pub fn command(&self) -> &str {
        self.get("command")
    }
}

impl Cloud {
    /// Answers a request: what has fallen due is done first.
    pub fn answer(&mut self, request: &Request) -> Reply {
        self.settle();
        let start = seconds(self.now());
        let number = self.calls.open(request.command(), &request.raw, start);
        let outcome = self.run(request);
        let delay = self.world.latency.call(request.command());
        let (status, body, description) = match outcome.result {
            Ok(body) => (200, body, None),
            Err(refusal) => (refusal.code, refusal.body(), Some(refusal.text)),
        };
        if let Some(record) = self.calls.get_mut(number) {
            record.status = Some(status);
            record.error = description.clone();
            record.job = outcome.job;
            record.end = start + delay.as_secs_f64();
        }
        let (content_type, body) = if request.get("response").eq_ignore_ascii_case("json") {
            ("application/json;charset=utf-8", json!({outcome.key: body}).to_string())
        } else {
            ("text/xml;charset=utf-8", xml::write(&outcome.key, &body, &self.world.version))
        };
        // As `X-Description`, beside the body.
        let headers = description.map(|text| ("x-description", text)).into_iter().collect();
        Reply { status, content_type, body, headers, delay }
    }

    fn run(&mut self, request: &Request) -> Outcome {
        let command = resources::find(request.command()).filter(|row| self.has(row.name, ""));
        let mut key = command.map_or_else(|| "errorresponse".into(), Command::answer_key);
        let mut job = None;
        let result = self.dispatch(command, request, &mut job);
        // CloudStack answers what it does not support as if it did not know the command.
        if matches!(&result, Err(refusal) if refusal.code == 432) {
            key = "errorresponse".into();
        }
        Outcome { key, result, job }
    }

    fn dispatch(
        &mut self,
        command: Option<&'static Command>,
        request: &Request,
        job: &mut Option<String>,
    ) -> Result<Value, Refusal> {
        let (caller, command) = self.admit(request, command)?;
        let params = Params::decode(&request.raw)?.sent_by_post(request.post);
        let params = self.known_of(command, params);
        resources::check_lengths(&params)?;
        let call = Call { caller: &caller, params: &params };
        let told = |refusal| told_to(&caller, refusal);
        match command.handler {
            Handler::Sync(handler) => {
                let page = if command.name.starts_with("list") { params.page()? } else { None };
                Ok(handler(self, &call).map_err(told)?.body(page))
            }
            Handler::Async(handler) => {
                let mut work = handler(self, &call).map_err(told)?;
                let id = match self.job_id(&params) {
                    Ok(id) => id,
                    Err(refusal) => {
                        work.abandon(self);
                        return Err(told(refusal));
                    }
                };
                let mut work = self.broken_job.on(work);
                let made = work.made.take();
                let id = self.submit(command, &caller, id, work);
                *job = Some(id.clone());
                Ok(match made {
                    Some(made) => json!({"id": made, "jobid": id}),
                    None => json!({"jobid": id}),
                })
            }
        }
    }

    /// CloudStack ignores what it does not know, and so what came with a later release.
    fn known_of(&mut self, command: &Command, params: Params) -> Params {
        let mut ignored = Vec::new();
        let params = params.only(|param| {
            let known = self.has(command.name, param);
            if !known {
                ignored.push(param.to_owned());
            }
            known
        });
        if let Some(record) = self.calls.last_mut() {
            record.ignored = ignored;
        }
        params
    }

    /// The id of the job to come: the caller may choose one (`customjobid`). CloudStack finds
    /// that it is taken only when everything else is done: what the call has made stays.
    fn job_id(&mut self, params: &Params) -> Result<String, Refusal> {
        let Some(id) = params.text("customjobid") else { return Ok(self.new_id()) };
        check_uuid(id)?;
        if self.jobs.is_open(id) {
            return Err(Refusal::invalid(format!(
                "UUID: {id} already exists so can't create/update with custom id"
            )));
        }
        if self.jobs.knows(id) {
            return Err(Refusal::new(530, 9999, "Entity already exists "));
        }
        Ok(id.to_owned())
    }
}

/// Plain users are not told the reason of an internal error, or of a lack of capacity.
fn told_to(caller: &Caller, refusal: Refusal) -> Refusal {
    if caller.is_admin() || !matches!(refusal.code, 530 | 533 | 534) {
        return refusal;
    }
    let text = format!("{}, please contact your system administrator", phrases::MASKED);
    Refusal { text, ..refusal }
}

/// Seconds since the epoch, for logs.
pub fn seconds(time: jiff::Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1000.0
}
