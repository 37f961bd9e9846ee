//! Every as-of date gets a zone with a change of the clocks, and every instant belongs to its local day.

use jiff::civil::date;

use super::*;
use crate::Size;

fn calendar(as_of: Date, zone: Option<&str>) -> Calendar {
    Calendar::of(&Options {
        seed: 1,
        size: Size::Small,
        as_of,
        zone: zone.map(str::to_owned),
        hostile: false,
    })
    .unwrap()
}

#[test]
fn a_change_of_the_clocks_lies_inside_the_history_whatever_the_as_of_date() {
    let start = date(2026, 1, 1);
    for as_of in start.series(Span::new().days(3)).take(250) {
        let calendar = calendar(as_of, None);
        let changes = calendar.changes().unwrap();
        let newest = changes.last().unwrap_or_else(|| panic!("none before {as_of}"));
        assert!(newest.date <= as_of && newest.day_minutes != 1440, "{newest:?}");
    }
}

#[test]
fn the_zone_is_the_one_whose_clocks_changed_last() {
    // New York changes on 1 November 2026 and 8 March 2026, Berlin on 25 October and 29 March.
    let cases = [
        (date(2026, 11, 22), "America/New_York"),
        (date(2026, 10, 31), "Europe/Berlin"),
        (date(2026, 7, 1), "Europe/Berlin"),
        (date(2026, 3, 20), "America/New_York"),
    ];
    for (as_of, zone) in cases {
        assert_eq!(calendar(as_of, None).zone, zone, "{as_of}");
    }
}

#[test]
fn a_zone_without_changes_has_none_and_an_unknown_one_is_refused() {
    assert_eq!(calendar(date(2026, 11, 22), Some("Asia/Kolkata")).changes().unwrap(), []);
    let mut options = Options::small(1, date(2026, 11, 22));
    options.zone = Some("Mars/Olympus".to_owned());
    assert!(matches!(Calendar::of(&options), Err(CompanyError::UnknownZone(_))));
}

#[test]
fn moments_stay_inside_their_day_and_reach_its_last_hour() {
    let calendar = calendar(date(2026, 11, 22), Some("America/New_York"));
    let mut rng = Rng::keyed(1, "test", 0);
    let long =
        calendar.day_of("2026-11-01T12:00:00Z".parse::<Timestamp>().unwrap().as_microsecond());
    let length = calendar.start(long + 1) - calendar.start(long);
    assert_eq!(length, 25 * HOUR);
    let mut last = 0;
    for _ in 0..3000 {
        let at = calendar.moment(long, &mut rng, &[(0, 1), (12, 1), (23, 1)]);
        assert_eq!(calendar.day_of(at), long);
        last = last.max(at - calendar.start(long));
    }
    assert!(last > 24 * HOUR && last < length);
}

#[test]
fn day_numbers_and_weekdays_agree_with_the_calendar() {
    assert_eq!((day_number(date(1970, 1, 1)), day_number(date(2000, 3, 1))), (0, 11_017));
    assert_eq!(date_of(11_017), date(2000, 3, 1));
    let calendar = calendar(date(2026, 11, 22), None);
    assert_eq!(calendar.weekday(calendar.back(0)), 6, "22 November 2026 is a Sunday");
    assert_eq!(calendar.number(calendar.back(0)), day_number(date(2026, 11, 22)));
}
