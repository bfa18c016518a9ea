//! Where the story is played: every call goes through the driver, and is seen and shown.

use super::cloud::Cloud;
use super::record::{Entry, api_calls};
use super::show::Show;
use crate::cloud::Samples;
use crate::{Driver, Reply};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::time::SystemTime;

/// Plays calls one after the other.
pub struct Stage<'a> {
    driver: Driver,
    cloud: &'a Cloud,
    show: &'a mut dyn Show,
    epoch: f64,
    entries: Vec<Entry>,
    /// What was made and not removed: the method that removes it, and the CID.
    made: Vec<(&'static str, String)>,
}

fn now() -> f64 {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs_f64()
}

impl<'a> Stage<'a> {
    /// A stage on which nothing has been played.
    pub fn new(driver: Driver, cloud: &'a Cloud, show: &'a mut dyn Show) -> Self {
        Self { driver, cloud, show, epoch: now(), entries: Vec::new(), made: Vec::new() }
    }

    /// Calls a method, after `info` as a director does. An error ends the story.
    pub fn call(&mut self, method: &str, arguments: Value, about: &str) -> Result<Value> {
        self.show.begins(self.entries.len() + 1, method, about)?;
        let entry = self.play(method, arguments, about)?;
        self.show.ends(&entry)?;
        let outcome = match &entry.error {
            Some(error) => Err(anyhow::anyhow!("{method}: {error}")),
            None => Ok(entry.result.clone()),
        };
        self.entries.push(entry);
        outcome
    }

    /// Calls a method that makes something, which is removed if the story breaks off.
    pub fn makes(&mut self, method: &str, arguments: Value, about: &str) -> Result<Value> {
        let result = self.call(method, arguments, about)?;
        let removed_by = match method {
            "create_vm" => "delete_vm",
            "create_disk" => "delete_disk",
            "snapshot_disk" => "delete_snapshot",
            _ => "delete_stemcell",
        };
        let cid = result.get(0).unwrap_or(&result).as_str();
        self.made.push((removed_by, cid.context("no CID was answered")?.to_owned()));
        Ok(result)
    }

    /// Calls a method that removes what was made.
    pub fn removes(&mut self, method: &str, cid: &str, about: &str) -> Result<()> {
        self.call(method, json!([cid]), about)?;
        self.made.retain(|(_, made)| made != cid);
        Ok(())
    }

    /// Removes what is left of a story that broke off, as well as it goes.
    pub fn clean_up(&mut self) -> Result<()> {
        while let Some((method, cid)) = self.made.pop() {
            let removed = self.call(method, json!([cid]), "cleaning up");
            if let Err(error) = removed {
                self.say(&format!("not cleaned up: {error:#}"))?;
            }
        }
        Ok(())
    }

    /// Shows a line of the story.
    pub fn say(&mut self, line: &str) -> Result<()> {
        self.show.says(line)
    }

    /// What the cloud calls things.
    pub fn samples(&self) -> Samples {
        self.cloud.running.samples()
    }

    /// The settings that the metadata service has for a VM.
    pub fn settings_of(&self, vm: &str) -> Result<Value> {
        self.cloud.settings_of(vm)
    }

    /// What was played.
    pub fn entries(self) -> Vec<Entry> {
        self.entries
    }

    fn play(&mut self, method: &str, arguments: Value, about: &str) -> Result<Entry> {
        let info = self.driver.call("info", json!([]))?;
        if let Err(error) = judged(&info) {
            bail!("info: {error}");
        }
        self.cloud.running.clear_calls();
        let start = now() - self.epoch;
        let reply = self.driver.call(method, arguments.clone())?;
        let (result, error, log) = match judged(&reply) {
            Ok((result, log)) => (result, None, log),
            Err(error) => (Value::Null, Some(error), last_line(&reply.stderr)),
        };
        Ok(Entry {
            method: method.to_owned(),
            about: about.to_owned(),
            arguments,
            result,
            error,
            log,
            start,
            took: reply.took.as_secs_f64(),
            info_took: info.took.as_secs_f64(),
            calls: api_calls(&self.cloud.running.calls(), self.epoch),
        })
    }
}

/// The result and the log, or what is wrong.
fn judged(reply: &Reply) -> Result<(Value, String), String> {
    let answer = reply.answer().map_err(|error| error.to_string())?;
    Ok((answer.outcome.map_err(|error| error.to_string())?, answer.log.trim_end().to_owned()))
}

fn last_line(text: &str) -> String {
    text.lines().last().unwrap_or_default().to_owned()
}
