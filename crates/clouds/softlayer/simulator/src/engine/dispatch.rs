//! From a call to a reply.

use super::{Call, Exception, Filter, Mask, Request, log, render};
use crate::kind::{Kind, Leads};
use crate::noun::{self, Service};
use crate::state::Cloud;
use crate::thing::{Node, Thing};
use serde_json::{Value, json};
use simulator_kit::Reply;

/// What a method answers.
#[derive(Debug, Clone)]
pub enum Answer {
    /// A value as it is: `true`, or a container.
    Value(Value),
    /// An object.
    One(Thing),
    /// A list of objects of a kind. Filters of it stand alone.
    Many(&'static Kind, Vec<Thing>),
    /// What a relation leads to.
    Relation(Node, Leads, &'static str),
}

impl From<bool> for Answer {
    fn from(value: bool) -> Self {
        Self::Value(Value::Bool(value))
    }
}

/// A method: what it does, and what it answers.
pub type Handler = fn(&mut Cloud, &Call) -> Result<Answer, Exception>;

/// The JSON of an answer, and how many rows there are where it is a list.
struct Written {
    body: Value,
    rows: Option<usize>,
}

impl Cloud {
    /// Answers a request: what has fallen due is done first.
    pub fn answer(&mut self, request: &Request) -> Reply {
        self.settle();
        let name = request.name();
        let start = log::seconds(self.now());
        let number = self.calls.open(&name, &log::parameters(request), start);
        let outcome = self.run(request, &name);
        self.settle();
        let delay = self.world.latency.call(&name);
        let mut reply = Reply { delay, content_type: "application/json", ..Reply::default() };
        let mut error = None;
        match outcome {
            Ok(written) => {
                reply.status = 200;
                reply
                    .headers
                    .extend(written.rows.map(|n| ("softlayer-total-items", n.to_string())));
                reply.body = self.odd(written);
            }
            Err(exception) => {
                reply.status = exception.status;
                reply.body = exception.body().to_string();
                error = Some(exception.text);
            }
        }
        if let Some(record) = self.calls.get_mut(number) {
            record.status = Some(reply.status);
            record.error = error;
            record.end = start + delay.as_secs_f64();
        }
        reply
    }

    fn run(&mut self, request: &Request, name: &str) -> Result<Written, Exception> {
        let user = self.admit(request)?;
        let call = request.call()?;
        let service = noun::service(&call.service).ok_or_else(|| {
            Exception::public(format!("Service does not exist: {}", call.service))
        })?;
        if self.denied(user, name) {
            return Err(Exception::not_found(call.id.unwrap_or_default()));
        }
        self.caller = user;
        let mask = match request.query.get("objectMask") {
            Some(text) if !text.trim().is_empty() => Mask::parse(text)?,
            _ => Mask::default(),
        };
        let answer = self.dispatch(service, &call, &mask)?;
        self.write(answer, &mask, request)
    }

    fn dispatch(
        &mut self,
        service: &'static Service,
        call: &Call,
        mask: &Mask,
    ) -> Result<Answer, Exception> {
        let thing = match (call.id, service.find) {
            (Some(id), Some(find)) => Some(find(self, id).ok_or_else(|| Exception::not_found(id))?),
            _ => None,
        };
        let thing = thing.or_else(|| service.own.map(|own| own(self)));
        if let Some((_, handler)) = service.methods.iter().find(|(name, _)| *name == call.method) {
            return handler(self, call);
        }
        if let (Some(thing), "getObject") = (thing, call.method.as_str()) {
            render::check(service.kind, mask)?;
            return Ok(Answer::One(thing));
        }
        if let (Some(thing), Some((relation, leads))) = (thing, getter(service.kind, &call.method))
        {
            return Ok(Answer::Relation(thing.read(self, relation), leads, relation));
        }
        Err(Exception::public(format!(
            "Function (\"{}\") is not a valid method for this service",
            call.method
        )))
    }

    fn write(&self, answer: Answer, mask: &Mask, request: &Request) -> Result<Written, Exception> {
        let one = |body| Written { body, rows: None };
        match answer {
            Answer::Value(value) => Ok(one(value)),
            Answer::One(thing) => {
                let filter = self.filter(request, "", thing.kind());
                let row = thing.row();
                render::object(self, thing.kind(), &row, mask, filter.as_ref()).map(one)
            }
            Answer::Many(kind, things) => {
                self.write_rows(Node::Many(things), kind, "", mask, request)
            }
            Answer::Relation(node, Leads::Many(kind), root) => {
                self.write_rows(node, kind, root, mask, request)
            }
            Answer::Relation(node, leads, _) => {
                if let Leads::One(kind) = leads {
                    render::check(kind, mask)?;
                }
                render::relation(self, leads, node, mask, None).map(one)
            }
        }
    }

    fn write_rows(
        &self,
        node: Node,
        kind: &'static Kind,
        root: &str,
        mask: &Mask,
        request: &Request,
    ) -> Result<Written, Exception> {
        render::check(kind, mask)?;
        let filter = self.filter(request, root, kind);
        let mut rows = node.into_rows();
        if let Some(filter) = &filter {
            rows.retain(|row| filter.wants(self, kind, row));
            filter.sort(self, &mut rows);
        }
        let total = rows.len();
        let rows = page(rows, request.query.get("resultLimit").map(String::as_str));
        let body = render::rows(self, kind, &rows, mask, None)?;
        Ok(Written { body, rows: Some(total) })
    }

    fn filter(&self, request: &Request, root: &str, kind: &'static Kind) -> Option<Filter> {
        let text = request.query.get("objectFilter")?;
        let filter = Filter::parse(text, root, kind);
        if filter.is_none() {
            tracing::debug!(text, "a filter is ignored");
        }
        filter
    }

    /// Answers as oddly as the real service sometimes does.
    fn odd(&self, written: Written) -> String {
        let odd = &self.world.settings.odd;
        let body = match written.body {
            Value::Array(mut rows) if odd.bare_lists && rows.len() == 1 => rows.remove(0),
            body => body,
        };
        let text = body.to_string();
        match odd.largest_answer {
            // With status 200.
            Some(largest) if text.len() > largest => {
                json!({"error": "Internal Error", "code": "SoftLayer_Exception_Public"}).to_string()
            }
            _ => text,
        }
    }
}

/// `getActiveTransaction` reads the relation `activeTransaction`.
pub fn getter(kind: &'static Kind, method: &str) -> Option<(&'static str, Leads)> {
    let rest = method.strip_prefix("get")?;
    let first = rest.chars().next()?;
    let name = format!("{}{}", first.to_ascii_lowercase(), &rest[first.len_utf8()..]);
    kind.relation(&name)
}

/// `resultLimit=offset,limit`, or the limit alone.
fn page(rows: Vec<Node>, limit: Option<&str>) -> Vec<Node> {
    let Some(limit) = limit else { return rows };
    let mut numbers = limit.split(',').map(|part| part.trim().parse::<usize>().ok());
    let (offset, count) = match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(offset), Some(count)) => (offset, count),
        (Some(count), None) => (0, count),
        _ => return rows,
    };
    rows.into_iter().skip(offset).take(count).collect()
}
