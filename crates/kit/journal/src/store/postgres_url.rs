//! `ledger.url` read: where the database is, and how its server is verified.
//!
//! `tokio_postgres` knows three of libpq's ways to use TLS, and none that verifies; so `sslmode`
//! and `sslrootcert` are taken out of the URL and heeded here. A password goes in clear only to
//! this machine, or where `sslmode=disable` asks for it in so many words.

use crate::JournalError;
use secrecy::{ExposeSecret, SecretString};
use std::net::IpAddr;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// A PostgreSQL database and how to reach it.
#[derive(Debug, Clone, Copy)]
pub struct Database<'d> {
    /// `postgres://user:password@host/database`, with `sslmode` and `sslrootcert` as libpq has
    /// them.
    pub url: &'d SecretString,
    /// PEM certificates that the server's must be signed by, instead of the system's.
    pub ca_cert: Option<&'d str>,
}

/// How the server is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Security {
    /// No TLS: a socket, this machine, or as asked for.
    Plain,
    /// TLS.
    Tls {
        /// Whether the certificate must be for the name of the host.
        names: bool,
        /// PEM certificates to trust; the system's if None.
        roots: Option<String>,
    },
}

pub(super) fn read(database: Database<'_>) -> Result<(Config, Security), JournalError> {
    let Options { rest, sslmode, sslrootcert } = options(database.url.expose_secret());
    // The parser's error may quote the URL, which holds the password.
    let mut config: Config = rest.parse().map_err(|_| JournalError::Url)?;
    let names = match sslmode.as_deref() {
        Some("disable") => None,
        // Where nothing leaves this machine, there is nobody to be verified.
        None | Some("allow" | "prefer") if is_local(&config) => None,
        None | Some("allow" | "prefer" | "require" | "verify-full") => Some(true),
        Some("verify-ca") => Some(false),
        Some(other) => {
            let known = "disable, require, verify-ca or verify-full";
            return Err(JournalError::Setting(format!(
                "url: unknown sslmode '{other}'; expected {known}"
            )));
        }
    };
    let Some(names) = names else {
        config.ssl_mode(SslMode::Disable);
        return Ok((config, Security::Plain));
    };
    config.ssl_mode(SslMode::Require);
    let roots = match (database.ca_cert.filter(|pem| !pem.trim().is_empty()), sslrootcert) {
        (Some(pem), _) => Some(pem.to_owned()),
        (None, Some(path)) if path != "system" => {
            let read = std::fs::read_to_string(&path);
            Some(read.map_err(|e| JournalError::Setting(format!("url: sslrootcert {path}: {e}")))?)
        }
        (None, _) => None,
    };
    Ok((config, Security::Tls { names, roots }))
}

/// Whether nothing leaves this machine: sockets and loopback addresses only.
fn is_local(config: &Config) -> bool {
    let loopback = |address: &IpAddr| address.is_loopback();
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse().is_ok_and(|it| loopback(&it)),
    };
    match config.get_hostaddrs() {
        [] => config.get_hosts().iter().all(local),
        addresses => addresses.iter().all(loopback),
    }
}

/// What stands in a URL beside what the library reads.
struct Options {
    rest: String,
    sslmode: Option<String>,
    sslrootcert: Option<String>,
}

fn options(url: &str) -> Options {
    let (mut sslmode, mut sslrootcert) = (None, None);
    let mut keep = |pair: &&str, plain: &dyn Fn(&str) -> String| {
        let Some((name, value)) = pair.split_once('=') else { return true };
        match name.trim() {
            "sslmode" => sslmode = Some(plain(value)),
            "sslrootcert" => sslrootcert = Some(plain(value)),
            _ => return true,
        }
        false
    };
    let rest = match url.split_once('?') {
        Some((base, query)) if url.contains("://") => {
            let kept: Vec<_> = query.split('&').filter(|pair| keep(pair, &decoded)).collect();
            if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) }
        }
        None if !url.contains("://") => {
            let unquoted = |value: &str| value.trim_matches('\'').to_owned();
            let kept: Vec<_> = url.split(' ').filter(|pair| keep(pair, &unquoted)).collect();
            kept.join(" ")
        }
        _ => url.to_owned(),
    };
    Options { rest, sslmode, sslrootcert }
}

/// A value of a URL's query.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn security(url: &str) -> Result<Security, JournalError> {
        let url = SecretString::from(url);
        read(Database { url: &url, ca_cert: None }).map(|(_, security)| security)
    }

    const FULL: Security = Security::Tls { names: true, roots: None };

    /// A password must never be sent in clear to another machine because nobody said otherwise:
    /// whoever answers there would have it.
    #[test]
    fn another_machine_is_verified_unless_told_otherwise() {
        for url in [
            "postgres://u:p@db.example/j",
            "postgres://u:p@db.example/j?sslmode=prefer",
            "postgres://u:p@db.example/j?sslmode=require&connect_timeout=3",
            "postgres://u:p@db.example/j?sslmode=verify-full",
            "postgres://u:p@127.0.0.1,db.example/j",
            "host=db.example user=u password=p dbname=j",
        ] {
            assert_eq!(security(url).unwrap(), FULL, "{url}");
        }
        let ca = Security::Tls { names: false, roots: None };
        assert_eq!(security("postgres://u:p@db.example/j?sslmode=verify-ca").unwrap(), ca);
        assert_eq!(
            security("postgres://u:p@db.example/j?sslmode=disable").unwrap(),
            Security::Plain
        );
    }

    /// Nobody listens in on a socket or on loopback; a server there seldom has a certificate.
    #[test]
    fn this_machine_is_reached_without_tls() {
        for url in [
            "postgres://u:p@localhost/j",
            "postgres://u:p@127.0.0.1:5433/j?application_name=cpi",
            "postgres://u:p@[::1]/j",
            "postgres:///j?host=/run/postgresql&user=u",
            "host=/run/postgresql dbname=j sslmode=prefer",
        ] {
            assert_eq!(security(url).unwrap(), Security::Plain, "{url}");
        }
        assert_eq!(security("postgres://u:p@localhost/j?sslmode=verify-full").unwrap(), FULL);
    }

    /// The setting is named, the password is not.
    #[test]
    fn a_wrong_setting_is_named() {
        let error = security("postgres://u:hush@db/j?sslmode=on").unwrap_err().to_string();
        assert!(error.contains("unknown sslmode 'on'") && !error.contains("hush"), "{error}");
        let error = security("postgres://u:hush@db/j?sslrootcert=%2Fnot%2Fthere").unwrap_err();
        let error = error.to_string();
        assert!(error.contains("sslrootcert /not/there") && !error.contains("hush"), "{error}");
    }
}
