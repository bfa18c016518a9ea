//! What the API tells of itself: which calls there are, and how often one may call.

use crate::engine::{Answer, Call, Command, Params, Refusal, roles};
use crate::state::Cloud;
use cloudstack::Version;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// Parameters and answer fields of every call that CloudStack 4.22 and we know, from its own
/// annotations. The file says how it is written.
const APIS: &str = include_str!("apis.txt");

/// The commands of this file.
pub const COMMANDS: &[Command] = &[
    Command::sync("listApis", list_apis),
    Command::sync("getApiLimit", get_api_limit),
    Command::sync("resetApiLimit", reset_api_limit),
];

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| APIS.lines().filter_map(Row::read).collect());

/// A line of the file.
enum Row {
    /// A call, with its parameters.
    Call {
        name: &'static str,
        job: bool,
        since: Option<Version>,
        answers: &'static str,
        params: Vec<&'static str>,
    },
    /// An answer, with its fields.
    Answer { name: &'static str, fields: Vec<(&'static str, &'static str)>, unnamed: usize },
}

impl Row {
    fn read(line: &'static str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        match words.next()? {
            "#" => None,
            "=" => {
                let name = words.next()?;
                let unnamed = line.ends_with('?').into();
                let fields = words.filter_map(|word| word.split_once(':')).collect();
                Some(Self::Answer { name, fields, unnamed })
            }
            name => {
                let (kind, since) = cut(words.next()?, '@');
                let (since, answers) = (since.and_then(Version::parse), words.next()?);
                Some(Self::Call {
                    name,
                    job: kind == "job",
                    since,
                    answers,
                    params: words.collect(),
                })
            }
        }
    }
}

/// Which of the calls that this cloud answers the caller may make.
fn list_apis(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = call.params.text("name");
    let may = |name: &str| {
        super::commands()
            .any(|command| command.name == name && roles::may_call(call.caller.role, name))
    };
    let admin = call.caller.is_admin();
    let rows: Vec<Value> = ROWS
        .iter()
        .filter_map(|row| match row {
            Row::Call { name, job, since, answers, params }
                if wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(name))
                    && may(name)
                    && cloud.is_at_least(*since) =>
            {
                let params = params.iter().filter(|param| admin || !param.ends_with('!'));
                let params = params.filter(|param| cloud.is_at_least(since_of(param).1));
                Some(api(name, *job, answers, params.map(|param| parameter(param)).collect()))
            }
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Err(Refusal::new(530, 9999, "there is no api of that name"));
    }
    Ok(Answer::list("api", rows))
}

/// A parameter's name, and since when it is known.
fn since_of(param: &'static str) -> (&'static str, Option<Version>) {
    let (before, since) = cut(param, '@');
    let name = before.split([':', '=', '*', '~', '!']).next().unwrap_or(before);
    (name, since.and_then(Version::parse))
}

/// Since when calls and parameters are known; not of those that are as old as the oldest cloud
/// that we pose as. Names are in lower case, and a call's own row has no parameter.
static SINCE: LazyLock<BTreeMap<String, BTreeMap<&str, Version>>> = LazyLock::new(|| {
    let since = |row: &'static Row| match row {
        Row::Call { name, since, params, .. } => {
            let own = std::iter::once(("", *since));
            let all = own.chain(params.iter().map(|param| since_of(param)));
            let known = all.filter_map(|(param, since)| Some((param, since?))).collect();
            Some((name.to_ascii_lowercase(), known))
        }
        Row::Answer { .. } => None,
    };
    ROWS.iter().filter_map(since).collect()
});

/// The longest text that each parameter takes, by command in lower case.
static LENGTHS: LazyLock<HashMap<String, HashMap<&str, usize>>> = LazyLock::new(|| {
    let lengths = |row: &'static Row| match row {
        Row::Call { name, params, .. } => {
            let texts = params.iter().filter_map(|param| {
                let (text, _) = cut(param, '@');
                let (text, length) = cut(text.trim_end_matches(['*', '~', '!']), '=');
                let (name, kind) = text.split_once(':')?;
                let most = length.and_then(|length| length.parse().ok()).unwrap_or(255);
                (kind == "string").then_some((name, most))
            });
            Some((name.to_ascii_lowercase(), texts.collect()))
        }
        Row::Answer { .. } => None,
    };
    ROWS.iter().filter_map(lengths).collect()
});

/// Refuses a text that is longer than its parameter takes, before anything else is looked at.
pub fn check_lengths(params: &Params) -> Result<(), Refusal> {
    let Some(lengths) = LENGTHS.get(&params.command_lower()) else { return Ok(()) };
    for (name, text) in params.iter() {
        let most = lengths.get(name).copied().unwrap_or(usize::MAX);
        if text.chars().count() > most {
            return Err(Refusal::parameter(format!(
                "Unable to execute API command {} due to invalid value. Value greater than max \
                 allowed length {most} for param: {name}",
                params.command_lower()
            )));
        }
    }
    Ok(())
}

