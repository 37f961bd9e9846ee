//! Network addresses.
//!
//! Decides whether a whole value is one or more addresses. Four dotted numbers are also versions,
//! sections and object ids, so the caller is told whether the numbers look like addresses; hardware
//! addresses must not pass as version 6.

use core::net::{Ipv4Addr, Ipv6Addr};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Version 4 whose parts are as large as addresses' usually are.
    V4Spread,
    /// Version 4 with small parts, as versions and section numbers have them.
    V4Small,
    /// Version 6.
    V6,
}

/// The form of a value: one address, one with a port, or a list as proxies write it.
pub(super) fn read(value: &str) -> Option<Form> {
    if value.len() > 400 || !value.contains(['.', ':']) {
        return None;
    }
    if !value.contains([',', ';', ' ']) {
        return single(value);
    }
    let mut forms = value.split([',', ';']).map(|piece| single(piece.trim()));
    let first = forms.next()??;
    forms.all(|form| form.is_some()).then_some(first)
}

fn single(value: &str) -> Option<Form> {
    let value = value.strip_suffix("/32").or_else(|| value.strip_suffix("/128")).unwrap_or(value);
    if let Ok(address) = value.parse::<Ipv4Addr>() {
        return Some(v4(address));
    }
    if let Some((address, port)) = value.rsplit_once(':')
        && port.parse::<u16>().is_ok()
        && let Ok(address) = address.parse::<Ipv4Addr>()
    {
        return Some(v4(address));
    }
    let inner = value.strip_prefix('[').and_then(|v| v.split_once(']')).map_or(value, |(a, _)| a);
    let inner = inner.split_once('%').map_or(inner, |(address, _)| address);
    (inner.parse::<Ipv6Addr>().is_ok() && is_v6_text(inner)).then_some(Form::V6)
}

/// Addresses spread over the whole byte; versions keep their first and last parts small.
const fn v4(address: Ipv4Addr) -> Form {
    let [a, b, c, d] = address.octets();
    let large = (a > 40) as u8 + (b > 40) as u8 + (c > 40) as u8 + (d > 40) as u8;
    if large >= 2 || address.is_private() { Form::V4Spread } else { Form::V4Small }
}

/// Not `::`, not `a::b` as code writes it, not eight pairs as hardware addresses are written.
fn is_v6_text(text: &str) -> bool {
    let groups: Vec<&str> = text.split(':').filter(|group| !group.is_empty()).collect();
    let hardware = groups.len() == 8 && groups.iter().all(|group| group.len() == 2);
    let local = text.starts_with("fe80") || text == "::1" || text.starts_with("::ffff:");
    let telling = groups.len() >= 3 || groups.iter().any(|group| group.len() >= 3);
    !hardware && (local || telling)
}

/// Whether the second of four numbers is 0, as browsers' versions have it.
pub(super) fn has_zero_second(value: &str) -> bool {
    value.split('.').nth(1) == Some("0")
}

/// Whether the value is a hardware address: six pairs, with colons, dashes, or dots in threes.
pub(super) fn is_hardware_address(value: &str) -> bool {
    let pairs = |separator: char, groups: usize, length: usize| {
        let mut count = 0;
        let sound = value.split(separator).all(|group| {
            count += 1;
            group.len() == length && group.bytes().all(|b| b.is_ascii_hexdigit())
        });
        sound && count == groups
    };
    match value.len() {
        17 => pairs(':', 6, 2) || pairs('-', 6, 2),
        14 => pairs('.', 3, 4),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_strictly() {
        for (value, expected) in [
            ("203.97.185.54", Some(Form::V4Spread)),
            ("10.0.0.7", Some(Form::V4Spread)),
            ("1.28.1.7", Some(Form::V4Small)),
            ("203.97.185.54:443", Some(Form::V4Spread)),
            ("203.97.185.54, 10.0.0.1", Some(Form::V4Spread)),
            ("2001:db8::1", Some(Form::V6)),
            ("[2001:db8::1]:443", Some(Form::V6)),
            ("fe80::1%eth0", Some(Form::V6)),
            ("105.0.4511.204", None),
            ("01.2.3.4", None),
            ("10.10.152.0/24", None),
            ("a::b", None),
            ("00:1a:2b:3c:4d:5e:6f:70", None),
            ("12:30:45", None),
            ("1.2.3", None),
        ] {
            assert_eq!(read(value), expected, "{value}");
        }
        assert!(is_hardware_address("10:77:4a:07:09:55"));
        assert!(is_hardware_address("10-77-4A-07-09-55"));
        assert!(is_hardware_address("1077.4a07.0955"));
        assert!(!is_hardware_address("10:77:4a:07:09"));
    }
}
