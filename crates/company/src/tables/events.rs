//! `events`: what people do in the product, partitioned by the UTC date, a filter required.
//!
//! Two dates have no partition, one has a fraction of its rows, and some rows are loaded days late;
//! rows that would arrive after the data was copied are not there, so the last days are light. No
//! event may precede its user.

use crate::num::{DAY, HOUR, MINUTE, SECOND, day32};
use crate::person::{self, papers};
use crate::rng::Rng;
use crate::scale::{SHOPPING, allot, day_weights};
use crate::sheet::{Sheet, nullable};
use crate::table::{Column, Table};
use crate::world::{User, World};

/// One event.
struct Event<'a> {
    at: i64,
    user: Option<&'a User>,
    session: u64,
    name: &'static str,
    ingested: i64,
}

/// What people do after the first page, with weights.
const STEPS: [(&str, u64); 8] = [
    ("page_view", 44),
    ("product_view", 22),
    ("search", 9),
    ("add_to_cart", 8),
    ("login", 7),
    ("checkout_start", 5),
    ("purchase", 3),
    ("logout", 2),
];

fn events(world: &World) -> Vec<Event<'_>> {
    let weights = day_weights(&world.calendar, world.seed, "events.day");
    let wanted = allot(world.scale.events, &weights);
    let mut events = Vec::new();
    let mut session = 0;
    // UTC dates overlap the local days by a part at both ends; what lies outside is cut off.
    for day in -1..=world.calendar.days() {
        let date = world.calendar.number(day);
        let near = usize::try_from(day.clamp(0, world.calendar.days() - 1)).unwrap_or(0);
        let mut left = wanted.get(near).copied().unwrap_or(0);
        if world.plan.no_events.contains(&date) {
            continue;
        }
        if date == world.plan.drop {
            left = left * 12 / 100;
        }
        while left > 0 {
            session += 1;
            left -= visit(world, session, date, &mut events);
        }
    }
    events
}

/// Adds the events of one session that starts on a UTC date; returns how many it had.
fn visit<'a>(world: &'a World, session: u64, date: i32, events: &mut Vec<Event<'a>>) -> i64 {
    let calendar = &world.calendar;
    let mut rng = Rng::keyed(world.seed, "session", session);
    let midnight = i64::from(date) * DAY;
    // Local midnight, hours behind the UTC one: turns a local hour into a UTC hour of this date.
    let shift = (calendar.start(calendar.day_of(midnight)) - midnight).div_euclid(HOUR);
    let hour = (rng.weighted(&SHOPPING) + shift).rem_euclid(24);
    let mut at = midnight + hour * HOUR + rng.between(0, 3_599_999) * 1000;
    let user = if rng.chance(640) { world.somebody(&mut rng, at) } else { None };
    let length = rng.between(1, 5) + if rng.chance(250) { rng.between(1, 12) } else { 0 };
    for step in 0..length {
        let name = if step == 0 { "page_view" } else { rng.weighted(&STEPS) };
        let late = rng.between(25 * 60, 5 * 24 * 60) * MINUTE;
        let ingested = at + if rng.chance(31) { late } else { rng.between(2, 2400) * SECOND };
        let inside =
            calendar.start(0) <= at && at < calendar.end() && ingested <= calendar.extracted();
        if inside && !world.plan.no_events.contains(&utc_date(at)) {
            events.push(Event { at, user, session, name, ingested });
        }
        at += rng.between(3000, 240_000) * 1000;
    }
    length
}

/// Day number of an instant in UTC.
fn utc_date(at: i64) -> i32 {
    day32(at.div_euclid(DAY))
}

/// The table.
pub(crate) fn table(world: &World) -> Table {
    let rows = events(world);
    let mut columns = facts(world, &rows);
    columns.extend(device(world, &rows));
    let mut table = Table::new("events", "One row per action; event_date is the UTC date", columns)
        .by_day("event_date")
        .clustered(&["event_name"])
        .label("kind", "events");
    table.require_partition_filter = true;
    table
}

/// Draws by the session and the column's name: a device keeps its address for a session.
fn by(world: &World, column: &str, row: &Event<'_>) -> Rng {
    Rng::keyed(world.seed, column, row.session)
}

