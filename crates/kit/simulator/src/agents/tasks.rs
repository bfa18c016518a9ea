//! What an agent does while its caller asks now and then whether it is done.

use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The tasks of one boot.
#[derive(Debug, Default)]
pub struct Tasks {
    next: u64,
    open: BTreeMap<String, Task>,
}

/// How far a task is.
#[derive(Debug)]
enum Task {
    Running,
    Ended(Result<Value, String>),
}

impl Tasks {
    /// Takes a task in.
    pub fn begin(&mut self) -> String {
        self.next += 1;
        let id = self.next.to_string();
        self.open.insert(id.clone(), Task::Running);
        id
    }

    /// It has ended so.
    pub fn end(&mut self, id: &str, outcome: Result<Value, String>) {
        self.open.insert(id.to_owned(), Task::Ended(outcome));
    }

    /// Answers `get_task`. An answer is given once.
    pub fn ask(&mut self, id: &str) -> Result<Value, String> {
        match self.open.get(id) {
            None => Err(format!("Task with id {id} could not be found")),
            Some(Task::Running) => Ok(running(id)),
            Some(Task::Ended(_)) => match self.open.remove(id) {
                Some(Task::Ended(outcome)) => outcome,
                _ => Ok(running(id)),
            },
        }
    }
}

/// What is answered while a task runs.
pub fn running(id: &str) -> Value {
    json!({"agent_task_id": id, "state": "running"})
}
