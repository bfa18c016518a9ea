//! `cpi stemcell publish`.

use super::{bar, scratch, size_of};
use crate::commands::password::{self, PASSWORD};
use crate::commands::person::{block_on, parse_age};
use crate::config;
use crate::stdout;
use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use cloud_http::{Deadline, Tls, TransportSettings};
use cpi_kit::properties::ImageServerProperties;
use cpi_runtime::ConfigFile;
use image_hosting::{ImageFile, ImageServer, ImageServerSettings, Published, check_name};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use stemcell::{AgentSettings, Checksums, ImageFormat, UnpackOptions, open, patch, unpack};
use tempfile::TempPath;

/// Within this time an image has gone out, or never will.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Publish an image on an image server (`cpi images serve`), and print a link by which a cloud
/// can fetch it without credentials. Of a stemcell, the image in it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    CPI_IMAGES_PASSWORD=… cpi stemcell publish noble.qcow2 --server https://images.example.com:8443\n  \
    cpi --config cpi.json stemcell publish bosh-stemcell-1.1-openstack-kvm.tgz --patch --json")]
pub struct Publish {
    /// The image, or the stemcell, in whatever wrapping; it stays as it is.
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// The image server. Without, that of the config's `stemcell.image_server`.
    #[arg(long, value_name = "URL")]
    server: Option<String>,

    /// Who publishes.
    #[arg(long, value_name = "NAME", requires = "server")]
    user: Option<String>,

    /// A file with their password. Without, the environment's CPI_IMAGES_PASSWORD.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// A PEM file with certificates to trust beside those of the system.
    #[arg(long, value_name = "FILE", requires = "server")]
    ca_cert: Option<PathBuf>,

    /// The name on the server, without extension. Default: the file's.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// How long the link shall be good: 90s, 15m, 24h.
    #[arg(long, value_name = "AGE", default_value = "2h", value_parser = parse_age)]
    lifetime: Duration,

    /// Make the agent of an official openstack stemcell find its settings on CloudStack first.
    #[arg(long)]
    patch: bool,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What goes out.
struct Image {
    path: PathBuf,
    format: ImageFormat,
    sha256: String,
    /// What was unpacked, and goes when this does.
    _unpacked: TempPath,
}

impl Publish {
    pub fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        // What is wrong there is told before an image is unpacked for minutes.
        let server = ImageServer::new(self.settings(config)?)?;
        let stem = self.name.clone().unwrap_or_else(|| stem(&self.file));
        check_name(&stem)?;
        let image = self.image()?;
        let name = format!("{stem}.{}", image.format.extension());
        let file = ImageFile::new(&image.path, Some(&image.sha256))?;
        let bar = bar("publishing", file.bytes())?;
        let mut tell = |done| bar.set_position(done);
        let until = Deadline::after;
        let sent = block_on(async {
            Ok(server.put(&name, &file, self.lifetime, &mut tell, until(LONGEST)).await)
        })?;
        bar.finish_and_clear();
        let (published, link) = sent?;
        self.show(&published, link.reveal())
    }

    fn show(&self, published: &Published, link: &str) -> anyhow::Result<()> {
        if !self.json {
            eprintln!(
                "{}, {} bytes, SHA-256 {}",
                published.name, published.bytes, published.sha256
            );
            return Ok(stdout::write_line(link)?);
        }
        let mut told = json!(published);
        told["link"] = json!(link);
        Ok(stdout::write_line(&format!("{told:#}"))?)
    }

    fn image(&self) -> anyhow::Result<Image> {
        let reading = bar("unpacking", size_of(&self.file))?;
        let unpacked =
            unpack(open(&self.file)?, &scratch(None), &UnpackOptions::default(), &mut |done| {
                reading.set_position(done)
            });
        reading.finish_and_clear();
        let unpacked = unpacked?;
        if self.patch {
            patch(&unpacked.image, &AgentSettings::CloudStack)?;
        }
        let (_, sums) = Checksums::of(open(&unpacked.image)?)?;
        Ok(Image {
            path: unpacked.image.to_path_buf(),
            format: unpacked.format,
            sha256: sums.sha256,
            _unpacked: unpacked.image,
        })
    }

    fn settings(&self, config: Option<&Path>) -> anyhow::Result<ImageServerSettings> {
        let password = password::read(self.password_file.as_deref())?;
        let mut settings = match (&self.server, config) {
            (Some(url), _) => ImageServerSettings {
                url: url.clone(),
                user: self.user.clone().unwrap_or_else(|| "bosh".to_owned()),
                password: Default::default(),
                transport: self.transport()?,
            },
            (None, Some(config)) => of_config(config)?,
            (None, None) => bail!(
                "which image server? Say --server URL, or --config FILE where \
                 stemcell.image_server stands"
            ),
        };
        if let Some(password) = password {
            settings.password = password;
        }
        if cloud_http::reveal(&settings.password).is_empty() {
            return Err(anyhow!("no password: say --password-file FILE, or set {PASSWORD}"));
        }
        Ok(settings)
    }

    fn transport(&self) -> anyhow::Result<TransportSettings> {
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path).with_context(|| path.display().to_string())
        };
        let ca_cert = self.ca_cert.as_ref().map(read).transpose()?;
        let tls = Tls { ca_cert, skip_verify: false };
        Ok(TransportSettings { tls, ..TransportSettings::default() })
    }
}

/// The image server of a CPI's config.
fn of_config(path: &Path) -> anyhow::Result<ImageServerSettings> {
    let ConfigFile { config, raw, .. } = config::read(Some(path))?;
    let plugin = config.plugin();
    let at = |name: &str| raw.pointer(&format!("/cloud/properties/{plugin}/{name}")).cloned();
    let where_it_stands = format!("cloud.properties.{plugin}.stemcell.image_server");
    let properties = at("stemcell/image_server").unwrap_or(Value::Null);
    if properties.is_null() {
        bail!("{}: {where_it_stands} is missing", path.display());
    }
    let properties: ImageServerProperties =
        serde_json::from_value(properties).with_context(|| where_it_stands)?;
    let text = |name| at(name).and_then(|value| value.as_str().map(str::to_owned));
    let (ca_cert, proxy) = (text("ca_cert"), text("proxy").map(cloud_http::Secret::from));
    let skip_verify = at("skip_verify_ssl") == Some(json!(true));
    let transport = TransportSettings {
        tls: cpi_kit::properties::tls(&ca_cert, skip_verify),
        proxy: cpi_kit::properties::proxy(&proxy, &text("no_proxy"), plugin)?,
        ..TransportSettings::default()
    };
    Ok(properties.settings(transport))
}

/// The file's name up to what its wrapping adds, with nothing in it that no server takes.
fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let mut name = name.trim_start_matches('.');
    while let Some(less) = [".tgz", ".tar", ".gz", ".bz2", ".xz", ".zst", ".qcow2", ".img", ".raw"]
        .iter()
        .find_map(|end| name.strip_suffix(end))
    {
        name = less;
    }
    let good = |c: char| c.is_ascii_alphanumeric() || "._-+".contains(c);
    name.chars().map(|c| if good(c) { c } else { '-' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_of_the_file_s() {
        let of = |name: &str| stem(Path::new(name));
        assert_eq!(of("/a/bosh-stemcell-1.2-openstack.tgz"), "bosh-stemcell-1.2-openstack");
        assert_eq!(of("root.img.gz"), "root");
        assert_eq!(of("my image (1).qcow2"), "my-image--1-");
    }
}
