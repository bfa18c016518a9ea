//! A row of the table of API commands.

use super::{Answer, Job, Params, Refusal};
use crate::state::{Caller, Cloud};

/// A call on its way to its handler.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who calls.
    pub caller: &'a Caller,
    /// What with.
    pub params: &'a Params,
}

/// A handler of a call that is done when it is answered.
pub type Sync = fn(&mut Cloud, &Call<'_>) -> Result<Answer, Refusal>;
/// A handler of a call that starts a job: checks, makes what the answer names, and leaves the
/// rest to the job.
pub type Async = fn(&mut Cloud, &Call<'_>) -> Result<Job, Refusal>;

/// How a command is done.
#[derive(Debug, Clone, Copy)]
pub enum Handler {
    /// Within the call.
    Sync(Sync),
    /// By a job.
    Async(Async),
}

/// A row of the table of API commands.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// The `command` parameter.
    pub name: &'static str,
    /// The key of the answer, where it is not `<name>response` in lower case.
    pub key: Option<&'static str>,
    /// How it is done.
    pub handler: Handler,
    /// The Java class as `cmd` shows it, after `org.apache.cloudstack.api.command.`:
    /// `user.vm.StartVMCmd`.
    pub class: &'static str,
    /// Whether an admin's call runs as the class `admin.…ByAdmin`.
    pub by_admin: bool,
    /// `jobinstancetype`, where a job says one.
    pub instance: Option<&'static str>,
}

impl Command {
    /// A command that is done when it is answered.
    pub const fn sync(name: &'static str, handler: Sync) -> Self {
        Self::row(name, Handler::Sync(handler))
    }

    /// A command that starts a job of this class.
    pub const fn job(name: &'static str, class: &'static str, handler: Async) -> Self {
        Self { class, ..Self::row(name, Handler::Async(handler)) }
    }

    const fn row(name: &'static str, handler: Handler) -> Self {
        Self { name, key: None, handler, class: "", by_admin: false, instance: None }
    }

    /// Answers under this key.
    pub const fn keyed(self, key: &'static str) -> Self {
        Self { key: Some(key), ..self }
    }

    /// The job says that it works on this kind of thing.
    pub const fn on(self, instance: &'static str) -> Self {
        Self { instance: Some(instance), ..self }
    }

    /// An admin's call runs as a class of its own.
    pub const fn by_admin(self) -> Self {
        Self { by_admin: true, ..self }
    }

    /// The key of the answer.
    pub fn answer_key(&self) -> String {
        match self.key {
            Some(key) => key.to_owned(),
            None => format!("{}response", self.name.to_ascii_lowercase()),
        }
    }

    /// The `cmd` of a job that `caller` starts.
    pub fn class_for(&self, caller: &Caller) -> String {
        let root = "org.apache.cloudstack.api.command";
        match self.class.strip_prefix("user.") {
            Some(class) if self.by_admin && caller.is_admin() => {
                format!("{root}.admin.{class}ByAdmin")
            }
            _ => format!("{root}.{}", self.class),
        }
    }
}
