//! The report as one HTML page: no script, nothing from outside, readable in light and dark.

mod timeline;

use super::Report;
use super::record::{ApiCall, Entry};
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");

/// The page.
pub fn page(report: &Report) -> String {
    let title = "A VM's life, as BOSH sees it";
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         {head}{tiles}{timeline}{table}{calls}{left}</main>\n</body>\n</html>\n",
        head = head(title, report),
        tiles = tiles(report),
        timeline = overview(report),
        table = table(report),
        calls = calls(report),
        left = left(report),
    )
}

/// The text with everything escaped that HTML would read.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Milliseconds below a second, seconds above.
pub fn duration(seconds: f64) -> String {
    match seconds.abs() {
        0.0 => "0".to_owned(),
        s if s < 0.01 => format!("{:.1} ms", s * 1000.0),
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s => format!("{s:.2} s"),
    }
}

fn head(title: &str, report: &Report) -> String {
    let (class, verdict) = match (&report.failure, report.left.len()) {
        (None, 0) => ("verdict", "All went well, and nothing is left in the cloud".to_owned()),
        (None, left) => ("verdict bad", format!("All calls went well, but {left} things are left")),
        (Some(failure), _) => ("verdict bad", format!("The story broke off: {failure}")),
    };
    format!(
        "<h1>{title}</h1>\n<p class=\"soft\">What a BOSH director sends to the CPI for one VM with \
         a persistent disk, played against the embedded {}. Each call is a process of its own, \
         started as in production: request on standard input, answer on standard output.</p>\n\
         <p class=\"{class}\">{}</p>\n",
        report.cloud,
        escaped(&verdict)
    )
}

fn tiles(report: &Report) -> String {
    let totals = report.totals();
    let waiting = if totals.took > 0.0 { totals.waited / totals.took * 100.0 } else { 0.0 };
    let info = if report.entries.is_empty() {
        0.0
    } else {
        totals.info_took / report.entries.len() as f64
    };
    let tiles = [
        (report.entries.len().to_string(), "CPI calls"),
        (duration(totals.took), "in all of them"),
        (totals.api_calls.to_string(), "API calls to the cloud"),
        (totals.polls.to_string(), "polls of jobs"),
        (format!("{waiting:.0} %"), "of it waiting for jobs"),
        (format!("{:.1} ms", info * 1000.0), "per info, process and all"),
    ];
    let mut html = String::from("<div class=\"tiles\">\n");
    for (value, what) in tiles {
        let _ = writeln!(html, "<div class=\"tile\"><b>{value}</b><span>{what}</span></div>");
    }
    html + "</div>\n"
}

fn overview(report: &Report) -> String {
    format!(
        "<h2>Timeline</h2>\n<div class=\"card\">\n<div class=\"legend\">\
         <span><i class=\"i-process\"></i>the CPI's process</span>\
         <span><i class=\"i-api\"></i>an API call</span>\
         <span><i class=\"i-job\"></i>waiting for a job of the cloud</span>\
         <span><i class=\"i-info\"></i>info, which comes before each call</span></div>\n{}</div>\n",
        timeline::story(&report.entries)
    )
}

fn table(report: &Report) -> String {
    let mut html = String::from(
        "<h2>By method</h2>\n<div class=\"card\">\n<table>\n<thead><tr><th>method</th>\
         <th class=\"n\">calls</th><th class=\"n\">mean time</th><th class=\"n\">API calls</th>\
         <th class=\"n\">polls</th><th class=\"n\">waiting for jobs</th>\
         <th class=\"n\">the rest</th></tr></thead>\n<tbody>\n",
    );
    let mut methods: Vec<&str> = Vec::new();
    for entry in &report.entries {
        if !methods.contains(&entry.method.as_str()) {
            methods.push(&entry.method);
        }
    }
    for method in methods {
        let of: Vec<_> = report.entries.iter().filter(|entry| entry.method == method).collect();
        let _ = writeln!(html, "{}", table_row(method, &of));
    }
    let all: Vec<_> = report.entries.iter().collect();
    let total = table_row("all", &all);
    html + &format!("</tbody>\n<tfoot>{total}</tfoot>\n</table>\n</div>\n")
}

