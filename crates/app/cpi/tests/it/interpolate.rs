//! `cpi interpolate`, with files and flags; its rules are tested with the library.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn int(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cpi"));
        command.env_clear().env("HOME", self.0.path()).env("MY_e", "[5]");
        command.current_dir(self.0.path()).stdin(Stdio::null());
        command.arg("int").args(arguments).output().unwrap()
    }

    fn out(&self, arguments: &[&str]) -> String {
        let output = self.int(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn error(&self, arguments: &[&str]) -> String {
        let output = self.int(arguments);
        assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(output.stdout.is_empty());
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Values come from all flags; `~` is the home directory where the shell does not see it.
#[test]
fn values_come_from_everywhere() {
    let folder = Folder::new();
    folder.file("m.yml", "[((a)), ((b)), ((c)), ((e)), ((s))]");
    folder.file("b.txt", "text\n");
    folder.file("vars.yml", "c: {d: 1}");
    folder.file("store.yml", "s: kept");
    folder.file("ops.yml", "- {type: remove, path: /0}");
    let out = folder.out(&[
        "m.yml",
        "-v",
        "a=1",
        "--var-file",
        "b=~/b.txt",
        "-l",
        "vars.yml",
        "--vars-env",
        "MY",
        "--vars-store",
        "store.yml",
        "-o",
        "ops.yml",
        "--var-errs",
    ]);
    assert_eq!(out, "- |\n  text\n- d: 1\n- - 5\n- kept\n");
}

/// What is generated is kept, in a file that is its owner's alone, and taken again.
#[test]
fn generated_values_are_kept() {
    let folder = Folder::new();
    let text = "pw: ((p))\nvariables: [{name: p, type: password}]\n";
    folder.file("m.yml", text);
    let arguments = ["m.yml", "--vars-store", "creds.yml", "--path", "/pw"];
    let first = folder.out(&arguments);
    assert_eq!(folder.out(&arguments), first);
    let store = folder.0.path().join("creds.yml");
    assert_eq!(std::fs::read_to_string(&store).unwrap(), format!("p: {first}"));
    assert_eq!(store.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

/// Each error names the file or the flag, and no secret.
#[test]
fn errors_name_their_file_or_flag() {
    let folder = Folder::new();
    folder.file("m.yml", "a: ((b))");
    folder.file("bad.yml", "a: [s3cret");
    folder.file("ops.yml", "- {type: replace, path: /x, value: s3cret}");
    for (arguments, expected) in [
        (vec!["none.yml"], "none.yml: No such file"),
        (vec!["bad.yml"], "bad.yml: line 1"),
        (vec!["m.yml", "-l", "bad.yml"], "--vars-file bad.yml: not valid YAML: line 1"),
        (vec!["m.yml", "-l", "none.yml"], "none.yml: No such file"),
        (vec!["m.yml", "-o", "bad.yml"], "bad.yml: line 1"),
        (vec!["m.yml", "-o", "ops.yml"], "operation [0] in ops.yml failed: key 'x' not found"),
        (vec!["m.yml", "-v", "b"], "--var: must be NAME=VALUE"),
        (vec!["m.yml", "--var-file", "b=none"], "none: No such file"),
        (vec!["m.yml", "--vars-store", "bad.yml"], "--vars-store bad.yml: line 1"),
        (vec!["m.yml", "--var-errs"], "m.yml: variables not found:\n- b"),
        (vec!["m.yml", "--path", "a"], "--path: a path must begin with '/'"),
        (vec!["m.yml", "--path", "/c"], "--path: key 'c' not found at path '/c' (found 'a')"),
    ] {
        let error = folder.error(&arguments);
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
