//! Our contracts against OpenZeppelin's own, compiled from their Solidity (`bench/openzeppelin`): both stand behind their proxies on one
//! chain, the same callers ask both the same in the same transactions, and everything that can be seen has to be the same after
//! every call: success, output, reasons of refusals to the byte, events, state through every view.
//!
//! Calls are random. `OGPU_SEED` names other ones, `OGPU_STEPS` how many; a failure says which they were.

mod abi;
mod contracts;
mod gas;
mod governor;
mod random;
mod timelock;
mod token;
mod upgrades;

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    path::PathBuf,
};

use contracts::{Actor, Proxy};
use eyre::{ContextCompat, Result, bail, ensure};
use ogpu_client::{
    Account, Chain, Receipt,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, B256, Bytes, LogData, U256, keccak256},
        providers::Provider as _,
        rpc::types::TransactionRequest,
        sol_types::{SolCall, SolEvent, SolValue},
    },
    bindings::{
        ArbWasm, ArbWasmCache, CacheManager,
        arbos::{ARB_WASM, ARB_WASM_CACHE},
    },
    programs::{DEFAULT_FOLDER, creation_code},
    proxy_init::proxy_creation_code,
};
use ogpu_tests::{Harness, programs};
use random::Random;

use crate::figures::root;

/// Names other random calls.
const SEED: &str = "OGPU_SEED";
/// Says how many calls are made.
const STEPS: &str = "OGPU_STEPS";

/// More gas than any transaction here needs.
const GAS: u64 = 30_000_000;
/// In seconds.
const DAY: usize = 86_400;
/// In bytes.
const STACK: usize = 16 << 20;
/// How many views are asked for in one call to the chain.
const VIEWS: usize = 100;

/// A call that both contracts get.
#[derive(Clone, Debug)]
struct Order {
    /// What [`Difference`]s and failures call it by.
    name: &'static str,
    /// The address that theirs is called at.
    target: Address,
    value: U256,
    theirs: Bytes,
    /// What ours gets, where that is not `theirs` with our addresses in place of theirs.
    ours: Option<Bytes>,
}

impl Order {
    fn new(name: &'static str, target: Address, data: impl Into<Bytes>) -> Self {
        Self {
            name,
            target,
            value: U256::ZERO,
            theirs: data.into(),
            ours: None,
        }
    }

    /// A call of the function `C`.
    fn call<C: SolCall>(target: Address, call: &C) -> Self {
        Self::new(function::<C>(), target, call.abi_encode())
    }

    fn named(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    fn value(self, value: U256) -> Self {
        Self { value, ..self }
    }

    fn ours(self, data: impl Into<Bytes>) -> Self {
        let ours = Some(data.into());
        Self { ours, ..self }
    }
}

/// The name of the function `C`.
fn function<C: SolCall>() -> &'static str {
    C::SIGNATURE.split('(').next().unwrap_or_default()
}

/// What came of a call.
#[derive(Clone, Default, PartialEq, Eq)]
struct Outcome {
    success: bool,
    output: Bytes,
    logs: Vec<(Address, LogData)>,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.success { "returned" } else { "reverted" };
        write!(f, "{word} {}", self.output)?;
        for (address, log) in &self.logs {
            write!(f, "\n      {address} {:?} {}", log.topics(), log.data)?;
        }
        Ok(())
    }
}

/// In what ours may be unlike theirs, and why that is meant.
struct Difference {
    /// The [names](Order) of the calls.
    calls: &'static [&'static str],
    why: &'static str,
    /// Whether this is what can be seen: of theirs, translated, and of ours.
    seen: fn(&Outcome, &Outcome) -> bool,
}

/// Theirs and ours on one chain, and those who call them.
struct World {
    harness: Harness,
    /// Sends every transaction.
    sender: Account,
    /// Who calls: contracts that call theirs, then ours.
    actors: Vec<Address>,
    /// Who signs.
    keys: Vec<Account>,
    /// What is theirs, and what of ours stands in its place: addresses and hashes.
    names: HashMap<Vec<u8>, Vec<u8>>,
    /// Where programs are that were activated here, by their code.
    programs: HashMap<Vec<u8>, Address>,
    differences: &'static [Difference],
    /// Which of them were seen.
    met: BTreeSet<&'static str>,
    /// How theirs refused: the first four bytes of the reason.
    refusals: BTreeSet<Vec<u8>>,
    /// Whether theirs is in place of ours.
    stand_in: bool,
    random: Random,
    seed: u64,
    steps: usize,
    /// The latest calls.
    history: VecDeque<String>,
    /// The time of the latest block, in seconds since 1970.
    now: u64,
    /// The parent chain's block number, which contracts see as theirs.
    block: u64,
}

