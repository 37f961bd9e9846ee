//! `support_tickets`: conversations with users, full of personal data in free text.
//!
//! The sender's address and number are the user's own. Message ids, file names and the like have
//! the look of personal data and are none.

use crate::check;
use crate::num::{HOUR, MINUTE};
use crate::person::{self, Person, papers};
use crate::rng::Rng;
use crate::scale::{OFFICE, allot, day_weights};
use crate::sheet::{Sheet, nullable};
use crate::table::{Column, Table};
use crate::tables::users::person_of;
use crate::world::{User, World};

struct Ticket {
    id: i64,
    at: i64,
    closed: Option<i64>,
    user: User,
}

fn tickets(world: &World) -> Vec<Ticket> {
    let calendar = &world.calendar;
    let mut rng = Rng::keyed(world.seed, "tickets", 0);
    let weights = day_weights(calendar, world.seed, "tickets.day");
    let mut rows = Vec::new();
    let mut id = 40_000;
    for (day, count) in (0..).zip(allot(world.scale.tickets, &weights)) {
        for _ in 0..count {
            let at = calendar.moment(day, &mut rng, &OFFICE);
            let closed = at + rng.between(20, 9 * 24 * 60) * MINUTE;
            let open = rng.chance(60) || closed > calendar.end();
            id += 1;
            if let Some(user) = world.somebody(&mut rng, at) {
                rows.push(Ticket { id, at, closed: (!open).then_some(closed), user: *user });
            }
        }
    }
    rows
}

/// The table.
pub(crate) fn table(world: &World) -> Table {
    let rows = tickets(world);
    let mut columns = handling(world, &rows);
    columns.extend(text(world, &rows));
    Table::new("support_tickets", "Requests to support, one row each", columns)
        .label("kind", "entity")
}

fn handling(world: &World, rows: &[Ticket]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "support_tickets", rows);
    sheet.int("ticket_id", "Key", |_, row| Some(row.id));
    sheet.int("user_id", "Who asks", |_, row| Some(row.user.id));
    sheet.instant("opened_at", "When it came in", |_, row| Some(row.at));
    sheet.instant("closed_at", "When it was solved; NULL while open", |_, row| row.closed);
    sheet.instant("due_at", "Promised; may lie in the future", |rng, row| {
        Some(row.at + rng.pick(&[24, 48, 240]) * HOUR)
    });
    sheet.text("status", "open or solved", |_, row| {
        Some(if row.closed.is_some() { "solved" } else { "open" }.to_owned())
    });
    sheet.text("priority", "low, normal, high", |rng, _| {
        Some(rng.weighted(&[("normal", 70), ("low", 18), ("high", 12)]).to_owned())
    });
    sheet.text("agent_name", "Who answers", |rng, _| {
        Some(Person::of(world.seed, "staff", rng.between(20, 31), "US").name())
    });
    sheet.int("satisfaction", "1 to 5, when the user answered", |rng, _| {
        nullable(rng, 790, |rng| rng.weighted(&[(1, 8), (2, 6), (3, 12), (4, 30), (5, 44)]))
    });
    sheet.texts("tags", "Topics", |rng, _| {
        let tags = ["delivery", "invoice", "login", "refund", "quality"];
        let tags = tags.into_iter().filter(|_| rng.chance(240));
        tags.map(str::to_owned).collect()
    });
    sheet.columns()
}

fn text(world: &World, rows: &[Ticket]) -> Vec<Column> {
    let mut sheet = Sheet::new(world.seed, "support_tickets", rows);
    sheet.text("requester", "Sender", |_, row| Some(person_of(world, &row.user).email));
    sheet.text("callback", "Number left on the form", |rng, row| {
        let phone = person_of(world, &row.user).phone;
        nullable(rng, 610, |rng| {
            if rng.chance(200) { format!("{phone} x{}", rng.digits(2)) } else { phone }
        })
    });
    sheet.text("subject", "First line", |rng, _| {
        let subjects = [
            "Where is my parcel",
            "Wrong bill",
            "Cannot log in",
            "Broken on arrival",
            "Change address",
        ];
        Some(rng.pick(&subjects).to_owned())
    });
    sheet.text("body", "Text of the request", |rng, row| Some(body(world, rng, &row.user)));
    sheet.json("payload", "The form as it was sent", |rng, row| {
        let from = person_of(world, &row.user).email;
        let contact = if rng.chance(550) {
            format!(",\"reply\":{{\"to\":\"{from}\"}}")
        } else {
            String::new()
        };
        Some(format!("{{\"form\":\"v{}\"{contact}}}", rng.between(1, 3)))
    });
    sheet.text("remote_addr", "Sent from", |rng, _| {
        nullable(
            rng,
            100,
            |rng| if rng.chance(300) { person::ipv6(rng) } else { person::ipv4(rng) },
        )
    });
    sheet.text("message_id", "Of the mail server", |rng, _| {
        Some(format!("<{}.{}@mx.example.com>", rng.digits(14), rng.hex(8)))
    });
    sheet.text("file_name", "Attachment", |rng, _| {
        nullable(rng, 720, |rng| {
            format!(
                "{}_{}.{}",
                rng.pick(&["scan", "photo", "bill"]),
                rng.digits(6),
                rng.pick(&["pdf", "png"])
            )
        })
    });
    sheet.columns()
}

/// A request; two in five say more about the user than they should.
fn body(world: &World, rng: &mut Rng, user: &User) -> String {
    let person = person_of(world, user);
    match rng.below(20) {
        0..=2 => format!("Please answer to {} instead of my old address.", person.email),
        3 | 4 => format!("Call me under {} after five, {}.", person.phone, person.given),
        5 => format!("You charged {} twice!", papers::card(rng)),
        6 => format!("My number for the form is {}.", papers::ssn(rng)),
        7 => format!("Send the money to {} please.", papers::iban(rng, user.country.code)),
        8 => format!("I moved to {}.", person::address(rng, user.country.code)),
        9..=12 => {
            format!("Order {} has not arrived.", check::luhn_break(format!("44{}", rng.digits(13))))
        }
        13 | 14 => format!(
            "The part {}-{}-{} does not fit.",
            rng.between(900, 999),
            rng.digits(2),
            rng.digits(4)
        ),
        _ => rng
            .pick(&["It does not work.", "Thank you, solved.", "Any news?", "How do I add a seat?"])
            .to_owned(),
    }
}
