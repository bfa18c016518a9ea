//! Packages in the VM: uploaded and compiled there once for each stemcell, then kept on this
//! machine, so that a new VM compiles nothing.

use crate::environment::Environment;
use crate::error::Error;
use crate::event::{Skipped, Steps};
use crate::files;
use crate::installation::private_folder;
use crate::instance::Instance;
use crate::releases::Releases;
use crate::state::book::Book;
use crate::stemcell::Stemcell;
use bosh_agent::{Agent, AgentError, BlobRef, PackageSpec};
use bosh_cpi::VmCid;
use bosh_release::{Digests, Package, PackageKind, Release, dependency_key};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};

/// What is uploaded for a package.
enum Upload {
    /// It is compiled: by an earlier run, or by whoever made the release.
    Compiled { path: PathBuf, digest: String },
    /// Its source.
    Source { path: PathBuf, digest: String },
}

/// Compiled packages kept on this machine for one stemcell.
struct Kept {
    folder: PathBuf,
}

/// Sees to it that the agent has all packages of the group compiled: what goes into the apply
/// spec.
pub(crate) fn provide(
    environment: &Environment<'_>,
    book: &mut Book<'_>,
    instance: &Instance<'_>,
    releases: &Releases,
    stemcell: &Stemcell,
    vm: &VmCid,
) -> Result<BTreeMap<String, PackageSpec>, Error> {
    let packages = releases.group_packages(environment)?;
    let there = book.section.vm(vm).map(|record| record.packages.clone()).unwrap_or_default();
    let kept = Kept::of(environment.home, stemcell);
    let mut wanted = Vec::new();
    for (release, package) in &packages {
        let known = there.get(&package.name);
        let known = known.filter(|spec| spec.version == package.fingerprint).cloned();
        let upload = match known {
            Some(_) => None,
            None => Some(kept.upload_of(release, package)?),
        };
        wanted.push((*release, *package, known, upload));
    }
    let uploads: Vec<PathBuf> = wanted
        .iter()
        .filter_map(|(_, _, _, upload)| match upload.as_ref()? {
            Upload::Compiled { path, .. } | Upload::Source { path, .. } => Some(path.clone()),
        })
        .collect();
    // Uploads run beside compiling, in the same order.
    let beside = instance.agent_beside()?;
    std::thread::scope(|scope| {
        let (sender, uploaded) = channel();
        scope.spawn(move || {
            for path in uploads {
                let outcome = beside.put_blob(&path);
                let failed = outcome.is_err();
                if sender.send(outcome).is_err() || failed {
                    return;
                }
            }
        });
        let provision = Provision { steps: environment.steps(), instance, kept: &kept };
        let mut done: BTreeMap<(String, String), PackageSpec> = BTreeMap::new();
        for (release, package, known, upload) in wanted {
            let spec = match (known, upload) {
                (Some(spec), _) => spec,
                (None, Some(upload)) => {
                    let spec = provision.one(release, package, upload, &uploaded, &done)?;
                    if let Some(record) = &mut book.section.vm {
                        record.packages.insert(package.name.clone(), spec.clone());
                    }
                    book.save()?;
                    spec
                }
                (None, None) => continue,
            };
            done.insert((package.name.clone(), package.fingerprint.clone()), spec);
        }
        Ok(done.into_values().map(|spec| (spec.name.clone(), spec)).collect())
    })
}

struct Provision<'a, 'b> {
    steps: Steps<'b>,
    instance: &'a Instance<'b>,
    kept: &'a Kept,
}

impl Provision<'_, '_> {
    fn one(
        &self,
        release: &Release,
        package: &Package,
        upload: Upload,
        uploaded: &Receiver<Result<String, AgentError>>,
        done: &BTreeMap<(String, String), PackageSpec>,
    ) -> Result<PackageSpec, Error> {
        let step = format!("Compiling package '{}/{}'", package.name, package.fingerprint);
        self.steps.skippable(&step, || {
            // Whoever uploads ends only after an error that was received.
            let blob = self.instance.say("blobs", |_| {
                uploaded.recv().unwrap_or_else(|_| {
                    Err(AgentError {
                        url: String::new(),
                        what: "uploading a blob".to_owned(),
                        failure: bosh_agent::Failure::Interrupted,
                    })
                })
            })?;
            let spec = |blobstore_id, sha1| PackageSpec {
                name: package.name.clone(),
                version: package.fingerprint.clone(),
                sha1,
                blobstore_id,
            };
            match upload {
                Upload::Compiled { digest, .. } => {
                    Ok((spec(blob, digest), Some(Skipped("Package already compiled"))))
                }
                Upload::Source { digest, .. } => {
                    let source = BlobRef { blobstore_id: blob, sha1: digest };
                    let compiled = self.compile(release, package, &source, done)?;
                    Ok((spec(compiled.blobstore_id, compiled.sha1), None))
                }
            }
        })
    }

