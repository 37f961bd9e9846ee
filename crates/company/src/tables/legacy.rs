//! `legacy_export`: an old export whose columns have numbers instead of names.
//!
//! Only the values tell what a column holds. Personal data and its look-alikes alternate, so a
//! detector that goes by names alone finds nothing, and one that goes by digits alone errs.

use crate::check;
use crate::person::lists::AREA_CODES;
use crate::person::{self, Person, papers};
use crate::rng::CAPITALS;
use crate::sheet::{Sheet, nullable};
use crate::table::{Column, Table};
use crate::world::{User, World};

/// The table: the oldest users, as they were exported.
pub(crate) fn table(world: &World) -> Table {
    let wanted = usize::try_from(world.scale.legacy).unwrap_or(0);
    let rows: Vec<User> = world.users.iter().take(wanted).copied().collect();
    let mut columns = people(world, &rows);
    columns.extend(doubles(world, &rows));
    columns.extend(remains(world, &rows));
    Table::new(
        "legacy_export",
        "Copied from the old system; the meaning of the columns is lost",
        columns,
    )
}

fn people(world: &World, rows: &[User]) -> Vec<Column> {
    let person = |row: &User| Person::of(world.seed, "customer", row.number, row.country.code);
    let mut sheet = Sheet::new(world.seed, "legacy_export", rows);
    sheet.int("c_01", "", |_, row| Some(row.number + 1));
    sheet.text("c_02", "", |_, row| Some(person(row).name()));
    sheet.text("c_03", "", |rng, row| nullable(rng, 40, |_| person(row).email));
    sheet.text("c_04", "", |rng, row| nullable(rng, 110, |_| person(row).phone));
    sheet.text("c_05", "", |rng, _| nullable(rng, 300, papers::ssn));
    sheet.text("c_06", "", |rng, _| nullable(rng, 250, papers::card));
    sheet
        .text("c_07", "", |rng, row| nullable(rng, 350, |rng| papers::iban(rng, row.country.code)));
    sheet.text("c_08", "", |rng, _| nullable(rng, 100, person::ipv4));
    sheet.text("c_09", "", |rng, row| {
        nullable(rng, 60, |rng| person::address(rng, row.country.code))
    });
    sheet.columns()
}

fn doubles(world: &World, rows: &[User]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "legacy_export", rows);
    sheet.text("c_10", "", |rng, _| Some(check::luhn_break(format!("55{}", rng.digits(13)))));
    sheet.text("c_11", "", |rng, _| {
        Some(format!(
            "{}-{:02}-{:04}",
            rng.between(900, 999),
            rng.between(1, 49),
            rng.between(1, 9999)
        ))
    });
    sheet.text("c_12", "", |rng, _| Some(check::gtin(&format!("20{}", rng.digits(10)))));
    sheet.text("c_13", "", |rng, _| Some(papers::imei(rng)));
    sheet.text("c_14", "", |rng, _| Some(check::iban_broken("DE", &rng.digits(18))));
    sheet.text("c_15", "", |rng, _| {
        Some(format!(
            "{}.{}.{}.{}",
            rng.between(1, 12),
            rng.between(0, 40),
            rng.between(0, 99),
            rng.between(0, 9)
        ))
    });
    sheet.int("c_16", "", |rng, _| Some(rng.between(1_400_000_000, 1_699_999_999)));
    sheet.columns()
}

fn remains(world: &World, rows: &[User]) -> Vec<Column> {
    let person = |row: &User| Person::of(world.seed, "customer", row.number, row.country.code);
    let mut sheet = Sheet::new(world.seed, "legacy_export", rows);
    sheet.text("c_17", "", |rng, row| nullable(rng, 70, |_| person(row).email.to_uppercase()));
    sheet.text("c_18", "", |rng, _| nullable(rng, 500, papers::mac));
    sheet.text("c_19", "", |_, _| Some("[redacted]".to_owned()));
    sheet.text("c_20", "", |_, _| None);
    sheet.text("c_21", "", |rng, _| Some(rng.letters(&CAPITALS, 6)));
    sheet.text("c_22", "", |rng, _| Some(format!("0x{}", rng.hex(40))));
    sheet.text("c_23", "", |rng, row| {
        let told = rng.chance(350);
        Some(if told {
            format!("told: {} / call first", person(row).email)
        } else {
            "nothing told".to_owned()
        })
    });
    sheet.float("c_24", "", |rng, _| {
        Some(f64::from(crate::num::day32(rng.between(-900_000, 900_000))) / 10_000.0)
    });
    sheet.int("c_25", "", |rng, _| {
        nullable(rng, 150, |rng| {
            let number = format!("1{}5550{}", rng.pick(&AREA_CODES), rng.between(100, 199));
            number.parse().unwrap_or(0)
        })
    });
    sheet.text("c_26", "", |rng, _| {
        let (day, month) = (rng.between(1, 28), rng.between(1, 12));
        Some(format!("{day:02}.{month:02}.{}", rng.between(1948, 2004)))
    });
    sheet.columns()
}
