//! Operators on bits: `<< >> & | ^ ~` of INT64 and BYTES, and BIT_COUNT.
//!
//! Decides how shifts beyond the width behave (they give zero) and that shifts never keep a sign. It
//! must never read BYTES as a number of any other width than their own.

use super::args::{bytes, int};
use crate::bigquery::fault::Fault;
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const INTS: &[P] = &[P::Int64, P::Int64];
const PAIR: &[P] = &[P::Bytes, P::Bytes];
const SHIFT: &[P] = &[P::Bytes, P::Int64];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("<<", INTS, P::Int64, |a| {
        let by = offset(int(a, 1)?)?;
        Ok(Value::Int(
            u32::try_from(by).ok().and_then(|by| int(a, 0).ok()?.checked_shl(by)).unwrap_or(0),
        ))
    }),
    Sig::new("<<", SHIFT, P::Bytes, |a| shift(bytes(a, 0)?, int(a, 1)?, true)),
    Sig::new(">>", INTS, P::Int64, |a| {
        let by = offset(int(a, 1)?)?;
        let bits = int(a, 0)?.cast_unsigned();
        let moved = u32::try_from(by).ok().and_then(|by| bits.checked_shr(by)).unwrap_or(0);
        Ok(Value::Int(moved.cast_signed()))
    }),
    Sig::new(">>", SHIFT, P::Bytes, |a| shift(bytes(a, 0)?, int(a, 1)?, false)),
    Sig::new("&", INTS, P::Int64, |a| Ok(Value::Int(int(a, 0)? & int(a, 1)?))),
    Sig::new("&", PAIR, P::Bytes, |a| pairwise(a, |x, y| x & y)),
    Sig::new("|", INTS, P::Int64, |a| Ok(Value::Int(int(a, 0)? | int(a, 1)?))),
    Sig::new("|", PAIR, P::Bytes, |a| pairwise(a, |x, y| x | y)),
    Sig::new("^", INTS, P::Int64, |a| Ok(Value::Int(int(a, 0)? ^ int(a, 1)?))),
    Sig::new("^", PAIR, P::Bytes, |a| pairwise(a, |x, y| x ^ y)),
    Sig::new("~", &[P::Int64], P::Int64, |a| Ok(Value::Int(!int(a, 0)?))),
    Sig::new("~", &[P::Bytes], P::Bytes, |a| {
        Ok(Value::Bytes(bytes(a, 0)?.iter().map(|byte| !byte).collect()))
    }),
    Sig::new("BIT_COUNT", &[P::Int64], P::Int64, |a| {
        Ok(Value::Int(i64::from(int(a, 0)?.count_ones())))
    }),
    Sig::new("BIT_COUNT", &[P::Bytes], P::Int64, |a| {
        Ok(Value::Int(bytes(a, 0)?.iter().map(|byte| i64::from(byte.count_ones())).sum()))
    }),
];

fn offset(by: i64) -> Result<u64, Fault> {
    u64::try_from(by).map_err(|_| Fault::query("Bitwise shift by negative offset."))
}

fn pairwise(args: &[Value], of: fn(u8, u8) -> u8) -> Result<Value, Fault> {
    let (left, right) = (bytes(args, 0)?, bytes(args, 1)?);
    if left.len() != right.len() {
        return Err(Fault::query(format!(
            "Bitwise binary operator for BYTES requires equal length of the inputs. Got {} bytes on \
             the left hand side and {} bytes on the right hand side.",
            left.len(),
            right.len()
        )));
    }
    Ok(Value::Bytes(left.iter().zip(right).map(|(x, y)| of(*x, *y)).collect()))
}

/// The bytes as one long number, the first byte highest, moved without changing its width.
fn shift(source: &[u8], by: i64, left: bool) -> Result<Value, Fault> {
    let by = usize::try_from(offset(by)?).unwrap_or(usize::MAX);
    let (whole, rest) = (by / 8, u32::try_from(by % 8).unwrap_or(0));
    let byte =
        |at: Option<usize>| at.and_then(|at| source.get(at)).map_or(0, |byte| u16::from(*byte));
    let moved = (0..source.len()).map(|at| {
        let pair = if left {
            let near = at.checked_add(whole);
            (byte(near) << 8 | byte(near.and_then(|n| n.checked_add(1)))) << rest >> 8
        } else {
            let near = at.checked_sub(whole);
            (byte(near.and_then(|n| n.checked_sub(1))) << 8 | byte(near)) >> rest
        };
        pair.to_le_bytes().first().copied().unwrap_or(0)
    });
    Ok(Value::Bytes(moved.collect()))
}
