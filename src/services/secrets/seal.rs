//! Sealing: XChaCha20-Poly1305 over bytes, bound to what they are for.
//!
//! Pure: keys and nonces are arguments. A nonce is 24 random bytes, so that no two are alike without
//! anybody counting. Whatever was changed, in the bytes or in what they are bound to, does not open.

use autopilot_domain::ids::TenantId;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::ports::secrets::{Purpose, SecretError, SecretId};

/// A key of the cipher; wiped when it is dropped.
pub(crate) type RawKey = Zeroizing<[u8; 32]>;
/// Bytes of a nonce.
pub(crate) const NONCE: usize = 24;
/// Version of the form that this module writes.
pub(crate) const FORMAT: i16 = 1;

/// What sealed bytes are bound to: they open for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Binding {
    pub(crate) tenant: TenantId,
    pub(crate) purpose: Purpose,
    pub(crate) id: SecretId,
}

/// The two things that are sealed for one secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The secret, under its own key.
    Value,
    /// That key, under a master key.
    Key,
}

impl Binding {
    /// The associated data. Every part has a fixed length or an end of its own, so that no two
    /// bindings read alike.
    pub(crate) fn data(&self, part: Part) -> Vec<u8> {
        let part: &[u8] = match part {
            Part::Value => b"value\0",
            Part::Key => b"key\0",
        };
        let format = FORMAT.to_be_bytes();
        let tenant = self.tenant.as_uuid();
        let parts: [&[u8]; 7] = [
            b"autopilot secret\0",
            &format,
            part,
            tenant.as_bytes(),
            self.id.0.as_bytes(),
            self.purpose.as_str().as_bytes(),
            b"\0",
        ];
        parts.concat()
    }
}

/// Seals: the nonce in front, then the cipher's bytes.
///
/// # Errors
/// Only for more bytes than the cipher takes.
pub(crate) fn seal(
    key: &RawKey,
    nonce: [u8; NONCE],
    bound_to: &[u8],
    clear: &[u8],
) -> Result<Vec<u8>, SecretError> {
    let cipher = XChaCha20Poly1305::new(&Key::from(**key));
    let payload = Payload { msg: clear, aad: bound_to };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SecretError::Sealed)?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Opens what [`seal`] made.
///
/// # Errors
/// [`SecretError::Sealed`] for another key, another binding or a changed byte.
pub(crate) fn open(
    key: &RawKey,
    bound_to: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(SecretError::Sealed)?;
    let cipher = XChaCha20Poly1305::new(&Key::from(**key));
    let payload = Payload { msg: body, aad: bound_to };
    let clear = cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SecretError::Sealed)?;
    Ok(Zeroizing::new(clear))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn key(byte: u8) -> RawKey {
        Zeroizing::new([byte; 32])
    }

    fn binding(tenant: u128, purpose: Purpose, id: u128) -> Binding {
        let tenant = TenantId::new(Uuid::from_u128(tenant));
        Binding { tenant, purpose, id: SecretId(Uuid::from_u128(id)) }
    }

    #[test]
    fn what_was_sealed_opens_for_its_key_and_binding_and_for_no_other() {
        let bound = binding(1, Purpose::WarehouseKey, 7);
        let sealed = seal(&key(1), [9; NONCE], &bound.data(Part::Value), b"s3cret").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"s3cret"));
        let opened = open(&key(1), &bound.data(Part::Value), &sealed).unwrap();
        assert_eq!(opened.as_slice(), b"s3cret");
        let wrong = |key: RawKey, data: &[u8]| open(&key, data, &sealed).unwrap_err();
        assert_eq!(wrong(key(2), &bound.data(Part::Value)), SecretError::Sealed);
        for other in [
            binding(2, Purpose::WarehouseKey, 7).data(Part::Value),
            binding(1, Purpose::MetabaseKey, 7).data(Part::Value),
            binding(1, Purpose::WarehouseKey, 8).data(Part::Value),
            bound.data(Part::Key),
            Vec::new(),
        ] {
            assert_eq!(wrong(key(1), &other), SecretError::Sealed);
        }
    }

    #[test]
    fn no_changed_missing_or_added_byte_opens() {
        let data = binding(1, Purpose::ModelKey, 1).data(Part::Value);
        let sealed = seal(&key(1), [9; NONCE], &data, b"a secret of some length").unwrap();
        for place in 0..sealed.len() {
            for bit in [1_u8, 128] {
                let mut changed = sealed.clone();
                changed[place] ^= bit;
                assert!(open(&key(1), &data, &changed).is_err(), "byte {place}");
            }
            assert!(open(&key(1), &data, &sealed[..place]).is_err(), "cut at {place}");
        }
        assert!(open(&key(1), &data, &[sealed.as_slice(), &[0]].concat()).is_err());
    }

    #[test]
    fn bindings_of_different_things_never_read_alike() {
        let mut seen = std::collections::BTreeSet::new();
        for tenant in 0..3 {
            for purpose in Purpose::ALL {
                for id in 0..3 {
                    for part in [Part::Value, Part::Key] {
                        assert!(seen.insert(binding(tenant, purpose, id).data(part)));
                    }
                }
            }
        }
    }
}