fn facts(world: &World, rows: &[Event<'_>]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "events", rows);
    sheet.text("event_id", "Key", |rng, _| Some(rng.hex(16)));
    sheet.instant("event_ts", "Moment of the action", |_, row| Some(row.at));
    sheet
        .date("event_date", "UTC date of event_ts; the partition", |_, row| Some(utc_date(row.at)));
    sheet.int("user_id", "User; NULL before the login", |_, row| row.user.map(|user| user.id));
    sheet.text("session_id", "Digest of the visit", |_, row| {
        Some(by(world, "session_id", row).hex(32))
    });
    sheet.text("event_name", "What was done", |_, row| Some(row.name.to_owned()));
    sheet.text("page_url", "Address of the page", |rng, row| Some(page(world, rng, row)));
    sheet.json("props", "Details as the client sends them", |rng, row| {
        let cart = if row.name == "add_to_cart" {
            format!(",\"qty\":{}", rng.between(1, 4))
        } else {
            String::new()
        };
        Some(format!(
            "{{\"schema\":{},\"theme\":\"{}\"{cart}}}",
            rng.between(2, 3),
            rng.pick(&["dark", "light"])
        ))
    });
    sheet.text("experiment", "Arm of the running trial; mostly none", |rng, _| {
        nullable(rng, 910, |rng| rng.pick(&["checkout_a", "checkout_b"]).to_owned())
    });
    sheet.instant("ingested_at", "When the row was loaded", |_, row| Some(row.ingested));
    sheet.columns()
}

/// The page; now and then with the visitor's address in it, as a careless form leaves it.
fn page(world: &World, rng: &mut Rng, row: &Event<'_>) -> String {
    let path = match row.name {
        "product_view" => format!("/p/{}", rng.between(100, 480)),
        "search" => format!("/search?page={}", rng.between(1, 9)),
        "checkout_start" | "purchase" => "/checkout".to_owned(),
        "login" | "logout" => format!("/{}", row.name),
        _ => rng.pick(&["/", "/sale", "/help", "/about", "/account"]).to_owned(),
    };
    match row.user {
        Some(user) if row.name == "login" && rng.chance(120) => {
            let person = person::Person::of(world.seed, "customer", user.number, user.country.code);
            format!("https://shop.example{path}?mail={}", person.email)
        }
        Some(_) | None => format!("https://shop.example{path}"),
    }
}

fn device(world: &World, rows: &[Event<'_>]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "events", rows);
    sheet.text("platform", "web, ios or android", |_, row| {
        Some(
            by(world, "platform", row)
                .weighted(&[("web", 58), ("ios", 23), ("android", 19)])
                .to_owned(),
        )
    });
    sheet.text("client_addr", "Address the request came from", |_, row| {
        let mut rng = by(world, "client_addr", row);
        Some(if rng.chance(120) { person::ipv6(&mut rng) } else { person::ipv4(&mut rng) })
    });
    sheet.int("ip_version", "4 or 6", |_, row| {
        Some(if by(world, "client_addr", row).chance(120) { 6 } else { 4 })
    });
    sheet.text("install_ref", "Advertising id of a phone", |_, row| {
        let phone =
            by(world, "platform", row).weighted(&[("web", 58), ("ios", 23), ("android", 19)])
                != "web";
        phone.then(|| papers::advertising_id(&mut by(world, "install_ref", row)))
    });
    sheet.text("app_version", "Build of the client", |_, row| {
        let mut rng = by(world, "app_version", row);
        Some(format!(
            "{}.{}.{}.{}",
            rng.between(3, 4),
            rng.between(0, 20),
            rng.between(0, 9),
            rng.between(1, 250)
        ))
    });
    sheet.int("client_ms", "Clock of the client, milliseconds since 1970", |rng, row| {
        Some(row.at / 1000 + rng.between(-4000, 4000))
    });
    sheet.int("retry_no", "How often the client sent it again", |rng, _| {
        Some(rng.weighted(&[(0, 95), (1, 4), (2, 1)]))
    });
    sheet.columns()
}
