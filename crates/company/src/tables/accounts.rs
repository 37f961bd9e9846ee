//! `accounts`: the customer companies.
//!
//! Company names look like persons' names and are none; the account manager and the billing contact
//! are persons. The settings hold an e-mail address inside JSON.

use crate::check;
use crate::person::Person;
use crate::person::lists::FAMILY;
use crate::person::papers;
use crate::sheet::{Sheet, nullable};
use crate::table::{Column, Table};
use crate::world::{Account, World};

const INDUSTRIES: [(&str, u64); 7] = [
    ("retail", 26),
    ("software", 22),
    ("logistics", 14),
    ("health", 12),
    ("education", 10),
    ("manufacturing", 10),
    ("hospitality", 6),
];

/// The table.
pub(crate) fn table(world: &World) -> Table {
    let mut columns = business(world);
    columns.extend(personal(world));
    Table::new("accounts", "Customer companies, one row each", columns).label("kind", "entity")
}

fn business(world: &World) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "accounts", &world.accounts);
    sheet.int("account_id", "Key", |_, row| Some(row.id));
    sheet.text("account_name", "Registered name", |rng, _| {
        let form = rng.pick(&["Ltd", "GmbH", "Inc", "& Sons", "Trading", "Studio", "S.A."]);
        Some(format!("{} {form}", rng.pick(&FAMILY)))
    });
    sheet.text("industry", "Line of business", |rng, _| Some(rng.weighted(&INDUSTRIES).to_owned()));
    sheet.text("country_code", "ISO code of the country", |_, row| {
        Some(row.country.code.to_owned())
    });
    sheet
        .text("currency", "Currency of its orders", |_, row| Some(row.country.currency.to_owned()));
    sheet.instant("created_at", "When it signed up", |_, row| Some(row.created));
    sheet.instant("closed_at", "When it left; NULL while it is a customer", |_, row| row.closed);
    sheet.int("employee_count", "As stated by the customer; mostly unknown", |rng, _| {
        nullable(rng, 920, |rng| rng.between(1, 900))
    });
    sheet.text("web_address", "Home page", |_, row| {
        Some(format!("https://www.example.com/c/{}", row.number))
    });
    sheet.text("vat_number", "VAT registration", |rng, row| {
        nullable(rng, 150, |rng| format!("{}{}", row.country.code, rng.digits(9)))
    });
    sheet.columns()
}

fn personal(world: &World) -> Vec<Column> {
    let (seed, accounts) = (world.seed, &world.accounts);
    let contact = move |row: &Account| Person::of(seed, "billing", row.number, row.country.code);
    let mut sheet = Sheet::new(seed, "accounts", accounts);
    sheet.text("account_manager", "Who looks after the account", |rng, _| {
        Some(Person::of(seed, "staff", rng.between(1, 14), "US").name())
    });
    sheet.text("billing_contact", "Where bills go", |rng, row| {
        nullable(rng, 80, |_| contact(row).email)
    });
    sheet.text("payout_ref", "Account that credits are paid to", |rng, row| {
        nullable(rng, 450, |rng| papers::iban(rng, row.country.code))
    });
    sheet.text("mandate_ref", "Reference of the debit mandate", |rng, _| {
        nullable(rng, 300, |rng| check::iban_broken("DE", &rng.digits(18)))
    });
    sheet.json("settings", "Settings as the application stores them", |rng, row| {
        let digest = rng.chance(600);
        let copy = if rng.chance(350) {
            format!(",\"cc\":\"{}\"", contact(row).email)
        } else {
            String::new()
        };
        Some(format!(
            "{{\"weekly_digest\":{digest},\"theme\":\"{}\"{copy}}}",
            rng.pick(&["dark", "light"])
        ))
    });
    sheet.columns()
}