impl World {
    /// A chain with four actors, who have ether, and four keys, which have none; the first two actors sign as the first two keys.
    async fn new(differences: &'static [Difference]) -> Result<Self> {
        let harness = Harness::new().await?;
        let sender = harness.stage().account_with(10u64.pow(19)).await?;
        let keys: Vec<_> = (0..4)
            .map(|_| Account::new(harness.chain().clone(), harness.stage().key()))
            .collect();
        let number = |name: &str, default: u64| match std::env::var(name) {
            Ok(text) if !text.is_empty() => text.parse(),
            _ => Ok(default),
        };
        let seed = number(SEED, 0x0670)?;
        let now = harness.chain().now().await?;
        let mut world = Self {
            harness,
            sender,
            actors: Vec::new(),
            keys,
            names: HashMap::new(),
            programs: HashMap::new(),
            differences,
            met: BTreeSet::new(),
            refusals: BTreeSet::new(),
            stand_in: false,
            random: Random::new(seed),
            seed,
            steps: number(STEPS, 300)?.try_into()?,
            history: VecDeque::new(),
            now,
            block: 0,
        };
        for index in 0..4 {
            let key = world.keys.get(index).filter(|_| index < 2);
            let signer = key.map_or(Address::ZERO, Account::address);
            let actor = world.create(&Actor::BYTECODE, signer.abi_encode()).await?;
            world
                .sender
                .send_ether(actor, U256::from(10u64.pow(17)))
                .await?;
            world.actors.push(actor);
        }
        Ok(world)
    }

    fn chain(&self) -> &Chain {
        self.harness.chain()
    }

    /// Creates a contract.
    async fn create(&self, bytecode: &Bytes, arguments: Vec<u8>) -> Result<Address> {
        let code = [bytecode.to_vec(), arguments].concat();
        let request = TransactionRequest::default().with_deploy_code(code);
        let receipt = self.sender.send_request("creating", request).await?;
        receipt
            .contract_address
            .wrap_err("the receipt names no contract")
    }

    /// Implementations: theirs, and ours of the program `name`. While there is no such program theirs stands in for ours.
    async fn implementations(&mut self, name: &str, bytecode: &Bytes) -> Result<[Address; 2]> {
        let theirs = self.create(bytecode, Vec::new()).await?;
        let ours = self.harness.deployment.contracts.get(name);
        let ours = match ours.map(|contract| contract.implementation) {
            Some(ours) => ours,
            None => match std::fs::read(program_path(name)) {
                Ok(code) => self.program(&code).await?,
                Err(_) => {
                    self.stand_in = true;
                    self.create(bytecode, Vec::new()).await?
                }
            },
        };
        self.same(theirs, ours);
        Ok([theirs, ours])
    }

    /// Creates, activates and caches a program, once.
    async fn program(&mut self, code: &[u8]) -> Result<Address> {
        if let Some(program) = self.programs.get(code) {
            return Ok(*program);
        }
        let program = self.create(&creation_code(code), Vec::new()).await?;
        let request = TransactionRequest::default()
            .with_to(ARB_WASM)
            .with_value(U256::from(10u64.pow(16))) // what is too much comes back
            .with_call(&ArbWasm::activateProgramCall { program });
        self.sender.send_request("activating", request).await?;
        let cache = ArbWasmCache::new(ARB_WASM_CACHE, self.chain().provider());
        let managers = self
            .chain()
            .read("asking", cache.allCacheManagers())
            .await?;
        let manager = *managers.last().wrap_err("there is a cache manager")?;
        let request = TransactionRequest::default()
            .with_to(manager)
            .with_call(&CacheManager::placeBidCall { program });
        self.sender.send_request("caching", request).await?;
        self.programs.insert(code.to_vec(), program);
        Ok(program)
    }

    /// Another implementation of theirs, and of ours for it.
    async fn another(&mut self, [_, ours]: [Address; 2], bytecode: &Bytes) -> Result<Address> {
        let theirs = self.create(bytecode, Vec::new()).await?;
        let ours = if self.stand_in {
            self.create(bytecode, Vec::new()).await?
        } else {
            let code = creation_code(&self.chain().code(ours).await?);
            self.create(&code, Vec::new()).await?
        };
        self.same(theirs, ours);
        Ok(theirs)
    }

