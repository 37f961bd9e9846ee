//! The figures for a scraper, and that every one that the documents name is among them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::get;
use crate::chaos::world::{Sandbox, World};

/// Names of metrics in a text, as Prometheus knows them.
fn names(text: &str) -> BTreeSet<&str> {
    let word = |c: char| !(c.is_ascii_lowercase() || c == '_');
    let all = text.split(word).filter(|word| word.starts_with("autopilot_"));
    all.filter(|word| !word.ends_with('_')).collect()
}

/// A port that was free a moment ago.
fn port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_metric_that_the_documents_name_exists_and_no_label_names_a_tenant() {
    let sandbox = Sandbox::start().await;
    let world = World::new(&sandbox).await;
    let address = format!("127.0.0.1:{}", port());
    let server = world.spawn_with("measured", "", &[("AUTOPILOT_METRICS_LISTEN", &address)]).await;
    server.learn().await;
    let run = server.ask().await.unwrap();
    server.end_of(&run).await;
    get(&server, "ap_nobody", "/v1/me").await;
    get(&server, &server.key, "/nowhere/at/all").await;
    let scraped = reqwest::get(format!("http://{address}/metrics")).await.unwrap();
    assert!(
        scraped.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics")
    );
    let text = scraped.text().await.unwrap();
    let known = names(&text);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/monitoring");
    for file in ["README.md", "grafana-dashboard.json", "alert-rules.yml"] {
        let page = std::fs::read_to_string(folder.join(file)).unwrap();
        let named = names(&page);
        assert!(named.len() >= 9, "{file}: {named:?}");
        for name in named {
            assert!(
                known.contains(name),
                "{file} names {name}, which /metrics does not have: {text}"
            );
        }
    }
    assert!(text.contains(r#"route="/v1/workflows/{id}",status="200""#), "{text}");
    assert!(text.contains(r#"route="unmatched",status="404""#), "{text}");
    for private in [world.tenant.to_string(), run, server.key.clone(), "nowhere".to_owned()] {
        assert!(!text.contains(&private), "{private}: {text}");
    }
    let lease = text.lines().find(|line| line.starts_with("autopilot_node_lease_age_seconds "));
    let age: f64 = lease.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!((0.0..6.0).contains(&age), "{age}");
    assert_eq!(
        get(&server, &server.key, "/metrics").await.status,
        404,
        "not on the API's listener"
    );
}
