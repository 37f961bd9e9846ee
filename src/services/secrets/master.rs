//! Master keys that the environment gives: the first one seals, every one opens.
//!
//! A new key is put in front and the old one stays behind it until nothing is under it any more; that
//! is all a rotation needs. A key is never shown, only its id.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::seal::{self, RawKey};
use crate::ports::secrets::{KeyProvider, SecretError, Wrapped};

/// Longest id of a key.
const LONGEST_ID: usize = 64;

/// What is wrong with a list of keys, in a phrase without any part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadKeys {
    /// An entry is not `id:key`.
    #[error("each entry is an id, a colon and 32 bytes in base64")]
    Form,
    /// An id is empty, too long or has other characters.
    #[error("an id is 1 to 64 of the characters a-z, 0-9, - and _")]
    Id,
    /// Two entries have the same id.
    #[error("two keys have the same id")]
    Twice,
}

/// Master keys of the environment.
pub struct MasterKeys {
    keys: Vec<(String, RawKey)>,
}

impl MasterKeys {
    /// Reads `id:key,id:key`; the first is the active one.
    ///
    /// # Errors
    /// What is wrong with the list.
    pub fn parse(text: &SecretString) -> Result<Self, BadKeys> {
        let mut keys: Vec<(String, RawKey)> = Vec::new();
        for entry in text.expose_secret().split(',') {
            let (id, key) = entry.trim().split_once(':').ok_or(BadKeys::Form)?;
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b);
            if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(plain) {
                return Err(BadKeys::Id);
            }
            if keys.iter().any(|(known, _)| known == id) {
                return Err(BadKeys::Twice);
            }
            let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| BadKeys::Form)?);
            let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| BadKeys::Form)?;
            keys.push((id.to_owned(), Zeroizing::new(bytes)));
        }
        Ok(Self { keys })
    }

    /// No key at all: nothing can be sealed or opened.
    #[must_use]
    pub const fn none() -> Self {
        Self { keys: Vec::new() }
    }

    /// The ids, the active one first.
    #[must_use]
    pub fn ids(&self) -> Vec<String> {
        self.keys.iter().map(|(id, _)| id.clone()).collect()
    }

    fn key(&self, id: &str) -> Option<&RawKey> {
        self.keys.iter().find(|(known, _)| known == id).map(|(_, key)| key)
    }
}

/// What a key's wrapping is bound to: the secret, and the master key's id.
fn bound(bound_to: &[u8], id: &str) -> Vec<u8> {
    [bound_to, b"master\0", id.as_bytes()].concat()
}

#[async_trait]
impl KeyProvider for MasterKeys {
    fn active(&self) -> Option<&str> {
        self.keys.first().map(|(id, _)| id.as_str())
    }

    async fn wrap(&self, key: &[u8; 32], bound_to: &[u8]) -> Result<Wrapped, SecretError> {
        let (id, master) = self.keys.first().ok_or(SecretError::NoMasterKey)?;
        let bytes = seal::seal(master, rand::random(), &bound(bound_to, id), key)?;
        Ok(Wrapped { key_id: id.clone(), bytes })
    }

    async fn unwrap(&self, wrapped: &Wrapped, bound_to: &[u8]) -> Result<RawKey, SecretError> {
        let id = wrapped.key_id.as_str();
        let master = self.key(id).ok_or(SecretError::NoMasterKey)?;
        let clear = seal::open(master, &bound(bound_to, id), &wrapped.bytes)?;
        let key: [u8; 32] = clear.as_slice().try_into().map_err(|_| SecretError::Sealed)?;
        Ok(Zeroizing::new(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(id: &str, byte: u8) -> String {
        format!("{id}:{}", STANDARD.encode([byte; 32]))
    }

    fn keys(entries: &[(&str, u8)]) -> MasterKeys {
        let list: Vec<String> = entries.iter().map(|(id, byte)| text(id, *byte)).collect();
        MasterKeys::parse(&list.join(",").into()).unwrap()
    }

    #[test]
    fn a_list_that_is_none_is_refused_by_what_is_wrong_with_it() {
        let bad = |list: String| MasterKeys::parse(&list.into()).err().unwrap();
        assert_eq!(bad(String::new()), BadKeys::Form);
        assert_eq!(bad("k1".to_owned()), BadKeys::Form);
        assert_eq!(bad("k1:AAAA".to_owned()), BadKeys::Form);
        assert_eq!(bad("k1:not base64".to_owned()), BadKeys::Form);
        assert_eq!(bad(text("K1", 1)), BadKeys::Id);
        assert_eq!(bad(text("", 1)), BadKeys::Id);
        assert_eq!(bad(format!("{},{}", text("k1", 1), text("k1", 2))), BadKeys::Twice);
        assert!(bad("k1:S3CRETS3CRET".to_owned()).to_string().find("S3CRET").is_none());
    }

    #[tokio::test]
    async fn the_first_key_wraps_every_key_unwraps_and_a_stranger_neither() {
        let data_key = [7; 32];
        let old = keys(&[("k1", 1)]);
        let wrapped = old.wrap(&data_key, b"x").await.unwrap();
        assert_eq!(wrapped.key_id, "k1");
        let both = keys(&[("k2", 2), ("k1", 1)]);
        assert_eq!(*both.unwrap(&wrapped, b"x").await.unwrap(), data_key);
        assert_eq!(both.wrap(&data_key, b"x").await.unwrap().key_id, "k2");
        assert_eq!(both.unwrap(&wrapped, b"y").await.unwrap_err(), SecretError::Sealed);
        let gone = keys(&[("k2", 2)]).unwrap(&wrapped, b"x").await.unwrap_err();
        assert_eq!(gone, SecretError::NoMasterKey);
        let other = keys(&[("k1", 3)]).unwrap(&wrapped, b"x").await.unwrap_err();
        assert_eq!(other, SecretError::Sealed, "the same id with another key");
        let renamed = Wrapped { key_id: "k2".to_owned(), ..wrapped };
        let same_bytes = keys(&[("k2", 1)]).unwrap(&renamed, b"x").await.unwrap_err();
        assert_eq!(same_bytes, SecretError::Sealed, "the id is bound, too");
    }
}
