//! Which passwords are accepted, and their argon2id hashes.
//!
//! A hash costs 19 MiB and some 20 ms, so that guessing is dear for whoever steals the table. The same
//! cost must not let strangers fill this server: only so many are computed at once, and one more is
//! refused. A password must never be logged or kept beyond its hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Shortest password, in characters (NIST SP 800-63B asks for at least 8, 15 without a second factor).
const SHORTEST: usize = 12;
/// Longest, in bytes; there is no other upper bound that a person meets.
const LONGEST: usize = 1024;
/// Fewer different characters than this are a pattern.
const DIFFERENT: usize = 5;
/// How many hashes are computed at once.
const AT_ONCE: usize = 2;
/// How many more may wait for their turn.
const WAITING: usize = 32;

/// Hashes for nobody's password: an unknown address must cost what a known one costs.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIG5vYm9keQ$KA4v3e/r60dnbEDlJ8A14GbZVXZu7ko6C+CVsY5XhkA";

/// Why a password is not accepted, as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// Too short or too long.
    #[error("12 to 1,024 characters are expected.")]
    Length,
    /// A few characters over and over.
    #[error("At least five different characters are expected.")]
    Pattern,
    /// Close to the person's own address.
    #[error("It may not contain your e-mail address or its first part.")]
    Own,
    /// On everybody's list of first guesses.
    #[error("It contains one of the most common passwords.")]
    Common,
}

/// The hash was not computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashError {
    /// As many are being computed or waiting as may be.
    Busy,
    /// The computation failed.
    Failed,
}

/// Words that alone make a password a first guess, whatever is put around them.
const COMMON: [&str; 8] = [
    "password",
    "passwort",
    "123456789",
    "qwertyuiop",
    "qwerty123",
    "iloveyou",
    "letmein",
    "welcome1",
];

/// Whether a new password may be used by the person of this address.
///
/// # Errors
/// What is missing.
pub fn check(password: &SecretString, email: &str) -> Result<(), Unfit> {
    let text = password.expose_secret();
    if text.chars().count() < SHORTEST || text.len() > LONGEST {
        return Err(Unfit::Length);
    }
    let mut characters: Vec<char> = text.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    if characters.len() < DIFFERENT {
        return Err(Unfit::Pattern);
    }
    let lower = text.to_lowercase();
    let local = email.split('@').next().unwrap_or_default();
    if lower.contains(email) || (local.len() > 3 && lower.contains(local)) {
        return Err(Unfit::Own);
    }
    if COMMON.iter().any(|word| lower.contains(word) && lower.len() < word.len() + SHORTEST / 2) {
        return Err(Unfit::Common);
    }
    Ok(())
}

/// Computes hashes, a few at once.
#[derive(Clone)]
pub struct Passwords {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
    computed: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            places: Arc::new(Semaphore::new(AT_ONCE.saturating_add(WAITING))),
            computed: Arc::default(),
        }
    }
}

impl Passwords {
    /// How many hashes were computed.
    #[must_use]
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    /// The hash of a new password, in PHC form with a salt of its own.
    ///
    /// # Errors
    /// When too many are being computed.
    pub async fn hash(&self, password: SecretString) -> Result<String, HashError> {
        self.compute(move || {
            let made = Argon2::default().hash_password(password.expose_secret().as_bytes());
            made.map(|hash| hash.to_string()).map_err(|_| HashError::Failed)
        })
        .await?
    }

    /// Whether the password is the one of this hash; of `None`, which nobody's is, at the same cost.
    ///
    /// # Errors
    /// When too many are being computed.
    pub async fn verify(
        &self,
        password: SecretString,
        phc: Option<String>,
    ) -> Result<bool, HashError> {
        self.compute(move || {
            let stored = PasswordHash::new(phc.as_deref().unwrap_or(NOBODY));
            let stored = stored.map_err(|_| HashError::Failed)?;
            let bytes = password.expose_secret().as_bytes();
            let right = Argon2::default().verify_password(bytes, &stored).is_ok();
            Ok(right && phc.is_some())
        })
        .await?
    }

    async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let turn = Arc::clone(&self.running).acquire_owned().await;
        let turn = turn.map_err(|_| HashError::Failed)?;
        // A caller who goes away does not free the place: the thread still computes.
        let held: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, turn);
        let done = tokio::task::spawn_blocking(move || {
            let _held = held;
            work()
        });
        let done = done.await.map_err(|_| HashError::Failed)?;
        self.computed.fetch_add(1, Ordering::Relaxed);
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_that_are_guessed_first_are_refused() {
        let check = |text: &str| super::check(&SecretString::from(text), "ana.lyst@example.com");
        for good in [
            "correct horse battery",
            "x7#kQ!m2vLp9",
            "пароль для отчётов",
            "a password nobody else has",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        let long = "abcdefgh".repeat(129);
        for (bad, why) in [
            ("short7#kQ!m", Unfit::Length),
            (long.as_str(), Unfit::Length),
            ("aaaaaaaabbbbbbbb", Unfit::Pattern),
            ("121212121212", Unfit::Pattern),
            ("Ana.Lyst-2026!!", Unfit::Own),
            ("Password1234!", Unfit::Common),
            ("xx123456789xx", Unfit::Common),
        ] {
            assert_eq!(check(bad), Err(why), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_is_argon2id_with_a_salt_of_its_own_and_fits_its_password_only() {
        let passwords = Passwords::default();
        let secret = || SecretString::from("correct horse battery");
        let (one, other) =
            (passwords.hash(secret()).await.unwrap(), passwords.hash(secret()).await.unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, other);
        assert_eq!(passwords.verify(secret(), Some(one.clone())).await, Ok(true));
        let wrong = SecretString::from("correct horse batterz");
        assert_eq!(passwords.verify(wrong, Some(one)).await, Ok(false));
        assert_eq!(passwords.verify(secret(), None).await, Ok(false));
    }

    /// The hash of nobody must cost the same, or time would tell which addresses are known.
    #[tokio::test]
    async fn nobodys_hash_has_the_cost_of_every_other() {
        let made = Passwords::default().hash(SecretString::from("correct horse battery")).await;
        let cost = |phc: &str| phc.split('$').take(4).collect::<Vec<_>>().join("$");
        assert_eq!(cost(&made.unwrap()), cost(NOBODY));
        assert!(PasswordHash::new(NOBODY).is_ok());
    }

    #[tokio::test]
    async fn one_more_than_may_wait_is_refused() {
        let passwords = Passwords::default();
        let every = u32::try_from(AT_ONCE + WAITING).unwrap();
        let _taken = passwords.places.clone().acquire_many_owned(every).await.unwrap();
        let refused = passwords.hash(SecretString::from("correct horse battery")).await;
        assert_eq!(refused, Err(HashError::Busy));
    }
}