    /// Init code of proxies: theirs before `theirs`, ours before `ours`, initialised by these calls.
    fn proxies(
        &self,
        [theirs, ours]: [Address; 2],
        [their_call, our_call]: [&[u8]; 2],
    ) -> Result<[Bytes; 2]> {
        let arguments = (theirs, Bytes::from(their_call.to_vec())).abi_encode_params();
        let program = programs()?.proxy;
        Ok([
            [Proxy::BYTECODE.to_vec(), arguments].concat().into(),
            proxy_creation_code(program.code(), ours, our_call).into(),
        ])
    }

    /// Puts `theirs` and `ours`, two implementations, behind proxies that `call` initialises, and gives the address of theirs.
    async fn pair(&mut self, theirs: Address, ours: Address, call: &[u8]) -> Result<Address> {
        let translated = self.translate(call);
        self.pair_by([theirs, ours], [call, &translated]).await
    }

    /// As [`World::pair`], where each has an initialiser of its own.
    async fn pair_by(
        &mut self,
        implementations: [Address; 2],
        calls: [&[u8]; 2],
    ) -> Result<Address> {
        let [theirs, ours] = implementations;
        self.same(theirs, ours);
        let mut seen = Vec::new();
        for code in self.proxies(implementations, calls)? {
            let request = TransactionRequest::default().with_deploy_code(code);
            let receipt = self.sender.send_request("creating", request).await?;
            let address = receipt.contract_address.wrap_err("no contract")?;
            let logs = logs(&receipt);
            seen.push((address, logs));
        }
        let [(theirs, their_logs), (ours, our_logs)] =
            <[_; 2]>::try_from(seen).map_err(|_| eyre::eyre!("two were made"))?;
        self.same(theirs, ours);
        let outcome = |logs| Outcome {
            success: true,
            output: Bytes::new(),
            logs,
        };
        self.compare("initialize", &outcome(their_logs), &outcome(our_logs))?;
        Ok(theirs)
    }

    /// Compares what comes of creating proxies on the implementation `theirs`, and on ours, that `call` initialises.
    async fn creation(&mut self, name: &'static str, theirs: Address, call: &[u8]) -> Result<()> {
        let mut outcomes = Vec::new();
        let translated = self.translate(call);
        for code in self.proxies([theirs, self.ours(theirs)], [call, &translated])? {
            let request = TransactionRequest::default()
                .with_from(self.sender.address())
                .with_deploy_code(code);
            let result = self.chain().provider().call(request).await;
            let output = match &result {
                Ok(_) => Some(Bytes::new()), // the proxies' code, which nobody thinks the same
                Err(error) => error
                    .as_error_resp()
                    .and_then(|response| response.as_revert_data()),
            };
            outcomes.push(Outcome {
                success: result.is_ok(),
                output: output.wrap_err_with(|| format!("{name}: {result:?}"))?,
                logs: Vec::new(),
            });
        }
        self.compare(name, &outcomes[0], &outcomes[1])
    }

    /// From now on `ours` stands for `theirs`.
    fn same(&mut self, theirs: impl AsRef<[u8]>, ours: impl AsRef<[u8]>) {
        let (theirs, ours) = (theirs.as_ref(), ours.as_ref());
        if theirs != ours {
            self.names.insert(theirs.to_vec(), ours.to_vec());
        }
    }

    /// `bytes` with what is ours in place of what is theirs.
    fn translate(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        let mut at = 0;
        while at < bytes.len() {
            // an address, or a word
            let mut names = [20, 32].into_iter().filter_map(|length| {
                let name = bytes.get(at..at + length)?;
                self.names.get(name)
            });
            at += match names.next() {
                Some(ours) => {
                    bytes[at..at + ours.len()].copy_from_slice(ours);
                    ours.len()
                }
                None => 1,
            };
        }
        bytes
    }

    /// The address of ours that stands for `theirs`.
    fn ours(&self, theirs: Address) -> Address {
        Address::from_slice(&self.translate(theirs.as_slice()))
    }

    fn translated(&self, outcome: &Outcome) -> Outcome {
        let topic = |topic: &B256| B256::from_slice(&self.translate(topic.as_slice()));
        let log = |(address, log): &(Address, LogData)| {
            let topics = log.topics().iter().map(topic).collect();
            let data = self.translate(&log.data).into();
            (self.ours(*address), LogData::new_unchecked(topics, data))
        };
        Outcome {
            success: outcome.success,
            output: self.translate(&outcome.output).into(),
            logs: outcome.logs.iter().map(log).collect(),
        }
    }

