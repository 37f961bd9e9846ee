//! Signing in with address and password, invitations, and changing one's password.
//!
//! Every attempt is counted before the password is looked at. An unknown address, a disabled user, a
//! user without a password and a wrong password are one answer at one cost. Nothing here opens a
//! tenant before the password or the invitation has proven who asks.

use std::net::IpAddr;
use std::sync::Arc;

use autopilot_domain::ids::TenantId;
use autopilot_domain::person::Email;
use secrecy::SecretString;
use sha2::{Digest as _, Sha256};

use super::passwords::{self, HashError, Passwords, Unfit};
use crate::ports::accounts::{OpenedSession, StoredPassword};
use crate::ports::identity::{Principal, key_hash};
use crate::ports::{RequestContext, SignIn, StoreError};

/// Failures on one account that have no delay.
const FREE_FOR_ACCOUNT: u32 = 5;
/// Failures from one address of the internet that have no delay; many people may share one.
const FREE_FOR_CLIENT: u32 = 100;

/// Why somebody is not signed in, or a password not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Address and password do not belong together.
    Wrong,
    /// The right ones of several organisations, and none was named.
    Several,
    /// Too many failures; seconds to wait.
    Wait(u32),
    /// The server computes as many hashes as it does at once.
    Busy,
    /// The new password is not accepted.
    Unfit(Unfit),
    /// The invitation is not open.
    NoInvitation,
    /// The store or the hash failed.
    Failed(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<HashError> for Refused {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::Busy,
            HashError::Failed => Self::Failed(StoreError::Corrupt("a password hash failed")),
        }
    }
}

/// What somebody sends to sign in.
pub struct Credentials {
    /// Who they say they are.
    pub email: Email,
    /// Their password.
    pub password: SecretString,
    /// The organisation, for people of several.
    pub org: Option<TenantId>,
    /// Where they come from, if that is known.
    pub client: Option<IpAddr>,
}

/// The use cases.
#[derive(Clone)]
pub struct SigningIn {
    door: Arc<dyn SignIn>,
    passwords: Passwords,
}

impl SigningIn {
    /// Over the store.
    #[must_use]
    pub fn new(door: Arc<dyn SignIn>) -> Self {
        Self { door, passwords: Passwords::default() }
    }

    /// Opens a session for whoever holds the password.
    ///
    /// # Errors
    /// Why not.
    pub async fn sign_in(
        &self,
        sent: Credentials,
        request_id: String,
    ) -> Result<(RequestContext, OpenedSession), Refused> {
        let account = subject("account", sent.email.as_str());
        let client = sent.client.and_then(counted);
        self.count(client, FREE_FOR_CLIENT).await?;
        self.count(Some(account), FREE_FOR_ACCOUNT).await?;
        let stored = self.door.passwords(&sent.email, sent.org).await?;
        let holder = self.holder(stored, &sent.password).await?;
        self.door.succeeded(account, client.unwrap_or_default()).await?;
        let ctx = holder.into_context(request_id);
        let session = self.door.open_session(&ctx).await?.ok_or(Refused::Wrong)?;
        Ok((ctx, session))
    }

    /// The one user whose password this is.
    async fn holder(
        &self,
        stored: Vec<StoredPassword>,
        password: &SecretString,
    ) -> Result<Principal, Refused> {
        let mut right = Vec::new();
        if stored.is_empty() {
            self.passwords.verify(password.clone(), None).await?;
        }
        for StoredPassword { holder, phc } in stored {
            if self.passwords.verify(password.clone(), Some(phc)).await? {
                right.push(holder);
            }
        }
        let first = right.pop().ok_or(Refused::Wrong)?;
        if right.is_empty() { Ok(first) } else { Err(Refused::Several) }
    }

    async fn count(&self, subject: Option<[u8; 32]>, free: u32) -> Result<(), Refused> {
        let Some(subject) = subject else { return Ok(()) };
        match self.door.attempt(subject, free).await? {
            0 => Ok(()),
            seconds => Err(Refused::Wait(seconds)),
        }
    }

