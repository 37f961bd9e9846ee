//! Samples of every kind and failure class against the published schemas and against the check that
//! stands before the writer; both must say the same of each.

use std::path::PathBuf;

use autopilot_domain::event::EventKind;
use autopilot_domain::event::check::check_value;
use autopilot_domain::event::contract::{RULES, When};
use autopilot_domain::event::schema;
use autopilot_domain::failure::FailureClass;
use serde_json::{Value, json};

const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/contracts")
}

/// The published schema, from its file.
fn published(kind: EventKind) -> jsonschema::Validator {
    let path = folder().join(format!("{}.schema.json", kind.as_str()));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let schema: Value = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "samples read better without borrows")]
fn event(kind: EventKind, status: &str, code: Option<&str>, payload: Value) -> Value {
    json!({
        "event_id": "0193a5c0-0000-7000-8000-000000000001",
        "kind": kind.as_str(),
        "org_id": "5f0c2a52-3c0b-4d0e-9a50-0f6d2f9b7c11",
        "session_id": null,
        "workflow_id": "0193a5c0-0000-7000-8000-0000000000aa",
        "step_id": "run_query",
        "status": status,
        "error_code": code,
        "started_at": "2026-11-23T09:00:00.000001Z",
        "finished_at": "2026-11-23T09:00:01Z",
        "actor": "system",
        "payload": payload,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "samples read better without borrows")]
fn tool(status: &str, code: Option<&str>, output: Value, class: Value) -> Value {
    let payload = json!({"tool": "warehouse_query", "attempt": 1, "input_hash": HASH,
        "output_hash": output, "duration_ms": 12, "class": class, "job_id": "job_1"});
    event(EventKind::ToolInvocation, status, code, payload)
}

/// At least one good event of each kind and status that a rule names, and of each failure class.
fn good() -> Vec<Value> {
    use EventKind::{
        ArtifactGenerated as A, SecurityGateDecision as D, WorkflowStateTransition as T,
    };
    let query = |class: Value| json!({"stage": "price", "attempt": 2, "canonical_hash": HASH, "class": class});
    let decision = json!({"estimated_bytes": "10485760", "reserved_bytes": "10485760",
        "estimated_usd": "0.000060", "bytes_used": "0", "budget": "200000000000"});
    let reserved = json!({"job_id": "job_1", "canonical_hash": HASH, "policy_version": "1", "decision": decision});
    let step = json!({"attempt": 1, "retry_count": 0, "output_hash": HASH, "class": null});
    let mut samples = vec![
        tool("tool_succeeded", None, json!(HASH), Value::Null),
        tool("tool_cancelled", None, Value::Null, Value::Null),
        event(
            A,
            "artifact_created",
            None,
            json!({"artifact_id": "a_1", "artifact_type": "answer", "version": 1,
            "content_hash": HASH, "query_hashes": [HASH], "model": "none"}),
        ),
        event(T, "run_queued", None, json!({"kind": "answer_question", "input_hash": HASH})),
        event(T, "run_started", None, Value::Null),
        event(T, "run_succeeded", None, Value::Null),
        event(T, "run_cancelled", None, Value::Null),
        event(T, "cancel_requested", None, Value::Null),
        event(T, "retry_requested", None, Value::Null),
        event(T, "step_started", None, json!({"attempt": 1})),
        event(T, "step_succeeded", None, step),
        event(T, "step_progressed", None, json!({"done": 3, "total": 9})),
        event(D, "query_allowed", None, query(Value::Null)),
        event(D, "receipt_reserved", None, reserved),
        event(
            D,
            "receipt_settled",
            None,
            json!({"job_id": "job_1", "billed_bytes": "0", "billed_usd": "0.000000"}),
        ),
        event(D, "receipt_released", None, json!({"job_id": "job_1"})),
        event(
            D,
            "column_decided",
            None,
            json!({"table": "p.d.t", "column": "email", "examination": "personal"}),
        ),
        event(D, "request_blocked", Some("ROLE_FORBIDDEN"), Value::Null),
    ];
    samples.extend(of_people_and_keys());
    for class in FailureClass::ALL {
        let word = json!(class.as_str());
        let failed = json!({"attempt": 1, "retry_count": 3, "output_hash": null, "class": word});
        samples.push(tool("tool_failed", Some("WAREHOUSE_TIMEOUT"), Value::Null, word.clone()));
        samples.push(event(T, "step_failed", Some("WAREHOUSE_QUOTA"), failed));
        samples.push(event(
            T,
            "run_partial_failure",
            Some("WAREHOUSE_QUOTA"),
            json!({"class": word}),
        ));
        samples.push(event(D, "query_blocked", Some("OVER_QUERY_CAP"), query(word)));
    }
    samples
}

/// Questions to people, credentials and connections.
fn of_people_and_keys() -> Vec<Value> {
    use EventKind::SecurityGateDecision as D;
    let id = "0192f0e0-7b3a-7c1d-8e2f-3a4b5c6d7e8f";
    let asked = json!({"approval_id": id, "approval_kind": "query_cost", "canonical_hash": HASH});
    let held =
        json!({"stage": "price", "attempt": 1, "canonical_hash": HASH, "class": "QUOTA_EXCEEDED"});
    let money = json!({"estimated_bytes": "1", "reserved_bytes": "10485760", "estimated_usd": "0.000060",
        "bytes_used": "0", "budget": "200000000000"});
    let estimated = json!({"stage": "price", "attempt": 1, "canonical_hash": HASH, "decision": money,
        "rules": ["require.limit"]});
    vec![
        event(D, "query_held", Some("APPROVAL_NEEDED"), held),
        event(D, "query_estimated", None, estimated),
        event(D, "approval_requested", None, asked.clone()),
        event(D, "approval_granted", None, asked),
        event(D, "secret_stored", None, json!({"secret_id": id, "master_key": "k1"})),
        event(
            D,
            "connection_created",
            None,
            json!({"connection_id": id, "fingerprint": "0123456789abcdef"}),
        ),
    ]
}

fn kind_of(event: &Value) -> EventKind {
    serde_json::from_value(event["kind"].clone()).unwrap()
}

#[test]
fn p0_03_sample_events_pass_their_schema() {
    let samples = good();
    let schemas = EventKind::ALL.map(|kind| (kind, published(kind)));
    for sample in &samples {
        for (kind, schema) in &schemas {
            let fits = schema.is_valid(sample);
            let fault = schema.iter_errors(sample).map(|e| e.to_string()).collect::<Vec<_>>();
            assert_eq!(fits, *kind == kind_of(sample), "{kind:?}: {sample}: {fault:?}");
        }
        assert_eq!(check_value(sample), Ok(()), "{sample}");
    }
    // Every rule has a sample that it applies to, so that no rule is untried.
    for rule in RULES {
        let of_it = |s: &&Value| {
            kind_of(s) == rule.kind && rule.when.applies(s["status"].as_str().unwrap_or_default())
        };
        assert!(samples.iter().any(|sample| of_it(&sample)), "{rule:?}");
    }
    for sample in &samples {
        refuses_what_is_wrong(sample);
    }
}

/// Each wrong variant of a good event is refused by the schema and by the check.
fn refuses_what_is_wrong(sample: &Value) {
    let (kind, status) = (kind_of(sample), sample["status"].as_str().unwrap());
    let schema = published(kind);
    let refused = |wrong: &Value, why: &str| {
        assert!(!schema.is_valid(wrong), "the schema takes {why}: {wrong}");
        assert!(check_value(wrong).is_err(), "the check takes {why}: {wrong}");
    };
    let with = |field: &str, value: Value| {
        let mut wrong = sample.clone();
        match field.split_once('.') {
            Some((outer, inner)) => wrong[outer][inner] = value,
            None => wrong[field] = value,
        }
        wrong
    };
    for field in sample.as_object().unwrap().keys() {
        let mut wrong = sample.clone();
        wrong.as_object_mut().unwrap().remove(field);
        refused(&wrong, &format!("an event without {field}"));
    }
    for field in ["event_id", "kind", "org_id", "status", "started_at", "actor"] {
        refused(&with(field, Value::Null), &format!("a null {field}"));
    }
    for rule in RULES.iter().filter(|rule| rule.kind == kind && rule.when.applies(status)) {
        for field in rule.present {
            refused(&with(field, Value::Null), &format!("a null {field}"));
        }
    }
    refused(&with("kind", json!("query_run")), "an unknown kind");
    refused(&with("extra", json!(1)), "another field");
    refused(&with("status", json!("Run Queued")), "a status of other characters");
    refused(&with("started_at", json!("2026-11-23T09:00:00.000000001Z")), "a nanosecond");
    refused(&with("started_at", json!("2026-11-23T09:00:00+01:00")), "another offset");
    refused(&with("actor", json!("ann@example.com")), "a name");
    refused(&with("event_id", json!("0193a5c0-0000-4000-8000-000000000001")), "a version 4 id");
    refused(&with("payload", json!([1])), "a payload that is a list");
    if sample["payload"].get("class").is_some() {
        refused(&with("payload.class", json!("FLAKY")), "an unknown failure class");
    }
    if sample["payload"].get("output_hash").is_some() {
        refused(&with("payload.output_hash", json!("abc")), "half a hash");
    }
    if !sample["error_code"].is_null() {
        refused(&with("error_code", json!("oops")), "a code of other characters");
    }
}

#[test]
fn a_value_that_a_status_excludes_is_refused() {
    let samples = good();
    for rule in RULES {
        let When::Always = rule.when else { continue };
        assert!(rule.absent.is_empty() || rule.kind == EventKind::ArtifactGenerated);
    }
    for sample in samples.iter().filter(|s| s["error_code"].is_null()) {
        let status = sample["status"].as_str().unwrap();
        let excluded = RULES.iter().any(|rule| {
            rule.kind == kind_of(sample)
                && rule.when.applies(status)
                && rule.absent.contains(&"error_code")
        });
        let mut wrong = sample.clone();
        wrong["error_code"] = json!("INTERNAL");
        assert_eq!(check_value(&wrong).is_err(), excluded, "{wrong}");
        assert_eq!(!published(kind_of(sample)).is_valid(&wrong), excluded, "{wrong}");
    }
}

/// What the writer refuses beyond the schema: a reader must take more than a writer may write.
#[test]
fn the_writer_is_stricter_than_the_schema() {
    let mut old = event(EventKind::WorkflowStateTransition, "run_started", None, Value::Null);
    old["actor"] = json!("5f0c2a52-3c0b-4d0e-9a50-0f6d2f9b7c11");
    assert!(published(kind_of(&old)).is_valid(&old), "old rows name a user by a random id");
    assert!(check_value(&old).is_err(), "no new row does");
    let mut new = event(EventKind::WorkflowStateTransition, "x_failed", None, json!({}));
    new["error_code"] = json!("CODE_OF_NEXT_YEAR");
    new["payload"] = json!({"class": "TIMEOUT"});
    assert!(published(kind_of(&new)).is_valid(&new), "codes may be added");
    assert!(check_value(&new).is_err(), "a code that is not in the table is not written");
    let large = json!({"note": "x".repeat(17_000)});
    let large = event(EventKind::WorkflowStateTransition, "run_started", None, large);
    assert!(check_value(&large).is_err(), "a payload has a bound");
}

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for named in schema::all() {
        let path = folder().join(&named.file);
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        let stored: Value = serde_json::from_str(&stored).unwrap_or_default();
        assert_eq!(
            stored, named.schema,
            "docs/contracts/{} is not what the types say; run `cargo run -- contracts` and look at the difference",
            named.file
        );
    }
    let known: Vec<String> = schema::all().into_iter().map(|named| named.file).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.ends_with(".json") || known.contains(&name), "{name} belongs to no type");
    }
}
