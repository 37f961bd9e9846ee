//! The simulator's service accounts: one published key, and the tokens issued for it.
//!
//! The key is fixed and public, so it protects nothing; it exists so that a client's real
//! authentication path runs. Tokens are random, only those issued here are accepted, and each
//! carries the account it was issued to and the scopes it was asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::options::StartError;

const PEM: &str = include_str!("../data/keys/published-simulator-key-NOT-A-SECRET.pem");
/// The account that sees every data set.
pub(crate) const EMAIL: &str = "simulator@autopilot-sandbox.iam.gserviceaccount.com";
const LIFETIME: Duration = Duration::from_secs(3_600);
const GOOGLE: &str = "https://oauth2.googleapis.com/token";
const SCOPES: &str = "https://www.googleapis.com/auth/";

/// The service-account JSON that a client is given.
pub(crate) fn service_account(project: &str, email: &str, token_uri: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": project,
        "private_key_id": "published-simulator-key",
        "private_key": PEM,
        "client_email": email,
        "client_id": "1",
        "auth_uri": token_uri,
        "token_uri": token_uri,
        "auth_provider_x509_cert_url": token_uri,
        "client_x509_cert_url": token_uri,
    })
}

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) email: String,
    /// The data sets it may see; all when absent.
    #[serde(default)]
    pub(crate) datasets: Option<BTreeSet<String>>,
    /// The scopes its tokens may have, like `bigquery.readonly`; all when absent.
    #[serde(default)]
    pub(crate) scopes: Option<BTreeSet<String>>,
}

impl Account {
    /// Whether it may see a data set.
    pub(crate) fn sees(&self, dataset: &str) -> bool {
        self.datasets.as_ref().is_none_or(|granted| granted.contains(dataset))
    }

    /// Whether it is the one that sees every job and data set.
    pub(crate) fn is_owner(&self) -> bool {
        self.email == EMAIL
    }
}

/// What a token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Bearer {
    pub(crate) account: Arc<Account>,
    scopes: BTreeSet<String>,
}

impl Bearer {
    fn holds(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.scopes.contains(*name))
    }

    /// Whether its scopes let it change anything.
    pub(crate) fn may_write(&self) -> bool {
        self.holds(&["bigquery", "cloud-platform"])
    }

    /// Whether its scopes let it stream rows into a table.
    pub(crate) fn may_stream(&self) -> bool {
        self.may_write() || self.holds(&["bigquery.insertdata"])
    }

    /// Whether its scopes let it read.
    pub(crate) fn may_read(&self) -> bool {
        self.may_write() || self.holds(&["bigquery.readonly", "cloud-platform.read-only"])
    }
}

/// Clients differ in whether they pad.
fn unpadded(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('='))
}

/// Keeps the accounts; issues and checks tokens.
pub(crate) struct Tokens {
    public: Vec<u8>,
    audience: String,
    accounts: Mutex<BTreeMap<String, Arc<Account>>>,
    issued: Mutex<BTreeMap<String, (Instant, Bearer)>>,
}

impl Tokens {
    pub(crate) fn new(audience: String) -> Result<Self, StartError> {
        let body: String = PEM.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(body).map_err(|_| StartError::Key)?;
        let pair = RsaKeyPair::from_pkcs8(&der).map_err(|_| StartError::Key)?;
        let owner = Account { email: EMAIL.to_owned(), datasets: None, scopes: None };
        let accounts = BTreeMap::from([(EMAIL.to_owned(), Arc::new(owner))]);
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self { public, audience, accounts: Mutex::new(accounts), issued: Mutex::default() })
    }

    /// Where tokens are asked for.
    pub(crate) fn audience(&self) -> &str {
        &self.audience
    }

    /// Makes an account, or changes one; tokens it has already keep their old rights. The owner's
    /// account cannot be narrowed.
    pub(crate) fn admit(&self, account: Account) -> bool {
        if account.email.is_empty() || account.is_owner() {
            return false;
        }
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.insert(account.email.clone(), Arc::new(account));
        true
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
        let claim = |name: &str| claims.get(name).and_then(Value::as_str);
        // Google's own libraries name Google's address whatever the key's token_uri is.
        let audience = claim("aud").filter(|aud| *aud == self.audience || *aud == GOOGLE);
        audience?;
        let accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = Arc::clone(accounts.get(claim("iss")?)?);
        let bearer = bearer(account, claim("scope").unwrap_or_default());
        let token = format!("simulated.{}", Uuid::new_v4().simple());
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|_, (at, _)| at.elapsed() < LIFETIME);
        issued.insert(token.clone(), (Instant::now(), bearer));
        Some(token)
    }

    /// Whose token it is, if it was issued here within the hour.
    pub(crate) fn bearer(&self, token: &str) -> Option<Bearer> {
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, bearer) = issued.get(token)?;
        (at.elapsed() < LIFETIME).then(|| bearer.clone())
    }
}

/// The scopes asked for that the account may have, without their common beginning.
fn bearer(account: Arc<Account>, asked: &str) -> Bearer {
    let short = |scope: &str| scope.trim_start_matches(SCOPES).to_owned();
    let allowed = |scope: &String| {
        account.scopes.as_ref().is_none_or(|all| all.iter().any(|one| short(one) == *scope))
    };
    let scopes = asked.split_whitespace().map(short).filter(allowed).collect();
    Bearer { account, scopes }
}
