//! What a column is expected to be tagged as, and a table classified as.
//!
//! Written down by hand next to nothing else, so that a detector is measured against intent, not
//! against its own rules. What is not listed is plain and must not be flagged.

use serde::{Deserialize, Serialize};

/// The kind of personal data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Label {
    Email,
    Phone,
    Card,
    Ssn,
    Iban,
    Ip,
    NationalId,
    Passport,
    BankAccount,
    DeviceId,
    Name,
    Address,
    Dob,
    None,
}

/// How sure a detector can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The values confirm the kind: tag and protect.
    High,
    /// The name alone, or text around it: a person decides.
    Low,
    /// Not personal: leave alone.
    None,
}

/// What a column is expected to be tagged as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pii {
    /// The kind that weighs most.
    pub label: Label,
    /// The tier that is right.
    pub tier: Tier,
    /// The tiers that count as right; holds `tier`.
    pub accept: Vec<Tier>,
    /// Other kinds in the same column.
    pub also: Vec<Label>,
    /// What the column tests; `neg_` begins a look-alike.
    pub kind: String,
}

/// What a table is to a business.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableClass {
    /// One row per user or account.
    Entity,
    /// One row per sale, payment or their lines.
    Transaction,
    /// One row per happening.
    Event,
    /// One row per state of a thing.
    State,
    /// Settings and reference lists; never a source of figures.
    Config,
    /// None of these.
    Other,
}

use Label as L;
use TableClass as C;
use Tier::{High, Low, None as No};

type Expectation = (&'static str, &'static str, Label, &'static [Tier], &'static str);

/// Table, column, label, accepted tiers (the right one first), kind.
const PII: [Expectation; 69] = [
    ("accounts", "account_name", L::None, &[No, Low], "neg_company_name"),
    ("accounts", "web_address", L::None, &[No], "neg_url"),
    ("accounts", "vat_number", L::None, &[No, Low], "neg_vat"),
    ("accounts", "account_manager", L::Name, &[Low, No], "name"),
    ("accounts", "billing_contact", L::Email, &[High], "email"),
    ("accounts", "payout_ref", L::Iban, &[High], "iban_mixed"),
    ("accounts", "mandate_ref", L::None, &[No], "neg_iban_bad_checksum"),
    ("accounts", "settings", L::Email, &[Low, High], "email_in_json"),
    ("users", "display", L::Name, &[Low, No], "name_awkward"),
    ("users", "contact", L::Email, &[High], "email_awkward"),
    ("users", "contact_sha256", L::Email, &[Low, No], "email_hashed"),
    ("users", "contact_masked", L::Email, &[Low, No], "email_masked"),
    ("users", "email_opt_in", L::None, &[No], "neg_email_bool"),
    ("users", "email_verified_at", L::None, &[No], "neg_email_ts"),
    ("users", "tel_no", L::Phone, &[High], "phone_mixed"),
    ("users", "phone_model", L::None, &[No], "neg_phone_model"),
    ("users", "line_1", L::Address, &[Low, No], "address_awkward"),
    ("users", "born_on", L::Dob, &[Low, High], "dob"),
    ("users", "tax_ref", L::Ssn, &[High], "ssn_awkward"),
    ("users", "national_ref", L::NationalId, &[High, Low], "national_mixed"),
    ("users", "passport_no", L::Passport, &[Low, High], "passport"),
    ("users", "last_seen_from", L::Ip, &[High], "ip_mixed"),
    ("users", "referral_code", L::None, &[No], "neg_coupon"),
    ("users", "user_id", L::None, &[No], "neg_id_10digit"),
    ("orders", "order_number", L::None, &[No], "neg_order_16_nonluhn"),
    ("orders", "coupon_code", L::None, &[No], "neg_coupon"),
    ("orders", "note", L::Card, &[Low, High], "card_in_text"),
    ("orders", "client_addr", L::Ip, &[High], "ipv4"),
    ("orders", "deliver_to", L::Name, &[Low, No], "name_awkward"),
    ("orders", "drop_point", L::Address, &[Low, No], "address_awkward"),
    ("orders", "tracking_number", L::None, &[No], "neg_tracking"),
    ("orders", "box_dims", L::None, &[No], "neg_dimensions_phone_like"),
    ("order_items", "product_name", L::None, &[No], "neg_product_name"),
    ("order_items", "gtin", L::None, &[No], "neg_gtin"),
    ("order_items", "part_no", L::None, &[No], "neg_part_ssn_like"),
    ("payments", "instrument", L::Card, &[High], "card_mostly_null"),
    ("payments", "instrument_masked", L::Card, &[Low, No], "card_masked"),
    ("payments", "instrument_token", L::None, &[No, Low], "neg_card_token"),
    ("payments", "card_type", L::None, &[No], "neg_card_type"),
    ("payments", "debtor", L::Iban, &[High], "iban_mixed"),
    ("payments", "swift_code", L::None, &[No], "neg_bic"),
    ("payments", "account_number", L::BankAccount, &[Low, High, No], "bank_account_us"),
    ("payments", "memo", L::Iban, &[Low, High], "iban_in_text"),
    ("returns", "sender_mail", L::Email, &[Low, No], "email_no_rows"),
    ("events", "session_id", L::None, &[No], "neg_md5"),
    ("events", "page_url", L::Email, &[Low, High, No], "email_rare_in_url"),
    ("events", "client_addr", L::Ip, &[High], "ip_mixed"),
    ("events", "ip_version", L::None, &[No], "neg_ip_version"),
    ("events", "install_ref", L::DeviceId, &[Low, High, No], "advertising_id"),
    ("events", "app_version", L::None, &[No], "neg_version_4part"),
    ("events", "client_ms", L::None, &[No], "neg_epoch_ms"),
    ("subscriptions", "changed_by", L::Email, &[High], "email_half_null"),
    ("support_tickets", "agent_name", L::Name, &[Low, No], "name"),
    ("support_tickets", "requester", L::Email, &[High], "email_awkward"),
    ("support_tickets", "callback", L::Phone, &[High], "phone_extension"),
    ("support_tickets", "body", L::Email, &[Low, High], "mixed_in_text"),
    ("support_tickets", "payload", L::Email, &[Low, High], "email_in_json"),
    ("support_tickets", "remote_addr", L::Ip, &[High], "ip_mixed"),
    ("support_tickets", "message_id", L::None, &[No, Low], "neg_message_id"),
    ("support_tickets", "file_name", L::None, &[No], "neg_file_name"),
    ("marketing_spend", "campaign_name", L::None, &[No], "neg_campaign_name"),
    ("plans", "plan_name", L::None, &[No], "neg_plan_name"),
    ("legacy_export", "c_02", L::Name, &[Low, No], "name_opaque"),
    ("legacy_export", "c_03", L::Email, &[High], "email_opaque"),
    ("legacy_export", "c_04", L::Phone, &[High], "phone_opaque"),
    ("legacy_export", "c_05", L::Ssn, &[High], "ssn_opaque"),
    ("legacy_export", "c_06", L::Card, &[High], "card_opaque"),
    ("legacy_export", "c_07", L::Iban, &[High], "iban_opaque"),
    ("legacy_export", "c_08", L::Ip, &[High], "ipv4_opaque"),
];

