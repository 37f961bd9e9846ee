//! What the child processes do.

use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

use autopilot_launcher::{Options, Product, Services, SharedOptions, SharedServices, Silent, Step};

use crate::support::Known;

/// The linger of shared services in these tests, in seconds: long enough to be used, short enough
/// to be waited for.
pub(crate) const LINGER: u64 = 2;

pub(crate) fn shared_options(target: &Path) -> SharedOptions {
    SharedOptions { linger: std::time::Duration::from_secs(LINGER), ..SharedOptions::new(target) }
}

/// Reads `WHAT FOLDER` from standard input, does it, says so, and stays until standard input ends.
#[test]
#[ignore = "started by other tests, in a process of its own"]
fn child_process() {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).unwrap();
    let Some((what, folder)) = line.trim().split_once(' ') else { return };
    let folder = PathBuf::from(folder);
    match what {
        "own" | "throw-away" => {
            let options = Options::durable(&folder);
            let thrown = Options::throw_away(&folder);
            let options = if what == "own" { options } else { thrown };
            let services = Services::start(&options, &mut Silent).unwrap();
            tell(&Known::of(
                services.folder(),
                services.postgres.params(),
                services.redis.params(),
            ));
            await_end();
            services.stop().unwrap();
        }
        "share" => {
            let lease =
                SharedServices::acquire_with(&shared_options(&folder), &mut Silent).unwrap();
            tell(&Known::of(lease.folder(), lease.postgres(), lease.redis()));
            await_end();
        }
        "own-stuck" => {
            Services::start(&Options::durable(&folder), &mut |step: Step| stuck_at_redis(&step))
                .unwrap();
        }
        "share-stuck" => {
            SharedServices::acquire_with(&shared_options(&folder), &mut |step: Step| {
                stuck_at_redis(&step)
            })
            .unwrap();
        }
        other => panic!("unknown task {other}"),
    }
}

/// Says that PostgreSQL is up and Redis not yet, and goes no further.
fn stuck_at_redis(step: &Step) {
    if *step == Step::Starting(Product::Redis) {
        say("stuck", "now");
        await_end();
    }
}

fn tell(known: &Known) {
    say("folder", &known.folder.display().to_string());
    say("postgres", &known.postgres);
    say("redis", &known.redis);
}

fn say(word: &str, rest: &str) {
    println!("child: {word} {rest}");
    std::io::stdout().flush().unwrap();
}

fn await_end() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}
