//! What the terminal of a person can show: its width, its colours, tables that fit into it.

use comfy_table::{ContentArrangement, Table, presets};
use console::{Style, Term};

/// Fewer columns than these would leave a letter a line.
const NARROWEST: u16 = 40;

/// The columns of the terminal at standard output; None where that is none: lines are whole
/// then.
pub fn width() -> Option<u16> {
    let terminal = Term::stdout();
    let size = terminal.is_term().then(|| terminal.size_checked()).flatten();
    size.map(|(_, columns)| columns.max(NARROWEST))
}

/// A table that fits the terminal.
pub fn table(header: &[&str]) -> Table {
    table_of(header, width())
}

fn table_of(header: &[&str], width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    table.set_header(header);
    table
}

/// A table as text, without blanks at the ends of lines.
pub fn text(table: &Table) -> String {
    let text = table.to_string();
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// `word` in a colour, where there are colours: not in a pipe, nor with `NO_COLOR`.
pub fn coloured(word: &str, style: Style) -> String {
    style.apply_to(word).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long() -> String {
        "a text that is longer than any terminal ".repeat(8)
    }

    #[test]
    fn a_table_fits_the_terminal() {
        for width in [40, 80, 120] {
            let mut table = table_of(&["kind", "CID", "reason"], Some(width));
            table.add_row(["VM", "0b4e2c1e-7d24-4f0e-9a6a-2f63c9d4a111", &long()]);
            let text = text(&table);
            let longest = text.lines().map(|line| line.chars().count()).max();
            assert!(
                longest.is_some_and(|longest| longest <= usize::from(width)),
                "{width}\n{text}"
            );
        }
    }

    /// Who pipes it looks for words in lines: none is broken, and none ends in blanks.
    #[test]
    fn in_a_pipe_a_row_is_a_line_without_blanks_at_its_end() {
        let mut table = table_of(&["kind", "reason"], None);
        table.add_row(["VM", &long()]);
        table.add_row(["disk", ""]);
        let text = text(&table);
        assert!(text.lines().any(|line| line.contains(long().trim_end())), "{text}");
        assert!(text.lines().all(|line| line == line.trim_end()), "{text:?}");
    }
}
