//! `users`: the people who use the product and buy, with personal data under awkward names.
//!
//! The same person has the same address here, in tickets and in the legacy export. Hashes and
//! consent flags stand beside the data itself; a flag or a hash must not be taken for the data.

use sha2::{Digest, Sha256};

use crate::num::{DAY, HOUR, SECOND};
use crate::person::{self, Person, papers};
use crate::rng::{CAPITALS, Rng};
use crate::sheet::{Sheet, nullable};
use crate::table::{Column, Table};
use crate::world::{User, World};

/// The person a user is.
pub(crate) fn person_of(world: &World, user: &User) -> Person {
    Person::of(world.seed, "customer", user.number, user.country.code)
}

/// The table.
pub(crate) fn table(world: &World) -> Table {
    let mut columns = keys(world);
    columns.extend(contact(world));
    columns.extend(papers(world));
    columns.extend(habits(world));
    Table::new("users", "People with a login, one row each", columns).label("kind", "entity")
}

fn keys(world: &World) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "users", &world.users);
    sheet.int("user_id", "Key", |_, row| Some(row.id));
    sheet.int("account_id", "Company the user belongs to", |_, row| Some(row.account));
    sheet.instant("created_at", "When the login was made", |_, row| Some(row.created));
    sheet.date("signup_date", "Local day of created_at", |_, row| {
        Some(world.calendar.local_date(row.created))
    });
    sheet
        .text("country_code", "Country of the account", |_, row| Some(row.country.code.to_owned()));
    sheet.text("locale", "Language and country", |_, row| Some(row.country.locale.to_owned()));
    sheet.bool("is_test", "Login of a tester", |_, row| Some(row.test));
    sheet.columns()
}

fn contact(world: &World) -> Vec<Column> {
    let person = |row: &User| person_of(world, row);
    let mut sheet = Sheet::new(world.seed, "users", &world.users);
    sheet.text("display", "Shown next to comments", |_, row| Some(person(row).name()));
    sheet.text("contact", "Where to reach the user", |rng, row| {
        nullable(rng, 30, |_| person(row).email)
    });
    sheet.text("contact_sha256", "Digest of contact, for joins with the ad network", |_, row| {
        Some(hex::encode(Sha256::digest(person(row).email)))
    });
    sheet.text("contact_masked", "What support may see", |_, row| {
        let domain = person(row).email.split('@').next_back().unwrap_or_default().to_owned();
        Some(format!("{}***@{domain}", person(row).email.chars().next().unwrap_or('x')))
    });
    sheet.bool("email_opt_in", "Agreed to the newsletter", |rng, _| Some(rng.chance(410)));
    sheet.instant("email_verified_at", "When the address was confirmed", |rng, row| {
        nullable(rng, 180, |rng| {
            (row.created + rng.between(40, 9000) * SECOND).min(world.calendar.end() - 1)
        })
    });
    sheet.text("tel_no", "Number for call-backs", |rng, row| {
        nullable(rng, 380, |_| person(row).phone)
    });
    sheet.text("phone_model", "Phone of the last login", |rng, _| {
        nullable(rng, 300, |rng| {
            rng.pick(&["Pixel 9", "iPhone 16", "Galaxy A56", "Fairphone 5"]).to_owned()
        })
    });
    sheet.text("line_1", "First line of the postal address", |rng, row| {
        nullable(rng, 220, |rng| person::street(rng, row.country.code))
    });
    sheet.columns()
}

fn papers(world: &World) -> Vec<Column> {
    let last = world.calendar.number(world.calendar.days());
    let mut sheet = Sheet::new(world.seed, "users", &world.users);
    sheet.date("born_on", "Birthday, for the voucher", |rng, _| {
        // 19 to 75 years before the end of the history.
        nullable(rng, 260, |rng| last - crate::num::day32(rng.between(19 * 366, 75 * 365)))
    });
    sheet.text("tax_ref", "For the yearly statement; United States only", |rng, row| {
        let number = papers::ssn(rng);
        (row.country.code == "US" && rng.chance(640)).then_some(number)
    });
    sheet.text("national_ref", "Number of the identity card", |rng, row| {
        let number = papers::national_id(rng, row.country.code);
        matches!(row.country.code, "GB" | "ES" | "BR").then_some(number)
    });
    sheet.text("passport_no", "For travellers", |rng, _| nullable(rng, 880, papers::passport));
    sheet.text("last_seen_from", "Address of the last login", |rng, _| {
        nullable(rng, 60, |rng| if rng.chance(150) { person::ipv6(rng) } else { person::ipv4(rng) })
    });
    sheet.columns()
}

fn habits(world: &World) -> Vec<Column> {
    let end = world.calendar.end();
    let mut sheet = Sheet::new(world.seed, "users", &world.users);
    sheet.instant("last_login_at", "Last login; NULL when never", |rng, row| {
        let last = row.quiet.min(end) - rng.between(1, 20) * HOUR / 4;
        nullable(rng, 40, |_| last.max(row.created))
    });
    sheet.text("referral_code", "Code for friends", |rng, _| Some(rng.letters(&CAPITALS, 8)));
    sheet.text("marketing_segment", "Filled for a trial group only", |rng, _| {
        nullable(rng, 970, |rng| rng.pick(&["loyal", "bargain", "lapsed"]).to_owned())
    });
    sheet.text("loyalty_note", "Planned, never filled", |_, _| None);
    sheet.float("nps", "Answer to the yearly question, 0 to 10", |rng, _| {
        nullable(rng, 860, |rng| f64::from(crate::num::day32(rng.between(0, 20))) / 2.0)
    });
    sheet.texts("roles", "Rights in the application", |rng, _| roles(rng));
    sheet.instant("password_changed_at", "Last change of the password", |rng, row| {
        nullable(rng, 700, |rng| (row.created + rng.between(1, 200) * DAY).min(end - HOUR))
    });
    sheet.columns()
}

fn roles(rng: &mut Rng) -> Vec<String> {
    let extra = [("billing", 150), ("admin", 80), ("reports", 300)];
    let extra = extra.into_iter().filter(|(_, share)| rng.chance(*share)).map(|(role, _)| role);
    std::iter::once("member").chain(extra).map(str::to_owned).collect()
}
