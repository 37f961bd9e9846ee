//! Operators: who they are, what they see, and that they reach nothing of an organisation's.

use autopilot::store::operators;
use autopilot_domain::person::DisplayName;

use super::Real;

#[actix_web::test]
async fn an_operators_key_inspects_until_it_is_revoked_or_ends_and_opens_no_organisation() {
    let real = Real::new().await;
    let client = real.test.migrator().await;
    let name = DisplayName::parse("On call").unwrap();
    let (id, key) = operators::add(&client, &name, 90).await.unwrap();
    assert_eq!(real.get(&key, "/v1/admin/owners").await.status, 200);
    let actors = real.get(&key, "/v1/admin/actors").await;
    for org in [&real.a, &real.b] {
        assert!(actors.text.contains(&org.tenant.to_string()), "an operator sees every tree");
    }
    for path in ["/v1/workflows", "/v1/me", "/v1/users", "/v1/settings", "/v1/catalog"] {
        real.get(&key, path).await.problem(401, "AUTH_INVALID");
    }
    let (_, ended) = operators::add(&client, &name, 1).await.unwrap();
    real.run_sql("UPDATE public.operator_key SET expires_at = clock_timestamp() - interval '1 second' WHERE revoked_at IS NULL AND expires_at < clock_timestamp() + interval '2 days'").await;
    real.get(&ended, "/v1/admin/owners").await.problem(401, "AUTH_INVALID");
    assert!(operators::revoke(&client, id).await.unwrap());
    real.get(&key, "/v1/admin/owners").await.problem(401, "AUTH_INVALID");
    let listed = operators::list(&client).await.unwrap();
    assert!(
        listed
            .iter()
            .any(|row| row.id == id && row.revoked_at.is_some() && row.last_used_at.is_some())
    );
}
