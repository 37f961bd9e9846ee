//! A file of a million rows is loaded in seconds, also without optimization.
//!
//! The figures, with and without partitions, are printed with `--nocapture`.

use std::fmt::Write as _;
use std::time::Duration;

use super::{NOW, folder, read, source};

/// Generous, for a busy machine.
const MOST: Duration = Duration::from_secs(60);

#[test]
#[expect(clippy::disallowed_methods, reason = "the time it takes is what is measured")]
#[ignore = "writes a file of 80 MB"]
fn a_million_rows_of_eight_columns_are_loaded_in_seconds() {
    let mut text = "id,user_id,ordered_at,day,amount,status,note,paid\n".to_owned();
    for n in 0..1_000_000_u32 {
        let (day, hour, cents) = (n % 28 + 1, n % 24, n % 100);
        writeln!(
            text,
            "{n},{},2026-03-{day:02}T{hour:02}:15:00Z,2026-03-{day:02},{}.{cents:02},shipped,\"note, {n}\",true",
            n % 5000,
            n % 300,
        )
        .unwrap();
    }
    let by_day = "[tables.big]\npartitioning = { column = \"day\", by = \"day\" }\n";
    for (toml, partitions) in [("", 1), (by_day, 28)] {
        let folder = folder(&[("big.csv", &text), ("schema.toml", toml)]);
        let started = std::time::Instant::now();
        let loaded = read(&source(&folder), NOW, &mut |_| {}).unwrap();
        let took = started.elapsed();
        println!("{} MB in {partitions} partitions: {took:?}", text.len() >> 20);
        assert_eq!(loaded.tables[0].rows(), 1_000_000);
        assert_eq!(loaded.tables[0].chunks().len(), partitions);
        assert!(took < MOST, "{took:?}");
    }
}