/// The rest of the old export.
const OPAQUE: [Expectation; 15] = [
    ("legacy_export", "c_09", L::Address, &[Low, No], "address_opaque"),
    ("legacy_export", "c_10", L::None, &[No], "neg_order_16_nonluhn"),
    ("legacy_export", "c_11", L::None, &[No], "neg_part_ssn_like"),
    ("legacy_export", "c_12", L::None, &[No], "neg_gtin"),
    ("legacy_export", "c_13", L::None, &[No, Low], "neg_imei"),
    ("legacy_export", "c_14", L::None, &[No], "neg_iban_bad_checksum"),
    ("legacy_export", "c_15", L::None, &[No], "neg_version_4part"),
    ("legacy_export", "c_16", L::None, &[No], "neg_epoch_s"),
    ("legacy_export", "c_17", L::Email, &[High], "email_upper"),
    ("legacy_export", "c_18", L::DeviceId, &[Low, High, No], "mac"),
    ("legacy_export", "c_19", L::None, &[No], "neg_redacted"),
    ("legacy_export", "c_22", L::None, &[No, Low], "neg_crypto_address"),
    ("legacy_export", "c_23", L::Email, &[Low, High], "email_in_text"),
    ("legacy_export", "c_25", L::Phone, &[Low, High, No], "phone_int_opaque"),
    ("legacy_export", "c_26", L::Dob, &[Low, No], "dob_opaque"),
];

/// What that column is expected to be tagged as.
pub(crate) fn pii(table: &str, column: &str) -> Pii {
    let mut known = PII.iter().chain(&OPAQUE);
    let plain = ("", "", L::None, [No].as_slice(), "plain");
    let found = known.find(|known| (known.0, known.1) == (table, column)).unwrap_or(&plain);
    let (_, _, label, accept, kind) = *found;
    let also = if kind == "mixed_in_text" {
        vec![L::Phone, L::Card, L::Ssn, L::Iban, L::Address]
    } else {
        Vec::new()
    };
    Pii {
        label,
        tier: accept.first().copied().unwrap_or(No),
        accept: accept.to_vec(),
        also,
        kind: kind.to_owned(),
    }
}

/// What a table is expected to be classified as.
pub(crate) struct Class {
    /// The classes that count as right, the best one first.
    pub(crate) accept: &'static [TableClass],
    /// Whether it should be suggested to a newcomer.
    pub(crate) starter: bool,
    /// The column that says when a row happened.
    pub(crate) time: Option<&'static str>,
}

type Row = (&'static str, &'static [TableClass], bool, Option<&'static str>);

const CLASSES: [Row; 14] = [
    ("currencies", &[C::Config], false, None),
    ("plans", &[C::Config], false, None),
    ("fx_rates", &[C::Config, C::Other], false, Some("rate_date")),
    ("accounts", &[C::Entity], true, Some("created_at")),
    ("users", &[C::Entity], true, Some("created_at")),
    ("orders", &[C::Transaction], true, Some("order_ts")),
    ("order_items", &[C::Transaction, C::Other], false, Some("order_date")),
    ("payments", &[C::Transaction], true, Some("paid_at")),
    ("returns", &[C::Transaction, C::Other], false, Some("returned_at")),
    ("events", &[C::Event], true, Some("event_ts")),
    ("subscriptions", &[C::State], true, Some("valid_from")),
    ("marketing_spend", &[C::Other, C::Transaction, C::Event], false, Some("spend_date")),
    ("support_tickets", &[C::State, C::Entity, C::Event, C::Transaction], false, Some("opened_at")),
    ("legacy_export", &[C::Other, C::Entity], false, None),
];

/// What that table is expected to be classified as.
pub(crate) fn class(table: &str) -> Class {
    let found = CLASSES.iter().find(|row| row.0 == table);
    let (_, accept, starter, time) = *found.unwrap_or(&("", &[C::Other], false, None));
    Class { accept, starter, time }
}

/// Every column that is expected to be something, for tests that none is misspelt.
#[cfg(test)]
pub(crate) fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    PII.iter().chain(&OPAQUE).map(|row| (row.0, row.1))
}
