//! What the API tells of itself: which calls there are, and how often one may call.

use crate::engine::{Answer, Call, Command, Refusal};
use crate::state::Cloud;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Parameters and answer fields of every call that CloudStack 4.22 and we know, from its own
/// annotations. The file says how it is written.
const APIS: &str = include_str!("apis.txt");

/// The commands of this file.
pub const COMMANDS: &[Command] =
    &[Command::sync("listApis", list_apis), Command::sync("getApiLimit", get_api_limit)];

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| APIS.lines().filter_map(Row::read).collect());

/// A line of the file.
enum Row {
    /// A call, with its parameters.
    Call { name: &'static str, job: bool, answers: &'static str, params: Vec<&'static str> },
    /// An answer, with its fields.
    Answer { name: &'static str, fields: Vec<(&'static str, &'static str)> },
}

impl Row {
    fn read(line: &'static str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        match words.next()? {
            "#" => None,
            "=" => {
                let name = words.next()?;
                Some(Self::Answer {
                    name,
                    fields: words.filter_map(|w| w.split_once(':')).collect(),
                })
            }
            name => {
                let (kind, answers) = (words.next()?, words.next()?);
                Some(Self::Call { name, job: kind == "job", answers, params: words.collect() })
            }
        }
    }
}

/// Which of the calls that this cloud answers the caller may make.
fn list_apis(_: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = call.params.text("name");
    let may = |name: &str| {
        super::commands()
            .any(|command| command.name == name && (call.caller.is_admin() || !command.admin_only))
    };
    let rows: Vec<Value> = ROWS
        .iter()
        .filter_map(|row| match row {
            Row::Call { name, job, answers, params }
                if wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name)) && may(name) =>
            {
                Some(api(name, *job, answers, params))
            }
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Err(Refusal::new(530, 9999, "there is no api of that name"));
    }
    Ok(Answer::list("api", rows))
}

fn api(name: &str, job: bool, answers: &str, params: &[&str]) -> Value {
    let mut api = json!({
        "name": name,
        "description": name,
        "isasync": job,
        "params": params.iter().map(|param| parameter(param)).collect::<Vec<_>>(),
        "response": fields(answers),
    });
    if answers != "SuccessResponse" && answers != "-" {
        api["related"] = related(answers).into();
    }
    api
}

/// `name:type=length@since*~`, see the file.
fn parameter(text: &str) -> Value {
    let related = text.ends_with('~');
    let text = text.trim_end_matches('~');
    let required = text.ends_with('*');
    let text = text.trim_end_matches('*');
    let (text, since) = cut(text, '@');
    let (text, length) = cut(text, '=');
    let (name, kind) = text.split_once(':').unwrap_or((text, "string"));
    let mut row = Map::new();
    row.insert("name".into(), name.into());
    row.insert("description".into(), name.into());
    row.insert("type".into(), kind.into());
    row.insert(
        "length".into(),
        length.and_then(|length| length.parse().ok()).unwrap_or(255).into(),
    );
    row.insert("required".into(), required.into());
    if let Some(since) = since {
        row.insert("since".into(), since.into());
    }
    if related {
        row.insert("related".into(), "".into());
    }
    row.into()
}

fn cut(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((text, rest)) => (text, Some(rest)),
        None => (text, None),
    }
}

/// The other calls that answer the same.
fn related(answer: &str) -> String {
    let names = ROWS.iter().filter_map(|row| match row {
        Row::Call { name, answers, .. } if *answers == answer => Some(*name),
        _ => None,
    });
    names.collect::<Vec<_>>().join(",")
}

/// The fields of an answer; those that are lists of another answer's rows have fields themselves.
fn fields(answer: &str) -> Vec<Value> {
    let found = ROWS.iter().find_map(|row| match row {
        Row::Answer { name, fields } if *name == answer => Some(fields),
        _ => None,
    });
    let fields = found.map(Vec::as_slice).unwrap_or_default();
    fields.iter().map(|(name, kind)| field(name, kind)).collect()
}

fn field(name: &str, kind: &str) -> Value {
    let (kind, of) = match kind.split_once('<') {
        Some((kind, of)) => (kind, Some(of.trim_end_matches('>'))),
        None => (kind, None),
    };
    let mut field = json!({"name": name, "description": name, "type": kind.to_ascii_lowercase()});
    let inner = of.filter(|_| kind == "Set").map(self::fields).unwrap_or_default();
    if !inner.is_empty() {
        field["response"] = inner.into();
    }
    field
}

/// Calls are not counted here, as in a CloudStack without `api.throttling.enabled`.
fn get_api_limit(_: &mut Cloud, _: &Call<'_>) -> Result<Answer, Refusal> {
    Err(Refusal::unsupported("calls are not counted: api.throttling.enabled is false"))
}