    fn compile(
        &self,
        release: &Release,
        package: &Package,
        source: &BlobRef,
        done: &BTreeMap<(String, String), PackageSpec>,
    ) -> Result<bosh_agent::CompiledPackage, Error> {
        let needed = release.packages.iter().filter(|it| package.dependencies.contains(&it.name));
        let dependencies = needed
            .filter_map(|it| done.get(&(it.name.clone(), it.fingerprint.clone())))
            .map(|spec| (spec.name.clone(), spec.clone()))
            .collect();
        let compiled = self.instance.say("compile_package", |agent| {
            let Package { name, fingerprint, .. } = package;
            let patience = self.instance.stoppable();
            agent.compile_package(source, name, fingerprint, &dependencies, patience)
        })?;
        let kept = self.instance.say("blobs", |agent| {
            Ok(self.kept.keep(release, package, &compiled.blobstore_id, &compiled.sha1, agent))
        })?;
        // Without it the next VM compiles once more.
        if let Err(error) = kept {
            self.steps.warn(format!("package '{}' is not kept: {error}", package.name));
        }
        Ok(compiled)
    }
}

impl Kept {
    fn of(home: &Path, stemcell: &Stemcell) -> Self {
        let safe = |text: &str| text.replace(['/', '\\'], "_");
        let folder = format!("{}-{}", safe(&stemcell.name), safe(&stemcell.version));
        Self { folder: home.join("compiled_packages").join(folder) }
    }

    fn upload_of(&self, release: &Release, package: &Package) -> Result<Upload, Error> {
        let (path, digest) = (package.archive.clone(), package.digest.clone());
        if matches!(package.kind, PackageKind::Compiled { .. }) {
            return Ok(Upload::Compiled { path, digest });
        }
        Ok(match self.find(release, package)? {
            Some((path, digest)) => Upload::Compiled { path, digest },
            None => Upload::Source { path, digest },
        })
    }

    /// A package that is kept, if it is whole: where, and its digest.
    fn find(
        &self,
        release: &Release,
        package: &Package,
    ) -> Result<Option<(PathBuf, String)>, Error> {
        let path = self.path(release, package)?;
        let noted = path.with_extension("digest");
        let Some(digest) = files::read_if_exists(&noted).map_err(Error::file(&noted))? else {
            return Ok(None);
        };
        let digest = String::from_utf8_lossy(&digest).into_owned();
        let whole = digest.parse::<Digests>().is_ok_and(|it| it.verify_file(&path).is_ok());
        Ok(whole.then_some((path, digest)))
    }

    /// Gets a compiled package from the agent's store. The digest is written last.
    fn keep(
        &self,
        release: &Release,
        package: &Package,
        blob: &str,
        digest: &str,
        agent: &Agent,
    ) -> Result<(), Error> {
        private_folder(&self.folder)?;
        let path = self.path(release, package)?;
        let failed = Error::file(&path);
        let noted = path.with_extension("digest");
        files::remove_if_exists(&noted).map_err(&failed)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder).map_err(&failed)?;
        agent.get_blob(blob, file.as_file_mut())?;
        let read = file.reopen().map_err(&failed)?;
        digest.parse::<Digests>()?.verify("the compiled package", read)?;
        file.persist(&path).map_err(|error| error.error).map_err(&failed)?;
        files::replace(&noted, digest.as_bytes()).map_err(&failed)
    }

    fn path(&self, release: &Release, package: &Package) -> Result<PathBuf, Error> {
        let key = dependency_key(&release.packages, package)?;
        let hash = Sha256::digest(format!("{}\n{key}", package.fingerprint).as_bytes());
        let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(self.folder.join(format!("{}-{hash}.tgz", package.name)))
    }
}
