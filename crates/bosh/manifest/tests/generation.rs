//! Generated values: their form, that they can be used, and that they and the CLI's fit together.

use bosh_manifest::variables::{Checks, Given, Store, StoreError, Values, Variables, interpolate};
use bosh_manifest::{Key, Map, Value, yaml};
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use std::process::Command;
use std::sync::Arc;

/// A store that remembers what was kept, and when.
#[derive(Default)]
struct Memory {
    values: Map,
    inserted: Vec<String>,
}

impl Store for Memory {
    fn values(&self) -> &Map {
        &self.values
    }

    fn insert(&mut self, name: &str, value: Value) -> Result<(), StoreError> {
        self.inserted.push(name.to_owned());
        self.values.insert(name.into(), value);
        Ok(())
    }
}

fn run(text: &str, store: &mut Memory) -> Result<Value, String> {
    let mut variables = Variables { values: Values::default(), store: Some(store) };
    let checks = Checks { missing: true, unused: false };
    interpolate(yaml::parse(text).unwrap(), &mut variables, checks).map_err(|e| e.to_string())
}

fn text<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    let found = path.iter().try_fold(value, |value, key| value.get(key));
    found.and_then(Value::as_str).unwrap_or_else(|| panic!("{path:?}"))
}

/// Whether a client that trusts `ca` takes `certificate` for a server of this name.
fn verify(ca: &str, certificate: &str, name: &str) -> Result<(), rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(ca.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    verifier.verify_server_cert(&certificate, &[], &name, &[], UnixTime::now()).map(drop)
}

const CHAIN: &str = "
a: ((leaf))
variables:
- {name: ca, type: certificate, options: {is_ca: true, common_name: 'Grüße & co'}}
- {name: middle, type: certificate, options: {is_ca: true, ca: ca, common_name: middle, organization: x}}
- name: leaf
  type: certificate
  options:
    ca: ca
    common_name: 10.0.0.6
    alternative_names: [10.0.0.6, '*.example.org', 'fd00::1']
    duration: 30
    key_length: 2048
";

