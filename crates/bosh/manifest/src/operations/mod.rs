//! Operations files: `replace`, `remove` and `test` on a document.

mod apply;
mod definition;
mod path;

pub use apply::PatchError;
pub use definition::{DefinitionError, OperationsFileError};
pub use path::{Modifier, Path, PathError, Token};

use crate::value::Value;
use thiserror::Error;

/// An operation on a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Sets what is at a path.
    Replace {
        /// Where.
        path: Path,
        /// What is there afterwards.
        value: Value,
    },
    /// Removes what is at a path.
    Remove {
        /// Where.
        path: Path,
    },
    /// Fails unless this value is at a path, or nothing is.
    Test {
        /// Where.
        path: Path,
        /// What must be there; nothing if the path must be absent.
        value: Option<Value>,
    },
}

/// The operations of a file, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OperationsFile {
    /// As messages name it.
    pub name: String,
    /// What it does.
    pub operations: Vec<Operation>,
}

/// An operation of a file that failed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("operation [{index}] in {file} failed: {source}")]
pub struct OperationError {
    /// The file.
    pub file: String,
    /// Which operation, from 0.
    pub index: usize,
    /// Why.
    pub source: PatchError,
}

impl OperationsFile {
    /// Does the operations one after the other. The document is of no use after an error.
    pub fn apply(&self, document: &mut Value) -> Result<(), OperationError> {
        for (index, operation) in self.operations.iter().enumerate() {
            operation.apply(document).map_err(|source| OperationError {
                file: self.name.clone(),
                index,
                source,
            })?;
        }
        Ok(())
    }
}

impl Operation {
    /// Does the operation. The document may be half changed after an error.
    pub fn apply(&self, document: &mut Value) -> Result<(), PatchError> {
        match self {
            Operation::Replace { path, value } => apply::replace(document, path, value.clone()),
            Operation::Remove { path } => apply::remove(document, path),
            Operation::Test { path, value } => apply::test(document, path, value.as_ref()),
        }
    }
}

/// What is at a path. Of an optional path that is missing this is null.
pub fn find(document: &Value, path: &Path) -> Result<Value, PatchError> {
    apply::find(document, path)
}
