//! P: the wire.

use super::Check;
use super::bench::{Bench, holds, is_kind, names, refusal, same};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "P1",
        what: "three keys exactly, exit 0 with an error, a broken config is answered",
        run: three_keys,
    },
    Check {
        id: "P2",
        what: "wrong credentials: an answer; the request id in the log, no secret anywhere",
        run: wrong_credentials,
    },
    Check {
        id: "P3",
        what: "a cpi-config's properties in context win over the file's; a wrong endpoint is named",
        run: context_wins,
    },
    Check {
        id: "P4",
        what: "info is exact; unknown methods are NotImplemented, malformed requests CpiError",
        run: malformed,
    },
    Check { id: "P5", what: "api_version absent, 1, 2 and 3, each with its shapes", run: versions },
];

fn three_keys(bench: &Bench) -> Result<()> {
    let broken = bench.with_config("{}")?;
    for reply in [
        bench.driver.call("info", json!([]))?,
        bench.driver.call("delete_disk", json!([]))?,
        broken.call("has_vm", json!([bench.samples.nothing]))?,
        bench.with_config("no json")?.call("has_vm", json!([bench.samples.nothing]))?,
    ] {
        reply.answer()?;
        let answer: Value = serde_json::from_slice(&reply.stdout)?;
        let keys: Vec<_> = answer.as_object().context("no hash")?.keys().cloned().collect();
        holds(keys == ["result", "error", "log"], &format!("the keys are {keys:?}"))?;
    }
    let error = refusal(&broken.call("has_vm", json!([bench.samples.nothing]))?)?;
    holds(!error.ok_to_retry, "a broken config is not worth another try")
}

fn wrong_credentials(bench: &Bench) -> Result<()> {
    let secret = bench.secret()?;
    let wrong = bench.with_config(&bench.config.replace(&secret, "marked-secret"))?;
    let reply = wrong.call("has_vm", json!([bench.samples.nothing]))?;
    let error = refusal(&reply)?;
    let told = error.message.contains("401") || error.message.contains(bench.samples.secret);
    holds(told, &format!("it is not told that the keys are wrong: {error}"))?;
    holds(reply.stderr.contains("cpi-424242"), "the request id is not in the log")?;
    let all = format!("{}{}", String::from_utf8_lossy(&reply.stdout), reply.stderr);
    holds(!all.contains("marked-secret"), "the secret key is told")
}

fn context_wins(bench: &Bench) -> Result<()> {
    let secret = bench.secret()?;
    let mut driver = bench.with_config(&bench.config.replace(&secret, "wrong"))?;
    driver.context.insert(bench.samples.secret.into(), json!(secret));
    let answer = driver.call("has_vm", json!([bench.samples.nothing]))?.answer()?;
    same(&answer.outcome.context("with keys from context")?, &json!(false))?;

    driver.context.insert(bench.samples.endpoint.into(), json!("nonsense://nowhere"));
    let error = refusal(&driver.call("has_vm", json!([bench.samples.nothing]))?)?;
    names(&error, bench.samples.endpoint)
}

fn malformed(bench: &Bench) -> Result<()> {
    let info = bench.ask("info", json!([]))?;
    holds(info["api_version"].as_u64().is_some_and(|v| v >= 2), "api_version is below 2")?;
    holds(info["stemcell_formats"].is_array(), "stemcell_formats is no list")?;
    for method in ["no_such_method", "configure_networks", "ping"] {
        let arguments = if method == "configure_networks" { json!(["vm", {}]) } else { json!([]) };
        is_kind(&bench.refused(method, arguments)?, "Bosh::Clouds::NotImplemented")?;
    }
    for request in [
        "",
        "no json",
        "[]",
        r#"{"arguments":[]}"#,
        r#"{"method":5,"arguments":[]}"#,
        r#"{"method":"has_vm","arguments":"vm"}"#,
        r#"{"method":"has_vm","arguments":[]}"#,
        r#"{"method":"has_vm","arguments":[{}]}"#,
        r#"{"method":"has_vm","arguments":["a","b"]}"#,
        r#"{"method":"has_vm","arguments":["a"],"api_version":"two"}"#,
    ] {
        let error = refusal(&bench.driver.send(request.as_bytes())?)?;
        is_kind(&error, "Bosh::Clouds::CpiError").with_context(|| request.to_owned())?;
    }
    Ok(())
}

fn versions(bench: &Bench) -> Result<()> {
    let arguments = bench.vm_arguments(bench.dynamic())?;
    for version in [None, Some(1), Some(2), Some(3)] {
        let send = |method: &str, arguments: &Value| -> Result<Value> {
            let mut request = json!({"method": method, "arguments": arguments, "context": {}});
            if let Some(version) = version {
                request["api_version"] = json!(version);
            }
            let answer = bench.driver.send(request.to_string().as_bytes())?.answer()?;
            answer.outcome.with_context(|| format!("{method} with version {version:?}"))
        };
        same(&send("info", &json!([]))?, &bench.ask("info", json!([]))?)?;
        let created = send("create_vm", &arguments)?;
        let vm = match (version, &created) {
            (Some(1), Value::String(cid)) => json!(cid),
            (None | Some(2 | 3), Value::Array(pair)) if pair.len() == 2 && pair[1].is_object() => {
                pair[0].clone()
            }
            _ => bail!("create_vm with version {version:?} answered {created}"),
        };
        let disk = bench.disk()?;
        let hint = send("attach_disk", &json!([vm, disk]))?;
        match version {
            Some(1) => same(&hint, &Value::Null)?,
            _ => is_hint(&hint)?,
        }
        bench.ask("delete_vm", json!([vm]))?;
        bench.ask("delete_disk", json!([disk]))?;
    }
    Ok(())
}

/// What an agent and a director take for one.
pub(super) fn is_hint(hint: &Value) -> Result<()> {
    holds(crate::hint::is_hint(hint), &format!("{hint} is no hint"))
}