#[test]
fn a_certificate_is_signed_by_its_ca_and_has_its_names() {
    let mut store = Memory::default();
    let document = run(CHAIN, &mut store).unwrap();
    assert_eq!(store.inserted, ["ca", "middle", "leaf"]);
    let leaf = document.get("a").unwrap();
    let (ca, certificate) = (text(leaf, &["ca"]), text(leaf, &["certificate"]));
    let authority = store.values.get(&Key::from("ca")).unwrap();
    assert_eq!(ca, text(authority, &["certificate"]));
    assert_eq!(ca, text(authority, &["ca"]));
    for name in ["10.0.0.6", "a.example.org", "fd00::1"] {
        verify(ca, certificate, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(verify(ca, certificate, "10.0.0.7").is_err());
    let key = text(leaf, &["private_key"]);
    assert!(key.starts_with("-----BEGIN RSA PRIVATE KEY-----\n") && key.ends_with("-----\n"));
    assert!(key.lines().all(|line| line.len() <= 64));
    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    assert_eq!(document.get("variables"), Some(&Value::List(Vec::new())));
}

#[test]
fn a_ca_that_stands_behind_its_leaf_is_made_first() {
    let mut store = Memory::default();
    let text = "variables:
- {name: leaf, type: certificate, options: {ca: ca, common_name: x, key_length: 2048}}
- {name: ca, type: certificate, options: {is_ca: true, common_name: ca, key_length: 2048}}";
    run(text, &mut store).unwrap();
    assert_eq!(store.inserted, ["ca", "leaf"]);
}

#[test]
fn what_is_in_the_store_is_taken_as_it_is() {
    let mut store = Memory::default();
    store.values.insert("pw".into(), "mine".into());
    let document = run("{a: ((pw)), variables: [{name: pw, type: password}]}", &mut store).unwrap();
    assert_eq!((text(&document, &["a"]), store.inserted.len()), ("mine", 0));
}

#[test]
fn passwords_are_as_long_as_wanted_and_no_two_are_alike() {
    let mut store = Memory::default();
    let text = "[((a)), ((b)), ((c))]";
    let text = format!(
        "{{v: {text}, variables: [{{name: a, type: password}}, {{name: b, type: password}}, \
         {{name: c, type: password, options: {{length: 50}}}}]}}"
    );
    let document = run(&text, &mut store).unwrap();
    let passwords: Vec<&str> =
        document.get("v").unwrap().as_list().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    assert_eq!(passwords.iter().map(|p| p.len()).collect::<Vec<_>>(), [20, 20, 50]);
    assert_ne!(passwords[0], passwords[1]);
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    assert!(passwords.iter().all(|p| p.chars().all(allowed)), "{passwords:?}");
}

#[test]
fn keys_have_the_forms_of_the_cli() {
    let mut store = Memory::default();
    let document = run(
        "{r: ((r)), s: ((s)), variables: [{name: r, type: rsa}, {name: s, type: ssh}]}",
        &mut store,
    )
    .unwrap();
    assert!(text(&document, &["r", "public_key"]).starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert!(
        text(&document, &["s", "private_key"]).starts_with("-----BEGIN RSA PRIVATE KEY-----\n")
    );
    let public = text(&document, &["s", "public_key"]);
    assert!(public.starts_with("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ") && public.ends_with('\n'));
    assert_eq!(text(&document, &["s", "public_key_fingerprint"]).len(), 47);
}

/// `ssh-keygen` finds the same public key and the same fingerprint.
#[test]
fn ssh_keys_are_those_of_ssh_keygen() {
    let mut store = Memory::default();
    let document = run("{s: ((s)), variables: [{name: s, type: ssh}]}", &mut store).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (private, public) = (folder.path().join("key"), folder.path().join("key.pub"));
    std::fs::write(&public, text(&document, &["s", "public_key"])).unwrap();
    std::fs::write(&private, text(&document, &["s", "private_key"])).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&private, mode).unwrap();
    let keygen = |arguments: &[&str], file: &std::path::Path| {
        Command::new("ssh-keygen").args(arguments).arg("-f").arg(file).output()
    };
    let Ok(derived) = keygen(&["-y"], &private) else {
        return test_support::skip(
            "ssh-keygen is not installed (Debian's package 'openssh-client')",
        );
    };
    let derived = String::from_utf8(derived.stdout).unwrap();
    assert_eq!(derived.trim_end(), text(&document, &["s", "public_key"]).trim_end());
    let printed = keygen(&["-l", "-E", "md5"], &public).unwrap();
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains(text(&document, &["s", "public_key_fingerprint"])), "{printed}");
}

/// The hash of a user's password is one that Linux takes.
#[test]
fn users_have_a_name_a_password_and_its_hash() {
    let mut store = Memory::default();
    let document = run(
        "{u: ((u)), variables: [{name: u, type: user, options: {username: admin}}]}",
        &mut store,
    )
    .unwrap();
    assert_eq!(text(&document, &["u", "username"]), "admin");
    let (password, hash) =
        (text(&document, &["u", "password"]), text(&document, &["u", "password_hash"]));
    let fields: Vec<&str> = hash.split('$').collect();
    let ["", "6", _, salt, digest] = fields.as_slice() else { panic!("{hash}") };
    assert_eq!((salt.len(), digest.len()), (16, 86));
    match Command::new("perl")
        .args(["-e", "print crypt($ARGV[0], $ARGV[1])", password, hash])
        .output()
    {
        Ok(output) => assert_eq!(String::from_utf8(output.stdout).unwrap(), hash),
        Err(_) => test_support::skip("perl is not installed (Debian's package 'perl')"),
    }
}

/// A store can be used by both: each signs with the other's CA.
#[test]
fn the_cli_signs_with_our_ca_and_we_with_its() {
    let Some(bosh) = std::env::var_os("BOSH_CLI") else {
        return eprintln!("skipped: BOSH_CLI names no bosh to compare with");
    };
    const CA: &str = "{name: ca, type: certificate, options: {is_ca: true, common_name: the ca, organization: \"b: c\"}}";
    const LEAF: &str = "{name: leaf, type: certificate, options: {ca: ca, common_name: x, alternative_names: [x.org]}}";
    let folder = tempfile::tempdir().unwrap();
    let (document, path) = (folder.path().join("in.yml"), folder.path().join("store.yml"));
    let cli = |text: &str| {
        std::fs::write(&document, text).unwrap();
        let mut command = Command::new(&bosh);
        command.env("HOME", folder.path()).arg("int").arg(&document).arg("--vars-store").arg(&path);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        yaml::parse(&std::fs::read_to_string(&path).unwrap()).unwrap()
    };
    let check = |store: &Value| {
        let leaf = store.get("leaf").unwrap();
        verify(text(store, &["ca", "certificate"]), text(leaf, &["certificate"]), "x.org").unwrap();
        assert_eq!(text(leaf, &["ca"]), text(store, &["ca", "certificate"]));
    };

    let mut ours = Memory::default();
    run(&format!("variables: [{CA}]"), &mut ours).unwrap();
    std::fs::write(&path, yaml::write(&Value::Map(ours.values))).unwrap();
    check(&cli(&format!("variables: [{CA}, {LEAF}]")));

    std::fs::remove_file(&path).unwrap();
    let theirs = cli(&format!("variables: [{CA}]"));
    let mut store = Memory { values: theirs.as_map().unwrap().clone(), inserted: Vec::new() };
    run(&format!("variables: [{CA}, {LEAF}]"), &mut store).unwrap();
    assert_eq!(store.inserted, ["leaf"]);
    check(&Value::Map(store.values));
}

/// Nothing is generated without a store, and nothing is lost without one.
#[test]
fn without_a_store_nothing_is_generated() {
    let values = Given::default().into_values().unwrap();
    let document = yaml::parse("{a: ((b)), variables: [{name: b, type: password}]}").unwrap();
    let mut variables = Variables::given(values);
    let same = interpolate(document.clone(), &mut variables, Checks::default()).unwrap();
    assert_eq!(same, document);
}
