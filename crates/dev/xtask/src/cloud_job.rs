//! The release's jobs: one for each cloud, alike but for their names and properties. They run
//! the same program, which is the one package.

use std::path::{Path, PathBuf};

/// The job that gives a director a CPI for one cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloudJob {
    /// The config's `cloud.plugin`, which is also the first word of its properties.
    pub plugin: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The file under `release/` with the values of an operator who sets everything.
    pub example: &'static str,
    /// Names of older releases that the config takes, but the schema does not list, and what
    /// they mean.
    pub aliases: &'static [(&'static str, &'static str)],
}

/// CloudStack's. Its templates are the pattern of the others'.
pub const CLOUDSTACK: CloudJob = CloudJob {
    plugin: "cloudstack",
    name: "cloudstack_cpi",
    example: "example.yml",
    aliases: &[
        ("cloudstack.project_id", "cloudstack.project"),
        ("cloudstack.domain_id", "cloudstack.domain"),
        ("cloudstack.default_keypair", "cloudstack.default_key_name"),
    ],
};

/// SoftLayer's.
pub const SOFTLAYER: CloudJob = CloudJob {
    plugin: "softlayer",
    name: "softlayer_cpi",
    example: "example-softlayer.yml",
    aliases: &[("softlayer.apiKey", "softlayer.api_key")],
};

/// All of them.
pub const JOBS: [CloudJob; 2] = [CLOUDSTACK, SOFTLAYER];

/// Their templates.
pub const TEMPLATES: [&str; 3] = ["cpi.erb", "cpi.json.erb", "pre-start.erb"];

impl CloudJob {
    /// Its folder.
    pub fn folder(&self, root: &Path) -> PathBuf {
        root.join("release/jobs").join(self.name)
    }

    /// Where its spec stands.
    pub fn spec(&self, root: &Path) -> PathBuf {
        self.folder(root).join("spec")
    }

    /// Where one of its templates stands.
    pub fn template(&self, root: &Path, name: &str) -> PathBuf {
        self.folder(root).join("templates").join(name)
    }

    /// Whether a property of the config, by its path, is of this job.
    pub fn has(&self, property: &str) -> bool {
        let first = property.split('.').next().unwrap_or_default();
        first == self.plugin || JOBS.iter().all(|job| job.plugin != first)
    }

    /// Makes this job's template of CloudStack's: its names in place of those.
    pub(crate) fn after_pattern(&self, pattern: &str) -> String {
        // The package, which holds the program, is one for all.
        let package = "/var/vcap/packages}/cloudstack_cpi/";
        let kept = "/var/vcap/packages}/\0/";
        let own = pattern.replace(package, kept).replace(CLOUDSTACK.name, self.name);
        own.replace(CLOUDSTACK.plugin, self.plugin).replace(kept, package)
    }
}
