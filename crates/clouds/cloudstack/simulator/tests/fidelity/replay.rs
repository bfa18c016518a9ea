//! Replays a walk against a simulator of its own.

use crate::bindings::{Bindings, is_uuid};
use crate::caller::{Caller, Keys, Reply};
use crate::cloud::Cloud;
use crate::compare::{Difference, compare, same_name};
use crate::fit::{Fit, fit, is_whole, rows};
use crate::setting::{Beside, Setting};
use crate::timeline::Timeline;
use crate::transcript::{Line, Step, steps};
use serde_json::{Map, Value};
use simulator_cloudstack::World;

/// A job that is not done after so many polls will never be.
const MOST_POLLS: usize = 10_000;

/// A walk in progress.
pub struct Replay<'a> {
    cloud: Cloud,
    caller: Caller,
    setting: &'a Setting,
    lines: &'a [Line],
    times: Timeline,
    fit: Fit,
    bindings: Bindings,
    forgeries: usize,
    mishaps: Vec<String>,
}

/// What became of one step.
pub struct Outcome {
    /// What was asked, and the answer recorded.
    pub step: Step,
    /// What was sent, with our ids.
    pub sent: Vec<(String, String)>,
    /// Our answer.
    pub reply: Reply,
    /// Where it differs from the recorded one.
    pub differences: Vec<Difference>,
}

impl<'a> Replay<'a> {
    /// Starts a fresh world for this walk.
    pub async fn start(setting: &'a Setting, lines: &'a [Line]) -> Self {
        let mut world = World::builtin();
        world.settings.expunge_delay =
            setting.expunge_delay.unwrap_or(world.settings.expunge_delay);
        let fit = fit(&mut world, lines);
        let times = Timeline::of(lines);
        let begin = times.sent.first().copied().unwrap_or_default();
        let cloud = Cloud::start(world, begin).await;
        let caller = Caller::new(cloud.endpoint());
        let (bindings, mishaps) = (Bindings::default(), Vec::new());
        Self { cloud, caller, setting, lines, times, fit, bindings, forgeries: 0, mishaps }
    }

    /// Sends the whole walk, in order. Beside the outcomes: what went wrong beside the walk.
    pub async fn run(mut self) -> (Vec<Outcome>, Vec<String>) {
        let mut outcomes = Vec::new();
        let mut done = 0;
        for step in steps(self.lines) {
            self.meanwhile(done, step.number).await;
            done = step.number;
            outcomes.push(self.step(step).await);
        }
        (outcomes, self.mishaps)
    }

    /// What happened beside the walk after line `done` and before line `next`.
    async fn meanwhile(&mut self, done: usize, next: usize) {
        for (line, offering) in &self.fit.later {
            if (done..next).contains(line) {
                self.cloud.add(offering);
            }
        }
        for (line, kind, max) in &self.fit.limits {
            if (done..next).contains(line) {
                self.cloud.set_limit(&self.fit.account, kind, *max);
            }
        }
        for (line, vm) in &self.fit.expunged {
            if (done..next).contains(line) {
                // One that no answer has shown is looked for when it is needed.
                if let Some(ours) = self.bindings.ours(vm) {
                    self.cloud.expunge(ours);
                }
            }
        }
        // What refused calls have left goes by itself as well.
        if let Some(shown) = self.lines.get(next - 1).and_then(whole_list_of_vms) {
            self.cloud.expunge_errors_but(&shown);
        }
        for (line, job) in &self.fit.purged {
            if (done..next).contains(line)
                && let Some(ours) = self.bindings.ours(job)
            {
                self.cloud.purge(ours);
            }
        }
        if done == 0 {
            let told = self.setting.beside.is_empty();
            for beside in std::mem::take(&mut self.fit.earlier).into_iter().filter(|_| told) {
                self.beside(&beside).await;
            }
        }
        for beside in &self.setting.beside {
            if beside.before > done && beside.before <= next {
                self.beside(beside).await;
            }
        }
        self.cloud.pass_until(self.times.sent[next - 1]);
    }

