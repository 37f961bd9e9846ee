//! `autopilot demo`: the whole product on one machine, with nothing installed by hand.
//!
//! Starts a private PostgreSQL and Redis, the warehouse simulator with real purchases, and the server;
//! then does through the public API what a customer would. Real queries are switched off, and it says
//! so. State is kept: a second start goes on where the first one stopped, also after `kill -9`.

mod api;
mod error;
mod narrator;
mod place;
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
    /// A folder of CSV files to use instead of the built-in purchases of the CDNOW shop.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The last complete day, e.g. 1998-06-30; the built-in data ends there.
    #[arg(long, value_name = "DAY")]
    pub as_of: Option<Date>,
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

/// The day the built-in purchases end on.
const BUILT_IN_AS_OF: Date = Date::constant(1998, 6, 30);

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
    let world = World::start(&args, &zone, &mut say).await?;
    let api = Api::new(world.base_url.clone(), world.api_key.clone());
    let as_of = args.as_of.or_else(|| args.data.is_none().then_some(BUILT_IN_AS_OF));
    let mut question = json!({"metric": "revenue", "period": "last_complete_week"});
    if let (Some(day), Some(map)) = (as_of, question.as_object_mut()) {
        map.insert("as_of".to_owned(), json!(day.to_string()));
    }
    let outcome = story::tell(&api, &mut say, &question).await?;
    let frame = summary::Frame {
        base_url: world.base_url.clone(),
        zone: zone.name().to_owned(),
        as_of: as_of.map(|day| day.to_string()),
        seconds: begun.elapsed().as_secs_f64(),
    };
    let summary = summary::of(&frame, &outcome);
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

fn check_data(args: &DemoArgs) -> Result<(), DemoError> {
    match &args.data {
        Some(folder) if !folder.is_dir() => {
            let sentence =
                format!("--data {} is not a folder; name a folder of CSV files", folder.display());
            Err(DemoError::Argument(sentence))
        }
        _ => Ok(()),
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

/// How to run the simulator alone.
#[derive(Debug, Clone, clap::Args)]
pub struct SandboxArgs {
    /// A folder of CSV files instead of the built-in purchases.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Port on 127.0.0.1; a free one when 0.
    #[arg(long, default_value_t = 9050)]
    pub port: u16,
    /// Where to write address and key as JSON once it answers.
    #[arg(long, value_name = "FILE")]
    pub info_file: Option<PathBuf>,
    /// How long every query takes at least, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency_ms: u64,
    /// End when standard input closes, so that no simulator outlives its parent.
    #[arg(long)]
    pub die_with_stdin: bool,
}

/// Runs the simulator alone.
///
/// # Errors
/// When it cannot start.
pub async fn sandbox(args: SandboxArgs) -> Result<std::process::ExitCode, DemoError> {
    let data = args
        .data
        .map_or(autopilot_sandbox::DataSource::Cdnow, autopilot_sandbox::DataSource::Folder);
    let options = autopilot_sandbox::SandboxOptions {
        listen: std::net::SocketAddr::from(([127, 0, 0, 1], args.port)),
        data,
        latency: std::time::Duration::from_millis(args.latency_ms),
        ..autopilot_sandbox::SandboxOptions::default()
    };
    autopilot_sandbox::cli::serve(options, args.info_file.as_deref(), args.die_with_stdin)
        .await
        .map_err(|error| DemoError::Sandbox(error.to_string()))?;
    Ok(std::process::ExitCode::SUCCESS)
}