impl Cloud {
    /// Whether the CloudStack that we pose as knows a call, or a parameter of it: others it
    /// does not see.
    pub fn has(&self, command: &str, param: &str) -> bool {
        let known = SINCE.get(&command.to_ascii_lowercase());
        self.is_at_least(known.and_then(|known| known.get(param)).copied())
    }

    fn is_at_least(&self, since: Option<Version>) -> bool {
        match (since, Version::parse(&self.world.version)) {
            (Some(since), Some(version)) => version >= since,
            _ => true,
        }
    }
}

fn api(name: &str, job: bool, answers: &str, params: Vec<Value>) -> Value {
    let mut api = json!({
        "name": name,
        "description": name,
        "isasync": job,
        "params": params,
        "response": fields(answers),
    });
    if answers != "SuccessResponse" && answers != "-" {
        api["related"] = related(answers).into();
    }
    api
}

/// `name:type=length@since*~!`, see the file.
fn parameter(text: &str) -> Value {
    let text = text.trim_end_matches('!');
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

/// The fields of an answer. Recorded: each answer has two without a name, and some have more.
fn fields(answer: &str) -> Vec<Value> {
    let nameless = unnamed(answer) + 2;
    let named = named(answer).map(|(name, kind)| field(name, kind, &[answer]));
    named.chain(std::iter::repeat_n(json!({}), nameless)).collect()
}

fn found(answer: &str) -> (&'static [(&'static str, &'static str)], usize) {
    let found = ROWS.iter().find_map(|row| match row {
        Row::Answer { name, fields, unnamed } if *name == answer => Some((fields, *unnamed)),
        _ => None,
    });
    found.map_or((&[], 0), |(fields, unnamed)| (fields.as_slice(), unnamed))
}

fn named(answer: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    found(answer).0.iter().copied()
}

fn unnamed(answer: &str) -> usize {
    found(answer).1
}

/// A field; one that is a set of another answer's rows has their fields, but for the job's.
/// Those around it are not repeated in it: some answers hold rows of their own kind.
fn field(name: &str, kind: &str, around: &[&str]) -> Value {
    let (kind, of) = match kind.split_once('<') {
        Some((kind, of)) => (kind, Some(of.trim_end_matches('>'))),
        None => (kind, None),
    };
    let mut field = json!({"name": name, "description": name, "type": kind.to_ascii_lowercase()});
    if let Some(of) = of.filter(|of| kind == "Set" && !around.contains(of)) {
        let around = [around, &[of]].concat();
        let inner: Vec<Value> = named(of)
            .filter(|(name, _)| !matches!(*name, "jobid" | "jobstatus"))
            .map(|(name, kind)| self::field(name, kind, &around))
            .collect();
        if !inner.is_empty() {
            field["response"] = inner.into();
        }
    }
    field
}

/// What the account has called in the running interval. Recorded: `accountid` is another one in
/// each answer, and a root admin is not counted.
fn get_api_limit(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    check_throttling(cloud)?;
    let max = cloud.world.settings.api_throttling_max;
    let issued = cloud.throttle.of(&call.caller.account, cloud.now());
    let left = issued.map_or(1, |(until, _)| until.duration_since(cloud.now()).as_millis());
    let issued = issued.map_or(0, |(_, issued)| issued);
    Ok(Answer::object(
        "apilimit",
        json!({
            "accountid": cloud.new_id(),
            "account": call.caller.account_name,
            "apiIssued": issued,
            "apiAllowed": max.saturating_sub(issued),
            "expireAfter": left.max(0) as i64,
        }),
    ))
}

fn check_throttling(cloud: &Cloud) -> Result<(), Refusal> {
    if cloud.world.settings.api_throttling {
        return Ok(());
    }
    let text = "This api is only available when api.throttling.enabled = true.";
    Err(Refusal::unsupported(text))
}

/// Of one account, or of all.
fn reset_api_limit(cloud: &mut Cloud, call: &Call<'_>) -> Result<Answer, Refusal> {
    check_throttling(cloud)?;
    let account = call.params.id("account", &cloud.accounts)?.map(str::to_owned);
    cloud.throttle.reset(account.as_deref());
    Ok(Answer::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `listApis` tells of every command that the cloud answers, with an answer that it knows.
    #[test]
    fn every_command_is_told_of() {
        for command in crate::commands() {
            let row = ROWS.iter().find_map(|row| match row {
                Row::Call { name, job, answers, .. } if *name == command.name => {
                    Some((*job, *answers))
                }
                _ => None,
            });
            let (job, answers) = row.unwrap_or_else(|| panic!("apis.txt lacks {}", command.name));
            let is_job = matches!(command.handler, crate::engine::Handler::Async(_));
            assert_eq!(job, is_job, "{}", command.name);
            assert!(answers == "-" || !found(answers).0.is_empty(), "apis.txt lacks {answers}");
        }
    }
}
