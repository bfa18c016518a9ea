//! The story as text, line by line as it happens.

use super::Report;
use super::record::{ApiCall, Entry};
use anyhow::Result;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use std::io::Write;

/// Somebody who is told the story.
pub trait Show {
    /// A call begins.
    fn begins(&mut self, number: usize, method: &str, about: &str) -> Result<()>;
    /// It has ended.
    fn ends(&mut self, entry: &Entry) -> Result<()>;
    /// Something else happens.
    fn says(&mut self, line: &str) -> Result<()>;
}

/// Tells nobody.
pub struct Quiet;

impl Show for Quiet {
    fn begins(&mut self, _: usize, _: &str, _: &str) -> Result<()> {
        Ok(())
    }
    fn ends(&mut self, _: &Entry) -> Result<()> {
        Ok(())
    }
    fn says(&mut self, _: &str) -> Result<()> {
        Ok(())
    }
}

/// Writes it.
pub struct Text<W>(pub W);

impl<W: Write> Show for Text<W> {
    fn begins(&mut self, number: usize, method: &str, about: &str) -> Result<()> {
        write!(self.0, "{number:>3}  {method:<18} {about}")?;
        Ok(self.0.flush()?)
    }

    fn ends(&mut self, entry: &Entry) -> Result<()> {
        writeln!(self.0, "\n       {}", outcome(entry))?;
        for call in &entry.calls {
            writeln!(self.0, "         {}", api_call(call))?;
        }
        Ok(())
    }

    fn says(&mut self, line: &str) -> Result<()> {
        Ok(writeln!(self.0, "     {line}")?)
    }
}

fn outcome(entry: &Entry) -> String {
    let times = format!("{:.3} s (info {:.0} ms)", entry.took, entry.info_took * 1000.0);
    match &entry.error {
        Some(error) => format!("✗ {times}: {error}"),
        None => format!("✓ {times} → {}", shortened(&entry.result.to_string())),
    }
}

fn api_call(call: &ApiCall) -> String {
    let mut line = format!("{:<24} {:>4.0} ms", call.command, call.took * 1000.0);
    if let Some(job) = &call.job {
        let plural = if job.polls == 1 { "" } else { "s" };
        line += &format!(", job {:.2} s ({} poll{plural})", job.took, job.polls);
    }
    if let Some(error) = &call.error {
        line += &format!(", refused: {error}");
    }
    line
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 100;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The table at the end, and what is left.
pub fn summary(report: &Report) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["", "CPI call", "seconds", "API calls", "polls", "job wait", "info ms"]);
    for (number, entry) in report.entries.iter().enumerate() {
        let mark = if entry.error.is_some() { "✗" } else { "" };
        table.add_row([
            format!("{}", number + 1),
            format!("{}{mark}", entry.method),
            format!("{:.3}", entry.took),
            entry.api_calls().to_string(),
            entry.polls().to_string(),
            format!("{:.2}", entry.waited().abs()),
            format!("{:.1}", entry.info_took * 1000.0),
        ]);
    }
    let totals = report.totals();
    table.add_row([
        String::new(),
        format!("{} calls", report.entries.len()),
        format!("{:.3}", totals.took),
        totals.api_calls.to_string(),
        totals.polls.to_string(),
        format!("{:.2}", totals.waited),
        format!("{:.1}", totals.info_took * 1000.0),
    ]);
    for column in [0, 2, 3, 4, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n\n{}", ending(report))
}

fn ending(report: &Report) -> String {
    let mut text = match report.left.as_slice() {
        [] => "Left in the cloud: nothing.\n".to_owned(),
        left => {
            let lines: Vec<_> = left.iter().map(|thing| format!("  {thing}\n")).collect();
            format!("Left in the cloud:\n{}", lines.concat())
        }
    };
    match &report.failure {
        Some(failure) => text += &format!("The story broke off: {failure}\n"),
        None if report.left.is_empty() => text += "All went well.\n",
        None => {}
    }
    text
}
