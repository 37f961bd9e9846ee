//! Public suffixes and registrable domains of hosts.
//!
//! Decides by the public suffix list's ICANN part only; domains that companies have listed for
//! themselves do not count. The answer is cut from the host as it is written: it must never come
//! back in lower case or in Punycode.

use super::super::super::number::args::text;
use super::super::super::{P, Sig};
use super::host::host;
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("NET.PUBLIC_SUFFIX", S, P::String, |a| tail(text(a, 0)?, 0)),
    Sig::new("NET.REG_DOMAIN", S, P::String, |a| tail(text(a, 0)?, 1)),
];

/// The public suffix of a URL's host and so many labels before it.
fn tail(url: &str, more: usize) -> Result<Value, Fault> {
    let Some(host) = host(url) else { return Ok(Value::Null) };
    if host.contains("..") {
        return Ok(Value::Null);
    }
    let name = normal(host)?;
    let bare = name.strip_suffix('.').unwrap_or(&name);
    let Some(labels) = suffix_labels(bare) else { return Ok(Value::Null) };
    let labels = labels.saturating_add(more);
    if bare.split('.').count() < labels {
        return Ok(Value::Null);
    }
    let dot = usize::from(bare.len() < name.len());
    let dots = labels.saturating_sub(1).saturating_add(dot);
    let start = host.rmatch_indices('.').nth(dots).map_or(0, |(at, _)| at.saturating_add(1));
    Ok(Value::Str(host.get(start..).unwrap_or_default().to_owned()))
}

/// The host as the list has it: lower case, other scripts in Punycode.
fn normal(host: &str) -> Result<String, Fault> {
    let plain = |byte: u8| !byte.is_ascii_uppercase() && byte < 0x7F;
    if host.bytes().all(plain) {
        return Ok(host.to_owned());
    }
    let deny = idna::AsciiDenyList::EMPTY;
    let hyphens = idna::uts46::Hyphens::Check;
    let length = idna::uts46::DnsLength::VerifyAllowRootDot;
    let ascii = idna::uts46::Uts46::new().to_ascii(host.as_bytes(), deny, hyphens, length);
    let refused = |_| Fault::unsupported("A host that is no domain name in this function");
    ascii.map(|ascii| ascii.into_owned()).map_err(refused)
}

/// How many labels the public suffix of a name has; `None` when no rule of the list applies.
fn suffix_labels(name: &str) -> Option<usize> {
    let mut name = name;
    loop {
        let suffix = psl::suffix(name.as_bytes())?;
        let labels = suffix.as_bytes().split(|byte| *byte == b'.').count();
        match suffix.typ() {
            Some(psl::Type::Icann) => return Some(labels),
            // A private rule hides the rule of the registry above it.
            Some(psl::Type::Private) => {
                let start = name.rmatch_indices('.').nth(labels.checked_sub(2)?)?.0;
                name = name.get(start.saturating_add(1)..)?;
            }
            // A top level that the list only has rules below.
            None => return wildcard(name).then_some(1),
        }
    }
}

fn wildcard(name: &str) -> bool {
    let top = name.rsplit('.').next().unwrap_or_default();
    let below = format!("x.{top}");
    psl::suffix(below.as_bytes()).is_some_and(|suffix| suffix.is_known())
}

#[cfg(test)]
mod tests {
    #[test]
    fn suffixes_are_those_of_registries_and_stay_as_written() {
        super::super::super::tests::check(include_str!("../tests/suffix.txt"));
    }
}
