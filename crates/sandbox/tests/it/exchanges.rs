//! Recorded exchanges with the real service, played against a running simulator.
//!
//! Status and body must be the recorded ones, field by field; `<*>` stands for anything. What the
//! simulator does not claim must be refused by name.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::Caller;

/// Calls that are not claimed, by a piece of their path or body, with the reason.
const NOT_CLAIMED: [(&str, &str); 9] = [
    ("/routines", "routines are not kept"),
    ("/models", "models are not kept"),
    ("/rowAccessPolicies", "row policies are not kept"),
    (":getIamPolicy", "rights are granted by accounts"),
    (":setIamPolicy", "rights are granted by accounts"),
    (":testIamPermissions", "rights are granted by accounts"),
    ("\"load\":", "rows come by insertAll and the admin address"),
    ("\"copy\":", "tables are not copied by jobs"),
    ("\"extract\":", "there is no cloud storage to extract to"),
];

fn not_claimed(request: &Value) -> Option<&'static str> {
    let text = request.to_string();
    NOT_CLAIMED.iter().find(|(piece, _)| text.contains(piece)).map(|(_, reason)| *reason)
}

/// Puts what is known in place of `${NAME}`.
fn filled(value: &Value, names: &BTreeMap<String, String>) -> Value {
    let mut text = value.to_string();
    for (name, known) in names {
        text = text.replace(&format!("${{{name}}}"), known);
    }
    serde_json::from_str(&text).unwrap()
}

/// Every difference, as a path and what stands there.
fn compare(expected: &Value, found: &Value, path: &str, out: &mut Vec<String>) {
    match (expected, found) {
        (Value::String(any), _) if any == "<*>" => {}
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                match found.get(name) {
                    Some(other) => compare(value, other, &format!("{path}/{name}"), out),
                    None => out.push(format!("{path}/{name} is missing")),
                }
            }
            for name in found.keys().filter(|name| !expected.contains_key(*name)) {
                out.push(format!("{path}/{name} was not recorded"));
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (at, (one, other)) in expected.iter().zip(found).enumerate() {
                compare(one, other, &format!("{path}/{at}"), out);
            }
        }
        (one, other) if one == other => {}
        (one, other) => out.push(format!("{path}: recorded {one}, found {other}")),
    }
}

async fn send(caller: &Caller, request: &Value) -> (u16, Value) {
    let method: Method = request["method"].as_str().unwrap().parse().unwrap();
    let path = request["path"].as_str().unwrap();
    let base = format!("/bigquery/v2/projects/{}", caller.running.project());
    let below = path.strip_prefix(&base).unwrap();
    caller.send(method, below, request.get("body").cloned().unwrap_or_default()).await
}

/// Makes what must exist, sends the request, takes everything away again.
async fn play(caller: &Caller, number: usize, exchange: &Value) -> (u16, Value) {
    let project = caller.running.project();
    let dataset = format!("exchange_{number}");
    let mut names = BTreeMap::from([
        ("PROJECT".to_owned(), project.to_owned()),
        ("DATASET_ID".to_owned(), dataset.clone()),
        ("DATASET".to_owned(), format!("{project}.{dataset}")),
    ]);
    let made = json!({"datasetReference": {"projectId": project, "datasetId": dataset}});
    assert_eq!(caller.post("/datasets", made).await.0, 200);
    if let Some(setup) = exchange.get("setup") {
        caller.sql(filled(setup, &names).as_str().unwrap()).await;
    }
    for before in exchange.get("setup_requests").and_then(Value::as_array).into_iter().flatten() {
        let (status, answer) = send(caller, &filled(before, &names)).await;
        assert_eq!(status, 200, "{before}: {answer}");
        for (name, path) in before.get("capture").and_then(Value::as_object).into_iter().flatten() {
            let pointer = format!("/{}", path.as_str().unwrap().replace('.', "/"));
            let captured = answer.pointer(&pointer).and_then(Value::as_str).unwrap();
            names.insert(name.clone(), captured.to_owned());
        }
    }
    let answer = send(caller, &filled(&exchange["request"], &names)).await;
    let gone = format!("/datasets/{dataset}?deleteContents=true");
    assert_eq!(caller.send(Method::DELETE, &gone, Value::Null).await.0, 204);
    answer
}

#[tokio::test]
async fn recorded_exchanges_are_answered_as_they_were_recorded() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/corpora/bigquery/http.jsonl");
    let text = std::fs::read_to_string(file).unwrap();
    let caller = Caller::new().await;
    // The recorded project held one data set and had run queries before.
    let gone = "/datasets/shop?deleteContents=true";
    assert_eq!(caller.send(Method::DELETE, gone, Value::Null).await.0, 204);
    assert_eq!(caller.query("SELECT 1").await.0, 200);
    let (mut matched, mut claimed, mut total) = (0, 0, 0);
    let mut trouble = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let exchange: Value = serde_json::from_str(line).unwrap();
        total += 1;
        let (status, body) = play(&caller, total, &exchange).await;
        let id = exchange["id"].as_str().unwrap();
        let mut differences = Vec::new();
        if let Some(reason) = not_claimed(&exchange["request"]) {
            println!("not claimed: {id}: {reason}");
            assert_eq!(status, 501, "{id}: {body}");
            continue;
        }
        claimed += 1;
        compare(&exchange["expected"]["http_status"], &json!(status), "status", &mut differences);
        compare(&exchange["expected"]["body"], &body, "", &mut differences);
        if differences.is_empty() {
            matched += 1;
        } else {
            trouble.push(format!("{id}: {differences:?}"));
        }
    }
    println!("matched {matched} of {claimed} claimed, {total} total");
    assert!(trouble.is_empty(), "{trouble:#?}");
    assert_eq!((matched, total), (claimed, 28));
}

#[tokio::test]
async fn what_is_not_claimed_is_refused_by_its_name() {
    let caller = Caller::new().await;
    let table = "/datasets/shop/tables/numbers";
    for (method, path, body, name) in [
        ("GET", "/datasets/shop/routines", Value::Null, "routines"),
        ("GET", "/datasets/shop/models", Value::Null, "models"),
        ("GET", &format!("{table}/rowAccessPolicies"), Value::Null, "rowAccessPolicies"),
        ("POST", &format!("{table}:getIamPolicy"), json!({}), "getIamPolicy"),
        ("PATCH", table, json!({"description": "new"}), "PATCH"),
        ("POST", "/jobs", json!({"configuration": {"load": {}}}), "load job"),
        ("POST", "/jobs", json!({"configuration": {"copy": {}}}), "copy job"),
        ("POST", "/jobs", json!({"configuration": {"extract": {}}}), "extract job"),
        ("POST", "/queries", json!({"query": "SELECT 1", "useLegacySql": true}), "Legacy SQL"),
    ] {
        let (status, answer) = caller.send(method.parse().unwrap(), path, body).await;
        assert_eq!(status, 501, "{path}: {answer}");
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(name) && message.contains("not BigQuery"), "{message}");
    }
}
