//! Hashes of STRING (its UTF-8) and BYTES.
//!
//! Decides only which algorithm a name means. It must never normalise its input first.

use sha2::Digest as _;

use crate::bigquery::fault::Fault;
use crate::bigquery::functions::number::args::mismatch;
use crate::bigquery::functions::{P, Sig};
use crate::bigquery::value::Value;

const S: &[P] = &[P::String];
const B: &[P] = &[P::Bytes];

pub(crate) static SIGS: &[Sig] = &[
    Sig::new("FARM_FINGERPRINT", S, P::Int64, farm),
    Sig::new("FARM_FINGERPRINT", B, P::Int64, farm),
    Sig::new("MD5", S, P::Bytes, md5),
    Sig::new("MD5", B, P::Bytes, md5),
    Sig::new("SHA1", S, P::Bytes, sha1),
    Sig::new("SHA1", B, P::Bytes, sha1),
    Sig::new("SHA256", S, P::Bytes, sha256),
    Sig::new("SHA256", B, P::Bytes, sha256),
    Sig::new("SHA512", S, P::Bytes, sha512),
    Sig::new("SHA512", B, P::Bytes, sha512),
];

fn input(args: &[Value]) -> Result<&[u8], Fault> {
    match args.first() {
        Some(Value::Str(text)) => Ok(text.as_bytes()),
        Some(Value::Bytes(bytes)) => Ok(bytes),
        _ => Err(mismatch()),
    }
}

fn farm(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Int(farmhash::fingerprint64(input(args)?).cast_signed()))
}

fn md5(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bytes(md5::Md5::digest(input(args)?).to_vec()))
}

fn sha1(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bytes(sha1::Sha1::digest(input(args)?).to_vec()))
}

fn sha256(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bytes(sha2::Sha256::digest(input(args)?).to_vec()))
}

fn sha512(args: &[Value]) -> Result<Value, Fault> {
    Ok(Value::Bytes(sha2::Sha512::digest(input(args)?).to_vec()))
}
