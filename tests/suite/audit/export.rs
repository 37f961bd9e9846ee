//! An export can be checked by somebody who has nothing but its lines and the published contract.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{autopilot, old_events, said, seal_all, some_events};
use crate::support::TestDb;

fn schema() -> jsonschema::Validator {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contracts/audit_export.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// The contract's rules for hashes, written anew: answers the first position that does not hold.
fn first_broken(lines: &[Value]) -> Option<i64> {
    let mut hash = bytes(&lines[0]["hash"]);
    let mut pos = lines[0]["pos"].as_i64().unwrap();
    for line in &lines[1..lines.len() - 1] {
        pos += 1;
        let event = &line["event"];
        let micros = |field: &str| {
            let at = event[field].as_str()?.parse::<jiff::Timestamp>().unwrap();
            Some(at.as_microsecond().to_string())
        };
        // A map of strings and nulls, sorted by key, is its own canonical form.
        let kept = json!({
            "actor": event["actor"], "error_code": event["error_code"], "event_id": event["event_id"],
            "finished_at_us": micros("finished_at"), "kind": event["kind"], "payload_hash": line["payload_hash"],
            "session_id": event["session_id"], "started_at_us": micros("started_at"), "status": event["status"],
            "step_id": event["step_id"], "workflow_id": event["workflow_id"],
        });
        let row = Sha256::digest(kept.to_string());
        let mut link = Sha256::new();
        link.update(&hash);
        link.update(pos.to_be_bytes());
        link.update(row);
        let link = link.finalize().to_vec();
        let payload = line["salt"].is_null() || {
            let mut salted = bytes(&line["salt"]);
            salted.extend(event["payload"].to_string().as_bytes());
            Sha256::digest(salted).to_vec() == bytes(&line["payload_hash"])
        };
        if line["pos"] != json!(pos) || link != bytes(&line["hash"]) || !payload {
            return Some(pos);
        }
        hash = link;
    }
    let end = lines.last().unwrap();
    let whole = end["pos"] == json!(pos) && bytes(&end["hash"]) == hash;
    (!whole).then_some(pos + 1)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_fits_its_schema_and_proves_itself() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    old_events(&test, &org, 1_200, 100).await;
    some_events_behind(&test, &org).await;
    let id = org.tenant.to_string();
    let output = autopilot(&test, &["audit", "export", &id]);
    let (code, text) = said(&output);
    assert_eq!(code, 0, "{text}");
    assert!(output.stderr.is_empty(), "nothing but lines where nobody looks");
    let exported = lines(&text);
    assert_eq!(exported.len(), 1_205 + 2, "begin, events, end");
    let schema = schema();
    for line in &exported {
        let faults: Vec<String> = schema.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{line}: {faults:?}");
    }
    assert_eq!(
        (exported[0]["type"].as_str(), exported[0]["pos"].as_i64()),
        (Some("begin"), Some(0))
    );
    assert_eq!(exported[1_206]["events"], json!(1_205));
    assert_eq!(first_broken(&exported), None);

    // Whoever changes a line is found out by the lines alone.
    for (change, place) in [("status", 700), ("actor", 3), ("started_at", 1_205)] {
        let mut changed = exported.clone();
        changed[place]["event"][change] = match change {
            "started_at" => json!("2026-01-01T00:00:00Z"),
            _ => json!("system_x"),
        };
        assert_eq!(first_broken(&changed), Some(i64::try_from(place).unwrap()), "{change}");
    }
    let mut payload = exported.clone();
    payload[1_203]["event"]["payload"]["kind"] = json!("generate_memo");
    assert_eq!(first_broken(&payload), Some(1_203));
    let mut short = exported.clone();
    short.remove(600);
    assert_eq!(first_broken(&short), Some(600));
    let mut cut = exported.clone();
    cut.remove(1_205);
    assert_eq!(first_broken(&cut), Some(1_205), "the last line names the end");
}

async fn some_events_behind(test: &TestDb, org: &autopilot::store::provision::NewOrg) {
    seal_all(test, &test.context(&org.api_key).await, 1_200).await;
    let before = 5;
    let context = test.context(&org.api_key).await;
    let requests = autopilot::store::RequestStore::new(test.db.clone(), 100);
    for _ in 0..before {
        let run = autopilot::ports::requests::NewRun {
            run: autopilot_domain::ids::RunId::new(uuid::Uuid::now_v7()),
            kind: autopilot_domain::workflow::WorkflowKind::AnswerQuestion,
            input: json!({}),
            idempotency_key: None,
        };
        autopilot::ports::Requests::submit(&requests, &context, run).await.unwrap();
    }
    seal_all(test, &context, 1_205).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_proves_itself_too_and_forgotten_payloads_do_not_hinder_it() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    old_events(&test, &org, 4, 100).await;
    old_events(&test, &org, 4, 50).await;
    old_events(&test, &org, 4, 2).await;
    seal_all(&test, &test.context(&org.api_key).await, 12).await;
    let id = org.tenant.to_string();
    let forget =
        format!("UPDATE {}.event SET payload = NULL, salt = NULL", org.tenant.schema_name());
    test.migrator().await.batch_execute(&forget).await.unwrap();
    let day = |days: i64| super::days_ago(days).to_string();
    let schema = schema();
    for (span, first, count) in [
        (vec!["--since".to_owned(), day(60)], 5, 8),
        (vec!["--until".to_owned(), day(60)], 1, 4),
        (vec!["--since".to_owned(), day(60), "--until".to_owned(), day(10)], 5, 4),
        (vec!["--since".to_owned(), day(1)], 13, 0),
        (vec!["--until".to_owned(), day(200)], 1, 0),
    ] {
        let mut arguments = vec!["audit", "export", &id];
        arguments.extend(span.iter().map(String::as_str));
        let (code, text) = said(&autopilot(&test, &arguments));
        assert_eq!(code, 0, "{text}");
        let exported = lines(&text);
        assert_eq!(exported.len(), count + 2, "{span:?}");
        assert_eq!(exported[0]["pos"], json!(first - 1), "{span:?}");
        assert_eq!(first_broken(&exported), None, "{span:?}");
        assert!(exported.iter().all(|line| schema.is_valid(line)), "{span:?}");
    }
    let unknown = uuid::Uuid::new_v4().to_string();
    assert_eq!(said(&autopilot(&test, &["audit", "export", &unknown])).0, 1);
}

/// `autopilot audit export ORG | head -1` ends without a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_has_had_enough_ends_it_quietly() {
    let test = TestDb::new().await;
    let org = test.org("A").await;
    some_events(&test, &org, 1).await;
    old_events(&test, &org, 3_000, 100).await;
    seal_all(&test, &test.context(&org.api_key).await, 3_001).await;
    let mut child = Command::new(env!("CARGO_BIN_EXE_autopilot"))
        .env_clear()
        .env("AUTOPILOT_DATABASE_URL", &test.app_url)
        .args(["audit", "export", &org.tenant.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("{\"type\":\"begin\""), "{first}");
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(ended.stderr.is_empty(), "{}", String::from_utf8_lossy(&ended.stderr));
}
