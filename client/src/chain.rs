//! A chain to read from, and accounts to write with.

use std::time::{Duration, Instant};

use alloy::{
    consensus::transaction::SignerRecoverable,
    contract::SolCallBuilder,
    eips::{BlockNumberOrTag, Decodable2718, Encodable2718},
    network::{Ethereum, EthereumWallet, NetworkTransactionBuilder as _, TransactionBuilder as _},
    primitives::{Address, B256, Bytes, TxKind, U256},
    providers::{Provider as _, RootProvider},
    rpc::{client::RpcClient, types::TransactionRequest},
    signers::{SignerSync as _, local::PrivateKeySigner},
    sol_types::{SolCall, SolEvent},
    transports::http::Http,
};

use crate::ClientError;

/// The provider all bindings use.
pub type Provider = RootProvider<Ethereum>;
/// A mined transaction.
pub type Receipt = alloy::rpc::types::TransactionReceipt;

/// How long a transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(180);
/// How often whoever waits for a clock is told what is left.
const REPORT: Duration = Duration::from_secs(60);

/// A Nitro chain, reached over HTTP. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Chain {
    provider: Provider,
    url: String,
    id: u64,
}

impl Chain {
    /// Connects to the node at `url` and asks it for its chain id.
    ///
    /// # Errors
    /// [`ClientError::Url`] when `url` is no http(s) address, [`ClientError::Unreachable`] when nothing answers there,
    /// [`ClientError::Node`] when what answers is no node.
    pub async fn connect(url: &str) -> Result<Self, ClientError> {
        let refuse = |why: String| ClientError::Url {
            url: url.to_owned(),
            why,
        };
        let parsed = reqwest::Url::parse(url).map_err(|error| refuse(error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refuse(format!(
                "'{}' is not http or https",
                parsed.scheme()
            )));
        }
        // Another part of the process may have chosen a provider already: that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(120))
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        let provider = RootProvider::new(RpcClient::new(Http::with_client(http, parsed), true));
        let id = provider
            .get_chain_id()
            .await
            .map_err(|error| ClientError::rpc("asking for the chain id", url, &error))?;
        Ok(Self {
            provider,
            url: url.to_owned(),
            id,
        })
    }

    /// The provider, for bindings and for what this type does not offer.
    pub fn provider(&self) -> &Provider {
        &self.provider
    }

    /// The node's address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The chain id.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The time of the latest block, in seconds since 1970.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`].
    pub async fn now(&self) -> Result<u64, ClientError> {
        let block = self
            .provider
            .get_block_by_number(BlockNumberOrTag::Latest)
            .await
            .map_err(|error| self.explain("reading the latest block", &error))?;
        block
            .map(|block| block.header.timestamp)
            .ok_or_else(|| ClientError::Node {
                what: "reading the latest block".to_owned(),
                url: self.url.clone(),
                why: "it has none".to_owned(),
            })
    }

    /// Tells the chain's clock to go forward by `seconds`, and makes a block. `false` where a clock cannot be told:
    /// `evm_increaseTime` is a method of development chains.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`] when the clock was told and no block was made.
    pub async fn jump(&self, seconds: u64) -> Result<bool, ClientError> {
        let told: Result<serde_json::Value, _> = self
            .provider
            .raw_request("evm_increaseTime".into(), [seconds])
            .await;
        if told.is_err() {
            return Ok(false);
        }
        let mined: Result<serde_json::Value, _> =
            self.provider.raw_request("evm_mine".into(), ()).await;
        mined.map_err(|error| self.explain("making a block", &error))?;
        Ok(true)
    }

    /// The hash of block `number`, if the chain has one.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`].
    pub async fn block_hash(&self, number: u64) -> Result<Option<B256>, ClientError> {
        let block = self
            .provider
            .get_block_by_number(number.into())
            .await
            .map_err(|error| self.explain("reading a block", &error))?;
        Ok(block.map(|block| block.header.hash))
    }

    /// The code at `address`; empty when there is none.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`].
    pub async fn code(&self, address: Address) -> Result<Bytes, ClientError> {
        self.provider
            .get_code_at(address)
            .await
            .map_err(|error| self.explain("reading code", &error))
    }

    /// The word in `slot` of `address`.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`].
    pub async fn storage(&self, address: Address, slot: U256) -> Result<B256, ClientError> {
        let word = self.provider.get_storage_at(address, slot).await;
        word.map(B256::from)
            .map_err(|error| self.explain("reading storage", &error))
    }

    /// The ether of `address`, in wei.
    ///
    /// # Errors
    /// [`ClientError::Unreachable`] or [`ClientError::Node`].
    pub async fn ether(&self, address: Address) -> Result<U256, ClientError> {
        self.provider
            .get_balance(address)
            .await
            .map_err(|error| self.explain("reading a balance", &error))
    }