fn table_row(name: &str, entries: &[&Entry]) -> String {
    let took: f64 = entries.iter().map(|entry| entry.took).sum();
    let waited: f64 = entries.iter().map(|entry| entry.waited()).sum();
    let cells = [
        entries.len().to_string(),
        duration(took / entries.len().max(1) as f64),
        entries.iter().map(|entry| entry.api_calls()).sum::<usize>().to_string(),
        entries.iter().map(|entry| entry.polls()).sum::<usize>().to_string(),
        duration(waited),
        duration((took - waited).max(0.0)),
    ];
    let cells: String = cells.iter().map(|cell| format!("<td class=\"n\">{cell}</td>")).collect();
    format!("<tr><td><code>{}</code></td>{cells}</tr>", escaped(name))
}

fn calls(report: &Report) -> String {
    let mut html = String::from("<h2>Every call</h2>\n");
    for (index, entry) in report.entries.iter().enumerate() {
        html += &call(index + 1, entry);
    }
    html
}

fn call(number: usize, entry: &Entry) -> String {
    let took = match &entry.error {
        Some(_) => "<span class=\"failed\">failed</span>".to_owned(),
        None => duration(entry.took),
    };
    let pretty = |value| serde_json::to_string_pretty(value).unwrap_or_default();
    let answer = match &entry.error {
        Some(error) => error.clone(),
        None => pretty(&entry.result),
    };
    format!(
        "<details id=\"call-{number}\"><summary><span class=\"number\">{number}</span>\
         <code>{method}</code><span class=\"about soft\">{about}</span>\
         <span class=\"took\">{took}</span></summary>\n<div class=\"inside\">\n\
         <h3>What it asked the cloud</h3>\n{asked}\
         <h3>Arguments</h3>\n<pre>{arguments}</pre>\n<h3>Answer</h3>\n<pre>{answer}</pre>\n\
         <h3>Log</h3>\n<pre>{log}</pre>\n</div></details>\n",
        method = escaped(&entry.method),
        about = escaped(&entry.about),
        asked = asked(entry),
        arguments = escaped(&pretty(&entry.arguments)),
        answer = escaped(&answer),
        log = escaped(&entry.log),
    )
}

fn asked(entry: &Entry) -> String {
    if entry.calls.is_empty() {
        return "<p class=\"soft\">Nothing.</p>\n".to_owned();
    }
    let rows: String = entry.calls.iter().map(api_row).collect();
    format!(
        "{}<table>\n<thead><tr><th>command</th><th>parameters</th><th class=\"n\">answered in</th>\
         <th class=\"n\">job</th><th class=\"n\">polls</th></tr></thead>\n<tbody>\n{rows}</tbody>\n\
         </table>\n",
        timeline::call(entry)
    )
}

fn api_row(call: &ApiCall) -> String {
    let params: Vec<_> =
        call.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (job, polls) = match &call.job {
        Some(job) => (duration(job.took), job.polls.to_string()),
        None => Default::default(),
    };
    let error = call.error.as_ref().map(|error| format!(" → refused: {error}")).unwrap_or_default();
    format!(
        "<tr><td><code>{}</code></td><td class=\"soft\"><code>{}</code></td><td class=\"n\">{}</td>\
         <td class=\"n\">{job}</td><td class=\"n\">{polls}</td></tr>\n",
        escaped(&call.command),
        escaped(&format!("{}{error}", params.join(" "))),
        duration(call.took),
    )
}

