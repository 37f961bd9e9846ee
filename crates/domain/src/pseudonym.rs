//! The name under which a user appears in the events of one organisation.
//!
//! It is keyed by a secret of that organisation: the same user has another name elsewhere, and
//! without the secret nobody can tell whose a name is, nor check a guess.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ids::UserId;

/// A user's name in one organisation's events: `u_` and 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// The pseudonym of a user under an organisation's secret: the first half of HMAC-SHA256.
    ///
    /// # Errors
    /// [`BadSecret`] unless the secret is 32 bytes long.
    pub fn of(secret: &[u8], user: UserId) -> Result<Self, BadSecret> {
        let secret: &[u8; 32] = secret.try_into().map_err(|_| BadSecret)?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| BadSecret)?;
        mac.update(user.as_uuid().as_bytes());
        let digest = mac.finalize().into_bytes();
        Ok(Self(format!("u_{}", hex::encode(digest.get(..16).unwrap_or_default()))))
    }

    /// As events carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret that is no secret of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an organisation's secret has 32 bytes")]
pub struct BadSecret;

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_user_has_another_name_under_another_secret_and_none_under_half_of_one() {
        let user = UserId::new(Uuid::from_u128(7));
        let name = |secret: &[u8]| Pseudonym::of(secret, user);
        assert_eq!(name(&[1; 32]), name(&[1; 32]));
        assert_ne!(name(&[1; 32]), name(&[2; 32]));
        assert_ne!(name(&[1; 32]), Pseudonym::of(&[1; 32], UserId::new(Uuid::from_u128(8))));
        assert_eq!(name(&[1; 16]), Err(BadSecret));
        assert_eq!(name(&[1; 32]).unwrap().as_str().len(), 34);
    }

    /// Computed by Python: hmac.new(b"k" * 32, uuid.UUID(int=1).bytes, "sha256").hexdigest()[:32].
    #[test]
    fn it_is_the_hmac_that_others_compute() {
        let name = Pseudonym::of(&[b'k'; 32], UserId::new(Uuid::from_u128(1))).unwrap();
        assert_eq!(name.to_string(), "u_f10a472de832bb7dc5d2658295bfd945");
    }
}
