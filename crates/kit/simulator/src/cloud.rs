//! What a cloud is to the machinery around it.

use crate::calls::CallLog;
use crate::fault::{FaultKind, Faults, When};
use crate::lie::ListShape;
use serde::Serialize;
use std::time::Duration;

/// A cloud as its HTTP front, its faults and its control API see it.
pub trait SimulatedCloud: Clone + Send + Sync + 'static {
    /// A request as it came in.
    type Request: Clone + Send + Sync + 'static;

    /// The name by which a fault and the log of calls know this request's call.
    fn command(&self, request: &Self::Request) -> String;

    /// Answers a request: everything that it changes is changed.
    fn answer(&self, request: &Self::Request) -> Reply;

    /// Answers a request whose job fails ([`FaultKind::JobFailure`]) or is forgotten
    /// ([`FaultKind::JobPurged`]).
    fn answer_with_broken_job(&self, request: &Self::Request, kind: FaultKind, when: When)
    -> Reply;

    /// Whether the request asks for a list, of which a lie can be told.
    fn is_list(&self, request: &Self::Request) -> bool;

    /// The name that a list is narrowed down to, where it is.
    fn wanted_name(&self, request: &Self::Request) -> Option<String>;

    /// The same request without what narrows a list down.
    fn without_filters(&self, request: &Self::Request) -> Self::Request;

    /// The same request for the first page.
    fn without_page(&self, request: &Self::Request) -> Self::Request;

    /// Where its lists have what a lie changes.
    fn list_shape(&self) -> ListShape;

    /// Gives the faults to look at, or to change.
    fn with_faults<T>(&self, look: impl FnOnce(&mut Faults) -> T) -> T;

    /// Gives the log of calls to look at, or to change.
    fn with_calls<T>(&self, look: impl FnOnce(&mut CallLog) -> T) -> T;

    /// What the cloud holds beyond its world.
    fn inventory(&self) -> impl Serialize;

    /// Its jobs, the oldest first.
    fn jobs(&self) -> impl Serialize;

    /// The agents of its machines.
    fn agents(&self) -> impl Serialize;
}

/// What goes back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `application/json;charset=utf-8`, or XML.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
    /// Headers beside the content's type and length.
    pub headers: Vec<(&'static str, String)>,
    /// How long to wait before it is sent.
    pub delay: Duration,
}

impl Reply {
    /// A reply without headers, sent at once.
    pub fn plain(status: u16, content_type: &'static str, body: &str) -> Self {
        Self { status, content_type, body: body.to_owned(), ..Self::default() }
    }
}
