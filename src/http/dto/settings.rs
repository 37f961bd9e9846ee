//! Settings of organisations and users as they are sent and shown.
//!
//! A writer sends the version that was read; the zone is checked against the time zone database.

use autopilot_domain::window::Zone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::identity::name;
use crate::http::problem::Problem;
use crate::ports::settings::{OrgSettings, UserSettings, Versioned};

/// An organisation's settings.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = OrgSettings)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct OrgSettingsDto {
    /// Counts the changes; send the one you read.
    version: i32,
    /// What the organisation is called, 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Its IANA time zone: what "yesterday" means in its questions and memos.
    #[schema(example = "Europe/Berlin", max_length = 64)]
    time_zone: String,
}

/// A user's own settings.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = UserSettings)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct UserSettingsDto {
    /// Counts the changes, from 0; send the one you read.
    version: i32,
    /// The IANA time zone in which times are shown to you; the organisation's when null.
    #[schema(example = "Europe/Berlin", max_length = 64)]
    #[serde(default)]
    time_zone: Option<String>,
}

fn zone(text: String) -> Result<Zone, Problem> {
    let known = (text.len() <= 64).then(|| Zone::try_from(text).ok()).flatten();
    known.ok_or_else(|| {
        Problem::input("time_zone: an IANA name such as Europe/Berlin or UTC is expected.")
    })
}

impl OrgSettingsDto {
    pub(in crate::http) fn checked(self) -> Result<Versioned<OrgSettings>, Problem> {
        let value = OrgSettings { name: name("name", &self.name)?, zone: zone(self.time_zone)? };
        Ok(Versioned { version: self.version, value })
    }

    pub(in crate::http) fn of(settings: &Versioned<OrgSettings>) -> Self {
        Self {
            version: settings.version,
            name: settings.value.name.as_str().to_owned(),
            time_zone: settings.value.zone.name().to_owned(),
        }
    }
}

impl UserSettingsDto {
    pub(in crate::http) fn checked(self) -> Result<Versioned<UserSettings>, Problem> {
        let zone = self.time_zone.map(zone).transpose()?;
        Ok(Versioned { version: self.version, value: UserSettings { zone } })
    }

    pub(in crate::http) fn of(settings: &Versioned<UserSettings>) -> Self {
        let time_zone = settings.value.zone.as_ref().map(|zone| zone.name().to_owned());
        Self { version: settings.version, time_zone }
    }
}