    /// Ends the session with this hash.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sign_out(
        &self,
        ctx: &RequestContext,
        session: [u8; 32],
    ) -> Result<(), StoreError> {
        self.door.close_session(ctx, session).await.map(drop)
    }

    /// Sets the password of whom an invitation is for.
    ///
    /// # Errors
    /// Why not.
    pub async fn accept(
        &self,
        token: &SecretString,
        password: SecretString,
        request_id: String,
    ) -> Result<(), Refused> {
        use secrecy::ExposeSecret as _;
        let hash = key_hash(token.expose_secret().as_bytes());
        let (holder, email) = self.door.invited(hash).await?.ok_or(Refused::NoInvitation)?;
        passwords::check(&password, &email).map_err(Refused::Unfit)?;
        let phc = self.passwords.hash(password).await?;
        let ctx = holder.into_context(request_id);
        let done = self.door.accept_invitation(&ctx, hash, phc).await?;
        if done { Ok(()) } else { Err(Refused::NoInvitation) }
    }

    /// Changes the caller's password; every session but the one kept ends.
    ///
    /// # Errors
    /// Why not.
    pub async fn change(
        &self,
        ctx: &RequestContext,
        (old, new): (SecretString, SecretString),
        kept: Option<[u8; 32]>,
    ) -> Result<(), Refused> {
        let (email, stored) = self.door.own_password(ctx).await?.ok_or(Refused::Wrong)?;
        let account = subject("account", email.as_str());
        self.count(Some(account), FREE_FOR_ACCOUNT).await?;
        if !self.passwords.verify(old, Some(stored.phc.clone())).await? {
            return Err(Refused::Wrong);
        }
        self.door.succeeded(account, [0; 32]).await?;
        passwords::check(&new, email.as_str()).map_err(Refused::Unfit)?;
        let phc = self.passwords.hash(new).await?;
        let done = self.door.change_password(ctx, stored.phc, phc, kept).await?;
        if done { Ok(()) } else { Err(Refused::Wrong) }
    }
}

fn subject(kind: &str, text: &str) -> [u8; 32] {
    Sha256::digest(format!("{kind} {text}")).into()
}

/// Whose failures are counted together: an IPv4 address or an IPv6 network of 64 bits. An address of
/// a private network is more often a proxy in front of everybody than a person, and is not counted.
fn counted(client: IpAddr) -> Option<[u8; 32]> {
    match client.to_canonical() {
        IpAddr::V4(v4) => {
            let private = v4.is_private() || v4.is_loopback() || v4.is_link_local();
            (!private).then(|| subject("client", &v4.to_string()))
        }
        IpAddr::V6(v6) => {
            let private = v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local();
            let network = v6.to_bits() >> 64;
            (!private).then(|| subject("client", &format!("{network:x}/64")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_network_of_the_internet_is_one_client_and_a_proxy_is_none() {
        let of = |text: &str| counted(text.parse().unwrap());
        assert!(of("203.0.113.9").is_some());
        assert_ne!(of("203.0.113.9"), of("203.0.113.10"));
        assert_eq!(of("203.0.113.9"), of("::ffff:203.0.113.9"));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        for private in
            ["127.0.0.1", "10.0.0.3", "192.168.1.1", "172.16.0.1", "::1", "fd00::1", "fe80::1"]
        {
            assert_eq!(of(private), None, "{private}");
        }
    }

    /// A store that knows nobody, or one user without the password that is tried.
    struct Door(Option<StoredPassword>);

    #[async_trait::async_trait]
    impl SignIn for Door {
        async fn attempt(&self, _: [u8; 32], _: u32) -> Result<u32, StoreError> {
            Ok(0)
        }
        async fn succeeded(&self, _: [u8; 32], _: [u8; 32]) -> Result<(), StoreError> {
            Ok(())
        }
        async fn passwords(
            &self,
            _: &Email,
            _: Option<TenantId>,
        ) -> Result<Vec<StoredPassword>, StoreError> {
            Ok(self.0.iter().cloned().collect())
        }
        async fn open_session(
            &self,
            _: &RequestContext,
        ) -> Result<Option<OpenedSession>, StoreError> {
            Ok(None)
        }
        async fn close_session(&self, _: &RequestContext, _: [u8; 32]) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn invited(&self, _: [u8; 32]) -> Result<Option<(Principal, String)>, StoreError> {
            Ok(None)
        }
        async fn accept_invitation(
            &self,
            _: &RequestContext,
            _: [u8; 32],
            _: String,
        ) -> Result<bool, StoreError> {
            Ok(false)
        }
        async fn own_password(
            &self,
            _: &RequestContext,
        ) -> Result<Option<(Email, StoredPassword)>, StoreError> {
            Ok(None)
        }
        async fn change_password(
            &self,
            _: &RequestContext,
            _: String,
            _: String,
            _: Option<[u8; 32]>,
        ) -> Result<bool, StoreError> {
            Ok(false)
        }
    }

    /// Time would tell which addresses are known if one of them cost a hash less.
    #[tokio::test]
    async fn an_unknown_address_costs_as_many_hashes_as_a_known_one() {
        let phc = Passwords::default().hash(SecretString::from("correct horse battery")).await;
        let holder = Principal {
            tenant: TenantId::new(uuid::Uuid::nil()),
            user: autopilot_domain::ids::UserId::new(uuid::Uuid::nil()),
            role: crate::ports::Role::Viewer,
        };
        let known = StoredPassword { holder, phc: phc.unwrap() };
        for stored in [None, Some(known)] {
            let signing_in = SigningIn::new(Arc::new(Door(stored)));
            let sent = Credentials {
                email: Email::parse("ana@example.com").unwrap(),
                password: SecretString::from("wrong horse battery"),
                org: None,
                client: None,
            };
            let refused = signing_in.sign_in(sent, "r".to_owned()).await.err();
            assert_eq!(refused, Some(Refused::Wrong));
            assert_eq!(signing_in.passwords.computed(), 1);
        }
    }
}
