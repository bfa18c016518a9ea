//! What the README says works.

use serde_json::Value;
use std::process::Command;

const CPI: &str = env!("CARGO_BIN_EXE_cpi");

fn readme() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../README.md");
    std::fs::read_to_string(path).expect("the README")
}

/// The text between ```lang and ```.
fn block(lang: &str) -> String {
    let readme = readme();
    let (_, rest) = readme.split_once(&format!("```{lang}\n")).expect("a block");
    rest.split_once("```").expect("its end").0.to_owned()
}

/// Every property of the example exists, and has the right type.
#[test]
fn the_config_is_accepted_strictly() {
    let mut config: Value = serde_json::from_str(&block("json")).expect("JSON");
    config["cloud"]["properties"]["cloudstack"]["strict"] = true.into();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), config.to_string()).expect("written");
    let output = Command::new(CPI).arg("--config").arg(file.path()).args(["call", "info"]).output();
    let output = output.expect("started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Every command in the table is there, and its help has an example.
#[test]
fn the_commands_are_there() {
    let readme = readme();
    let rows = readme.lines().filter(|line| line.starts_with("| `cpi "));
    let names = rows.flat_map(|row| {
        let cell = row.split('|').nth(1).unwrap_or_default();
        let commands = cell.split('`').filter_map(|text| text.strip_prefix("cpi "));
        commands.filter_map(|text| text.split(' ').next()).map(str::to_owned).collect::<Vec<_>>()
    });
    let mut count = 0;
    for name in names {
        let output = Command::new(CPI).args([&name, "--help"]).output().expect("started");
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success() && help.contains("Example"), "cpi {name} --help");
        count += 1;
    }
    assert!(count >= 8, "the table has {count} commands");
}

/// The first lines are the two commands, and what they name exists.
#[test]
fn the_two_commands_come_first() {
    let block = block("sh");
    let commands: Vec<_> = block.lines().collect();
    assert_eq!(commands, ["cargo run --release -- demo", "cargo test --workspace"]);
}
