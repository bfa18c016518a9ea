//! A case of the table: what is given, and what comes of it.

use bosh_manifest::operations::{OperationsFile, Path, find};
use bosh_manifest::variables::{
    Checks, Given, Store, StoreError, Variables, interpolate, parse_assignment,
};
use bosh_manifest::{Map, Value, yaml};

/// A call of `int`.
#[derive(Debug)]
pub struct Case {
    pub name: String,
    pub document: String,
    pub operations: Vec<String>,
    pub vars: Vec<String>,
    pub var_files: Vec<(String, String)>,
    pub vars_files: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub prefixes: Vec<String>,
    pub store: Option<String>,
    pub path: Option<String>,
    pub missing: bool,
    pub unused: bool,
    /// What is written, or a part of the error.
    pub expected: Result<String, String>,
    /// Why the CLI does something else, on purpose.
    pub differs: Option<String>,
}

/// The whole table.
pub fn cases() -> Vec<Case> {
    let files = [
        include_str!("cases/yaml.yml"),
        include_str!("cases/operations.yml"),
        include_str!("cases/variables.yml"),
    ];
    files.iter().flat_map(|text| table(text)).collect()
}

fn table(text: &str) -> Vec<Case> {
    let document = yaml::parse(text).unwrap_or_else(|error| panic!("{error}"));
    document.as_list().unwrap().iter().map(case).collect()
}

fn case(fields: &Value) -> Case {
    let text = |key: &str| fields.get(key).map(|value| value.as_str().unwrap().to_owned());
    let texts = |key: &str| match fields.get(key) {
        None => Vec::new(),
        Some(Value::List(items)) => {
            items.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
        }
        Some(value) => vec![value.as_str().unwrap().to_owned()],
    };
    let pairs = |key: &str| {
        let map = fields.get(key).and_then(Value::as_map);
        let pairs = map.into_iter().flatten();
        pairs.map(|(key, value)| (key.to_string(), value.as_str().unwrap().to_owned())).collect()
    };
    let flag = |key: &str| fields.get(key) == Some(&Value::Bool(true));
    Case {
        name: text("name").unwrap(),
        document: text("in").unwrap(),
        operations: texts("ops"),
        vars: texts("vars"),
        var_files: pairs("var_files"),
        vars_files: texts("vars_files"),
        environment: pairs("env"),
        prefixes: texts("vars_env"),
        store: text("store"),
        path: text("path"),
        missing: flag("var_errs"),
        unused: flag("var_errs_unused"),
        expected: text("out").ok_or_else(|| text("err").unwrap()),
        differs: text("differs"),
    }
}

impl Case {
    /// What the library does.
    pub fn run(&self) -> Result<String, String> {
        self.evaluate().map_err(|error| error.to_string())
    }

    fn evaluate(&self) -> Result<String, Box<dyn std::error::Error>> {
        let mut document = yaml::parse(&self.document)?;
        for (index, text) in self.operations.iter().enumerate() {
            OperationsFile::parse(&format!("ops-{index}.yml"), text)?.apply(&mut document)?;
        }
        let path = self.path.as_deref().map(Path::parse).transpose()?;
        let mut store = self.store.as_deref().map(Memory::parse);
        let values = self.given()?.into_values()?;
        let store = store.as_mut().map(|store| store as &mut dyn Store);
        let mut variables = Variables { values, store };
        let checks = Checks { missing: self.missing, unused: self.unused };
        let document = interpolate(document, &mut variables, checks)?;
        let Some(path) = path else { return Ok(yaml::write(&document)) };
        Ok(match find(&document, &path)? {
            Value::String(text) if !path.tokens().is_empty() => text + "\n",
            value => yaml::write(&value),
        })
    }

    fn given(&self) -> Result<Given, Box<dyn std::error::Error>> {
        let mut given = Given::default();
        for prefix in &self.prefixes {
            given.vars_env(prefix, self.environment.iter().cloned())?;
        }
        for text in &self.vars_files {
            given.vars_file(text)?;
        }
        for (name, text) in &self.var_files {
            given.var_file(name.clone(), text.clone().into_bytes());
        }
        for text in &self.vars {
            let (name, value) = parse_assignment(text)?;
            given.var(name, value);
        }
        Ok(given)
    }
}

/// A store that keeps nothing.
struct Memory(Map);

impl Memory {
    fn parse(text: &str) -> Memory {
        let values = yaml::parse(text).unwrap();
        Memory(values.as_map().cloned().unwrap())
    }
}

impl Store for Memory {
    fn values(&self) -> &Map {
        &self.0
    }

    fn insert(&mut self, name: &str, value: Value) -> Result<(), StoreError> {
        self.0.insert(name.into(), value);
        Ok(())
    }
}

impl Default for Case {
    fn default() -> Case {
        Case {
            name: String::new(),
            document: String::new(),
            operations: Vec::new(),
            vars: Vec::new(),
            var_files: Vec::new(),
            vars_files: Vec::new(),
            environment: Vec::new(),
            prefixes: Vec::new(),
            store: None,
            path: None,
            missing: false,
            unused: false,
            expected: Ok(String::new()),
            differs: None,
        }
    }
}