    /// Fails where ours differs from theirs in another way than is meant.
    fn compare(&mut self, name: &'static str, theirs: &Outcome, ours: &Outcome) -> Result<()> {
        if !theirs.success && theirs.output.len() >= 4 {
            self.refusals.insert(theirs.output[..4].to_vec());
        }
        let theirs = self.translated(theirs);
        if theirs == *ours {
            return Ok(());
        }
        let known = self.differences.iter().find(|difference| {
            difference.calls.contains(&name) && (difference.seen)(&theirs, ours)
        });
        if let Some(difference) = known {
            self.met.insert(difference.why);
            return Ok(());
        }
        let history: Vec<_> = self.history.iter().map(String::as_str).collect();
        bail!(
            "{name} differs\n  theirs {theirs:?}\n  ours   {ours:?}\n{SEED}={} {STEPS}={}; the latest calls were\n{}",
            self.seed,
            self.steps,
            history.join("\n")
        )
    }

    fn orders(&self, order: &Order) -> [Actor::Order; 2] {
        let of = |target, data| Actor::Order {
            target,
            value: order.value,
            data,
        };
        let ours = order.ours.clone();
        let ours = ours.unwrap_or_else(|| self.translate(&order.theirs).into());
        [
            of(order.target, order.theirs.clone()),
            of(self.ours(order.target), ours),
        ]
    }

    /// Lets time pass, or not, so that the next transaction is at [`World::now`].
    async fn pass(&mut self) -> Result<()> {
        let random = &mut self.random;
        let seconds = match random.below(10) {
            0..4 => 0,
            4..7 => 1,
            7..9 => random.below(100),
            // in all less than a year, after which programs expire
            _ => random.below((3 * DAY).min(2_500 * DAY / self.steps.max(1))),
        };
        let blocks = [0, 0, 0, 1, 1, 2, 5].map(|blocks| blocks as u64);
        let blocks = random.of(&blocks);
        self.wait(seconds as u64, blocks).await
    }

    async fn wait(&mut self, seconds: u64, blocks: u64) -> Result<()> {
        // blocks were made without saying when
        self.now = self.now.max(self.chain().now().await?) + seconds;
        self.block += blocks;
        for (method, value) in [
            ("evm_setNextBlockTimestamp", self.now),
            ("ogpu_setL1BlockNumber", self.block),
        ] {
            let provider = self.chain().provider();
            let _: serde_json::Value = provider.raw_request(method.into(), [value]).await?;
        }
        Ok(())
    }

    /// Has `actor` ask theirs and ours in one transaction, compares, and gives what came of theirs.
    async fn send(&mut self, actor: Address, order: &Order) -> Result<Outcome> {
        if self.history.len() == 12 {
            self.history.pop_front();
        }
        self.history.push_back(format!(
            "  {} by {actor} at {}, block {}, value {}: {} {}",
            order.name, self.now, self.block, order.value, order.target, order.theirs
        ));
        let orders = self.orders(order).to_vec();
        let request = TransactionRequest::default()
            .with_to(actor)
            .with_gas_limit(GAS)
            .with_input(Actor::sendCall { orders }.abi_encode());
        let receipt = self.sender.send_request(order.name, request).await?;
        let mut outcomes = Vec::new();
        let mut since = Vec::new();
        for (address, log) in logs(&receipt) {
            match Actor::Outcome::decode_log_data(&log) {
                Ok(outcome) if address == actor => outcomes.push(Outcome {
                    success: outcome.success,
                    output: outcome.output,
                    logs: std::mem::take(&mut since),
                }),
                _ => since.push((address, log)),
            }
        }
        ensure!(outcomes.len() == 2, "{} outcomes", outcomes.len());
        self.compare(order.name, &outcomes[0], &outcomes[1])?;
        Ok(outcomes.swap_remove(0))
    }

