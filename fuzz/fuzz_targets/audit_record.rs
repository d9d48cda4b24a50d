//! Lines of the log: what is accepted is written again with exactly the bytes that were read.
#![no_main]

use keyward::domain::audit::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &str| {
    if let Ok(record) = Record::parse(line) {
        assert_eq!(record.to_line(), line);
        assert!(!line.contains(|c: char| c.is_control()));
    }
});