    /// Reads a view; `what` names it in errors.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the contract reverts, else as [`Chain::now`].
    pub async fn read<P: alloy::providers::Provider, C: SolCall>(
        &self,
        what: &str,
        call: SolCallBuilder<P, C>,
    ) -> Result<C::Return, ClientError> {
        call.call()
            .await
            .map_err(|error| ClientError::call(what, &self.url, &error))
    }

    /// Simulates a transaction without signing it, and returns its output.
    ///
    /// # Errors
    /// As [`Chain::read`].
    pub async fn simulate(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<Bytes, ClientError> {
        self.provider
            .call(request)
            .await
            .map_err(|error| self.explain(what, &error))
    }

    /// The receipt of `tx`, once it is mined.
    ///
    /// # Errors
    /// As [`Chain::now`].
    pub async fn receipt(&self, tx: B256) -> Result<Option<Receipt>, ClientError> {
        self.provider
            .get_transaction_receipt(tx)
            .await
            .map_err(|error| self.explain("reading a receipt", &error))
    }

    /// Waits until `tx` is mined and has succeeded.
    ///
    /// # Errors
    /// [`ClientError::NotMined`] after three minutes, [`ClientError::Reverted`] when it failed, else as [`Chain::now`].
    pub async fn mined(&self, what: &str, tx: B256) -> Result<Receipt, ClientError> {
        let start = Instant::now();
        let mut pause = Duration::from_millis(2);
        while start.elapsed() < PATIENCE {
            if let Some(receipt) = self.receipt(tx).await? {
                return match receipt.status() {
                    true => Ok(receipt),
                    false => Err(ClientError::Reverted {
                        what: what.to_owned(),
                        tx,
                        gas: receipt.gas_used,
                    }),
                };
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
        Err(ClientError::NotMined {
            what: what.to_owned(),
            tx,
            seconds: PATIENCE.as_secs(),
        })
    }

    /// Sends a signed transaction. One the node knows already is no error.
    ///
    /// # Errors
    /// [`ClientError::NoEther`] when the sender cannot pay, else as [`Chain::read`].
    pub async fn broadcast(&self, what: &str, raw: &[u8]) -> Result<(), ClientError> {
        match self.provider.send_raw_transaction(raw).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let text = error.to_string();
                if text.contains("already known") {
                    return Ok(());
                }
                if text.contains("insufficient funds") {
                    let envelope = alloy::consensus::TxEnvelope::decode_2718(&mut &raw[..]);
                    if let Some(account) = envelope.ok().and_then(|tx| tx.recover_signer().ok()) {
                        let balance = self.ether(account).await?;
                        return Err(ClientError::NoEther {
                            what: what.to_owned(),
                            account,
                            balance,
                        });
                    }
                }
                Err(self.explain(what, &error))
            }
        }
    }

    pub(crate) fn explain(
        &self,
        what: &str,
        error: &alloy::transports::RpcError<alloy::transports::TransportErrorKind>,
    ) -> ClientError {
        ClientError::rpc(what, &self.url, error)
    }
}

/// A transaction that is signed and not sent.
#[derive(Clone, Debug)]
pub struct Signed {
    /// Its hash.
    pub tx: B256,
    /// Its nonce.
    pub nonce: u64,
    /// Its bytes, as `eth_sendRawTransaction` takes them.
    pub raw: Bytes,
}

/// Somebody who can sign: a key on a chain. Cheap to clone; send one transaction at a time.
#[derive(Clone, Debug)]
pub struct Account {
    chain: Chain,
    key: PrivateKeySigner,
    wallet: EthereumWallet,
}

impl Account {
    /// The account of `key` on `chain`.
    pub fn new(chain: Chain, key: PrivateKeySigner) -> Self {
        Self {
            chain,
            wallet: EthereumWallet::from(key.clone()),
            key,
        }
    }

    /// The chain it writes to.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Its address.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Signs a digest, as contracts recover it: 65 bytes, `r`, `s`, `v`.
    ///
    /// # Errors
    /// [`ClientError::Unsigned`] when the key refuses.
    pub fn sign_digest(&self, digest: B256) -> Result<Bytes, ClientError> {
        let signature = self.key.sign_hash_sync(&digest);
        let signature = signature.map_err(|error| ClientError::Unsigned {
            account: self.address(),
            why: error.to_string(),
        })?;
        Ok(signature.as_bytes().into())
    }

    /// Simulates, signs and sends a contract call, and waits for its receipt; `what` names it in errors.
    ///
    /// # Errors
    /// [`ClientError::Refused`] when the contract reverts in simulation (nothing is sent then), [`ClientError::NoEther`],
    /// [`ClientError::Reverted`], [`ClientError::NotMined`], else as [`Chain::now`].
    pub async fn send<P: alloy::providers::Provider, C: SolCall>(
        &self,
        what: &str,
        call: SolCallBuilder<P, C>,
    ) -> Result<Receipt, ClientError> {
        self.send_request(what, call.into_transaction_request())
            .await
    }

