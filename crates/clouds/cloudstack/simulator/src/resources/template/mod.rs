//! Templates: what BOSH calls stemcells.

mod create;
mod list;
mod permissions;
mod register;

use crate::engine::Command;

/// The commands of this resource.
pub const COMMANDS: &[Command] = &[
    Command::sync("listTemplates", list::list),
    Command::job("createTemplate", "user.template.CreateTemplateCmd", create::create)
        .by_admin()
        .on("Template"),
    Command::job("copyTemplate", "user.template.CopyTemplateCmd", create::copy)
        .by_admin()
        .on("Template"),
    Command::job("deleteTemplate", "user.template.DeleteTemplateCmd", create::delete)
        .on("Template"),
    Command::job("extractTemplate", "user.template.ExtractTemplateCmd", permissions::extract)
        .on("Template"),
    Command::sync("updateTemplate", permissions::update),
    Command::sync("updateTemplatePermissions", permissions::update_permissions),
    Command::sync("registerTemplate", register::register),
    Command::sync("getUploadParamsForTemplate", register::upload_params)
        .keyed("postuploadtemplateresponse"),
];
