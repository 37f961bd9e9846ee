//! `autopilot top`: the actors of all servers, in the terminal, refreshed each second.
//!
//! Asks the public API only, with an operator's or admin's key from the environment or a file; it
//! reads no database and keeps nothing. What is not known is shown as a dash, never as a zero.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

/// A mailbox whose oldest message is older than this is shown as stuck.
const STUCK_MS: u64 = 5_000;
const EVERY: Duration = Duration::from_secs(1);
/// Leave room on the screen for everything else.
const MOST: usize = 500;

/// What `top` is told.
#[derive(Debug, Args)]
pub(super) struct TopArgs {
    /// Address of any server.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    url: String,
    /// File with the API key; without it, AUTOPILOT_API_KEY is used.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Print one frame and end.
    #[arg(long)]
    once: bool,
}

#[derive(Debug, Clone, Deserialize)]
struct Actor {
    path: String,
    node: String,
    state: String,
    generation: u64,
    restarts: u64,
    in_flight: u64,
    queue_depth: u64,
    mailbox_depth: u64,
    oldest_message_ms: Option<u64>,
    last_error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Page {
    actors: Vec<Actor>,
    complete: bool,
    next_cursor: Option<String>,
}

/// Shows frames until the terminal is closed or Ctrl-C is pressed.
///
/// # Errors
/// A sentence when there is no key, or with `--once` when the server does not answer as expected.
pub(super) async fn run(args: TopArgs, configured: Option<SecretString>) -> Result<(), String> {
    let key = key(&args, configured)?;
    let http = reqwest::Client::builder()
        .timeout(Duration::from_secs(10))
        .build()
        .map_err(|_| "the HTTP client cannot be made".to_owned())?;
    let terminal = std::io::stdout().is_terminal();
    if args.once {
        let (actors, complete) = read(&http, &args.url, &key).await?;
        print!("{}", frame(&args.url, &actors, complete, terminal));
        return Ok(());
    }
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
        let text = match read(&http, &args.url, &key).await {
            Ok((actors, complete)) => frame(&args.url, &actors, complete, terminal),
            // A server that restarts comes back; the next second asks again.
            Err(why) => format!("{why}\n"),
        };
        // Home, then clear what is below: less flicker than clearing first.
        let cleared = if terminal { format!("\x1b[H\x1b[J{text}") } else { text };
        let mut out = std::io::stdout().lock();
        if out.write_all(cleared.as_bytes()).and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
}

fn key(args: &TopArgs, configured: Option<SecretString>) -> Result<SecretString, String> {
    let Some(file) = &args.key_file else {
        return configured
            .ok_or("set AUTOPILOT_API_KEY, or name a file with --key-file".to_owned());
    };
    let text =
        std::fs::read_to_string(file).map_err(|_| "the key file cannot be read".to_owned())?;
    Ok(text.trim().to_owned().into())
}

async fn read(
    http: &reqwest::Client,
    url: &str,
    key: &SecretString,
) -> Result<(Vec<Actor>, bool), String> {
    let (mut actors, mut complete, mut cursor) = (Vec::new(), true, String::new());
    let address = format!("{}/v1/admin/actors", url.trim_end_matches('/'));
    loop {
        let mut request = http.get(&address).query(&[("limit", "100")]);
        if !cursor.is_empty() {
            request = request.query(&[("cursor", &cursor)]);
        }
        let answer = request.bearer_auth(key.expose_secret()).send().await;
        let answer = answer.map_err(|_| format!("{url} does not answer"))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("{url} answers {status}: an admin's or operator's key is needed"));
        }
        let page: Page =
            answer.json().await.map_err(|_| format!("{url} does not answer as expected"))?;
        actors.extend(page.actors);
        complete &= page.complete;
        match page.next_cursor {
            Some(next) if actors.len() < MOST => cursor = next,
            Some(_) | None => return Ok((actors, complete)),
        }
    }
}

