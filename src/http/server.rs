//! The application as a whole, and the server that runs it.
//!
//! Tests call the same [`app`] that [`serve`] runs. The listener comes bound from outside, so that a
//! port that is taken is known before anything else starts.

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpServer, web};
use tracing_actix_web::TracingLogger;

use super::state::AppState;
use super::trace::EdgeSpan;
use super::{edge, route_table};

/// The application: every route behind the edge.
pub fn app(
    state: web::Data<AppState>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .configure(|config| route_table::configure(config, state))
        .wrap(TracingLogger::<EdgeSpan>::new())
        .wrap(from_fn(edge::identify))
}

/// Answers requests until `shutdown` is done, then lets those under way finish.
///
/// # Errors
/// When the listener cannot be used.
pub async fn serve(
    listener: TcpListener,
    state: Arc<AppState>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let limits = state.limits.clone();
    HttpServer::new(move || app(web::Data::from(Arc::clone(&state))))
        .workers(limits.workers)
        .keep_alive(Duration::from_secs(30))
        .client_request_timeout(Duration::from_secs(10))
        .shutdown_timeout(limits.shutdown_seconds)
        .shutdown_signal(shutdown)
        .listen(listener)?
        .run()
        .await
}
