//! Canaries planted in log fields, spans, panics and upstream texts, and searched for in what is written.

use std::io::Write;
use std::sync::{Arc, Mutex};

use autopilot::config::LogFormat;
use autopilot::telemetry;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn canaries() -> Vec<String> {
    vec![
        format!("ap_{}", "K".repeat(43)),
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl".to_owned(),
        "canary.person@example.org".to_owned(),
        "+49 170 5550123".to_owned(),
        "DE89370400440532013000".to_owned(),
        "4111 1111 1111 1111".to_owned(),
        "-----BEGIN PRIVATE KEY-----\nMIICANARY\n-----END PRIVATE KEY-----".to_owned(),
    ]
}

#[test]
fn no_canary_reaches_the_log_by_a_field_a_span_a_panic_or_an_upstream_text() {
    for format in [LogFormat::Json, LogFormat::Text] {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            telemetry::subscriber(format, tracing::Level::INFO, move || writer.clone());
        // With one dispatcher alone, a thread of another test may switch a log line off for all threads.
        let _second = tracing::Dispatch::new(tracing_subscriber::registry());
        let quiet = std::panic::take_hook();
        std::panic::set_hook(Box::new(telemetry::log_panic));
        tracing::subscriber::with_default(subscriber, || {
            for canary in canaries() {
                let upstream = std::io::Error::other(format!("refused: {canary} is not known"));
                let span = tracing::info_span!("call", who = canary.as_str());
                span.in_scope(
                    || tracing::warn!(field = canary.as_str(), %upstream, "said {canary}"),
                );
                let url = format!("postgres://login:{}@db/x", "hunter2canary");
                tracing::info!(url, debug = ?Some(&canary), "and the end");
                assert!(std::panic::catch_unwind(|| panic!("over {canary}")).is_err());
            }
        });
        std::panic::set_hook(quiet);
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.matches("a panic").count() >= canaries().len(), "{text}");
        assert!(text.contains("and the end") && text.contains("[REDACTED:email]"), "{text}");
        for canary in canaries().iter().map(String::as_str).chain(["MIICANARY", "hunter2canary"]) {
            assert!(!text.contains(canary), "{canary}: {text}");
        }
    }
}
