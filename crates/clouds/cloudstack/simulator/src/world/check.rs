//! Whether a world makes sense: what it names must be there.

use super::{NetworkKind, World, WorldError};
use std::collections::BTreeSet;

impl World {
    /// Finds names that lead nowhere, and names and ids that stand twice.
    pub(super) fn check(&self) -> Result<(), WorldError> {
        self.check_names()?;
        self.check_projects()?;
        self.check_networks()?;
        for (at, population) in self.population.iter().enumerate() {
            let accounts = self.accounts.iter().map(|account| account.name.as_str());
            let path = |field: &str| format!("population[{at}].{field}");
            known(path("account"), "account", &population.account, accounts)?;
            let zones = self.zones.iter().map(|zone| zone.name.as_str());
            known(path("zone"), "zone", &population.zone, zones)?;
        }
        let os_types: Vec<&str> = self.os_types.iter().map(|os| os.name.as_str()).collect();
        for (at, template) in self.templates.iter().enumerate() {
            let path = format!("templates[{at}].os_type");
            known(path, "OS type", &template.os_type, os_types.iter().copied())?;
        }
        let known_commands = || crate::resources::commands().map(|command| command.name);
        for command in self.latency.commands.keys() {
            let path = format!("latency.commands.{command}");
            known(path, "command", command, known_commands())?;
        }
        Ok(())
    }

    fn check_names(&self) -> Result<(), WorldError> {
        unique("accounts", self.accounts.iter().map(|it| it.name.as_str()))?;
        unique("accounts", self.accounts.iter().map(|it| it.api_key.as_str()))?;
        unique("zones", self.zones.iter().map(|it| it.name.as_str()))?;
        let ids = |ids: &mut dyn Iterator<Item = Option<&String>>| -> Vec<String> {
            ids.flatten().cloned().collect()
        };
        for (list, ids) in [
            ("zones", ids(&mut self.zones.iter().map(|it| it.id.as_ref()))),
            ("networks", ids(&mut self.networks.iter().map(|it| it.id.as_ref()))),
            ("templates", ids(&mut self.templates.iter().map(|it| it.id.as_ref()))),
            ("service_offerings", ids(&mut self.service_offerings.iter().map(|it| it.id.as_ref()))),
            ("disk_offerings", ids(&mut self.disk_offerings.iter().map(|it| it.id.as_ref()))),
        ] {
            unique(list, ids.iter().map(String::as_str))?;
        }
        Ok(())
    }

    fn check_projects(&self) -> Result<(), WorldError> {
        unique("projects", self.projects.iter().map(|it| it.name.as_str()))?;
        for (at, project) in self.projects.iter().enumerate() {
            let path = format!("projects[{at}].members");
            if project.members.is_empty() {
                let reason = "the first member owns the project".to_owned();
                return Err(WorldError::Content { path, reason });
            }
            for member in &project.members {
                let accounts = self.accounts.iter().map(|account| account.name.as_str());
                known(path.clone(), "account", member, accounts)?;
            }
        }
        Ok(())
    }

    fn check_networks(&self) -> Result<(), WorldError> {
        for (at, network) in self.networks.iter().enumerate() {
            let path = |field: &str| format!("networks[{at}].{field}");
            let zones = self.zones.iter().map(|zone| zone.name.as_str());
            known(path("zone"), "zone", &network.zone, zones)?;
            if let Some(project) = &network.project {
                let projects = self.projects.iter().map(|project| project.name.as_str());
                known(path("project"), "project", project, projects)?;
            }
            if let Some(account) = &network.account {
                let accounts = self.accounts.iter().map(|account| account.name.as_str());
                known(path("account"), "account", account, accounts)?;
            }
            let range = crate::state::Range::parse(&network.cidr);
            if network.kind != NetworkKind::L2 && range.is_none() {
                let reason = format!("{} is no range such as 10.50.0.0/24", network.cidr);
                return Err(WorldError::Content { path: path("cidr"), reason });
            }
        }
        Ok(())
    }
}

fn known<'a>(
    path: String,
    what: &str,
    name: &str,
    mut names: impl Iterator<Item = &'a str>,
) -> Result<(), WorldError> {
    match names.any(|known| known == name) {
        true => Ok(()),
        false => Err(WorldError::Content { path, reason: format!("there is no {what} {name}") }),
    }
}

fn unique<'a>(list: &str, names: impl Iterator<Item = &'a str>) -> Result<(), WorldError> {
    let mut seen = BTreeSet::new();
    for (at, name) in names.enumerate() {
        if !seen.insert(name) {
            let (path, reason) = (format!("{list}[{at}]"), format!("{name} stands there twice"));
            return Err(WorldError::Content { path, reason });
        }
    }
    Ok(())
}
