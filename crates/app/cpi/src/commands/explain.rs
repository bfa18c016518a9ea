//! `cpi explain`: what an error means, by the tables of the book.

use crate::stdout;
use anyhow::{Context as _, bail};
use clap::Args;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

/// The pages with tables of errors and symptoms, as they stand in the book.
const PAGES: [(&str, &str); 3] = [
    ("troubleshooting", include_str!("../../../../../docs/troubleshooting.md")),
    ("errors", include_str!("../../../../../docs/errors.md")),
    ("errors-softlayer", include_str!("../../../../../docs/errors-softlayer.md")),
];

/// More rows than these help nobody.
const MOST: usize = 5;

/// Explain an error: the rows of docs/troubleshooting.md and docs/errors.md that speak of it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  cpi explain 'Unable to find VM'\n  \
    cpi explain /var/vcap/sys/log/director/worker_1.stdout.log\n  bosh task --cpi | cpi explain -")]
pub struct Explain {
    /// The error's text, a file that holds it, or - for standard input.
    #[arg(value_name = "TEXT|FILE|-")]
    error: String,
}

/// A row of a table, with how much of it stands in the error.
struct Row {
    page: &'static str,
    heads: Vec<&'static str>,
    cells: Vec<&'static str>,
    score: f64,
}

impl Row {
    /// What of it stands in an error: the symptom, or the cloud's code and words.
    fn symptom(&self) -> String {
        match self.page {
            "troubleshooting" => self.cells[0].to_owned(),
            _ => self.cells.iter().skip(1).take(2).copied().collect::<Vec<_>>().join(" "),
        }
    }
}

impl Explain {
    /// Explains; fails if no row speaks of it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let error = self.text()?.to_lowercase();
        let mut rows: Vec<_> = PAGES.iter().flat_map(|(page, text)| rows(page, text)).collect();
        rows.iter_mut().for_each(|row| row.score = score(&row.symptom(), &error));
        rows.retain(|row| row.score > 0.0);
        rows.sort_by(|one, other| other.score.total_cmp(&one.score));
        if rows.is_empty() {
            stdout::write_line(
                "No row of docs/troubleshooting.md or docs/errors.md speaks of it.",
            )?;
            return Ok(ExitCode::FAILURE);
        }
        for row in rows.iter().take(MOST) {
            stdout::write_line(&format!("docs/{}.md", row.page))?;
            let cells = row.heads.iter().zip(&row.cells).filter(|(_, cell)| !cell.is_empty());
            for (head, cell) in cells {
                stdout::write_line(&format!("  {head}: {cell}"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        if self.error == "-" {
            std::io::stdin().lock().read_to_string(&mut text).context("standard input")?;
        } else if Path::new(&self.error).is_file() {
            let bytes = std::fs::read(&self.error).with_context(|| self.error.clone())?;
            text = String::from_utf8_lossy(&bytes).into_owned();
        } else {
            text.clone_from(&self.error);
        }
        if text.trim().is_empty() {
            bail!("nothing to explain: the text is empty");
        }
        Ok(text)
    }
}

/// The rows of a page's tables, without their heads and rules.
fn rows(page: &'static str, text: &'static str) -> Vec<Row> {
    let is_rule = |line: &str| line.starts_with("|--") || line.starts_with("| --");
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    let (mut rows, mut heads) = (Vec::new(), Vec::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some_and(|next| is_rule(next)) {
            heads = cells(line);
        } else if line.starts_with('|') && !is_rule(line) {
            rows.push(Row { page, heads: heads.clone(), cells: cells(line), score: 0.0 });
        }
    }
    rows
}

/// How much of a symptom stands in the error: its longest quoted phrase, else its words.
fn score(symptom: &str, error: &str) -> f64 {
    let symptom = symptom.to_lowercase();
    let quoted = symptom.split(['`', '"', '“', '”']).skip(1).step_by(2);
    // What stands for anything is written as an ellipsis.
    let stands = |phrase: &&str| phrase.split('…').all(|part| error.contains(part.trim()));
    let phrase = quoted.filter(|phrase| phrase.len() > 3).filter(stands).map(str::len).max();
    if let Some(length) = phrase {
        return 10.0 + length as f64;
    }
    let words: Vec<_> =
        symptom.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 3).collect();
    let found = words.iter().filter(|word| error.contains(*word)).count();
    let share = found as f64 / words.len().max(1) as f64;
    if found >= 2 && share > 0.6 { share * 10.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever pastes an error of the pages gets the row that it stands in.
    #[test]
    fn each_quoted_symptom_finds_its_own_row() {
        let mut tried = 0;
        for (page, text) in PAGES {
            for row in rows(page, text) {
                let symptom = row.symptom();
                let mut quoted = symptom.split(['`', '“', '”']).skip(1).step_by(2);
                let Some(phrase) = quoted.find(|phrase| phrase.len() > 3) else { continue };
                let error = format!("CPI error: {phrase} in task 7").to_lowercase();
                assert!(score(&symptom, &error) > 0.0, "{page}: {phrase}");
                tried += 1;
            }
        }
        assert!(tried > 5, "the pages have quoted symptoms: {tried}");
        assert_eq!(score("`Unable to find VM`", "all is well"), 0.0);
    }
}