    async fn step(&mut self, step: Step) -> Outcome {
        let sent = self.translate(&step.line).await;
        let keys = self.keys(&step.line);
        self.cloud.end_next_job_at(self.times.ends.get(&(step.number - 1)).copied());
        let reply = self.caller.send(&step.line.method, &keys, &sent).await;
        self.cloud.end_next_job_at(None);
        if step.line.command() == "associateIpAddress" {
            let id = |body: &Value| find_text(body, "id").unwrap_or_default();
            self.bindings.release(&id(&step.line.body), &id(&reply.body));
        }
        let differences = if reply.status == step.line.status {
            compare(&step.line.body, &reply.body, &mut self.bindings)
        } else {
            let text = format!("was {}, is {}: {}", step.line.status, reply.status, reply.body);
            vec![Difference { path: "status".to_owned(), text }]
        };
        Outcome { step, sent, reply, differences }
    }

    /// The step's parameters with our ids.
    async fn translate(&mut self, line: &Line) -> Vec<(String, String)> {
        let texts = line.texts();
        for token in texts.iter().flat_map(|(_, value)| value.split(',')) {
            if is_uuid(token) && self.bindings.ours(token).is_none() {
                self.find(token).await;
            }
        }
        texts.into_iter().map(|(name, value)| (name, self.bindings.translate(&value))).collect()
    }

    /// An id that no answer has shown yet: some other line lists it with its name, so we list the
    /// same and take ours of that name.
    async fn find(&mut self, id: &str) {
        let lines = self.lines;
        let listed = lines.iter().filter(|line| line.command().starts_with("list"));
        for line in listed {
            let Some(name) = name_of(&line.body, id) else { continue };
            let mut params = Vec::new();
            for (key, value) in line.texts() {
                if !value.split(',').any(is_uuid) && !key.starts_with("page") {
                    params.push((key, value));
                }
            }
            let reply =
                self.caller.send("POST", &self.cloud.keys(&self.fit.account), &params).await;
            let unknown = |row: &Value| {
                let same = row["name"].as_str().is_some_and(|ours| same_name(name, ours));
                same && row["id"].as_str().is_some_and(|ours| !self.bindings.is_bound(ours))
            };
            let ours = id_of(&reply.body, name).or_else(|| row_id(&reply.body, &unknown));
            if let Some(ours) = ours {
                // What it really is, a later answer will show.
                let _ = self.bindings.bind(id, &ours);
                return;
            }
        }
    }

    /// The walk's keys. The recordings leave key and signature out: what was refused although the
    /// command exists was signed wrongly, first with a wrong secret, then with an unknown key.
    fn keys(&mut self, line: &Line) -> Keys {
        let keys = self.cloud.keys(&self.fit.account);
        let unknown_command = envelope(&line.body) == Some("errorresponse");
        if line.status != 401 || unknown_command || line.params.contains_key("expires") {
            return keys;
        }
        self.forgeries += 1;
        // Where calls are counted, those with a wrong signature are counted for the key's owner.
        let counted = self.lines.iter().any(|line| line.status == 429);
        match self.forgeries {
            _ if counted => Keys { secret_key: "not the secret".to_owned(), ..keys },
            1 => Keys { secret_key: "not the secret".to_owned(), ..keys },
            _ => Keys { api_key: "not-a-key".to_owned(), ..keys },
        }
    }

    /// Does what somebody else did meanwhile.
    async fn beside(&mut self, beside: &Beside) {
        if let Err(mishap) = self.call_beside(beside).await {
            self.mishaps.push(format!("beside the walk: {:?}: {mishap}", beside.call));
        }
    }

