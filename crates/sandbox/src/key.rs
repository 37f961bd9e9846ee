//! The simulator's service account: one published key, and the tokens issued for it.
//!
//! The key is fixed and public, so it protects nothing; it exists so that a client's real
//! authentication path runs. Tokens are random, and only those issued here are accepted.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::options::StartError;

const PEM: &str = include_str!("../data/keys/published-simulator-key-NOT-A-SECRET.pem");
const EMAIL: &str = "simulator@autopilot-sandbox.iam.gserviceaccount.com";
const LIFETIME: Duration = Duration::from_secs(3_600);

/// The service-account JSON that a client is given.
pub(crate) fn service_account(project: &str, token_uri: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": project,
        "private_key_id": "published-simulator-key",
        "private_key": PEM,
        "client_email": EMAIL,
        "client_id": "1",
        "auth_uri": token_uri,
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": token_uri,
        "client_x509_cert_url": token_uri,
    })
}

/// Clients differ in whether they pad.
fn unpadded(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))
}

/// Issues and checks tokens.
pub(crate) struct Tokens {
    public: Vec<u8>,
    audience: String,
    issued: Mutex<BTreeMap<String, Instant>>,
}

impl Tokens {
    pub(crate) fn new(audience: String) -> Result<Self, StartError> {
        let body: String = PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|_| StartError::Key)?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| StartError::Key)?;
        Ok(Self { public: pair.public_key().as_ref().to_vec(), audience, issued: Mutex::default() })
    }

    /// A token for a signed assertion; nothing when it is not signed by the published key.
    #[expect(clippy::disallowed_methods, reason = "the life of a simulator's token")]
    pub(crate) fn issue(&self, assertion: &str) -> Option<String> {
        let (signed, signature) = assertion.rsplit_once('.')?;
        let (_, claims) = signed.split_once('.')?;
        let signature = unpadded(signature).ok()?;
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public);
        key.verify(signed.as_bytes(), &signature).ok()?;
        let claims: Value = serde_json::from_slice(&unpadded(claims).ok()?).ok()?;
        let holds =
            |name: &str, value: &str| claims.get(name).and_then(Value::as_str) == Some(value);
        if !holds("iss", EMAIL) || !holds("aud", &self.audience) {
            return None;
        }
        let token = format!("simulated.{}", Uuid::new_v4().simple());
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.insert(token.clone(), Instant::now());
        Some(token)
    }

    /// Whether a token was issued here within the hour.
    pub(crate) fn accepts(&self, token: &str) -> bool {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.get(token).is_some_and(|at| at.elapsed() < LIFETIME)
    }
}
