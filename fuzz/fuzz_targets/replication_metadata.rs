//! replPropertyMetaData: whole or refused, and the answer depends on nothing after it.
#![no_main]

use keyward::directory::metadata::password_version;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|blob: &[u8]| {
    let Ok(found) = password_version(blob) else {
        return;
    };
    assert_eq!(blob.len() % 48, 16);
    if found.is_some() {
        assert!(blob.len() >= 64);
    }
    let longer = [blob, &[0]].concat();
    assert!(password_version(&longer).is_err());
    assert!(password_version(&blob[..blob.len() - 1]).is_err());
});
