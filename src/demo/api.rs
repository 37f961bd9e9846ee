//! The demo's client of the public API: what a customer's own program would do.
//!
//! Uses nothing but HTTP and the WebSocket with an API key. It never looks into the database and
//! shares no memory with the server it talks to.

use std::time::Duration;

use awc::ws::Frame;
use futures_util::StreamExt as _;
use serde_json::Value;

use super::error::DemoError;

/// A client with one organisation's key.
pub(super) struct Api {
    client: awc::Client,
    base: String,
    key: String,
}

impl Api {
    /// For a server at `base`, e.g. `http://127.0.0.1:8080`.
    #[must_use]
    pub(super) fn new(base: String, key: String) -> Self {
        let client = awc::Client::builder().timeout(Duration::from_secs(30)).finish();
        Self { client, base, key }
    }

    fn request(&self, method: awc::http::Method, path: &str) -> awc::ClientRequest {
        self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key)
    }

    /// Reads a resource.
    ///
    /// # Errors
    /// When it is refused or not answered.
    pub(super) async fn get(&self, path: &str) -> Result<Value, DemoError> {
        let request = self.request(awc::http::Method::GET, path);
        answer(format!("GET {path}"), request.send().await).await
    }

    /// Sends a command.
    ///
    /// # Errors
    /// When it is refused or not answered.
    pub(super) async fn post(
        &self,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> Result<Value, DemoError> {
        let mut request = self.request(awc::http::Method::POST, path);
        if let Some(key) = key {
            request = request.insert_header(("Idempotency-Key", key));
        }
        answer(format!("POST {path}"), request.send_json(body).await).await
    }

    /// Follows a run's stream to its end, handing each event on; answers the last position.
    ///
    /// # Errors
    /// When the stream cannot be opened.
    pub(super) async fn follow(
        &self,
        run: &str,
        after: i64,
        mut seen: impl FnMut(&Value),
    ) -> Result<i64, DemoError> {
        let path = format!("/v1/workflows/{run}/stream?after={after}");
        let lost = || DemoError::NoAnswer(format!("GET {path}"));
        let url = format!("{}{path}", self.base.replacen("http", "ws", 1));
        let socket = self.client.ws(url).bearer_auth(&self.key).connect().await;
        let (_, mut frames) = socket.map_err(|_| lost())?;
        let mut last = after;
        while let Some(Ok(frame)) = frames.next().await {
            match frame {
                Frame::Text(text) => {
                    let event: Value = serde_json::from_slice(&text).map_err(|_| lost())?;
                    last = event.get("pos").and_then(Value::as_i64).unwrap_or(last);
                    seen(&event);
                }
                Frame::Close(_) => break,
                Frame::Ping(_) | Frame::Pong(_) | Frame::Binary(_) | Frame::Continuation(_) => {}
            }
        }
        Ok(last)
    }
}

type Sent<S> = Result<awc::ClientResponse<S>, awc::error::SendRequestError>;

async fn answer<S>(call: String, sent: Sent<S>) -> Result<Value, DemoError>
where
    S: futures_util::Stream<Item = Result<actix_web::web::Bytes, awc::error::PayloadError>> + Unpin,
{
    let Ok(mut response) = sent else { return Err(DemoError::NoAnswer(call)) };
    let status = response.status();
    let body =
        response.body().limit(4 << 20).await.map_err(|_| DemoError::NoAnswer(call.clone()))?;
    let value: Value =
        serde_json::from_slice(&body).map_err(|_| DemoError::NoAnswer(call.clone()))?;
    if status.is_success() {
        return Ok(value);
    }
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Err(DemoError::Refused {
        call,
        status: status.as_u16(),
        code: text("code"),
        detail: text("detail"),
        next: text("next_step"),
    })
}
