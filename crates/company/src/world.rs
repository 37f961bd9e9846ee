//! What the tables share: the calendar, the planted faults' days, the accounts and the users.
//!
//! A user exists from a moment on and may go quiet later; whoever acts at an instant is drawn from
//! those who exist and are not quiet. Nobody may act before being created.

use crate::calendar::Calendar;
use crate::num::{DAY, HOUR, SECOND, int, unsigned};
use crate::person::{COUNTRIES, Country};
use crate::plan::Plan;
use crate::rng::Rng;
use crate::scale::{OFFICE, SHOPPING, allot, day_weights};
use crate::{CompanyError, Options, scale::Scale};

/// A customer company.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) number: i64,
    pub(crate) created: i64,
    pub(crate) closed: Option<i64>,
    pub(crate) country: Country,
}

/// A user of one account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) number: i64,
    pub(crate) account: i64,
    pub(crate) created: i64,
    /// From here on the user does nothing any more.
    pub(crate) quiet: i64,
    pub(crate) country: Country,
    pub(crate) test: bool,
}

/// Everything that more than one table needs.
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) scale: Scale,
    pub(crate) calendar: Calendar,
    pub(crate) plan: Plan,
    pub(crate) accounts: Vec<Account>,
    pub(crate) users: Vec<User>,
}

impl World {
    pub(crate) fn of(options: &Options) -> Result<Self, CompanyError> {
        let (seed, scale) = (options.seed, options.size.scale());
        let calendar = Calendar::of(options)?;
        let plan = Plan::of(&calendar);
        let accounts = accounts(seed, &scale, &calendar);
        let users = users(seed, &scale, &calendar, &accounts);
        Ok(Self { seed, scale, calendar, plan, accounts, users })
    }

    /// Somebody who exists and is not quiet at that instant; nobody when a few draws find none.
    pub(crate) fn somebody(&self, rng: &mut Rng, at: i64) -> Option<&User> {
        let known = unsigned(int(self.users.partition_point(|user| user.created <= at)));
        for _ in 0..6 {
            // Half the draws prefer one third of the users, so some are much busier than others.
            let wish = rng.below(known);
            let wish = if rng.chance(500) { wish - wish % 3 } else { wish };
            let user = self.users.get(crate::num::index(wish))?;
            if user.quiet > at {
                return Some(user);
            }
        }
        None
    }
}

/// When things came into being: two fifths before the history, the rest along the growth.
fn births(
    seed: u64,
    label: &str,
    total: i64,
    calendar: &Calendar,
    hours: &[(i64, u64)],
) -> Vec<i64> {
    let mut rng = Rng::keyed(seed, label, 0);
    let old = total * 2 / 5;
    let mut births: Vec<i64> = (0..old)
        .map(|_| calendar.start(0) - rng.between(1, 540) * DAY - rng.between(1, 86_399) * SECOND)
        .collect();
    let weights = day_weights(calendar, seed, label);
    for (day, count) in (0..).zip(allot(total - old, &weights)) {
        births.extend((0..count).map(|_| calendar.moment(day, &mut rng, hours)));
    }
    births.sort_unstable();
    births
}

fn accounts(seed: u64, scale: &Scale, calendar: &Calendar) -> Vec<Account> {
    let births = births(seed, "accounts", scale.accounts, calendar, &OFFICE);
    let mut id = 70_000;
    let account = |(number, created): (i64, i64)| {
        let mut rng = Rng::keyed(seed, "account", unsigned(number));
        id += rng.between(1, 9);
        let closed = created + rng.between(60, 900) * DAY + rng.between(0, 20) * HOUR;
        let closed = (rng.chance(220) && closed < calendar.end()).then_some(closed);
        Account { id, number, created, closed, country: rng.weighted(&COUNTRIES) }
    };
    (0..).zip(births).map(account).collect()
}

fn users(seed: u64, scale: &Scale, calendar: &Calendar, accounts: &[Account]) -> Vec<User> {
    let births = births(seed, "users", scale.users, calendar, &SHOPPING);
    let mut id = 2_400_000_000;
    let user = |(number, created): (i64, i64)| {
        let mut rng = Rng::keyed(seed, "user", unsigned(number));
        id += rng.between(3, 4000);
        let known = accounts.partition_point(|account| account.created <= created);
        let at = crate::num::index(rng.below(unsigned(int(known.max(1)))));
        let account = accounts.get(at);
        let country = account.map_or_else(Country::default, |account| account.country);
        let quiet = if rng.chance(420) { created + rng.between(2, 260) * DAY } else { i64::MAX };
        let quiet = account.and_then(|account| account.closed).map_or(quiet, |end| quiet.min(end));
        let quiet = quiet.max(created + HOUR);
        let test = number % 499 == 7;
        User {
            id,
            number,
            account: account.map_or(0, |account| account.id),
            created,
            quiet,
            country,
            test,
        }
    };
    (0..).zip(births).map(user).collect()
}