    /// As [`Account::send`], for any transaction.
    ///
    /// # Errors
    /// As [`Account::send`].
    pub async fn send_request(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<Receipt, ClientError> {
        let signed = self.sign(what, request).await?;
        self.chain.broadcast(what, &signed.raw).await?;
        self.chain.mined(what, signed.tx).await
    }

    /// Lets time pass until the chain's clock shows at least `time`, in seconds since 1970: at once on a development chain
    /// that can be told the time ([`Chain::jump`]), by waiting on any other.
    ///
    /// Where nobody else makes blocks, a chain's clock stands; then the account makes one by sending itself nothing.
    ///
    /// # Errors
    /// As [`Account::send`].
    pub async fn reach(&self, time: u64) -> Result<(), ClientError> {
        self.reach_with(time, &mut |_| ()).await
    }

    /// As [`Account::reach`]; where it has to wait, `progress` learns how many seconds are left, when the waiting begins and
    /// then every minute.
    ///
    /// # Errors
    /// As [`Account::send`].
    pub async fn reach_with(
        &self,
        time: u64,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), ClientError> {
        let now = self.chain.now().await?;
        if now >= time {
            return Ok(());
        }
        if !self.chain.jump(time - now).await? {
            let (start, wait) = (Instant::now(), Duration::from_secs(time - now));
            loop {
                let left = wait.saturating_sub(start.elapsed());
                if left.is_zero() {
                    break;
                }
                progress(left.as_secs_f64().round() as u64);
                tokio::time::sleep(left.min(REPORT)).await;
            }
        }
        while self.chain.now().await? < time {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let nothing = TransactionRequest::default()
                .with_to(self.address())
                .with_value(U256::ZERO);
            self.send_request("making a block", nothing).await?;
        }
        Ok(())
    }

    /// Sends ether.
    ///
    /// # Errors
    /// As [`Account::send`].
    pub async fn send_ether(&self, to: Address, wei: U256) -> Result<Receipt, ClientError> {
        self.send_request(
            "sending ether",
            TransactionRequest::default().with_to(to).with_value(wei),
        )
        .await
    }

    /// Fills in nonce, gas and fees, and signs. Nothing is sent.
    ///
    /// # Errors
    /// As [`Account::send`].
    pub async fn sign(
        &self,
        what: &str,
        request: TransactionRequest,
    ) -> Result<Signed, ClientError> {
        let provider = self.chain.provider();
        let mut request = request
            .with_from(self.address())
            .with_chain_id(self.chain.id());
        if request.to.is_none() {
            request.to = Some(TxKind::Create);
        }
        let (nonce, price) = tokio::join!(
            async {
                provider
                    .get_transaction_count(self.address())
                    .pending()
                    .await
            },
            async { provider.get_gas_price().await }
        );
        let nonce = nonce.map_err(|error| self.chain.explain(what, &error))?;
        let price = price.map_err(|error| self.chain.explain(what, &error))?;
        request.set_nonce(nonce);
        if request.gas.is_none() {
            let gas = match provider.estimate_gas(request.clone()).await {
                Ok(gas) => gas,
                Err(error) => return Err(self.explain_estimate(what, &error).await?),
            };
            request.set_gas_limit(gas + gas / 5 + 10_000);
        }
        request.set_max_fee_per_gas(price * 2);
        request.set_max_priority_fee_per_gas(0);
        let envelope = request
            .build(&self.wallet)
            .await
            .map_err(|error| ClientError::Node {
                what: what.to_owned(),
                url: self.chain.url().to_owned(),
                why: error.to_string(),
            })?;
        Ok(Signed {
            tx: *envelope.tx_hash(),
            nonce,
            raw: envelope.encoded_2718().into(),
        })
    }

    /// An estimate fails for want of ether as well as by a revert.
    async fn explain_estimate(
        &self,
        what: &str,
        error: &alloy::transports::RpcError<alloy::transports::TransportErrorKind>,
    ) -> Result<ClientError, ClientError> {
        let explained = self.chain.explain(what, error);
        if let ClientError::Node { why, .. } = &explained
            && (why.contains("insufficient funds")
                || why.contains("gas required exceeds allowance"))
        {
            let balance = self.chain.ether(self.address()).await?;
            return Ok(ClientError::NoEther {
                what: what.to_owned(),
                account: self.address(),
                balance,
            });
        }
        Ok(explained)
    }
}

/// The first event `E` in a receipt.
///
/// # Errors
/// [`ClientError::NoEvent`] when there is none.
pub(crate) fn event<E: SolEvent>(what: &str, receipt: &Receipt) -> Result<E, ClientError> {
    receipt
        .logs()
        .iter()
        .find_map(|log| E::decode_log(&log.inner).ok().map(|log| log.data))
        .ok_or_else(|| ClientError::NoEvent {
            what: what.to_owned(),
            tx: receipt.transaction_hash,
            event: E::SIGNATURE,
        })
}
