//! The agent in the VM, as create-env talks to it: every message is told of, and waiting says what
//! stands in the way.

use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Event, Party, Steps};
use bosh_agent::{Agent, AgentError, AgentState, Failure, Mbus, Patience, Process};
use std::time::{Duration, Instant};

/// How often the state of the jobs is asked for.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How long getting the logs may take, and how many lines of each are shown.
const LOGS: Duration = Duration::from_secs(30);
const LAST_LINES: usize = 10;

/// The agent of the environment's VM.
pub(crate) struct Instance<'a> {
    agent: Agent,
    steps: Steps<'a>,
    mbus: Mbus,
    ca: Option<&'a str>,
    proxy: Option<&'a str>,
    director: String,
}

impl<'a> Instance<'a> {
    /// The agent at `cloud_provider.mbus`. Nothing is sent yet.
    pub fn new(environment: &Environment<'a>, director: &str) -> Result<Self, Error> {
        let provider = &environment.manifest.cloud_provider;
        let mbus = provider.mbus.clone();
        let (ca, proxy) = (provider.ca.as_deref(), environment.options.proxy.as_deref());
        let agent = Agent::new(&mbus, ca, proxy, director)?;
        let director = director.to_owned();
        Ok(Self { agent, steps: environment.steps(), mbus, ca, proxy, director })
    }

    /// Another client of the same agent, for another thread.
    pub fn agent_beside(&self) -> Result<Agent, AgentError> {
        Agent::new(&self.mbus, self.ca, self.proxy, &self.director)
    }

    /// Sends messages, and tells of it.
    pub fn say<T>(
        &self,
        what: &str,
        act: impl FnOnce(&Agent) -> Result<T, AgentError>,
    ) -> Result<T, AgentError> {
        let tell = |event| self.steps.reporter.tell(event);
        tell(Event::Asked(Party::Agent, what));
        let outcome = act(&self.agent);
        let why = outcome.as_ref().err().map(ToString::to_string);
        tell(Event::Answered(Party::Agent, what, why.as_deref().map_or(Ok(()), Err)));
        outcome
    }

    /// As long as it takes; for what must not be left half done.
    pub fn patient(&self) -> Patience<'a> {
        Patience::default()
    }

    /// As long as nobody wants the run to end.
    pub fn stoppable(&self) -> Patience<'a> {
        Patience { until: None, stopped: self.steps.stopped }
    }

    /// Waits until the agent answers, and is the one of this id: at the address of a new VM that
    /// of the old one may still answer. Without an id any agent is fine.
    pub fn wait(&self, limit: Duration, agent_id: Option<&str>) -> Result<(), AgentError> {
        let patience = Patience::of(limit, self.steps.stopped);
        let mut last = String::new();
        let mut told = |error: &AgentError| {
            let text = error.failure.to_string();
            if text != last {
                self.steps.reporter.tell(Event::Waiting(&text));
                last = text;
            }
        };
        self.say("ping", |agent| {
            loop {
                agent.wait(patience, &mut told)?;
                let Some(wanted) = agent_id else { return Ok(()) };
                let failure = match agent.state() {
                    Ok(state) => match state.whole.get("agent_id").and_then(|id| id.as_str()) {
                        Some(found) if found != wanted => Failure::Invalid(format!(
                            "another agent answers ({found}), that of an older VM"
                        )),
                        _ => return Ok(()),
                    },
                    Err(error) if error.is_final() => return Err(error),
                    Err(error) => error.failure,
                };
                let error = AgentError { url: agent.shown(), what: "get_state".into(), failure };
                told(&error);
                if (patience.stopped)() {
                    return Err(AgentError { failure: Failure::Interrupted, ..error });
                }
                if patience.until.is_some_and(|until| Instant::now() >= until) {
                    return Err(error);
                }
                std::thread::sleep(PAUSE);
            }
        })
    }

    /// Waits until all jobs run.
    pub fn wait_running(&self, least: Duration, most: Duration) -> Result<(), Error> {
        let begun = Instant::now();
        let mut pause = PAUSE;
        let mut last = None;
        std::thread::sleep(least);
        loop {
            self.steps.check()?;
            match self.say("get_state", Agent::state) {
                Ok(state) if state.job_state == "running" => return Ok(()),
                Ok(state) => {
                    self.steps.reporter.tell(Event::Waiting(&unready(&state)));
                    last = Some(state);
                }
                // The agent may be restarted by what it has applied.
                Err(error) if begun.elapsed() >= most || error.is_final() => {
                    return Err(error.into());
                }
                Err(_) => {}
            }
            if begun.elapsed() >= most {
                let AgentState { job_state, processes, .. } = last.unwrap_or_default();
                let processes = processes.unwrap_or_default();
                let logs = self.log_tails(&processes).unwrap_or_default();
                return Err(Error::NotRunning { state: job_state, processes, logs });
            }
            std::thread::sleep(pause.min(most.saturating_sub(begun.elapsed())));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

impl Instance<'_> {
    /// The ends of the logs of processes that do not run; None where the agent cannot get them.
    fn log_tails(&self, processes: &[Process]) -> Option<Vec<(String, String)>> {
        let limit = Patience::of(LOGS, self.steps.stopped);
        let blob = self.say("fetch_logs", |agent| agent.fetch_logs(limit)).ok()??;
        let mut packed = Vec::new();
        self.say("blobs", |agent| agent.get_blob(&blob.blobstore_id, &mut packed)).ok()?;
        let files = bosh_release::archive::unpack(&packed).ok()?;
        let failing: Vec<&str> = processes
            .iter()
            .filter(|process| process.state != "running")
            .map(|process| process.name.as_str())
            .collect();
        let tail = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
        };
        let told = files.iter().filter(|(path, file)| {
            !file.bytes.is_empty() && failing.iter().any(|name| path.contains(name))
        });
        Some(told.map(|(path, file)| (path.clone(), tail(&file.bytes))).collect())
    }
}

fn unready(state: &AgentState) -> String {
    let processes = state.processes.iter().flatten().filter(|it| it.state != "running");
    let named: Vec<String> = processes.map(|it| format!("{} is {}", it.name, it.state)).collect();
    if named.is_empty() { format!("the state is '{}'", state.job_state) } else { named.join(", ") }
}
