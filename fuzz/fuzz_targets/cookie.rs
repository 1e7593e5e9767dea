//! Cookie fields: the reader of `tollgate serve` finds the cookie that the crate `cookie` finds, and refuses two.
//! The first line is the name of the cookie, and each other line is a field.

#![no_main]

#[path = "../../cli/src/serve/cookie.rs"]
mod cookie;

use ::cookie::Cookie;
use http::header::{COOKIE, HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.split(|byte| *byte == b'\n');
    let name = lines.next().and_then(|name| str::from_utf8(name).ok());
    let Some(name) = name.filter(|name| cookie::is_name(name)) else { return };
    let fields = lines.map(HeaderValue::from_bytes);
    // No server takes the others for fields.
    let fields: Vec<_> = fields.filter_map(Result::ok).collect();
    let headers: HeaderMap = fields.iter().map(|field| (COOKIE, field.clone())).collect();
    let found = cookie::find(&headers, name);
    let field = match &*fields {
        [] => return assert_eq!(found, Ok(None)),
        [field] => field,
        _ => return assert_eq!(found, Err(cookie::Repeated)),
    };
    // The crate takes text only.
    if let Ok(text) = field.to_str() {
        let cookies = Cookie::split_parse(text).filter_map(Result::ok);
        let values: Vec<_> =
            cookies.filter(|it| it.name() == name).map(|it| it.value().to_owned()).collect();
        let expected = match &*values {
            [] => Ok(None),
            [value] => Ok(Some(value.as_bytes())),
            _ => Err(cookie::Repeated),
        };
        assert_eq!(found, expected);
    }
    if let Ok(Some(value)) = found {
        assert_eq!(value, value.trim_ascii());
        // Other cookies do not change what is found.
        let more = [b"=1; ".as_slice(), field.as_bytes(), b"; b"].concat();
        let more = HeaderMap::from_iter([(COOKIE, HeaderValue::from_bytes(&more).unwrap())]);
        assert_eq!(cookie::find(&more, name), Ok(Some(value)));
    }
});
