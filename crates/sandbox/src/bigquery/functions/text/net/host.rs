//! Hosts of URLs.
//!
//! Decides which part of a text is the host, by BigQuery's own loose reading of URLs and not by any
//! standard's. It must never change a letter of it.

use super::super::super::number::args::text;
use super::super::super::{P, Sig};
use crate::bigquery::value::Value;

pub(crate) static SIGS: &[Sig] = &[Sig::new("NET.HOST", &[P::String], P::String, |args| {
    Ok(host(text(args, 0)?).map_or(Value::Null, |host| Value::Str(host.to_owned())))
})];

const fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

fn slashes(text: &str) -> bool {
    matches!(text.as_bytes(), [first, second, ..] if is_slash(*first) && is_slash(*second))
}

/// The host, without dots before it and with at most one after it.
pub(super) fn host(url: &str) -> Option<&str> {
    let space = |c: char| c.is_ascii_whitespace() || c == '\u{B}';
    let host = without_port(authority(url.trim_matches(space))).trim_start_matches('.');
    let bare = host.trim_end_matches('.');
    let dot = usize::from(bare.len() < host.len());
    let kept = host.get(..bare.len().saturating_add(dot))?;
    if bare.is_empty() { None } else { Some(kept) }
}

/// What stands between the scheme and the path, after the last `@`.
fn authority(url: &str) -> &str {
    let until_path = |text: &str| {
        let end = text.find(['/', '\\', '?', '#']).unwrap_or(text.len());
        text.get(..end).unwrap_or_default().len()
    };
    let after = |text: &'_ str, skip: usize| text.get(skip..).map_or(0, str::len);
    let mut rest = url;
    if slashes(url) {
        rest = url.get(2..).unwrap_or_default();
    } else if let Some(colon) = url.find(':')
        && colon < until_path(url)
        && url.get(colon.saturating_add(1)..).is_some_and(slashes)
        && after(url, colon) > 2
    {
        rest = url.get(colon.saturating_add(3)..).unwrap_or_default();
    }
    let all = rest.get(..until_path(rest)).unwrap_or_default();
    all.rsplit_once('@').map_or(all, |(_, host)| host)
}

/// Cut at the first colon, or at the first one after an address in brackets.
fn without_port(authority: &str) -> &str {
    let inner = authority.strip_prefix('[');
    let bracket = inner.and_then(|inner| inner.find(['[', ']'])).map(|at| at.saturating_add(2));
    let start = match inner {
        Some(_) => bracket.unwrap_or(authority.len()),
        None => 0,
    };
    let colon = authority.get(start..).and_then(|rest| rest.find(':'));
    let end = colon.map_or(authority.len(), |colon| start.saturating_add(colon));
    authority.get(..end).unwrap_or_default()
}
