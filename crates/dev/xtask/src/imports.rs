//! Which file of a crate imports which: the text of `use` and of paths is read, re-exports are
//! followed to the file that they come from. Tests inside of files are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The imports between the files of one crate, by path below `src/`.
#[derive(Debug, Default)]
pub struct Imports {
    /// Each file, and those that it imports.
    pub edges: BTreeMap<String, BTreeSet<String>>,
}

/// A module: its file, and what it passes on by `pub use`.
struct Module {
    file: String,
    /// Name, and the path that it stands for, from the crate's root.
    exports: BTreeMap<String, Vec<String>>,
    /// Paths whose items are all passed on.
    globs: Vec<Vec<String>>,
    text: String,
}

impl Imports {
    /// Reads the crate in `folder`.
    pub fn read(folder: &Path) -> std::io::Result<Self> {
        let src = folder.join("src");
        let mut modules = BTreeMap::new();
        for path in rust_files(&src)? {
            let file = path.strip_prefix(&src).unwrap_or(&path).to_string_lossy().into_owned();
            let Some(name) = module_path(&file) else { continue };
            let text = code(&std::fs::read_to_string(&path)?);
            let mut module = Module { file, exports: BTreeMap::new(), globs: Vec::new(), text };
            for (path, alias) in uses(&module.text, true) {
                let path = absolute(&path, &name);
                match alias.as_str() {
                    "*" => module.globs.push(path),
                    _ => drop(module.exports.insert(alias, path)),
                }
            }
            modules.insert(name, module);
        }
        let mut edges = BTreeMap::new();
        for (name, module) in &modules {
            let mut to = BTreeSet::new();
            for path in paths(&module.text) {
                let path = absolute(&path, name);
                to.extend(resolve(&modules, &path, 0));
            }
            to.remove(&module.file);
            edges.insert(module.file.clone(), to);
        }
        Ok(Self { edges })
    }

    /// The files that import each other in a circle: each circle's files, the largest first.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let reach: BTreeMap<&String, BTreeSet<&String>> =
            self.edges.keys().map(|file| (file, self.reached(file))).collect();
        let mut seen = BTreeSet::new();
        let mut circles = Vec::new();
        for (file, reached) in &reach {
            if !reached.contains(*file) || seen.contains(*file) {
                continue;
            }
            let circle: Vec<String> = reached
                .iter()
                .filter(|other| reach.get(**other).is_some_and(|back| back.contains(*file)))
                .map(|other| (*other).clone())
                .collect();
            seen.extend(reached.iter().copied().filter(|it| circle.contains(it)));
            circles.push(circle);
        }
        circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        circles
    }

    fn reached<'a>(&'a self, from: &'a String) -> BTreeSet<&'a String> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&String> = self.edges.get(from).into_iter().flatten().collect();
        while let Some(file) = next.pop() {
            if reached.insert(file) {
                next.extend(self.edges.get(file).into_iter().flatten());
            }
        }
        reached
    }
}

/// The folders of all crates below `folder`, sorted.
pub fn crates(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.join("Cargo.toml").exists() {
            found.push(path);
        } else if path.is_dir() {
            found.extend(crates(&path)?);
        }
    }
    found.sort();
    Ok(found)
}

fn rust_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|it| it == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// `lookup/mod.rs` and `lookup.rs` are `["lookup"]`; None for files of tests.
fn module_path(file: &str) -> Option<Vec<String>> {
    let stem = file.strip_suffix(".rs")?;
    let mut parts: Vec<String> = stem.split('/').map(str::to_owned).collect();
    if parts.iter().any(|part| part == "tests" || part.ends_with("_tests")) {
        return None;
    }
    match parts.last().map(String::as_str) {
        Some("mod") => drop(parts.pop()),
        Some("lib" | "main") if parts.len() == 1 => parts.clear(),
        _ => {}
    }
    Some(parts)
}

/// The text without comments, and without the tests at its end.
fn code(text: &str) -> String {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let lines = text[..end].lines().map(|line| match line.trim_start().starts_with("//") {
        true => "",
        false => line.split(" // ").next().unwrap_or_default(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The paths that `use` brings in, each with the name under which it is known then. Only those
/// that are passed on, with `exported`.
fn uses(text: &str, exported: bool) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    for statement in text.split(';') {
        let Some(at) = statement.rfind("use ") else { continue };
        let (before, tree) = (&statement[..at], &statement[at + 4..]);
        let line = before.rsplit('\n').next().unwrap_or_default().trim();
        let public = line.starts_with("pub");
        if !public && (exported || !line.is_empty()) {
            continue;
        }
        expand(&[], tree.trim(), &mut found);
    }
    found
}

fn expand(prefix: &[String], tree: &str, found: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    let open = tree.find('{');
    let head = &tree[..open.unwrap_or(tree.len())];
    let (head, alias) = head.split_once(" as ").unwrap_or((head, ""));
    let mut path = prefix.to_vec();
    path.extend(head.split("::").map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned));
    let Some(open) = open else {
        let mut name = path.last().cloned().unwrap_or_default();
        if name == "self" || name == "*" {
            path.pop();
            if name == "self" {
                name = path.last().cloned().unwrap_or_default();
            }
        }
        let name = if alias.is_empty() { name } else { alias.trim().to_owned() };
        found.push((path, name));
        return;
    };
    let inside = tree[open + 1..].trim_end().strip_suffix('}').unwrap_or(&tree[open + 1..]);
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&path, &inside[start..at], found);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inside[start..].trim().is_empty() {
        expand(&path, &inside[start..], found);
    }
}

/// Every path into the crate that the text has, by `use` or in an expression.
fn paths(text: &str) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = uses(text, false).into_iter().map(|it| it.0).collect();
    for root in ["crate::", "super::"] {
        for (at, _) in text.match_indices(root) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let end = text[at..].find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
            let path = &text[at..end.map_or(text.len(), |end| at + end)];
            found.push(path.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect());
        }
    }
    found
}

/// A path from the crate's root, for one that stands in the module `here`. One of another crate
/// leads nowhere here.
fn absolute(path: &[String], here: &[String]) -> Vec<String> {
    let mut base = match path.first().map(String::as_str) {
        Some("crate") => Vec::new(),
        _ => here.to_vec(),
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => drop(base.pop()),
            part => base.push(part.to_owned()),
        }
    }
    base
}

/// The file that a path leads to, re-exports followed; none for a path out of the crate.
fn resolve(
    modules: &BTreeMap<Vec<String>, Module>,
    path: &[String],
    depth: usize,
) -> Option<String> {
    if depth > 8 {
        return None;
    }
    let known = (0..=path.len()).rev().find(|end| modules.contains_key(&path[..*end]))?;
    let module = &modules[&path[..known]];
    let Some(name) = path.get(known) else {
        // A module as such: those who import it name its items, which are other paths' matter.
        return None;
    };
    if let Some(target) = module.exports.get(name) {
        let further: Vec<String> = target.iter().chain(&path[known + 1..]).cloned().collect();
        return resolve(modules, &further, depth + 1);
    }
    let defined =
        ["fn ", "struct ", "enum ", "trait ", "type ", "const ", "static ", "macro_rules! "]
            .iter()
            .any(|kind| {
                module.text.match_indices(&format!("{kind}{name}")).any(|(at, found)| {
                    let next = module.text[at + found.len()..].chars().next();
                    !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
                })
            });
    if defined {
        return Some(module.file.clone());
    }
    module.globs.iter().find_map(|glob| {
        let further: Vec<String> = glob.iter().cloned().chain([name.clone()]).collect();
        resolve(modules, &further, depth + 1)
    })
}
