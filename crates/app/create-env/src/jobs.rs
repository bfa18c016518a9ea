//! The jobs of the instance group, rendered into one archive.

use crate::environment::Environment;
use crate::error::Error;
use crate::manifest::NetworkKind;
use crate::releases::Releases;
use bosh_release::archive::{self, File, Files, Mode};
use bosh_release::{Context, Job, Ruby, Template, template_properties};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// What an address is rendered as while nobody knows it, to see whether templates can be rendered.
const UNKNOWN_ADDRESS: &str = "0.0.0.0";

/// A template of a job, and what it becomes.
pub(crate) struct Source {
    name: String,
    text: String,
    pub target: String,
}

/// The templates of a job; `monit` is one of them.
pub(crate) fn sources(job: &Job) -> Result<Vec<Source>, Error> {
    let text = |name: &str, bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => Err(Error::Invalid {
            path: format!("job '{}'", job.name),
            message: format!("template '{name}' is not UTF-8"),
        }),
    };
    let (name, target) = ("monit".to_owned(), "monit".to_owned());
    let mut sources = vec![Source { text: text(&name, job.monit())?, name, target }];
    for (name, target) in &job.spec.templates {
        let bytes = job.template(name).unwrap_or_default();
        let text = text(name, bytes)?;
        sources.push(Source { name: name.clone(), text, target: target.clone() });
    }
    Ok(sources)
}

impl Source {
    pub fn template<'a>(
        &'a self,
        job: &'a Job,
        properties: &'a Map<String, Value>,
        context: &'a Context,
    ) -> Template<'a> {
        Template { job: &job.name, name: &self.name, text: &self.text, properties, context }
    }
}

/// The archive of rendered jobs.
pub(crate) struct RenderedJobs {
    pub path: PathBuf,
    /// `sha256:…`
    pub digest: String,
}

/// The address of the instance as the manifest gives it; None where the cloud does.
pub(crate) fn static_address(environment: &Environment<'_>) -> Option<String> {
    let network = environment.manifest.instance_group.main_network()?;
    if network.kind == NetworkKind::Dynamic { None } else { network.ip.clone() }
}

/// Renders everything with an address that is known already, or as if one were known: whether it
/// can be rendered shows before anything is touched.
pub(crate) fn render_beforehand(
    environment: &Environment<'_>,
    releases: &Releases,
) -> Result<Files, Error> {
    let address = static_address(environment);
    render(environment, releases, address.as_deref().unwrap_or(UNKNOWN_ADDRESS))
}

/// Renders the jobs: the files of the archive.
pub(crate) fn render(
    environment: &Environment<'_>,
    releases: &Releases,
    address: &str,
) -> Result<Files, Error> {
    let manifest = environment.manifest;
    let group = &manifest.instance_group;
    let context = Context { deployment: manifest.name.clone(), address: Some(address.to_owned()) };
    let jobs = releases.group_jobs(environment)?;
    let mut seen = Vec::new();
    for ((_, job), wanted) in jobs.iter().zip(&group.jobs) {
        let own = wanted.properties.clone().map(Value::Object);
        let properties =
            template_properties(&job.spec, &manifest.properties, &group.properties, own.as_ref());
        seen.push((*job, sources(job)?, properties));
    }
    let templates: Vec<Template<'_>> = seen
        .iter()
        .flat_map(|(job, sources, properties)| {
            sources.iter().map(|source| source.template(job, properties, &context))
        })
        .collect();
    let rendered = Ruby::at(&environment.options.ruby).render(&templates)?;
    let targets = seen.iter().flat_map(|(job, sources, _)| {
        sources.iter().map(|source| (format!("{}/{}", job.name, source.target), &source.target))
    });
    Ok(targets
        .zip(rendered)
        .map(|((path, target), file)| {
            let mode = if target.starts_with("bin/") { Mode::Program } else { Mode::Plain };
            (path, File { bytes: file.0, mode })
        })
        .collect())
}

/// Packs rendered jobs. The same files make the same archive, so that an agent that has it already
/// has nothing to install.
pub(crate) fn pack(files: &Files, folder: &Path) -> Result<RenderedJobs, Error> {
    let path = folder.join("rendered-jobs.tgz");
    let bytes = archive::pack(files).map_err(Error::file(&path))?;
    crate::files::replace(&path, &bytes).map_err(Error::file(&path))?;
    Ok(RenderedJobs { digest: archive::digest(&bytes), path })
}
