//! A BOSH job: its spec, and its templates as BOSH would render them.

use anyhow::{Context as _, Result, bail};
use bosh_release::{Context, ReleaseError, Ruby, Template};
use serde_json::Value;

pub use bosh_release::JobSpec as Job;

/// Renders a template with the system's Ruby, as create-env does.
pub fn render(template: &str, values: &Value) -> Result<String> {
    let properties = values.as_object().context("the properties are not a hash")?;
    let context = Context::default();
    let template =
        Template { job: "job", name: "template", text: template, properties, context: &context };
    match Ruby::default().render(&[template]) {
        Ok(mut files) => {
            let file = files.pop().context("nothing was rendered")?;
            String::from_utf8(file.0).context("the rendered template is not UTF-8")
        }
        Err(ReleaseError::Templates(errors)) => bail!("{}", errors[0].message),
        Err(error) => Err(error.into()),
    }
}

/// Whether this machine has Ruby.
pub fn has_ruby() -> bool {
    Ruby::default().version().is_ok()
}