/// One frame, at most 80 columns wide.
fn frame(url: &str, actors: &[Actor], complete: bool, coloured: bool) -> String {
    let nodes: std::collections::BTreeSet<&str> = actors.iter().map(|a| a.node.as_str()).collect();
    let stuck = actors.iter().filter(|actor| is_stuck(actor)).count();
    let partial = if complete { "" } else { " (other servers cannot be read)" };
    let mut text = format!(
        "{}\nactors {}   servers {}   stuck {stuck}{partial}\n\n",
        cut(&format!("autopilot top  {url}"), 80),
        actors.len(),
        nodes.len()
    );
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{:<23} {:<8} {:<12} {:>4} {:>3} {:>4} {:>5} {:>4} {:>7}",
        "ACTOR", "SERVER", "STATE", "GEN", "RST", "BUSY", "QUEUE", "MAIL", "OLDEST"
    );
    for actor in actors {
        let line = line(actor);
        let mark = if is_stuck(actor) { "\x1b[31m" } else { "" };
        let _ = match (coloured && is_stuck(actor), mark) {
            (true, mark) => writeln!(text, "{mark}{line}\x1b[0m"),
            (false, _) => writeln!(text, "{line}"),
        };
        if let Some(code) = &actor.last_error {
            let indent = 2 * actor.path.matches('/').count() + 2;
            let _ = writeln!(text, "{:indent$}last error {}", "", cut(code, 50));
        }
    }
    text
}

fn line(actor: &Actor) -> String {
    let depth = actor.path.matches('/').count();
    let name = actor.path.rsplit('/').next().unwrap_or_default();
    format!(
        "{:<23} {:<8} {:<12} {:>4} {:>3} {:>4} {:>5} {:>4} {:>7}",
        cut(&format!("{:indent$}{}", "", short(name), indent = depth * 2), 23),
        cut(&actor.node, 8),
        cut(&actor.state, 12),
        actor.generation,
        actor.restarts,
        actor.in_flight,
        actor.queue_depth,
        actor.mailbox_depth,
        actor.oldest_message_ms.map_or_else(|| "-".to_owned(), age),
    )
}

fn is_stuck(actor: &Actor) -> bool {
    actor.oldest_message_ms.is_some_and(|ms| ms >= STUCK_MS)
}

/// `tenant:0199...` without the middle of its id; ids differ in their ends.
fn short(name: &str) -> String {
    let Some((kind, id)) = name.split_once(':') else { return name.to_owned() };
    let end: String = id.chars().rev().take(8).collect();
    format!("{kind}:..{}", end.chars().rev().collect::<String>())
}

fn cut(text: &str, most: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(most).collect()
}

fn age(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..600_000 => format!("{}s", ms / 1_000),
        _ => format!("{}min", ms / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_fits_eighty_columns_and_names_what_is_stuck() {
        let id = "0199aaaa-bbbb-7ccc-8ddd-eeeeffff0001";
        let actor = |path: String, oldest| Actor {
            path,
            node: "a-very-long-node-name".to_owned(),
            state: "waiting_for_retry".to_owned(),
            generation: 1234,
            restarts: 3,
            in_flight: 12,
            queue_depth: 1000,
            mailbox_depth: 256,
            oldest_message_ms: oldest,
            last_error: Some("WAREHOUSE_TIMEOUT".to_owned()),
        };
        let actors = [
            actor("kernel".to_owned(), None),
            actor(format!("kernel/tenant:{id}"), Some(7_000)),
            actor(format!("kernel/tenant:{id}/run:{id}"), Some(90_000_000)),
        ];
        let text = frame("http://127.0.0.1:8080", &actors, true, false);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        assert!(text.contains("actors 3   servers 1   stuck 2"), "{text}");
        assert!(text.contains("  tenant:..ffff0001") && text.contains(" 7s\n"), "{text}");
        assert!(frame("u", &actors, false, true).contains("\x1b[31m"));
    }

    #[test]
    fn a_control_character_from_a_server_does_not_reach_the_terminal() {
        assert_eq!(cut("a\x1b[2Jb", 80), "a[2Jb");
    }
}
