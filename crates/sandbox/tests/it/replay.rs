//! Recordings of the real service, replayed against the engine.
//!
//! Everything that is claimed must match to the last byte, and enough must be claimed.

use std::path::Path;

#[tokio::test]
async fn recordings_of_the_real_service_match_wherever_they_are_claimed() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpora/bigquery/recorded.jsonl");
    let report = autopilot_sandbox::replay::file(&file).await.unwrap();
    assert!(report.mismatches.is_empty(), "{:#?}", report.mismatches);
    assert!(report.holds(), "claimed {} of {}", report.plain_claimed, report.plain);
    assert_eq!(report.total, 736);
}

#[tokio::test]
async fn a_wrong_recording_is_a_mismatch_and_a_foreign_construct_is_not_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("three.jsonl");
    let line = |id: &str, query: &str, rows: &str, bytes: u64| {
        format!(
            r#"{{"id": "{id}", "query": "{query}", "setup": "", "expected": {{"bigquery": {{"total_bytes_processed": {bytes}, "total_bytes_billed": 0}}, "schema": [{{"name": "x", "type": "INTEGER", "mode": "NULLABLE"}}], "rows": {rows}}}}}"#
        )
    };
    let lines = [
        line("right", "SELECT 1 + 1 AS x", r#"[{"x": 2}]"#, 0),
        line("wrong-row", "SELECT 1 + 1 AS x", r#"[{"x": 3}]"#, 0),
        line("wrong-bytes", "SELECT 1 + 1 AS x", r#"[{"x": 2}]"#, 7),
        line("foreign", "SELECT ST_X(ST_GEOGPOINT(1, 2)) AS x", r#"[{"x": 1}]"#, 0),
    ];
    std::fs::write(&file, lines.join("\n")).unwrap();
    let report = autopilot_sandbox::replay::file(&file).await.unwrap();
    assert_eq!((report.matched, report.claimed, report.total), (1, 3, 4));
    assert!(!report.holds());
    assert_eq!(report.line(), "matched 1 of 3 claimed, 4 total");
    assert!(report.refused[0].contains("ST_"), "{:?}", report.refused);
}