fn left(report: &Report) -> String {
    let what = if report.left.is_empty() {
        "<p>Nothing: no VM, volume, snapshot, tag or key pair that was not there before.</p>\n"
            .into()
    } else {
        let rows: String = report
            .left
            .iter()
            .map(|thing| format!("<li>{}</li>", escaped(&thing.to_string())))
            .collect();
        format!("<ul>{rows}</ul>\n")
    };
    format!("<h2>Left in the cloud</h2>\n{what}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::record::JobWait;
    use crate::demo::{ApiCall, Entry, Thing};
    use serde_json::json;

    fn api(command: &str, start: f64, job: Option<f64>) -> ApiCall {
        ApiCall {
            command: command.into(),
            params: vec![("name".into(), "<vm> & \"co\"".into())],
            status: Some(200),
            error: None,
            start,
            took: 0.004,
            job: job.map(|took| JobWait { took, polls: 9 }),
        }
    }

    fn entry(method: &str, start: f64, took: f64, calls: Vec<ApiCall>) -> Entry {
        Entry {
            method: method.into(),
            about: "a <b>bold</b> & \"quoted\" claim".into(),
            arguments: json!(["<script>"]),
            result: json!("cid-1"),
            error: None,
            log: "1 API call".into(),
            start,
            took,
            info_took: 0.003,
            calls,
        }
    }

    fn report() -> Report {
        let lookups = (0..5).map(|n| api("listZones", 0.06 + f64::from(n) * 0.002, None));
        let deploy = lookups.chain([api("deployVirtualMachine", 0.075, Some(1.6))]).collect();
        let entries = vec![
            entry("create_stemcell", 0.01, 0.03, vec![api("listTemplates", 0.02, None)]),
            entry("create_vm", 0.05, 1.7, deploy),
            entry("attach_disk", 1.8, 1.0, vec![api("attachVolume", 1.81, Some(0.95))]),
        ];
        Report { entries, left: Vec::new(), failure: None, cloud: "CloudStack" }
    }

    /// All that is opened is closed, in the right order.
    fn assert_well_formed(html: &str) {
        const VOID: [&str; 3] = ["meta", "line", "rect/"];
        let mut open = Vec::new();
        for tag in html.split('<').skip(1).filter(|tag| !tag.starts_with('!')) {
            let (tag, _) = tag.split_once('>').expect("a tag ends");
            let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
            if VOID.contains(&name) || tag.ends_with('/') {
                continue;
            }
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "</{name}> closes nothing");
            } else {
                open.push(name);
            }
        }
        assert_eq!(open, Vec::<&str>::new());
    }

    #[test]
    fn a_page_is_well_formed_and_needs_nothing_from_outside() {
        let html = page(&report());
        assert_well_formed(&html);
        for outside in ["http:", "https:", "src=", "<script", "@import", "url("] {
            assert!(!html.contains(outside), "{outside}");
        }
        for method in ["create_stemcell", "create_vm", "attach_disk", "deployVirtualMachine"] {
            assert!(html.contains(method), "{method} is missing");
        }
        assert!(html.contains("a &lt;b&gt;bold&lt;/b&gt; &amp; &quot;quoted&quot; claim"));
        assert!(html.contains("All went well, and nothing is left in the cloud"));
    }

    #[test]
    fn a_failure_and_what_is_left_stand_on_the_page() {
        let mut report = report();
        report.entries[1].error = Some("Bosh::Clouds::VMCreationFailed: no <room>".into());
        report.failure = Some("create_vm: no <room>".into());
        report.left = vec![Thing::new("VM", "vm-1", Some("Running"))];
        let html = page(&report);
        assert_well_formed(&html);
        assert!(html.contains("The story broke off: create_vm: no &lt;room&gt;"));
        assert!(html.contains("<li>VM vm-1 (Running)</li>"));
    }

    #[test]
    fn an_empty_report_makes_a_page() {
        let empty = Report { entries: vec![], left: vec![], failure: None, cloud: "CloudStack" };
        assert_well_formed(&page(&empty));
    }
}
