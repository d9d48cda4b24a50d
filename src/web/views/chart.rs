//! Numbers as pictures: upright bars along time, lying bars beside names. Geometry in whole units; the style
//! sheet stretches a picture to the room that there is, so text stands beside it and never within.
//!
//! Each picture is hidden from screen readers: the same numbers, with the same links, are a table.

use crate::web::words::digits;

/// Height of the picture of upright bars, and the longest lying bar.
const FULL: u64 = 1000;
/// The smallest bar of a number that is not zero: seen at any size.
const LEAST: u64 = 15;
/// Width of one upright bar with its gap.
const SLOT: usize = 20;
/// The gap before and after it.
const GAP: usize = 3;
/// Up to so many bars each has its number and its day under it.
const LABELLED: usize = 7;

/// What one bar stands for.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Mark {
    /// "3 Mar", for the axis.
    pub short: String,
    /// "Tue", for the axis where each bar has a label.
    pub shortest: String,
    /// "Tuesday 3 March 2026", for the table and the hint.
    pub name: String,
    /// The records that it counts.
    pub link: String,
    pub count: u64,
}

/// Upright bars, the oldest first.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct Columns {
    /// Of the whole picture; its height is 1000.
    pub width: usize,
    pub bars: Vec<Column>,
    /// The number at the top.
    pub top: String,
    /// Number (where each bar has one) and day, from the first to the last.
    pub labels: Vec<(String, String)>,
}

/// One of them, and its row in the table.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct Column {
    pub slot_x: usize,
    pub slot_width: usize,
    pub x: usize,
    pub y: u64,
    pub width: usize,
    pub height: u64,
    pub name: String,
    pub count: String,
    pub link: String,
}

/// Lying bars: a table in which each row has one.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "plain words")]
pub struct Bars {
    pub rows: Vec<BarRow>,
}

/// One row.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "plain words")]
pub struct BarRow {
    pub name: String,
    /// The records that it counts; empty: no filter shows them.
    pub link: String,
    /// Of 1000.
    pub width: u64,
    pub count: String,
}

impl Columns {
    /// The highest bar has the full height; `top` says its number.
    pub fn new(marks: Vec<Mark>, top: impl Fn(u64) -> String) -> Self {
        let most = marks.iter().map(|mark| mark.count).max().unwrap_or(0);
        let labels = labels(&marks);
        let bars: Vec<Column> = marks
            .into_iter()
            .enumerate()
            .map(|(place, mark)| Column::new(place, mark, most))
            .collect();
        Self {
            width: bars.len() * SLOT,
            bars,
            top: top(most),
            labels,
        }
    }
}

impl Column {
    fn new(place: usize, mark: Mark, most: u64) -> Self {
        let height = length(mark.count, most);
        Self {
            slot_x: place * SLOT,
            slot_width: SLOT,
            x: place * SLOT + GAP,
            y: FULL - height,
            width: SLOT - 2 * GAP,
            height,
            name: mark.name,
            count: digits(mark.count),
            link: mark.link,
        }
    }
}

impl Bars {
    /// Name, link and count of each row; the longest bar has the full width.
    pub fn new(rows: Vec<(String, String, u64)>) -> Self {
        let most = rows.iter().map(|row| row.2).max().unwrap_or(0);
        let rows = rows.into_iter().map(|(name, link, count)| BarRow {
            name,
            link,
            width: length(count, most),
            count: digits(count),
        });
        Self {
            rows: rows.collect(),
        }
    }
}

/// A few bars have a label each; of many the first, the middle and the last one.
fn labels(marks: &[Mark]) -> Vec<(String, String)> {
    if marks.len() <= LABELLED {
        let each = |mark: &Mark| (digits(mark.count), mark.shortest.clone());
        return marks.iter().map(each).collect();
    }
    let last = marks.len() - 1;
    [0, last / 2, last]
        .into_iter()
        .filter_map(|place| marks.get(place))
        .map(|mark| (String::new(), mark.short.clone()))
        .collect()
}

/// `count` on a scale on which `most` is [`FULL`].
fn length(count: u64, most: u64) -> u64 {
    if count == 0 || most == 0 {
        return 0;
    }
    let scaled = u128::from(count) * u128::from(FULL) / u128::from(most);
    u64::try_from(scaled).unwrap_or(FULL).clamp(LEAST, FULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(counts: &[u64]) -> Columns {
        let mark = |(day, count): (usize, &u64)| Mark {
            short: format!("d{day}"),
            shortest: format!("{day}"),
            name: format!("day {day}"),
            link: String::new(),
            count: *count,
        };
        Columns::new(counts.iter().enumerate().map(mark).collect(), digits)
    }

    #[test]
    fn the_highest_bar_has_the_full_height_and_a_zero_has_none() {
        let heights: Vec<u64> = columns(&[0, 5, 10, 1])
            .bars
            .iter()
            .map(|bar| bar.height)
            .collect();
        assert_eq!(heights, [0, 500, 1000, 100]);
    }

    #[test]
    fn no_bar_leaves_the_picture_however_large_the_numbers() {
        for counts in [
            vec![u64::MAX, 1, 0, u64::MAX / 2],
            vec![0; 366],
            vec![1],
            (0..366).collect(),
        ] {
            let Columns { width, bars, .. } = columns(&counts);
            let mut end = 0;
            for (bar, count) in bars.iter().zip(counts) {
                assert_eq!(bar.y + bar.height, FULL);
                assert_eq!(bar.height > 0, count > 0);
                assert!(
                    bar.x >= end && bar.x + bar.width <= width,
                    "no bar covers another"
                );
                assert_eq!(bar.slot_x + bar.slot_width, (bar.x + bar.width) + GAP);
                end = bar.x + bar.width;
            }
        }
    }

    #[test]
    fn a_small_number_beside_a_large_one_is_still_seen() {
        assert_eq!(columns(&[1, 1_000_000]).bars[0].height, LEAST);
        let row = |count| (String::new(), String::new(), count);
        let bars = Bars::new(vec![row(1_000_000), row(1), row(0)]);
        let widths: Vec<u64> = bars.rows.iter().map(|row| row.width).collect();
        assert_eq!(widths, [FULL, LEAST, 0]);
    }

    #[test]
    fn few_bars_have_a_label_each_and_of_many_three_have_one() {
        let label = |number: &str, day: &str| (number.to_owned(), day.to_owned());
        assert_eq!(
            columns(&[4, 1200]).labels,
            [label("4", "0"), label("1,200", "1")]
        );
        let many = columns(&[1; 30]).labels;
        assert_eq!(many, [label("", "d0"), label("", "d14"), label("", "d29")]);
        assert!(columns(&[]).labels.is_empty());
    }
}
