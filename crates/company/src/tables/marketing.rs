//! `marketing_spend`: one row per day and channel, in two currencies.
//!
//! One day is missing altogether, and on three days a channel is spelled in another way. The figures
//! are daily sums already: they must be summed, never counted.

use crate::num::{cents, day32, signed, unsigned};
use crate::rng::Rng;
use crate::scale::weekday;
use crate::sheet::Sheet;
use crate::table::Table;
use crate::world::World;

/// A channel and its spending on a mean day, in cents, at size small.
#[derive(Clone, Copy)]
struct Channel {
    name: &'static str,
    campaign: &'static str,
    currency: &'static str,
    spend: i64,
}

const fn channel(
    name: &'static str,
    campaign: &'static str,
    currency: &'static str,
    spend: i64,
) -> Channel {
    Channel { name, campaign, currency, spend }
}

const CHANNELS: [Channel; 6] = [
    channel("paid_search", "brand_us", "USD", 21_000),
    channel("paid_search", "marke_de", "EUR", 9_000),
    channel("social", "always_on_us", "USD", 14_000),
    channel("social", "always_on_eu", "EUR", 7_500),
    channel("affiliate", "partners_q", "USD", 5_200),
    channel("email", "digest_weekly", "USD", 600),
];

struct Day {
    date: i32,
    channel: Channel,
    misspelt: bool,
    cents: i64,
    impressions: i64,
    clicks: i64,
}

fn days(world: &World) -> Vec<Day> {
    let calendar = &world.calendar;
    let factor = (world.scale.orders / 6400).max(1);
    let mut rows = Vec::new();
    for day in (0..calendar.days()).filter(|day| *day != world.plan.no_spend) {
        let mut rng = Rng::keyed(world.seed, "marketing", unsigned(day));
        let growth = 1000 + 500 * day / calendar.days();
        for channel in CHANNELS {
            let noise = rng.between(850, 1150);
            let rhythm = signed(weekday(calendar.weekday(day)));
            let cents = factor * channel.spend * growth / 1000 * rhythm / 100 * noise / 1000;
            let clicks = cents / rng.between(38, 62);
            let impressions = clicks * rng.between(28, 55) + rng.between(0, 900);
            let three = world.plan.misspelt..world.plan.misspelt + 3;
            let misspelt = channel.campaign == "brand_us" && three.contains(&day);
            rows.push(Day {
                date: calendar.number(day),
                channel,
                misspelt,
                cents,
                impressions,
                clicks,
            });
        }
    }
    rows
}

/// The table.
pub(crate) fn table(world: &World) -> Table {
    let rows = days(world);
    let mut sheet = Sheet::new(world.seed, "marketing_spend", &rows);
    sheet.date("spend_date", "Local day", |_, row| Some(row.date));
    sheet.text("channel", "Where the money went", |_, row| {
        Some(if row.misspelt { "Paid Search" } else { row.channel.name }.to_owned())
    });
    sheet.text("campaign_name", "Name at the advertising network", |_, row| {
        Some(row.channel.campaign.to_owned())
    });
    sheet.text("currency", "Currency of spend", |_, row| Some(row.channel.currency.to_owned()));
    sheet.numeric("spend", "Spent on that day", |_, row| Some(cents(row.cents)));
    sheet.int("impressions", "Times shown", |_, row| Some(row.impressions));
    sheet.int("clicks", "Times clicked", |_, row| Some(row.clicks));
    sheet.float("ctr", "Clicks per impression; NULL without impressions", |_, row| {
        let (clicks, impressions) =
            (f64::from(day32(row.clicks)), f64::from(day32(row.impressions)));
        (row.impressions > 0).then(|| clicks / impressions)
    });
    Table::new(
        "marketing_spend",
        "Advertising by day and channel, as the networks report it",
        sheet.columns(),
    )
    .label("kind", "daily")
}
