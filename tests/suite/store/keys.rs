//! Keys against the real tables: what is in force, for whom, and what may be written by whom.
//! Each refusal is paired with the same call that is allowed, so that neither passes for nothing.

use autopilot::ports::accounts::{KeyMade, NewKey, Scope};
use autopilot::ports::identity::key_hash;
use autopilot::ports::{Accounts as _, Identity as _, RequestContext, Role};
use autopilot::store::{AccountStore, KeyStore};
use autopilot_domain::person::DisplayName;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::support::TestDb;

fn wish(scopes: &[Scope]) -> NewKey {
    NewKey { name: DisplayName::parse("test").unwrap(), scopes: scopes.to_vec(), expires_at: None }
}

async fn made(people: &AccountStore, ctx: &RequestContext, scopes: &[Scope]) -> (Uuid, String) {
    match people.create_key(ctx, wish(scopes)).await.unwrap() {
        KeyMade::Made(id, key) => (id, key),
        refused @ (KeyMade::Past | KeyMade::Full) => panic!("{refused:?}"),
    }
}

async fn role(keys: &KeyStore, key: &str) -> Option<Role> {
    keys.principal(key_hash(key.as_bytes())).await.unwrap().map(|holder| holder.role)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_allows_the_lesser_of_its_scopes_and_its_users_role() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let keys = KeyStore::new(test.db.clone());
    let people = AccountStore(test.db.clone());
    for user in [Role::Viewer, Role::Member, Role::Admin] {
        let own = test.key(org.tenant, user).await;
        assert_eq!(role(&keys, &own).await, Some(user), "an older key does what its user may");
        let ctx = test.context(&own).await;
        for scope in [Scope::Read, Scope::Execute, Scope::Admin] {
            let (_, key) = made(&people, &ctx, &[scope]).await;
            assert_eq!(role(&keys, &key).await, Some(user.min(scope.role())), "{user:?} {scope:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_expired_and_forged_keys_have_no_holder() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let keys = KeyStore::new(test.db.clone());
    let people = AccountStore(test.db.clone());
    let ctx = test.context(&org.api_key).await;
    let (revoked, key) = made(&people, &ctx, &[Scope::Read]).await;
    assert!(role(&keys, &key).await.is_some());
    assert!(people.revoke_key(&ctx, revoked).await.unwrap());
    assert_eq!(role(&keys, &key).await, None, "revoked");

    let (id, key) = made(&people, &ctx, &[Scope::Read]).await;
    let end = "UPDATE public.api_key SET expires_at = clock_timestamp() + $2::text::interval WHERE key_id = $1";
    let superuser = test.migrator().await;
    superuser.execute(end, &[&id, &"1 hour"]).await.unwrap();
    assert!(role(&keys, &key).await.is_some());
    superuser.execute(end, &[&id, &"-1 second"]).await.unwrap();
    assert_eq!(role(&keys, &key).await, None, "expired");

    let forged = format!("{}x", org.api_key);
    assert_eq!(role(&keys, &forged).await, None, "forged");
    let past = NewKey { expires_at: Some(jiff::Timestamp::UNIX_EPOCH), ..wish(&[Scope::Read]) };
    assert_eq!(people.create_key(&ctx, past).await.unwrap(), KeyMade::Past);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_organisations_key_cannot_be_seen_or_revoked_nor_a_colleagues_by_a_member() {
    let test = TestDb::new().await;
    let (a, b) = (test.org("A").await, test.org("B").await);
    let keys = KeyStore::new(test.db.clone());
    let people = AccountStore(test.db.clone());
    let admin = test.context(&a.api_key).await;
    let foreign = test.context(&b.api_key).await;
    let member = test.context(&test.key(a.tenant, Role::Member).await).await;
    let (id, key) = made(&people, &admin, &[Scope::Admin]).await;
    for stranger in [&foreign, &member] {
        assert!(!people.revoke_key(stranger, id).await.unwrap());
        assert!(people.keys(stranger).await.unwrap().iter().all(|one| one.id != id));
    }
    assert!(role(&keys, &key).await.is_some());

    let (of_member, _) = made(&people, &member, &[Scope::Read]).await;
    assert!(people.keys(&admin).await.unwrap().iter().any(|one| one.id == of_member));
    assert!(people.revoke_key(&admin, of_member).await.unwrap());
    // Two makings and one revocation; the refused ones took their events back.
    let tx = test.db.begin(&admin).await.unwrap();
    let counted = "SELECT count(*) AS n FROM event WHERE kind = 'security_gate_decision'";
    let events: i64 = tx.query(counted, &[]).await.unwrap()[0].get("n");
    assert_eq!(events, 3);
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_login_role_writes_keys_through_the_functions_only_and_a_tenants_role_not_at_all() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let login = test.app().await;
    let refused = |error: tokio_postgres::Error, sql: &str| {
        assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}: {error}");
    };
    for sql in [
        "UPDATE public.api_key SET revoked_at = NULL",
        "INSERT INTO public.api_key (key_hash, user_id, name) SELECT key_hash, user_id, name FROM public.api_key",
        "DELETE FROM public.api_key",
        "UPDATE public.app_user SET role = 'admin'",
    ] {
        refused(login.batch_execute(sql).await.expect_err(sql), sql);
    }
    let enter = format!("SET ROLE ap_t_{}", org.tenant.as_uuid().simple());
    login.batch_execute(&enter).await.unwrap();
    for sql in [
        "SELECT public.key_revoke(gen_random_uuid(), NULL, gen_random_uuid())",
        "SELECT public.key_used(gen_random_uuid())",
    ] {
        refused(login.batch_execute(sql).await.expect_err(sql), sql);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_use_is_noted_and_not_again_within_the_minute() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    let keys = KeyStore::new(test.db.clone());
    let hash = key_hash(org.api_key.as_bytes());
    let superuser = test.migrator().await;
    let used = "SELECT last_used_at::text AS at FROM public.api_key WHERE key_hash = $1";
    let read = async || -> Option<String> {
        superuser.query_one(used, &[&hash.as_slice()]).await.unwrap().get("at")
    };
    keys.principal(hash).await.unwrap();
    let mut first = None;
    for _ in 0..2_000 {
        first = read().await;
        if first.is_some() {
            break;
        }
    }
    assert!(first.is_some(), "the use was not noted");
    let id = "SELECT public.key_used(key_id) FROM public.api_key WHERE key_hash = $1";
    superuser.query(id, &[&hash.as_slice()]).await.unwrap();
    assert_eq!(read().await, first);
}
