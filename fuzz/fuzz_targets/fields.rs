//! Fields in bytes: what is read, in whatever order of kinds, is what makes these bytes.

#![no_main]

#[path = "../../std-adapter/src/sign_in/fields.rs"]
mod fields;

use fields::{FieldReader, FieldWriter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8])| {
    let (kinds, bytes) = input;
    let (mut reader, mut writer) = (FieldReader::new(bytes), FieldWriter::default());
    let mut is_complete = true;
    for kind in kinds {
        let read = match kind % 4 {
            0 => reader.fixed::<3>().map(|bytes| writer.fixed(bytes)),
            1 => reader.number().map(|number| writer.number(number)),
            2 => reader.text().map(|text| writer.text(&text)),
            _ => reader
                .option(FieldReader::text)
                .map(|text| writer.option(text.as_deref(), FieldWriter::text)),
        };
        is_complete = read.is_some();
        if !is_complete {
            break;
        }
    }
    let written = writer.into_bytes();
    assert!(bytes.starts_with(&written));
    if is_complete {
        assert_eq!(reader.is_at_end(), written.len() == bytes.len());
    }
});
