//! `autopilot demo`: the whole product on one machine, with nothing installed by hand.
//!
//! Starts a private PostgreSQL and Redis, the warehouse simulator with a made-up company, and the server;
//! then does through the public API what a customer would. Real queries are switched off, and it says
//! so. State is kept: a second start goes on where the first one stopped, also after `kill -9`.

mod api;
mod error;
mod narrator;
mod place;
mod queries;
mod story;
mod summary;
mod world;

use std::path::PathBuf;
use std::time::Instant;

use autopilot_domain::window::Zone;
use jiff::civil::Date;
use serde_json::{Value, json};

use api::Api;
pub use error::DemoError;
use narrator::Narrator;
use world::World;

/// What the demo is asked for on the command line.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// End when the story is told, and print a JSON summary on standard output.
    #[arg(long)]
    pub exit: bool,
    /// What the warehouse holds: `company` (a made-up shop), `hostile` (the same with instructions
    /// hidden in names and values), `cdnow` (real purchases of 1997 and 1998), or a folder of CSV
    /// and Parquet files.
    #[arg(long, value_name = "WHAT", default_value = "company")]
    pub data: String,
    /// The last complete day, e.g. 1998-06-30; yesterday, or the end of the real purchases.
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<Date>,
    /// Which amounts to add up, when the table says each row's currency; a company's are in USD and
    /// EUR.
    #[arg(long, value_name = "CODE", default_value = "USD")]
    pub currency: String,
    /// The organisation's time zone.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub timezone: String,
    /// Where the demo keeps its state.
    #[arg(long, value_name = "DIR", default_value = ".autopilot/demo")]
    pub state: PathBuf,
    /// Port of the API; a free one when 0.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// Make every warehouse query take this long, to have time for `kill -9`.
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub slow: u64,
}

/// The day the built-in real purchases end on.
const CDNOW_AS_OF: Date = Date::constant(1998, 6, 30);

/// Runs the demo; answers whether everything held.
///
/// # Errors
/// When a part does not start or refuses what it should not.
#[expect(
    clippy::disallowed_methods,
    reason = "measures how long the demo takes a person; no decision rests on it"
)]
pub async fn run(args: DemoArgs) -> Result<bool, DemoError> {
    let begun = Instant::now();
    let zone: Zone = args.timezone.parse().map_err(|_| {
        DemoError::Argument(format!(
            "--timezone {} is not an IANA name such as Europe/Berlin",
            args.timezone
        ))
    })?;
    check_data(&args)?;
    let mut say = Narrator::new();
    introduce(&mut say, &args);
    let as_of = as_of(&args, say.begun(), &zone)?;
    let world = World::start(&args, &zone, as_of, &mut say).await?;
    let api = Api::new(world.base_url.clone(), world.api_key.clone());
    let question = json!({"metric": "revenue", "period": "last_complete_week",
        "as_of": as_of.to_string(), "currency": args.currency});
    let outcome = story::tell(&api, &mut say, &question).await?;
    let asked = queries::ask(&api, &mut say, &outcome.run, &outcome.catalog).await?;
    let frame = summary::Frame {
        base_url: world.base_url.clone(),
        zone: zone.name().to_owned(),
        as_of: as_of.to_string(),
        truth: world.truth(&zone, &args.currency),
        seconds: begun.elapsed().as_secs_f64(),
    };
    let summary = summary::of(&frame, &outcome, &asked);
    show(&mut say, &summary);
    let ok = summary.get("ok").and_then(Value::as_bool).unwrap_or(false);
    if args.exit {
        println!("{summary:#}");
    } else {
        invite(&mut say, &world);
        world.stay().await;
    }
    world.stop().await;
    Ok(ok)
}

/// What the simulator makes up by itself.
const MADE_UP: [&str; 2] = ["company", "hostile"];

fn check_data(args: &DemoArgs) -> Result<(), DemoError> {
    let known = MADE_UP.contains(&args.data.as_str()) || args.data == "cdnow";
    if known || std::path::Path::new(&args.data).is_dir() {
        return Ok(());
    }
    Err(DemoError::Argument(format!(
        "--data {} is neither company, hostile, cdnow nor a folder; name one of these, or a folder of CSV or Parquet files",
        args.data
    )))
}

/// The last complete day: as asked for, where the real purchases end, or yesterday in the zone.
fn as_of(args: &DemoArgs, now: jiff::Timestamp, zone: &Zone) -> Result<Date, DemoError> {
    let given = args.as_of.or_else(|| (args.data == "cdnow").then_some(CDNOW_AS_OF));
    let late = |_| DemoError::Argument("the calendar begins today".to_owned());
    match given {
        Some(day) => Ok(day),
        None => now.in_tz(zone.name()).and_then(|now| now.date().yesterday()).map_err(late),
    }
}

fn introduce(say: &mut Narrator, args: &DemoArgs) {
    say.chapter("Data Team Autopilot, demo");
    say.say("The warehouse is a simulator on this machine; ALLOW_REAL_QUERY_EXECUTION=false, so no real one can be reached.");
    say.say(&format!(
        "State is kept in {}; stop with Ctrl-C, or kill -9 process {} and start again.",
        args.state.display(),
        std::process::id()
    ));
}

fn show(say: &mut Narrator, summary: &Value) {
    let at = |path: &str| match summary.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    say.chapter("The answer");
    say.say(&at("/answer/summary"));
    say.say(&format!(
        "read {} bytes by estimate, billed {} bytes = {} USD",
        at("/cost/estimated_bytes"),
        at("/cost/billed_bytes"),
        at("/cost/usd")
    ));
    say.say(&format!("left in this hour: {} bytes", at("/cost/budget_remaining_bytes")));
    say.say(&format!("receipt {} ({})", at("/receipt/job_id"), at("/receipt/state")));
    for check in summary.get("checks").and_then(Value::as_array).into_iter().flatten() {
        let held = check.get("held").and_then(Value::as_bool).unwrap_or(false);
        let name = check.get("name").and_then(Value::as_str).unwrap_or_default();
        say.say(&format!("{} {name}", if held { "ok    " } else { "FAILED" }));
    }
}

fn invite(say: &mut Narrator, world: &World) {
    say.chapter("It stays up. Look around:");
    say.say(&format!("API description  {}/docs/", world.base_url));
    say.say(&format!("your API key     {}", world.api_key));
    say.say(&format!(
        "curl -H 'Authorization: Bearer {}' {}/v1/workflows",
        world.api_key, world.base_url
    ));
    say.say(&format!(
        "curl -H 'Authorization: Bearer {}' {}/v1/admin/actors",
        world.api_key, world.base_url
    ));
    say.say("Ctrl-C ends it.");
}
