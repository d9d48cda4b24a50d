//! Numbers as people say them.

/// A number in words up to ten, then in digits: "five", "12".
pub fn count(number: u32) -> String {
    let word = match number {
        0 => "no",
        1 => "one",
        2 => "two",
        3 => "three",
        4 => "four",
        5 => "five",
        6 => "six",
        7 => "seven",
        8 => "eight",
        9 => "nine",
        10 => "ten",
        _ => return number.to_string(),
    };
    word.to_owned()
}

/// "12 people", "1 person", "nobody": what a search found.
pub fn people(number: usize, more: bool) -> String {
    match (number, more) {
        (0, _) => "Nobody found".to_owned(),
        (1, false) => "1 person".to_owned(),
        (number, false) => format!("{number} people"),
        (number, true) => format!("The first {number} people"),
    }
}

/// A large number in groups of three: "1,234,567".
pub fn digits(number: u64) -> String {
    let plain = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in plain.chars().enumerate() {
        if place > 0 && (plain.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{count, digits, people};

    #[test]
    fn large_numbers_have_groups_of_three() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(digits(number), text);
        }
        assert_eq!(digits(u64::MAX), "18,446,744,073,709,551,615");
    }

    #[test]
    fn small_numbers_are_words_and_large_ones_are_digits() {
        assert_eq!(
            (count(0), count(5), count(10), count(11)),
            ("no".into(), "five".into(), "ten".into(), "11".into())
        );
    }

    #[test]
    fn a_result_is_counted_in_people() {
        assert_eq!(people(0, false), "Nobody found");
        assert_eq!(people(1, false), "1 person");
        assert_eq!(people(12, false), "12 people");
        assert_eq!(people(50, true), "The first 50 people");
    }
}