    async fn call_beside(&self, beside: &Beside) -> Result<(), String> {
        let keys = self.cloud.keys(&beside.account);
        let mut params = vec![("response".to_owned(), "json".to_owned())];
        for (name, value) in &beside.call {
            let value = match value.split_once('/') {
                Some((list, wanted)) if list.starts_with("list") => {
                    self.id_by_name(&keys, list, wanted).await?
                }
                _ => value.clone(),
            };
            params.push((name.clone(), value));
        }
        let reply = self.caller.send("POST", &keys, &params).await;
        if reply.status != 200 {
            return Err(reply.body.to_string());
        }
        match find_text(&reply.body, "jobid") {
            Some(job) => self.finish(&keys, &job).await,
            None => Ok(()),
        }
    }

    async fn finish(&self, keys: &Keys, job: &str) -> Result<(), String> {
        let params = call("queryAsyncJobResult", &[("jobid", job)]);
        for _ in 0..MOST_POLLS {
            let reply = self.caller.send("POST", keys, &params).await;
            if !is_pending(&reply.body) {
                let code = &reply.body["queryasyncjobresultresponse"]["jobresultcode"];
                return if *code == 0 { Ok(()) } else { Err(reply.body.to_string()) };
            }
            self.cloud.pass_a_while();
        }
        Err("the job does not end".to_owned())
    }

    async fn id_by_name(&self, keys: &Keys, list: &str, name: &str) -> Result<String, String> {
        let params = call(list, &[("listall", "true"), ("templatefilter", "executable")]);
        let reply = self.caller.send("POST", keys, &params).await;
        id_of(&reply.body, name).ok_or_else(|| format!("{list} has no {name}: {}", reply.body))
    }
}

fn call(command: &str, params: &[(&str, &str)]) -> Vec<(String, String)> {
    let fixed = [("command", command), ("response", "json")];
    fixed.iter().chain(params).map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

/// The id of the first row of a list that is such a one.
fn row_id(body: &Value, is: &dyn Fn(&Value) -> bool) -> Option<String> {
    let inner = body.as_object()?.values().next()?.as_object()?;
    let rows = inner.values().find_map(Value::as_array)?;
    rows.iter().find(|row| is(row)).and_then(|row| row["id"].as_str()).map(str::to_owned)
}

/// The names in a list of all VMs.
fn whole_list_of_vms(line: &Line) -> Option<Vec<String>> {
    let whole = line.command() == "listVirtualMachines" && is_whole(line, &[]);
    let row = |row: Value| row["name"].as_str().map(str::to_owned);
    whole.then(|| rows(line, "virtualmachine").into_iter().filter_map(row).collect())
}

/// The single top-level key.
fn envelope(body: &Value) -> Option<&str> {
    body.as_object()?.keys().next().map(String::as_str)
}

fn is_pending(body: &Value) -> bool {
    body["queryasyncjobresultresponse"]["jobstatus"] == 0
}

/// The name of the object of this id, wherever it stands.
fn name_of<'v>(value: &'v Value, id: &str) -> Option<&'v str> {
    find(value, &|object| object.get("id").and_then(Value::as_str) == Some(id))?
        .get("name")
        .and_then(Value::as_str)
}

/// The id of the object of this name, wherever it stands.
fn id_of(value: &Value, name: &str) -> Option<String> {
    let named = |object: &Map<String, Value>| {
        object.contains_key("id") && object.get("name").and_then(Value::as_str) == Some(name)
    };
    find(value, &named)?.get("id").and_then(Value::as_str).map(str::to_owned)
}

fn find_text(value: &Value, key: &str) -> Option<String> {
    find(value, &|object| object.contains_key(key))?
        .get(key)
        .and_then(Value::as_str)
        .map(str::to_owned)
}

fn find<'v>(
    value: &'v Value,
    wanted: &dyn Fn(&Map<String, Value>) -> bool,
) -> Option<&'v Map<String, Value>> {
    match value {
        Value::Object(object) if wanted(object) => Some(object),
        Value::Object(object) => object.values().find_map(|value| find(value, wanted)),
        Value::Array(list) => list.iter().find_map(|value| find(value, wanted)),
        _ => None,
    }
}
