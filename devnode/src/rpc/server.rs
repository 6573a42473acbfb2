//! HTTP and WebSocket on one port.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{
        FromRequestParts, Request, State,
        ws::{Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{broadcast::error::RecvError, watch},
    task::spawn_blocking,
};

use super::{Rpc, Subscriptions, error::RpcError, failure};

/// The stack of a thread that answers a request, in bytes: taken from the system only as far as it is used.
const STACK: usize = 64 << 20;

/// What every connection needs.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) rpc: Arc<Rpc>,
    pub(crate) max_body: usize,
    /// Closed when the node stops.
    pub(crate) running: watch::Receiver<()>,
}

/// Serves until `running` is closed.
pub(crate) async fn serve(listener: TcpListener, server: Server) -> std::io::Result<()> {
    let mut running = server.running.clone();
    let router = Router::new().fallback(handle).with_state(server);
    axum::serve(listener, router)
        .with_graceful_shutdown(async move { while running.changed().await.is_ok() {} })
        .await
}

async fn handle(State(server): State<Server>, request: Request) -> Response {
    let mut response = match *request.method() {
        Method::POST => post(server, request).await,
        Method::GET => upgrade(server, request).await,
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => (
            StatusCode::METHOD_NOT_ALLOWED,
            "send JSON-RPC by POST or WebSocket\n",
        )
            .into_response(),
    };
    allow_browsers(response.headers_mut());
    response
}

/// Pages of any origin may talk to the node, as wallets and development pages do.
fn allow_browsers(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, POST, OPTIONS"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("*"),
    );
}

async fn post(server: Server, request: Request) -> Response {
    let Ok(body) = to_bytes(request.into_body(), server.max_body).await else {
        let message = format!(
            "request is over the limit of {} bytes, or broke off",
            server.max_body
        );
        let answer = failure(Value::Null, &RpcError::invalid_request(message));
        return json(
            StatusCode::PAYLOAD_TOO_LARGE,
            answer.to_string().into_bytes(),
        );
    };
    match respond(&server.rpc, body, None).await {
        Some(answer) => json(StatusCode::OK, answer),
        None => StatusCode::NO_CONTENT.into_response(),
    }
}

fn json(status: StatusCode, answer: Vec<u8>) -> Response {
    (
        status,
        [(header::CONTENT_TYPE, "application/json")],
        Body::from(answer),
    )
        .into_response()
}

/// Answers on a thread of its own: a contract may run for a second.
async fn respond(
    rpc: &Arc<Rpc>,
    body: Bytes,
    subscriptions: Option<Arc<Mutex<Subscriptions>>>,
) -> Option<Vec<u8>> {
    let rpc = rpc.clone();
    let work = spawn_blocking(move || with_room(|| rpc.respond(&body, subscriptions.as_deref())));
    work.await.unwrap_or_else(|error| {
        Some(
            failure(
                Value::Null,
                &RpcError::internal(format!("the request failed: {error}")),
            )
            .to_string()
            .into(),
        )
    })
}

async fn upgrade(server: Server, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection> =
        WebSocketUpgrade::from_request_parts(&mut parts, &()).await;
    match upgrade {
        Ok(upgrade) => upgrade
            .max_message_size(server.max_body)
            .on_upgrade(move |socket| converse(server, socket)),
        Err(_) => (
            StatusCode::OK,
            "ogpu-devnode: send JSON-RPC by POST or WebSocket\n",
        )
            .into_response(),
    }
}

/// One WebSocket connection, until either side ends it.
async fn converse(mut server: Server, mut socket: WebSocket) {
    let subscriptions = Arc::new(Mutex::new(Subscriptions::default()));
    let mut events = server.rpc.read().subscribe();
    loop {
        tokio::select! {
            // Events first: a new subscription then hears nothing from before it.
            biased;
            changed = server.running.changed() => if changed.is_err() { return },
            event = events.recv() => {
                let event = match event {
                    Ok(event) => event,
                    Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                let sent = subscriptions.lock().unwrap_or_else(PoisonError::into_inner).notifications(&event);
                for notification in sent {
                    if socket.send(Message::text(notification)).await.is_err() {
                        return;
                    }
                }
            }
            message = socket.recv() => {
                let body = match message {
                    Some(Ok(Message::Text(text))) => Bytes::from(text),
                    Some(Ok(Message::Binary(bytes))) => bytes,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                };
                let answer = respond(&server.rpc, body, Some(subscriptions.clone())).await;
                let answer = answer.map(|answer| Message::text(String::from_utf8_lossy(&answer).into_owned()));
                if let Some(answer) = answer && socket.send(answer).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Runs `work` on a stack of its own: contracts call contracts, more deeply than a thread of the runtime has room for.
fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let worker = thread::Builder::new().stack_size(STACK);
        let worker = worker.spawn_scoped(scope, work);
        let worker = worker.expect("the system gives threads");
        worker
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
