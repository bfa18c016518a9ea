//! The order in which packages are compiled: what is needed first.

use crate::{Package, ReleaseError};
use std::collections::BTreeMap;

/// The packages of these names and all that they need, each after what it needs. A name that is
/// not there is left out: [`crate::Release::open`] has refused it.
///
/// # Errors
/// `Circle`, with the names.
pub fn compile_order<'a>(
    packages: &'a [Package],
    wanted: &[String],
) -> Result<Vec<&'a Package>, ReleaseError> {
    let by_name = packages.iter().map(|package| (package.name.as_str(), package)).collect();
    let mut walk = Walk { by_name, path: Vec::new(), order: Vec::new() };
    wanted.iter().try_for_each(|name| walk.visit(name))?;
    Ok(walk.order)
}

/// What identifies what a package was compiled with: `name:fingerprint` of all that it needs,
/// directly or not, sorted, with commas between.
///
/// Source: bosh-cli `state/pkg/compiled_package_repo.go`.
///
/// # Errors
/// `Circle`, with the names.
pub fn dependency_key(packages: &[Package], package: &Package) -> Result<String, ReleaseError> {
    let order = compile_order(packages, &package.dependencies)?;
    let mut keys: Vec<String> =
        order.iter().map(|it| format!("{}:{}", it.name, it.fingerprint)).collect();
    keys.sort_unstable();
    Ok(keys.join(","))
}

struct Walk<'a> {
    by_name: BTreeMap<&'a str, &'a Package>,
    /// From what was wanted to what is visited.
    path: Vec<&'a str>,
    order: Vec<&'a Package>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, name: &str) -> Result<(), ReleaseError> {
        let Some(package) = self.by_name.get(name).copied() else { return Ok(()) };
        if self.order.iter().any(|done| done.name == package.name) {
            return Ok(());
        }
        if let Some(at) = self.path.iter().position(|it| *it == package.name) {
            let circle = [&self.path[at..], &[&package.name]].concat().join(" → ");
            return Err(ReleaseError::Circle(circle));
        }
        self.path.push(&package.name);
        package.dependencies.iter().try_for_each(|name| self.visit(name))?;
        self.path.pop();
        self.order.push(package);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PackageKind;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            fingerprint: format!("f-{name}"),
            digest: String::new(),
            dependencies: dependencies.iter().map(|it| (*it).to_owned()).collect(),
            kind: PackageKind::Source,
            archive: "nowhere".into(),
        }
    }

    fn names(packages: &[Package], wanted: &str) -> Vec<String> {
        let order = compile_order(packages, &[wanted.to_owned()]).unwrap();
        order.iter().map(|package| package.name.clone()).collect()
    }

    /// Each package once, after what it needs, and nothing that nobody needs.
    #[test]
    fn what_is_needed_comes_first() {
        let packages = [
            package("app", &["lib", "tool"]),
            package("lib", &["tool"]),
            package("tool", &[]),
            package("other", &[]),
        ];
        assert_eq!(names(&packages, "app"), ["tool", "lib", "app"]);
        assert_eq!(dependency_key(&packages, &packages[0]).unwrap(), "lib:f-lib,tool:f-tool");
        assert_eq!(dependency_key(&packages, &packages[2]).unwrap(), "");
    }

    #[test]
    fn a_circle_is_named() {
        let packages = [package("a", &["b"]), package("b", &["c"]), package("c", &["b"])];
        let error = compile_order(&packages, &["a".to_owned()]).unwrap_err().to_string();
        assert!(error.ends_with("b → c → b"), "{error}");
    }
}
