//! The arguments of all commands that read a manifest: named as the bosh CLI names them.

use clap::Args;
use create_env::document::Changes;
use std::path::PathBuf;

/// Operations and variables of a manifest.
///
/// A variable's value is searched in this order: --var, --var-file, --vars-file, --vars-env,
/// --vars-store. Of several of one kind the last counts.
#[derive(Debug, Clone, Args)]
pub struct ChangeArguments {
    /// Do the operations of this file on the manifest; may be given several times.
    #[arg(short, long = "ops-file", value_name = "FILE")]
    ops_files: Vec<PathBuf>,

    /// The value of a variable, as YAML; may be given several times. Everybody on this machine
    /// sees it: secrets belong into --vars-file or --vars-store.
    #[arg(short, long = "var", value_name = "NAME=VALUE", allow_hyphen_values = true)]
    vars: Vec<String>,

    /// The file that holds the value of a variable; may be given several times.
    #[arg(long = "var-file", value_name = "NAME=FILE")]
    var_files: Vec<String>,

    /// A YAML file with values of variables; may be given several times.
    #[arg(short = 'l', long = "vars-file", value_name = "FILE")]
    vars_files: Vec<PathBuf>,

    /// Take variables from the environment: with MY, the value of `name` from MY_name.
    #[arg(long = "vars-env", value_name = "PREFIX")]
    vars_envs: Vec<String>,

    /// A YAML file for generated values: read, and written when something is generated.
    #[arg(long, value_name = "FILE")]
    vars_store: Option<PathBuf>,
}

impl ChangeArguments {
    /// What is given.
    pub fn changes(&self) -> Changes {
        Changes {
            vars: self.vars.clone(),
            var_files: self.var_files.clone(),
            vars_files: self.vars_files.clone(),
            vars_envs: self.vars_envs.clone(),
            vars_store: self.vars_store.clone(),
            ops_files: self.ops_files.clone(),
            operations: Vec::new(),
        }
    }
}
