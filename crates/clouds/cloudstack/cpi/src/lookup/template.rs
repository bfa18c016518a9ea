//! Templates that VMs are made from.

use super::{cached_or, rows, zone};
use crate::name_ref::{Found, NameRef, only};
use crate::session::CloudStack;
use bosh_cpi::Result;
use cloudstack::api::{ListTemplates, Template};
use cpi_kit::Cacheable;
use serde::{Deserialize, Serialize};

/// A template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct TemplateFacts {
    pub id: String,
}

impl Cacheable for TemplateFacts {
    const NOUN: &'static str = "template";
}

impl From<&Template> for TemplateFacts {
    fn from(template: &Template) -> Self {
        Self { id: template.id.clone() }
    }
}

/// Finds a template by its name. An id needs no lookup: a deploy refuses one that is unknown.
pub(crate) async fn find(
    cloud: &CloudStack,
    wanted: &NameRef,
    zone: &NameRef,
) -> Result<Found<TemplateFacts>> {
    if wanted.is_id() {
        return Ok(Found::literal(TemplateFacts { id: wanted.text.clone() }));
    }
    cached_or(cloud, wanted, &zone.text, async || {
        let of = ListTemplates {
            templatefilter: "executable".into(),
            name: Some(wanted.text.clone()),
            ..ListTemplates::default()
        };
        let templates = rows(cloud, wanted, of).await?;
        let mut found: Vec<_> = templates
            .iter()
            .filter(|row| row.name == wanted.text)
            .filter(|row| zone::is_in(zone, row.zoneid.as_deref(), row.zonename.as_deref()))
            .map(TemplateFacts::from)
            .collect();
        found.dedup(); // a row per zone
        only(wanted, "template", found, |row| &row.id)
    })
    .await
}
