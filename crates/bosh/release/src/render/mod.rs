//! Templates, rendered by the system's Ruby: one process for all of a run.
//!
//! Source: bosh-cli `templatescompiler/erbrenderer/erb_renderer.rb`.

use crate::ReleaseError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The oldest Ruby whose ERB can be used: 2.6 knows `trim_mode`.
const OLDEST: (u32, u32) = (2, 6);

/// What a template of a job sees beside its properties.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The deployment's name.
    pub deployment: String,
    /// The VM's address; None for jobs of the installation.
    pub address: Option<String>,
}

/// A template to render.
#[derive(Debug, Clone)]
pub struct Template<'a> {
    /// The job's name in its release.
    pub job: &'a str,
    /// The template's name, for errors.
    pub name: &'a str,
    /// What is to be rendered.
    pub text: &'a str,
    /// The properties: see [`crate::template_properties`].
    pub properties: &'a Map<String, Value>,
    /// What else it sees.
    pub context: &'a Context,
}

/// What became of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedFile(pub Vec<u8>);

/// Why a template cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template '{template}' of job '{job}'{}: {message}", at(.line))]
pub struct TemplateError {
    /// The job.
    pub job: String,
    /// The template.
    pub template: String,
    /// The line, if it is known.
    pub line: Option<u32>,
    /// What Ruby says.
    pub message: String,
}

fn at(line: &Option<u32>) -> String {
    line.map(|line| format!(", line {line}")).unwrap_or_default()
}

/// A Ruby on this machine.
#[derive(Debug, Clone)]
pub struct Ruby {
    program: PathBuf,
}

impl Default for Ruby {
    /// `ruby` on the path.
    fn default() -> Self {
        Self { program: "ruby".into() }
    }
}

#[derive(Serialize)]
struct Input<'a> {
    text: &'a str,
    context: Value,
}

#[derive(Deserialize)]
struct Output {
    text: Option<String>,
    error: Option<OutputError>,
}

#[derive(Deserialize)]
struct OutputError {
    message: String,
    line: Option<u32>,
}

impl Ruby {
    /// This program.
    pub fn at(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Its version, once it is known to be young enough.
    ///
    /// # Errors
    /// `Ruby`, which says what to do.
    pub fn version(&self) -> Result<String, ReleaseError> {
        let output = Command::new(&self.program).args(["-e", "print RUBY_VERSION"]).output();
        let output = output.map_err(|error| {
            let program = self.program.display();
            ReleaseError::Ruby(format!(
                "{program} cannot be started ({error}): templates need Ruby, as they do for the \
                 bosh CLI; apt-get install ruby"
            ))
        })?;
        let version = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or_default());
        let found = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        if found < OLDEST {
            let (major, minor) = OLDEST;
            let program = self.program.display();
            return Err(ReleaseError::Ruby(format!(
                "{program} has version '{version}': templates need {major}.{minor} or younger"
            )));
        }
        Ok(version)
    }

    /// Renders templates, in the order given.
    ///
    /// # Errors
    /// `Templates` with every one that fails; `Ruby` if none can be tried.
    pub fn render(&self, templates: &[Template<'_>]) -> Result<Vec<RenderedFile>, ReleaseError> {
        if templates.is_empty() {
            return Ok(Vec::new());
        }
        let inputs: Vec<Input<'_>> = templates.iter().map(Template::input).collect();
        let outputs = self.run(&inputs)?;
        if outputs.len() != templates.len() {
            return Err(ReleaseError::Ruby("ruby rendered not all templates".to_owned()));
        }
        let (mut files, mut errors) = (Vec::new(), Vec::new());
        for (template, output) in templates.iter().zip(outputs) {
            match template.read(output) {
                Ok(file) => files.push(file),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(files) } else { Err(ReleaseError::Templates(errors)) }
    }

    /// Inputs hold secrets, so they go through a pipe.
    fn run(&self, inputs: &[Input<'_>]) -> Result<Vec<Output>, ReleaseError> {
        let failed = |why: &dyn std::fmt::Display| ReleaseError::Ruby(format!("ruby: {why}"));
        let input = serde_json::to_vec(inputs).map_err(|error| failed(&error))?;
        let mut ruby = Command::new(&self.program)
            .args(["-E", "UTF-8:UTF-8", "-e", include_str!("render.rb")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|_| self.version().err().unwrap_or_else(|| failed(&"it does not start")))?;
        let stdin = ruby.stdin.take();
        let output = std::thread::scope(|scope| {
            // What ruby does not read, it will say why.
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
            ruby.wait_with_output()
        });
        let output = output.map_err(|error| failed(&error))?;
        let said = || String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(failed(&said().lines().next().unwrap_or("it failed")));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
    }
}

impl Template<'_> {
    fn input(&self) -> Input<'_> {
        let Context { deployment, address } = self.context;
        let mut spec = json!({
            "index": 0, "bootstrap": true, "az": "unknown",
            // The CLI has another one for each file, too.
            "id": uuid(), "deployment": deployment, "job": {"name": self.job},
            "networks": {"default": {"ip": "", "netmask": "", "gateway": ""}},
        });
        if let Some(address) = address {
            spec["address"] = json!(address);
        }
        Input { text: self.text, context: json!({"spec": spec, "properties": self.properties}) }
    }

    fn read(&self, output: Output) -> Result<RenderedFile, TemplateError> {
        let error = |message, line| TemplateError {
            job: self.job.to_owned(),
            template: self.name.to_owned(),
            line,
            message,
        };
        if let Some(OutputError { message, line }) = output.error {
            return Err(error(message, line));
        }
        let bytes = STANDARD.decode(output.text.unwrap_or_default());
        bytes.map(RenderedFile).map_err(|_| error("ruby answered no text".to_owned(), None))
    }
}

fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}
