//! Random documents, operations and variables.

use super::case::Case;
use super::cli::{bosh, difference};
use bosh_manifest::{Key, Value, yaml};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn config(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}

/// Scalars as people write them, and as they should not.
fn scalar() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a",
        "b",
        "name",
        "yes",
        "n",
        "on",
        "~",
        "null",
        "017",
        "0x1F",
        "1e3",
        "8_192",
        "-1",
        "1.50",
        "1:30",
        "2024-01-02",
        "'it''s'",
        "\"x\\ny\\n\"",
        "\"a b\"",
        "'- a'",
        "\"\\t\"",
        "((v1))",
        "x((v2))z",
        "((v3.k))",
        "\"((v1))((v2))\"",
        "((missing))",
        "\"#\"",
        "''",
        "!!str 5",
        "ü",
        "\"\\u00a0\"",
        "\" lead\"",
        "\"trail \"",
        "\"a\\n b\\n\\n\"",
        "'a: b'",
    ]);
    let text = "[ -~]{0,12}".prop_map(|text| format!("'{}'", text.replace('\'', "''")));
    let digits = "[-+]?[0-9_.eExXoObB]{1,8}";
    let long = "[a-z]{1,9}( {1,2}[a-z'\"]{1,20}){4,12}"
        .prop_map(|text| format!("'{}'", text.replace('\'', "''")));
    prop_oneof![6 => words.prop_map(str::to_owned), 2 => text, 2 => digits, 1 => long]
}

/// A document in flow style.
fn document() -> impl Strategy<Value = String> {
    scalar().prop_recursive(4, 24, 5, |inner| {
        let key = prop::sample::select(vec![
            "a", "b", "c", "name", "a10", "a2", "y", "1", "'1'", "-", "\"a/b\"", "\"a:b\"", "~",
        ]);
        let named = (prop::sample::select(vec!["x", "z"]), inner.clone())
            .prop_map(|(name, value)| format!("{{name: {name}, v: {value} }}"));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(" , "))),
            prop::collection::vec((key, inner), 0..4).prop_map(|entries| {
                let entries = entries.iter().map(|(key, value)| format!("{key} : {value}"));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(" , "))
            }),
            prop::collection::vec(named, 0..3).prop_map(|v| format!("[{}]", v.join(" , "))),
        ]
    })
}

fn path() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "a",
        "b",
        "c",
        "name",
        "a?",
        "c?",
        "0",
        "1",
        "-1",
        "-",
        "name=x",
        "name=z?",
        "v",
        "0:next",
        "1:prev",
        "0:before",
        "-1:after",
        "name=x:after",
        "a~1b",
        "a~7b",
        "5?",
        "",
    ]);
    prop::collection::vec(token, 0..5)
        .prop_map(|tokens| tokens.iter().map(|token| format!("/{token}")).collect())
}

fn operation() -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec!["replace", "replace", "replace", "remove", "test"]);
    (kind, path(), document(), any::<bool>()).prop_map(|(kind, path, value, absent)| {
        let rest = match (kind, absent) {
            ("remove", _) => String::new(),
            ("test", true) => ", absent: true".to_owned(),
            _ => format!(", value: {value} "),
        };
        format!("{{type: {kind}, path: \"{path}\"{rest}}}")
    })
}

fn case() -> impl Strategy<Value = Case> {
    let operations = prop::collection::vec(operation(), 0..3);
    (document(), operations, scalar(), scalar(), document(), any::<(bool, bool)>()).prop_map(
        |(document, operations, v1, v2, k, (missing, unused))| Case {
            name: "random".to_owned(),
            document,
            operations: vec![format!("[{}]", operations.join(", "))],
            vars: vec![format!("v1={v1}"), format!("v2={v2}"), format!("v3={{k: {k} }}")],
            missing,
            unused: unused && missing,
            ..Case::default()
        },
    )
}

/// What is written is read as the same, and then written as the same.
#[test]
fn what_is_written_is_read_again() {
    proptest!(config(512), |(text in document())| {
        let Ok(value) = yaml::parse(&text) else { return Ok(()) };
        let written = yaml::write(&value);
        let again = yaml::parse(&written).map_err(|e| TestCaseError::fail(format!("{e}: {written}")))?;
        prop_assert_eq!(yaml::write(&again), written.clone(), "{}", written);
        if !changes_when_written(&value) {
            prop_assert_eq!(again, value, "{}", written);
        }
    });
}

/// A key `<<` that was quoted is written without quotes, and a float without a fraction as an
/// integer; by the CLI too.
fn changes_when_written(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.fract() == 0.0 || float.is_nan(),
        Value::Map(map) => map.iter().any(|(key, value)| {
            key.to_string() == "<<" || matches!(key, Key::Float(_)) || changes_when_written(value)
        }),
        Value::List(items) => items.iter().any(changes_when_written),
        _ => false,
    }
}

/// No document, operation or variable makes the library panic.
#[test]
fn nothing_panics() {
    proptest!(config(512), |(case in case())| {
        let _ = case.run();
    });
    proptest!(config(512), |(text in "[-:?,{}&*!|>'\"%@`#\n\t a-b0-9]{0,40}")| {
        if let Ok(value) = yaml::parse(&text) {
            yaml::write(&value);
        }
    });
}

/// The library and the CLI write the same bytes, and refuse the same.
#[test]
fn the_cli_does_the_same_with_random_input() {
    let Some(bosh) = bosh() else { return };
    let cases = std::env::var("BOSH_CLI_CASES").ok().and_then(|text| text.parse().ok());
    let mut runner = TestRunner::new(config(cases.unwrap_or(300)));
    let run = runner.run(&case(), |case| match difference(&bosh, &case) {
        None => Ok(()),
        Some(difference) => Err(TestCaseError::fail(difference)),
    });
    if let Err(failure) = run {
        panic!("{failure}");
    }
}