    /// Reads `views` of both, compares, and gives theirs.
    async fn look(&mut self, views: &[Order]) -> Result<Vec<Bytes>> {
        let mut seen = Vec::with_capacity(views.len());
        for views in views.chunks(VIEWS) {
            let orders = views.iter().flat_map(|view| self.orders(view)).collect();
            let actor = Actor::new(self.actors[0], self.chain().provider());
            let results = self.chain().read("looking", actor.send(orders)).await?;
            ensure!(results.len() == 2 * views.len(), "an answer is missing");
            for (view, pair) in views.iter().zip(results.chunks(2)) {
                let [theirs, ours] = [&pair[0], &pair[1]].map(|result| Outcome {
                    success: result.success,
                    output: result.output.clone(),
                    logs: Vec::new(),
                });
                self.compare(view.name, &theirs, &ours)
                    .map_err(|error| error.wrap_err(format!("read with {}", view.theirs)))?;
                seen.push(theirs.output);
            }
        }
        Ok(seen)
    }

    /// One of the actors.
    fn actor(&mut self) -> Address {
        self.random.of(&self.actors)
    }

    /// One of the keys.
    fn key(&mut self) -> Account {
        self.random.of(&self.keys)
    }

    /// Actors and keys.
    fn people(&self) -> Vec<Address> {
        let keys = self.keys.iter().map(Account::address);
        self.actors.iter().copied().chain(keys).collect()
    }

    /// Mostly one of the people, sometimes nobody, a stranger, or `contract` itself.
    fn anybody(&mut self, contract: Address) -> Address {
        match self.random.below(12) {
            0 => Address::ZERO,
            1 => self.random.of(&[contract, Address::repeat_byte(0xaa)]),
            _ => {
                let people = self.people();
                self.random.of(&people)
            }
        }
    }

    /// Spoils calldata in one of the ways that a decoder must notice, or must not mind.
    fn spoil(&mut self, order: Order) -> Order {
        let (kind, at, byte) = (
            self.random.below(6),
            self.random.next() as usize,
            self.random.next() as u8,
        );
        let spoil = |data: &Bytes| -> Bytes {
            let mut data = data.to_vec();
            match kind {
                0 => data.truncate(at % (data.len() + 1)),
                1 => data.truncate(data.len() - data.len().min(1 + at % 32)),
                2 => data.extend([byte; 40]),
                // the first byte of an argument: of an address or a short number it has to be zero
                3 if data.len() > 4 => {
                    let words = data.len().saturating_sub(4).div_ceil(32);
                    data[4 + 32 * (at % words)] = byte;
                }
                4 if !data.is_empty() => {
                    let at = at % data.len();
                    data[at] ^= byte;
                }
                _ => {
                    data.truncate(4 + 32 * (at % 4));
                    data.iter_mut()
                        .take(4)
                        .for_each(|selector| *selector = byte);
                }
            }
            data.into()
        };
        Order {
            theirs: spoil(&order.theirs),
            ours: order.ours.as_ref().map(spoil),
            ..order
        }
    }

    /// Every difference that is meant was seen: there is none in the list that no longer exists. And so was every one of `reasons`:
    /// calls were varied enough.
    fn all_met(&self, reasons: &[&str]) {
        if self.stand_in || self.steps < 300 {
            return;
        }
        for difference in self.differences {
            assert!(
                self.met.contains(difference.why),
                "{:?} is as theirs, and listed as a difference: {}",
                difference.calls,
                difference.why
            );
        }
        for reason in reasons {
            assert!(
                self.refusals.contains(&keccak256(reason)[..4]),
                "nothing was refused with {reason}; {SEED}={}",
                self.seed
            );
        }
    }
}

/// Whether ours differs in that its proxy is told to be initialised before the initialiser does the rest, theirs afterwards.
fn initialized_first(theirs: &Outcome, ours: &Outcome) -> bool {
    let mut theirs = theirs.clone();
    // the first event is the proxy's
    let after = theirs.logs.get_mut(1..).unwrap_or_default();
    after.rotate_right(usize::from(!after.is_empty()));
    theirs == *ours
}

/// Where a built program is.
fn program_path(name: &str) -> PathBuf {
    let folder = std::env::var_os("OGPU_PROGRAMS").filter(|folder| !folder.is_empty());
    let folder = folder.map_or_else(|| root().join(DEFAULT_FOLDER), PathBuf::from);
    folder.join(format!("{name}.code"))
}

/// Runs a story whose calls go deeper than the stack of a thread of Rust's, which is small for a chain that is not optimised.
fn deep(story: impl Future<Output = Result<()>>) -> Result<()> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build()?
        .block_on(story)
}

/// The events of a transaction.
fn logs(receipt: &Receipt) -> Vec<(Address, LogData)> {
    let logs = receipt.logs().iter();
    logs.map(|log| (log.address(), log.data().clone()))
        .collect()
}
