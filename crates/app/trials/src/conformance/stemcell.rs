//! S: stemcells.

use super::Check;
use super::bench::{Bench, holds, is_kind, names, text};
use anyhow::{Context, Result};
use serde_json::json;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "S1",
        what: "a light stemcell's template is looked for, and named where it is not there",
        run: light,
    },
    Check {
        id: "S2",
        what: "deleting a light stemcell leaves its template; deleting a missing one succeeds",
        run: delete,
    },
    Check {
        id: "S3",
        what: "create_vm on a stemcell that is not there: VMCreationFailed that names it",
        run: missing,
    },
];

fn light(bench: &Bench) -> Result<()> {
    let cid = text(&bench.stemcell()?)?;
    holds(!cid.is_empty(), "the CID is empty")?;
    let image = bench.empty_image()?;
    let (wrong, culprit) = &bench.samples.no_stemcell;
    let error = bench.refused("create_stemcell", json!([image, wrong]))?;
    names(&error, culprit)
}

fn delete(bench: &Bench) -> Result<()> {
    let cid = bench.stemcell()?;
    let before = bench.cloud.images();
    bench.ask("delete_stemcell", json!([cid]))?;
    holds(bench.cloud.images() == before, "the template is gone")?;
    bench.ask("delete_stemcell", json!([cid])).context("a second time")?;
    bench.ask("delete_stemcell", json!([bench.samples.nothing])).context("one that never was")?;
    Ok(())
}

fn missing(bench: &Bench) -> Result<()> {
    let mut arguments = bench.vm_arguments(bench.dynamic())?;
    arguments[1] = json!(bench.samples.nothing);
    let error = bench.refused("create_vm", arguments)?;
    is_kind(&error, "Bosh::Clouds::VMCreationFailed")?;
    names(&error, bench.samples.nothing)?;
    bench.is_empty()
}
