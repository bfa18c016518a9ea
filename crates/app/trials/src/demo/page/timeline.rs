//! Timelines as inline SVG: of the whole story, and of one call.

use super::{duration, escaped};
use crate::demo::record::{ApiCall, Entry};
use std::fmt::Write;

const WIDTH: f64 = 1100.0;
const ROW: f64 = 24.0;
const BAR: f64 = 14.0;
const HEAD: f64 = 26.0;
/// Where the names end and the time begins.
const LEFT: f64 = 190.0;
/// Where the numbers end.
const NUMBER: f64 = 22.0;
/// What is kept free for the text after a bar.
const RIGHT: f64 = 70.0;
/// Narrower bars could not be seen.
const NARROWEST: f64 = 1.6;

/// A time axis.
struct Axis {
    from: f64,
    until: f64,
}

impl Axis {
    fn new(from: f64, until: f64) -> Self {
        Self { from, until: until.max(from + 0.001) }
    }

    fn x(&self, time: f64) -> f64 {
        let share = (time - self.from) / (self.until - self.from);
        LEFT + share.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
    }

    /// A round step that makes five to twelve marks.
    fn step(&self) -> f64 {
        let rough = (self.until - self.from) / 10.0;
        let power = 10f64.powf(rough.log10().floor());
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|s| *s >= rough).unwrap_or(rough)
    }

    fn marks(&self, bottom: f64) -> String {
        let mut svg = String::new();
        let step = self.step();
        let mut time = 0.0;
        while self.from + time <= self.until {
            let x = self.x(self.from + time);
            let label = if time == 0.0 { "0".to_owned() } else { mark_label(time, step) };
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{HEAD}\" y2=\"{bottom}\"/>\
                 <text class=\"soft\" x=\"{x:.1}\" y=\"16\" text-anchor=\"middle\">{label}</text>"
            );
            time += step;
        }
        svg
    }

    fn bar(&self, class: &str, row: f64, from: f64, took: f64, title: &str) -> String {
        let x = self.x(from);
        let width = (self.x(from + took) - x).max(NARROWEST);
        let y = HEAD + row * ROW + (ROW - BAR) / 2.0;
        format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{BAR}\" rx=\"2\"><title>{}</title></rect>",
            escaped(title)
        )
    }

    fn text(&self, class: &str, row: f64, x: f64, anchor: &str, text: &str) -> String {
        let y = HEAD + row * ROW + ROW / 2.0 + 4.0;
        format!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escaped(text)
        )
    }
}

fn mark_label(time: f64, step: f64) -> String {
    if step >= 1.0 {
        format!("{time:.0} s")
    } else if step >= 0.1 {
        format!("{time:.1} s")
    } else {
        format!("{:.0} ms", time * 1000.0)
    }
}

fn frame(rows: usize, label: &str, inside: &str) -> String {
    let height = HEAD + rows as f64 * ROW + 6.0;
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}\">{inside}</svg>\n",
        escaped(label)
    )
}

/// All calls, a row for each, on one axis.
pub fn story(entries: &[Entry]) -> String {
    let from = entries.first().map_or(0.0, |entry| entry.start - entry.info_took);
    let until = entries.last().map_or(1.0, |entry| entry.start + entry.took);
    let axis = Axis::new(from, until);
    let mut svg = axis.marks(HEAD + entries.len() as f64 * ROW);
    for (index, entry) in entries.iter().enumerate() {
        svg += &story_row(&axis, index, entry);
    }
    frame(entries.len(), "All CPI calls over time", &svg)
}

fn story_row(axis: &Axis, index: usize, entry: &Entry) -> String {
    let row = index as f64;
    let class = if entry.error.is_some() { "bad" } else { "" };
    let number = (index + 1).to_string();
    let mut svg = axis.text("soft", row, NUMBER, "end", &number);
    svg += &format!("<a href=\"#call-{number}\">");
    svg += &axis.text(class, row, NUMBER + 12.0, "start", &entry.method);
    svg += "</a>";
    let info = format!("info: {}", duration(entry.info_took));
    svg += &axis.bar("info", row, entry.start - entry.info_took, entry.info_took, &info);
    let whole = format!("{}: {}", entry.method, duration(entry.took));
    svg += &axis.bar("process", row, entry.start, entry.took, &whole);
    for call in &entry.calls {
        svg += &call_bars(axis, row, call);
    }
    let end = axis.x(entry.start + entry.took);
    svg + &axis.text("soft", row, end + 7.0, "start", &duration(entry.took))
}

/// The API calls of one CPI call, a row for each.
pub fn call(entry: &Entry) -> String {
    let axis = Axis::new(entry.start, entry.start + entry.took);
    let mut svg = axis.marks(HEAD + entry.calls.len() as f64 * ROW);
    for (index, call) in entry.calls.iter().enumerate() {
        let row = index as f64;
        svg += &axis.text("", row, LEFT - 14.0, "end", &call.command);
        svg += &call_bars(&axis, row, call);
        let took = call.took + call.job.as_ref().map_or(0.0, |job| job.took);
        let end = axis.x(call.start + took);
        svg += &axis.text("soft", row, end + 7.0, "start", &duration(took));
    }
    frame(entry.calls.len(), &format!("The API calls of {} over time", entry.method), &svg)
}

fn call_bars(axis: &Axis, row: f64, call: &ApiCall) -> String {
    let class = if call.error.is_some() { "refused" } else { "api" };
    let mut svg = String::new();
    if let Some(job) = &call.job {
        let title = format!("{}: job of {}, {} polls", call.command, duration(job.took), job.polls);
        svg += &axis.bar("job", row, call.start + call.took, job.took, &title);
    }
    let title = format!("{}: {}", call.command, duration(call.took));
    svg + &axis.bar(class, row, call.start, call.took, &title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_handful_of_round_marks() {
        for length in [0.004, 0.09, 0.3, 1.0, 2.4, 17.0, 230.0] {
            let axis = Axis::new(3.0, 3.0 + length);
            let marks = length / axis.step();
            assert!((3.0..=12.0).contains(&marks), "{marks} marks on {length} s");
        }
    }

    #[test]
    fn a_bar_stays_within_the_axis_and_can_be_seen() {
        let axis = Axis::new(0.0, 10.0);
        assert!(axis.bar("api", 0.0, 5.0, 0.0001, "x").contains("width=\"1.6\""));
        assert_eq!(axis.x(-5.0), LEFT);
        assert_eq!(axis.x(50.0), WIDTH - RIGHT);
    }
}
