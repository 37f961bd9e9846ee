//! Settings of organisations and users, in versions.
//!
//! The version that a writer read is compared by the database in the statement that writes.

use async_trait::async_trait;
use autopilot_domain::person::DisplayName;
use autopilot_domain::window::Zone;
use serde_json::json;

use super::super::rows::{corrupt, get};
use super::super::statements::{
    ORG_SETTINGS, ORG_SETTINGS_WRITE, USER_SETTINGS, USER_SETTINGS_WRITE,
};
use super::{AccountStore, answer, audited, settle};
use crate::ports::settings::{OrgSettings, UserSettings, Versioned};
use crate::ports::{RequestContext, Settings, StoreError};

fn zone(name: String) -> Result<Zone, StoreError> {
    Zone::try_from(name).map_err(|_| corrupt())
}

#[async_trait]
impl Settings for AccountStore {
    async fn org(&self, ctx: &RequestContext) -> Result<Versioned<OrgSettings>, StoreError> {
        let rows = self.0.login_query(ORG_SETTINGS, &[&ctx.tenant().as_uuid()]).await?;
        let row = rows.first().ok_or_else(corrupt)?;
        let name = DisplayName::parse(&get::<String>(row, "name")?).map_err(|_| corrupt())?;
        let value = OrgSettings { name, zone: zone(get(row, "zone")?)? };
        Ok(Versioned { version: get(row, "settings_version")?, value })
    }

    async fn write_org(
        &self,
        ctx: &RequestContext,
        settings: Versioned<OrgSettings>,
    ) -> Result<Option<i32>, StoreError> {
        let OrgSettings { name, zone } = &settings.value;
        let details =
            json!({"of": "organisation", "after_version": settings.version, "zone": zone.name()});
        let tx = audited(&self.0, ctx, "settings_changed", details).await?;
        let (tenant, user) = (ctx.tenant().as_uuid(), ctx.user().as_uuid());
        let params: super::Params<'_> =
            &[&tenant, &user, &settings.version, &name.as_str(), &zone.name()];
        let written: Option<i32> = answer(&tx, ORG_SETTINGS_WRITE, params).await?;
        settle(tx, written.is_some()).await?;
        Ok(written)
    }

    async fn own(&self, ctx: &RequestContext) -> Result<Versioned<UserSettings>, StoreError> {
        let params: super::Params<'_> = &[&ctx.tenant().as_uuid(), &ctx.user().as_uuid()];
        let rows = self.0.login_query(USER_SETTINGS, params).await?;
        let Some(row) = rows.first() else {
            return Ok(Versioned { version: 0, value: UserSettings { zone: None } });
        };
        let zone = get::<Option<String>>(row, "zone")?.map(zone).transpose()?;
        Ok(Versioned { version: get(row, "version")?, value: UserSettings { zone } })
    }

    async fn write_own(
        &self,
        ctx: &RequestContext,
        settings: Versioned<UserSettings>,
    ) -> Result<Option<i32>, StoreError> {
        let zone = settings.value.zone.as_ref().map(Zone::name);
        let details = json!({"of": "user", "after_version": settings.version, "zone": zone});
        let tx = audited(&self.0, ctx, "settings_changed", details).await?;
        let (tenant, user) = (ctx.tenant().as_uuid(), ctx.user().as_uuid());
        let params: super::Params<'_> = &[&tenant, &user, &settings.version, &zone];
        let written: Option<i32> = answer(&tx, USER_SETTINGS_WRITE, params).await?;
        settle(tx, written.is_some()).await?;
        Ok(written)
    }
}
