//! Templates: what BOSH calls stemcells.

mod bring;
mod list;
mod make;
mod share;

use crate::engine::Command;

/// The commands of this noun.
pub const COMMANDS: &[Command] = &[
    Command::sync("listTemplates", list::list),
    Command::job("createTemplate", "user.template.CreateTemplateCmd", make::create)
        .by_admin()
        .on("Template"),
    Command::job("copyTemplate", "user.template.CopyTemplateCmd", make::copy)
        .by_admin()
        .on("Template"),
    Command::job("deleteTemplate", "user.template.DeleteTemplateCmd", make::delete).on("Template"),
    Command::job("extractTemplate", "user.template.ExtractTemplateCmd", share::extract)
        .on("Template"),
    Command::sync("updateTemplatePermissions", share::update_permissions),
    Command::sync("registerTemplate", bring::register),
    Command::sync("getUploadParamsForTemplate", bring::upload_params)
        .keyed("postuploadtemplateresponse"),
];
