//! From a call to a reply.

use super::{Answer, Call, Exception, Filter, Mask, Request, Service, log, render};
use crate::object_ref::Node;
use crate::state::Cloud;
use crate::types::{self, Leads, Type};
use serde_json::{Value, json};
use simulator_kit::Reply;

/// The JSON of an answer, and how many rows there are where it is a list.
struct Written {
    body: Value,
    rows: Option<usize>,
}

/// The services that there are.
pub type Services = &'static [&'static Service];

/// Answers a request: what has fallen due is done first.
pub fn answer(cloud: &mut Cloud, services: Services, request: &Request) -> Reply {
    cloud.answer(services, request)
}

/// Whether a call of this method with this mask is served: what is wrong with it, if it is not.
pub fn understands(
    services: Services,
    name: &str,
    method: &str,
    mask: Option<&str>,
) -> Result<(), String> {
    let service = find(services, name).ok_or_else(|| format!("service {name} not found"))?;
    let kind = types::find(name);
    let served = method == "getObject"
        || service.methods.iter().any(|(known, _)| *known == method)
        || kind.and_then(|kind| getter(kind, method)).is_some();
    if !served {
        return Err(format!("{name} has no method {method}"));
    }
    let mask = Mask::parse(mask.unwrap_or_default()).map_err(|it| it.text)?;
    check_mask(name, method, &mask).map_err(|it| it.text)
}

fn find(services: Services, name: &str) -> Option<&'static Service> {
    services.iter().find(|service| service.name == name).copied()
}

/// Whether a mask fits what a method is declared to return.
fn check_mask(service: &str, method: &str, mask: &Mask) -> Result<(), Exception> {
    let Some(kind) = types::find(service) else { return Ok(()) };
    let returned = match getter(kind, method) {
        Some((_, leads)) => Some(leads),
        None if method == "getObject" => Some(Leads::One(kind.name)),
        None => kind.returns(method),
    };
    match returned.and_then(Leads::target) {
        Some(target) => render::check(target, mask),
        None => Ok(()),
    }
}

impl Cloud {
    fn answer(&mut self, services: Services, request: &Request) -> Reply {
        self.settle();
        let name = request.name();
        let start = log::seconds(self.now());
        let number = self.calls.open(&name, &log::parameters(request), start);
        let outcome = self.run(services, request, &name);
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

    fn run(
        &mut self,
        services: Services,
        request: &Request,
        name: &str,
    ) -> Result<Written, Exception> {
        let user = self.admit(request)?;
        let call = request.call()?;
        let service = find(services, &call.service).ok_or_else(|| {
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
        check_mask(service.name, &call.method, &mask)?;
        let answer = self.dispatch(service, &call)?;
        self.write(answer, &mask, request)
    }

    fn dispatch(&mut self, service: &'static Service, call: &Call) -> Result<Answer, Exception> {
        let object = match (call.id, service.find) {
            (Some(id), Some(find)) => Some(find(self, id).ok_or_else(|| Exception::not_found(id))?),
            _ => None,
        };
        let object = object.or_else(|| service.own.map(|own| own(self)));
        if let Some((_, handler)) = service.methods.iter().find(|(name, _)| *name == call.method) {
            return handler(self, call);
        }
        if let (Some(object), "getObject") = (object, call.method.as_str()) {
            return Ok(Answer::One(object));
        }
        let getter = types::find(service.name).and_then(|kind| getter(kind, &call.method));
        if let (Some(object), Some((relation, leads))) = (object, getter) {
            return Ok(Answer::Relation(self.read(object, relation), leads, relation));
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
            Answer::One(object) => {
                let leads = Leads::One(object.type_name());
                let filter = leads.target().and_then(|kind| self.filter(request, "", kind));
                render::relation(self, leads, object.row(), mask, filter.as_ref()).map(one)
            }
            Answer::Many(kind, objects) => {
                self.write_rows(Node::Many(objects), Leads::Many(kind), "", mask, request)
            }
            Answer::Relation(node, leads @ Leads::Many(_), root) => {
                self.write_rows(node, leads, root, mask, request)
            }
            Answer::Relation(node, leads, _) => {
                render::relation(self, leads, node, mask, None).map(one)
            }
        }
    }

    fn write_rows(
        &self,
        node: Node,
        leads: Leads,
        root: &str,
        mask: &Mask,
        request: &Request,
    ) -> Result<Written, Exception> {
        let mut rows = node.into_rows();
        let Some(kind) = leads.target() else {
            return Ok(Written { body: json!([]), rows: Some(0) });
        };
        if let Some(filter) = self.filter(request, root, kind) {
            rows.retain(|row| filter.wants(self, kind, row));
            filter.sort(self, &mut rows);
        }
        let total = rows.len();
        let rows = page(rows, request.query.get("resultLimit").map(String::as_str));
        let body = render::rows(self, kind, &rows, mask, None)?;
        Ok(Written { body, rows: Some(total) })
    }

    fn filter(&self, request: &Request, root: &str, kind: &'static Type) -> Option<Filter> {
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
fn getter(kind: &'static Type, method: &str) -> Option<(&'static str, Leads)> {
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
