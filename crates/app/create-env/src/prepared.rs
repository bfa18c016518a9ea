//! Everything that can fail without a VM, tried before anything is touched.

use crate::environment::Environment;
use crate::error::Error;
use crate::installation::{self, Installation};
use crate::jobs;
use crate::releases::{Local, Releases, fetch_all};
use crate::stemcell::{Stemcell, fetch_stemcell};
use bosh_agent::{Identity, check_certificate};
use bosh_release::archive::Files;
use bosh_release::{PackageKind, Ruby};
use std::collections::BTreeMap;

/// The tarballs of a manifest, here.
pub(crate) struct Tarballs {
    releases: BTreeMap<String, Local>,
    stemcell: Option<Local>,
}

/// What a manifest needs, unpacked, checked and rendered.
pub(crate) struct Prepared {
    pub releases: Releases,
    pub stemcell: Stemcell,
    /// The rendered jobs, as far as they can be without the VM's address.
    pub jobs: Files,
    /// Digests of the tarballs, by what they are of.
    pub digests: BTreeMap<String, String>,
}

impl Tarballs {
    /// Brings them here.
    pub fn fetch(environment: &Environment<'_>) -> Result<Self, Error> {
        let releases = fetch_all(environment, &|_| true)?;
        Ok(Self { releases, stemcell: fetch_stemcell(environment)? })
    }

    /// Their digests, by what they are of.
    pub fn digests(&self) -> BTreeMap<String, String> {
        let releases = self.releases.iter();
        let releases = releases.map(|(name, it)| (format!("release {name}"), it.digest.clone()));
        let stemcell = self.stemcell.iter().map(|it| ("stemcell".to_owned(), it.digest.clone()));
        releases.chain(stemcell).collect()
    }
}

impl Prepared {
    /// Unpacks, checks and renders everything.
    pub fn make(
        environment: &Environment<'_>,
        tarballs: &Tarballs,
        installation: &Installation,
    ) -> Result<Self, Error> {
        let steps = environment.steps();
        let temporary = installation.temporary();
        let releases =
            Releases::open(environment, &tarballs.releases, &temporary.join("releases"))?;
        steps.step("Validating cpi release", || installation::check(environment, &releases))?;
        steps.step("Validating deployment manifest", || {
            releases.group_jobs(environment)?;
            check_agent_certificate(environment)
        })?;
        let stemcell = steps.step("Validating stemcell", || {
            let local = tarballs.stemcell.as_ref();
            Stemcell::open(environment, local, &temporary.join("stemcell"))
        })?;
        check_compiled_packages(environment, &releases, &stemcell)?;
        let jobs = steps.step("Rendering job templates", || {
            if !environment.manifest.instance_group.jobs.is_empty() {
                Ruby::at(&environment.options.ruby).version()?;
            }
            jobs::render_beforehand(environment, &releases)
        })?;
        Ok(Self { releases, stemcell, jobs, digests: tarballs.digests() })
    }
}

/// Checks that the agent's certificate is the CA's, names the host, and is valid now. A manifest
/// without a CA trusts any.
fn check_agent_certificate(environment: &Environment<'_>) -> Result<(), Error> {
    let manifest = environment.manifest;
    let provider = &manifest.cloud_provider;
    let Some(ca) = &provider.ca else {
        environment.steps().warn(
            "cloud_provider.cert.ca is missing: whoever answers at the VM's address is trusted",
        );
        return Ok(());
    };
    let env = serde_json::Value::Object(manifest.resource_pool.env.clone());
    let cert = &env["bosh"]["mbus"]["cert"];
    let part = |name: &str| cert[name].as_str().filter(|text| !text.trim().is_empty());
    let path = "resource_pools[0].env.bosh.mbus.cert";
    let (Some(certificate), Some(private_key)) = (part("certificate"), part("private_key")) else {
        // The CPI's properties may give the agent one in a way of their own.
        environment.steps().warn(format!(
            "{path} is missing: the agent will show a certificate that is not checked beforehand"
        ));
        return Ok(());
    };
    let identity = Identity { certificate, private_key };
    Ok(check_certificate(ca, identity, provider.mbus.host())?)
}

/// Compiled packages run on the operating system that they were compiled for.
fn check_compiled_packages(
    environment: &Environment<'_>,
    releases: &Releases,
    stemcell: &Stemcell,
) -> Result<(), Error> {
    for (release, package) in releases.group_packages(environment)? {
        let PackageKind::Compiled { os, version } = &package.kind else { continue };
        if stemcell.os.as_ref().is_some_and(|wanted| wanted != os) {
            return Err(Error::Invalid {
                path: format!("release '{}'", release.name),
                message: format!(
                    "package '{}' is compiled for {os}, and the stemcell is {}",
                    package.name,
                    stemcell.os.as_deref().unwrap_or_default()
                ),
            });
        }
        if *version != stemcell.version {
            environment.steps().warn(format!(
                "package '{}' of release '{}' is compiled for version {version} of the stemcell, \
                 not {}",
                package.name, release.name, stemcell.version
            ));
        }
    }
    Ok(())
}
