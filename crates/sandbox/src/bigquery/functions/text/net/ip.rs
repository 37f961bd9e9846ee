//! IP addresses as BYTES in network order: 4 bytes for IPv4, 16 for IPv6.
//!
//! Decides what text is an address: no zone, no prefix length, no leading zeros in IPv4. It must
//! never turn an IPv4 address into an IPv6 one or back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::super::number::args::{bytes, int, text};
use super::super::super::{P, Sig};
use crate::bigquery::fault::Fault;
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];
const B: &[P] = &[P::Bytes];
const I: &[P] = &[P::Int64];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("NET.IP_FROM_STRING", S, P::Bytes, from_string),
    Sig::new("NET.SAFE_IP_FROM_STRING", S, P::Bytes, |a| {
        Ok(packed(text(a, 0)?).map_or(Value::Null, Value::Bytes))
    }),
    Sig::new("NET.IP_TO_STRING", B, P::String, to_string),
    Sig::new("NET.IP_NET_MASK", &[P::Int64, P::Int64], P::Bytes, net_mask),
    Sig::new("NET.IP_TRUNC", &[P::Bytes, P::Int64], P::Bytes, trunc),
    Sig::new("NET.IPV4_FROM_INT64", I, P::Bytes, v4_from_int),
    Sig::new("NET.IPV4_TO_INT64", B, P::Int64, v4_to_int),
];

fn packed(of: &str) -> Option<Vec<u8>> {
    Some(match of.parse().ok()? {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    })
}

fn from_string(args: &[Value]) -> Result<Value, Fault> {
    let of = text(args, 0)?;
    packed(of).map(Value::Bytes).ok_or_else(|| {
        let what = "NET.IP_FROM_STRING() encountered an unparseable IP-address";
        Fault::query(format!("{what}: {of}"))
    })
}

fn to_string(args: &[Value]) -> Result<Value, Fault> {
    let of = bytes(args, 0)?;
    if let Ok(octets) = <[u8; 4]>::try_from(of) {
        return Ok(Value::Str(Ipv4Addr::from(octets).to_string()));
    }
    if let Ok(octets) = <[u8; 16]>::try_from(of) {
        return Ok(Value::Str(v6_text(octets)));
    }
    Err(Fault::query(format!(
        "NET.IP_TO_STRING() encountered an invalid IP address. Expected 4 (for IPv4) or 16 (for \
         IPv6) bytes but got {}",
        of.len()
    )))
}

/// As the C library writes it: addresses under `::/96` but `::` and `::1` end in dotted form, too.
fn v6_text(octets: [u8; 16]) -> String {
    let number = u128::from_be_bytes(octets);
    let compatible = number >> 32 == 0 && number > 0xFFFF;
    if compatible {
        let last = u32::try_from(number).unwrap_or(u32::MAX);
        return format!("::{}", Ipv4Addr::from(last));
    }
    Ipv6Addr::from(number).to_string()
}

fn net_mask(args: &[Value]) -> Result<Value, Fault> {
    let (length, prefix) = (int(args, 0)?, int(args, 1)?);
    if length != 4 && length != 16 {
        return Err(Fault::query(format!(
            "The first argument of NET.IP_NET_MASK() must be either 4 (for IPv4) or 16 (for IPv6); \
             got {length}"
        )));
    }
    let count = if length == 4 { 4 } else { 16 };
    let mask = masked(&vec![0xFF; count], prefix).ok_or_else(|| {
        Fault::query(format!(
            "The second argument of NET.IP_NET_MASK() must be between 0 and the first argument * 8; \
             got {prefix}"
        ))
    })?;
    Ok(Value::Bytes(mask))
}

fn trunc(args: &[Value]) -> Result<Value, Fault> {
    let (of, prefix) = (bytes(args, 0)?, int(args, 1)?);
    if of.len() != 4 && of.len() != 16 {
        return Err(Fault::query(format!(
            "The first argument of NET.IP_TRUNC() must have length 4 (for IPv4) or 16 (for IPv6); \
             got {}",
            of.len()
        )));
    }
    let kept = masked(of, prefix).ok_or_else(|| {
        Fault::query(format!(
            "The second argument of NET.IP_TRUNC() must be between 0 and 8 * LENGTH(first \
             argument); got {prefix}"
        ))
    })?;
    Ok(Value::Bytes(kept))
}

/// The first bits as they are, zeros after them; `None` for a prefix that does not fit.
fn masked(of: &[u8], prefix: i64) -> Option<Vec<u8>> {
    let prefix = usize::try_from(prefix).ok()?;
    if prefix > of.len().checked_mul(8)? {
        return None;
    }
    let bits = |at: usize| prefix.saturating_sub(at.saturating_mul(8)).min(8);
    let mask = |bits: usize| u8::try_from(0xFF00_u32 >> bits & 0xFF).unwrap_or(0);
    Some(of.iter().enumerate().map(|(at, byte)| byte & mask(bits(at))).collect())
}

fn v4_from_int(args: &[Value]) -> Result<Value, Fault> {
    let number = int(args, 0)?;
    let unsigned = u32::try_from(number).ok();
    let signed = i32::try_from(number).ok().map(i32::cast_unsigned);
    let octets = unsigned.or(signed).map(u32::to_be_bytes).ok_or_else(|| {
        Fault::query(format!(
            "NET.IPV4_FROM_INT64() encountered an invalid integer IP. Expected range: \
             [-0x80000000, 0xFFFFFFFF]; got {number}"
        ))
    })?;
    Ok(Value::Bytes(octets.to_vec()))
}

fn v4_to_int(args: &[Value]) -> Result<Value, Fault> {
    let of = bytes(args, 0)?;
    let octets = <[u8; 4]>::try_from(of).map_err(|_| {
        Fault::query(format!(
            "NET.IPV4_TO_INT64() encountered a non-IPv4 address. Expected 4 bytes but got {}",
            of.len()
        ))
    })?;
    Ok(Value::Int(i64::from(u32::from_be_bytes(octets))))
}
