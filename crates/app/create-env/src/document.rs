//! A manifest as it is given: a file, operations files, and variables from everywhere.

use crate::store::VarsStore;
use bosh_manifest::operations::{OperationError, OperationsFile, OperationsFileError};
use bosh_manifest::variables::{
    Checks, Given, GivenError, InterpolationError, Store, StoreError, Values, Variables,
    interpolate, parse_assignment, parse_file_assignment,
};
use bosh_manifest::yaml::YamlError;
use bosh_manifest::{Value, yaml};
use sha2::{Digest as _, Sha512};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What changes a document, as the CLI's flags give it.
#[derive(Clone, Default)]
pub struct Changes {
    /// `--var NAME=VALUE`.
    pub vars: Vec<String>,
    /// `--var-file NAME=PATH`.
    pub var_files: Vec<String>,
    /// `--vars-file PATH`.
    pub vars_files: Vec<PathBuf>,
    /// `--vars-env PREFIX`.
    pub vars_envs: Vec<String>,
    /// `--vars-store PATH`.
    pub vars_store: Option<PathBuf>,
    /// `--ops-file PATH`, in their order.
    pub ops_files: Vec<PathBuf>,
    /// Operations that are no file's, done after those of files.
    pub operations: Vec<OperationsFile>,
}

/// Why a document cannot be made. Each names the file or the flag.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file, or `standard input`.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file is not text.
    #[error("{0}: not valid UTF-8")]
    NotText(String),
    /// The document is not YAML.
    #[error("{path}: {source}")]
    Yaml {
        /// The file.
        path: String,
        /// What is wrong.
        source: YamlError,
    },
    /// A flag's value is wrong.
    #[error("{flag}: {source}")]
    Flag {
        /// The flag, with its file if it names one.
        flag: String,
        /// What is wrong.
        source: GivenError,
    },
    /// A flag's value is empty.
    #[error("{0} must not be empty")]
    Empty(&'static str),
    /// An operations file is wrong.
    #[error(transparent)]
    OperationsFile(#[from] OperationsFileError),
    /// An operation failed.
    #[error(transparent)]
    Operation(#[from] OperationError),
    /// The store cannot be read.
    #[error("--vars-store {0}")]
    Store(StoreError),
    /// Variables.
    #[error("{path}: {source}")]
    Interpolation {
        /// The document.
        path: String,
        /// What is wrong.
        source: InterpolationError,
    },
}

/// Reads a document (`-` is standard input), does the operations and puts in the variables.
/// Generated ones are in the store afterwards, even if something else is wrong.
pub fn read(path: &Path, changes: &Changes, checks: Checks) -> Result<Value, DocumentError> {
    // All flags are read before anything is generated.
    let values = changes.values()?;
    let document = read_with_operations(path, changes)?;
    let store = changes.vars_store.as_deref().map(|path| VarsStore::open(&expand(path)));
    let mut store = store.transpose().map_err(DocumentError::Store)?;
    let store = store.as_mut().map(|store| store as &mut dyn Store);
    let mut variables = Variables { values, store };
    interpolate(document, &mut variables, checks)
        .map_err(|source| DocumentError::Interpolation { path: path.display().to_string(), source })
}

/// Reads a document and does the operations; variables stay placeholders.
pub fn read_with_operations(path: &Path, changes: &Changes) -> Result<Value, DocumentError> {
    let operations = changes.operations()?;
    let mut document = parse(path)?;
    for file in operations.iter().chain(&changes.operations) {
        file.apply(&mut document)?;
    }
    Ok(document)
}

/// SHA-512 of a document as the CLI would write it, in hex: `current_manifest_sha` of the state
/// file, by which both see whether something has changed.
pub fn manifest_sha(document: &Value) -> String {
    let digest = Sha512::digest(yaml::write(document).as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse(path: &Path) -> Result<Value, DocumentError> {
    let (path, text) = if path == Path::new("-") {
        let name = "standard input".to_owned();
        let mut bytes = Vec::new();
        let read = io::stdin().read_to_end(&mut bytes);
        read.map_err(|source| DocumentError::Io { path: name.clone(), source })?;
        let text = String::from_utf8(bytes).map_err(|_| DocumentError::NotText(name.clone()))?;
        (name, text)
    } else {
        (path.display().to_string(), read_text(&expand(path))?)
    };
    yaml::parse(&text).map_err(|source| DocumentError::Yaml { path, source })
}

impl Changes {
    fn operations(&self) -> Result<Vec<OperationsFile>, DocumentError> {
        let files = self.ops_files.iter();
        files
            .map(|path| Ok(OperationsFile::parse(&path.display().to_string(), &read_text(path)?)?))
            .collect()
    }

    fn values(&self) -> Result<Values, DocumentError> {
        let mut given = Given::default();
        for prefix in &self.vars_envs {
            if prefix.is_empty() {
                return Err(DocumentError::Empty("--vars-env"));
            }
            // What is not text cannot be YAML.
            let environment = std::env::vars_os().filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            });
            given.vars_env(prefix, environment).map_err(in_flag("--vars-env"))?;
        }
        for path in &self.vars_files {
            let flag = format!("--vars-file {}", path.display());
            given.vars_file(&read_text(path)?).map_err(in_flag(&flag))?;
        }
        for text in &self.var_files {
            let (name, path) = parse_file_assignment(text).map_err(in_flag("--var-file"))?;
            given.var_file(name, read_bytes(&expand(Path::new(&path)))?);
        }
        for text in &self.vars {
            let (name, value) = parse_assignment(text).map_err(in_flag("--var"))?;
            given.var(name, value);
        }
        given.into_values().map_err(in_flag("variables"))
    }
}

fn in_flag(flag: &str) -> impl Fn(GivenError) -> DocumentError {
    move |source| DocumentError::Flag { flag: flag.to_owned(), source }
}

fn read_text(path: &Path) -> Result<String, DocumentError> {
    String::from_utf8(read_bytes(path)?)
        .map_err(|_| DocumentError::NotText(path.display().to_string()))
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, DocumentError> {
    std::fs::read(path)
        .map_err(|source| DocumentError::Io { path: path.display().to_string(), source })
}

/// `~/…` in a place where the shell does not see it.
pub(crate) fn expand(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}
