//! A chain that listens on a port.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};

use crate::{
    NodeConfig,
    chain::{Chain, ChainError},
    rpc::{
        Rpc,
        server::{self, Server},
    },
};

/// Why a node did not start.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The port could not be taken.
    #[error("cannot listen on {address}: {source}; give another port, or 0 for a free one")]
    Listen {
        /// Where the node should listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The chain could not be made.
    #[error("cannot make the chain: {0}")]
    Chain(#[from] ChainError),
}

/// A running node. It stops when it is dropped.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    accepting: JoinHandle<()>,
    mining: Option<JoinHandle<()>>,
    _running: watch::Sender<()>,
}

impl Node {
    /// Starts a node and returns once it answers.
    ///
    /// # Errors
    /// [`NodeError::Listen`] if the port is taken, [`NodeError::Chain`] for a genesis no chain can have.
    pub async fn start(config: NodeConfig) -> Result<Self, NodeError> {
        let rpc = Arc::new(Rpc::new(Chain::new(config.genesis())?));
        let wanted = SocketAddr::new(config.host, config.port);
        let failed = |source| NodeError::Listen {
            address: wanted,
            source,
        };
        let listener = TcpListener::bind(wanted).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (sender, running) = watch::channel(());
        let mining = config
            .block_time
            .map(|period| tokio::spawn(mine_regularly(rpc.clone(), period)));
        let server = Server {
            rpc,
            max_body: config.max_body,
            running,
        };
        let accepting = tokio::spawn(async move {
            // Serving ends by the node being dropped; an error of the listener ends it too, and clients see it closed.
            drop(server::serve(listener, server).await);
        });
        Ok(Self {
            address,
            accepting,
            mining,
            _running: sender,
        })
    }

    /// Where the node listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL for HTTP.
    pub fn url(&self) -> String {
        format!("http://{}", self.reachable())
    }

    /// The URL for WebSocket.
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.reachable())
    }

    /// A node that listens everywhere is reached on the loopback interface.
    fn reachable(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
                IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
            });
        }
        address
    }

    /// Waits until the node stops by itself, which it does only if its port is lost.
    pub async fn stopped(&mut self) {
        drop((&mut self.accepting).await);
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mining) = &self.mining {
            mining.abort();
        }
    }
}

async fn mine_regularly(rpc: Arc<Rpc>, period: Duration) {
    let mut ticks = interval(period.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    // The first tick is immediate, and block 0 is there already.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        let rpc = rpc.clone();
        if spawn_blocking(move || rpc.write().mine()).await.is_err() {
            return;
        }
    }
}

/// Runs a node until it is interrupted or terminated. `ready` is told once it answers.
///
/// # Errors
/// As [`Node::start`].
pub async fn serve(config: NodeConfig, ready: impl FnOnce(&Node)) -> Result<(), NodeError> {
    let mut node = Node::start(config).await?;
    ready(&node);
    tokio::select! {
        () = node.stopped() => {}
        () = asked_to_stop() => {}
    }
    Ok(())
}

async fn asked_to_stop() {
    #[cfg(unix)]
    if let Ok(mut terminated) =
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
    {
        tokio::select! {
            _ = terminated.recv() => return,
            interrupted = tokio::signal::ctrl_c() => return drop(interrupted),
        }
    }
    drop(tokio::signal::ctrl_c().await);
}
