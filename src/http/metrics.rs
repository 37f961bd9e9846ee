//! The figures of this process for a scraper, on a listener of their own.
//!
//! Not an address of the API: the listener is bound to the loopback, so that no key is needed and no
//! caller of the API can reach it. It answers one path and reads nothing of a request.

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, web};

/// Writes the figures as they are now.
pub type Figures = Arc<dyn Fn() -> String + Send + Sync>;

/// Answers `/metrics` until `shutdown` is done.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve_metrics(
    listener: TcpListener,
    figures: Figures,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let app = move || {
        let figures = Arc::clone(&figures);
        let answer = move || {
            let text = figures();
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            std::future::ready(HttpResponse::Ok().content_type(kind).body(text))
        };
        App::new().route("/metrics", web::get().to(answer))
    };
    HttpServer::new(app).workers(1).shutdown_signal(shutdown).listen(listener)?.run().await
}
