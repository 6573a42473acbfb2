//! Tables and times for people.

/// A text that does nothing to a terminal: whoever wrote what is on the chain could otherwise move the cursor, and write over what
/// others have to see. Control characters but the end of a line, and marks that turn the direction of writing or end lines, are shown as \u{…}.
pub fn harmless(text: &str) -> String {
    let harmful = |sign: char| {
        (sign.is_control() && sign != '\n')
            || matches!(sign, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        if harmful(sign) {
            shown.extend(sign.escape_unicode());
        } else {
            shown.push(sign);
        }
    }
    shown
}

/// A table with its columns aligned: the first to the left, the others to the right.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let columns = head.len();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells
            .chain([head[column].chars().count()])
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let line = |cells: &[String]| {
        let mut line = String::new();
        for (column, width) in widths.iter().enumerate() {
            let cell = cells.get(column).map_or("", String::as_str);
            if column == 0 {
                line.push_str(&format!("{cell:<width$}"));
            } else {
                line.push_str(&format!("  {cell:>width$}"));
            }
        }
        line.trim_end().to_owned()
    };
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule = "-".repeat(widths.iter().sum::<usize>() + 2 * (columns.saturating_sub(1)));
    let mut lines = vec![line(&head), rule];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.join("\n")
}

/// How far `time` is from `now`, both in seconds.
pub fn distance(time: u64, now: u64) -> String {
    if time == now {
        "now".to_owned()
    } else if time > now {
        format!("in {}", span(time - now))
    } else {
        format!("{} ago", span(now - time))
    }
}

/// How far a block is from the present one, both by their numbers.
pub fn in_blocks(block: u64, now: u64) -> String {
    if block >= now {
        format!("in {} blocks", block - now)
    } else {
        format!("{} blocks ago", now - block)
    }
}

/// A time span, in its two largest units.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let rows = [
            vec!["a".to_owned(), "1".to_owned()],
            vec!["long".to_owned(), "100".to_owned()],
        ];
        let text = table(&["who", "n"], &rows);
        assert_eq!(text, "who     n\n---------\na       1\nlong  100");
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(harmless("a\u{1b}[2J\nb\u{202e}"), "a\\u{1b}[2J\nb\\u{202e}");
    }

    #[test]
    fn spans_read_well() {
        assert_eq!(span(59), "59 s");
        assert_eq!(span(61), "1 min 1 s");
        assert_eq!(span(90_000), "1 d 1 h");
        assert_eq!(distance(10, 70), "1 min 0 s ago");
        assert_eq!(distance(70, 10), "in 1 min 0 s");
        assert_eq!(in_blocks(70, 10), "in 60 blocks");
        assert_eq!(in_blocks(10, 70), "60 blocks ago");
    }
}
