//! The same steps natively and as WASM on the embedded chain, over JSON-RPC: after each, both have answered, logged and stored the
//! same; and from the logs alone the whole state can be rebuilt.
//!
//! The programs of `target/programs` are put where the native world has them, so that addresses and storage are the same words. The
//! clock of the chain is told before each step, which only a development chain allows: with `OGPU_RPC_URL` set, this is left out.

use std::{env, fs, path::PathBuf};

use eyre::{Result, WrapErr, bail, ensure, eyre};
use ogpu_client::{
    Chain,
    alloy::{
        primitives::{Address, B256, Bytes, Signature, U256, hex},
        providers::Provider as _,
        sol_types::SolCall as _,
    },
    bindings::{ArbWasm, arbos::ARB_WASM},
    programs::DEFAULT_FOLDER,
};
use ogpu_devnode::{Node, NodeConfig};
use ogpu_simulation::{
    abi::Abi,
    chain::{Answer, Message, Program},
    generate::{Generator, Shown},
    model::{Model, Told},
    run::Lab,
    world::{COPIES, GENESIS, OWNER, Setting, World, people, program_at, proxy_of},
};
use serde_json::{Value, json};

/// Worlds, and steps in each.
const SEEDS: [u64; 3] = [1, 2, 3];
const STEPS: usize = 300;

/// Gas of a step: more than any takes.
const GAS: u64 = 30_000_000;

/// The slot of a proxy's implementation.
const IMPLEMENTATION_SLOT: &str =
    "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc";

/// The embedded chain with the contracts where the native world has them.
struct Twin {
    chain: Chain,
    /// Keeps the chain running.
    _node: Node,
}

/// What became of a message on the chain.
struct Mined {
    answer: Answer,
    told: Told,
}

impl Twin {
    /// Starts the chain, and puts programs and proxies there; nothing is initialised.
    async fn new() -> Result<Self> {
        let config = NodeConfig {
            genesis_time: Some(GENESIS),
            ..NodeConfig::test()
        };
        let node = Node::start(config).await?;
        let chain = Chain::connect(&node.url()).await?;
        let twin = Self { chain, _node: node };
        twin.rpc("hardhat_autoImpersonateAccount", json!([true]))
            .await?;
        let ether = "0xd3c21bcecceda1000000"; // a million
        for person in people() {
            twin.rpc("hardhat_setBalance", json!([person, ether]))
                .await?;
        }
        let proxy = code("proxy-uups")?;
        for &program in Program::ALL {
            let code = code(program.name())?;
            for copy in 0..COPIES {
                let address = program_at(program, copy);
                twin.rpc("hardhat_setCode", json!([address, code])).await?;
            }
            twin.activate(program_at(program, 0)).await?;
            if !program.is_extension() {
                let address = proxy_of(program);
                let implementation = program_at(program, 0).into_word();
                twin.rpc("hardhat_setCode", json!([address, proxy])).await?;
                twin.rpc(
                    "hardhat_setStorageAt",
                    json!([address, IMPLEMENTATION_SLOT, implementation]),
                )
                .await?;
            }
        }
        twin.activate(proxy_of(Program::OgpuToken)).await?;
        Ok(twin)
    }

    async fn rpc(&self, method: &'static str, params: Value) -> Result<Value> {
        let provider = self.chain.provider();
        let answer = provider.raw_request::<Value, Value>(method.into(), params);
        answer.await.wrap_err(method)
    }

    async fn activate(&self, program: Address) -> Result<()> {
        let call = ArbWasm::activateProgramCall { program };
        self.rpc("evm_setNextBlockTimestamp", json!([GENESIS]))
            .await?;
        let data = Bytes::from(call.abi_encode());
        let request =
            json!({"from": OWNER, "to": ARB_WASM, "value": "0x2386f26fc10000", "data": data});
        let hash = self.rpc("eth_sendTransaction", json!([request])).await?;
        let receipt = self.rpc("eth_getTransactionReceipt", json!([hash])).await?;
        ensure!(receipt["status"] == "0x1", "{program} cannot be activated");
        Ok(())
    }

    /// Sends a message in a block of this time.
    async fn send(&self, message: &Message, time: u64, l1_block: u64) -> Result<Mined> {
        let Message {
            from,
            to,
            value,
            data,
        } = message;
        self.rpc("ogpu_setL1BlockNumber", json!([l1_block])).await?;
        self.rpc("evm_setNextBlockTimestamp", json!([time])).await?;
        let request = json!({
            "from": from, "to": to, "value": format!("{value:#x}"), "gas": format!("{GAS:#x}"), "data": hex::encode_prefixed(data),
        });
        let hash = self.rpc("eth_sendTransaction", json!([request])).await?;
        let receipt = self.rpc("eth_getTransactionReceipt", json!([hash])).await?;
        let tracer = json!({"tracer": "callTracer", "tracerConfig": {"onlyTopCall": true}});
        let trace = self
            .rpc("debug_traceTransaction", json!([hash, tracer]))
            .await?;
        let output: Bytes = match &trace["output"] {
            Value::Null => Bytes::new(),
            output => serde_json::from_value(output.clone())?,
        };
        let number = &receipt["blockNumber"];
        let block = self
            .rpc("eth_getBlockByNumber", json!([number, false]))
            .await?;
        let stamped: U256 = serde_json::from_value(block["timestamp"].clone())?;
        ensure!(stamped == U256::from(time), "the block is of {stamped}");
        Ok(Mined {
            answer: if receipt["status"] == "0x1" {
                Ok(output.to_vec())
            } else {
                Err(output.to_vec())
            },
            told: told(time, &receipt["logs"])?,
        })
    }

    /// Everything that our contracts ever logged, by transaction.
    async fn logs(&self) -> Result<Vec<Told>> {
        let proxies = Program::ALL.iter().filter(|p| !p.is_extension());
        let addresses: Vec<_> = proxies.map(|program| proxy_of(*program)).collect();
        let filter = json!({"fromBlock": "0x0", "toBlock": "latest", "address": addresses});
        let logs = self.rpc("eth_getLogs", json!([filter])).await?;
        let logs = logs.as_array().ok_or_else(|| eyre!("no list of logs"))?;
        let mut transactions = Vec::new();
        for of_one in logs.chunk_by(|a, b| a["transactionHash"] == b["transactionHash"]) {
            let number = &of_one[0]["blockNumber"];
            let block = self
                .rpc("eth_getBlockByNumber", json!([number, false]))
                .await?;
            let time: U256 = serde_json::from_value(block["timestamp"].clone())?;
            transactions.push(told(time.to(), &Value::Array(of_one.to_vec()))?);
        }
        Ok(transactions)
    }

    /// Compares words of storage.
    async fn compare(&self, words: impl Iterator<Item = (Address, U256, B256)>) -> Result<()> {
        for (address, slot, expected) in words {
            let found = self.chain.storage(address, slot).await?;
            ensure!(
                found == expected,
                "slot {slot:#x} of {address} is {found} on the chain and {expected} natively"
            );
        }
        Ok(())
    }
}

/// The logs of a receipt.
fn told(time: u64, logs: &Value) -> Result<Told> {
    let mut told = Told {
        time,
        logs: Vec::new(),
    };
    for log in logs.as_array().into_iter().flatten() {
        let data: Bytes = serde_json::from_value(log["data"].clone())?;
        told.logs.push((
            serde_json::from_value(log["address"].clone())?,
            serde_json::from_value(log["topics"].clone())?,
            data.to_vec(),
        ));
    }
    Ok(told)
}

/// A built program.
fn code(name: &str) -> Result<Bytes> {
    let folder = match env::var("OGPU_PROGRAMS") {
        Ok(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(DEFAULT_FOLDER),
    };
    let path = folder.join(format!("{name}.code"));
    let code = fs::read(&path).wrap_err_with(|| {
        let path = path.display();
        format!("cannot read {path}; build it with `cargo xtask build`")
    })?;
    Ok(code.into())
}

/// The precompile that says who signed, as the chain has it.
fn recover(data: &[u8]) -> Vec<u8> {
    let mut input = [0; 128];
    let length = data.len().min(128);
    input[..length].copy_from_slice(&data[..length]);
    let word = |index: usize| U256::from_be_slice(&input[32 * index..32 * index + 32]);
    let (v, r, s) = (word(1), word(2), word(3));
    if v != U256::from(27) && v != U256::from(28) {
        return Vec::new();
    }
    let signature = Signature::new(r, s, v == U256::from(28));
    let signer = signature.recover_address_from_prehash(&B256::from(word(0)));
    signer.map_or(Vec::new(), |signer| signer.into_word().to_vec())
}

/// Takes the steps of a seed in both worlds.
async fn run(lab: &Lab, seed: u64) -> Result<()> {
    let setting = Setting {
        manner: None,
        bare: true,
        ..Setting::of(seed)
    };
    let twin = Twin::new().await?;
    let mut world = lab.world(setting);
    world.chain.recover = Some(recover);
    for message in &world.founding {
        let mined = twin.send(message, GENESIS, 1).await?;
        ensure!(mined.answer.is_ok(), "the chain refuses a founding step");
    }
    twin.compare(world.chain.words()).await?;
    let mut generator = Generator::new(&lab.catalogue, setting.manner, seed);
    let mut succeeded = 0;
    for number in 1..=STEPS {
        let step = generator.step(&mut world);
        let both = both(lab, &twin, &mut world, &step).await;
        match both {
            Ok(success) => succeeded += usize::from(success),
            Err(error) => bail!(
                "seed {seed}, step {number}: {error:#}\n{}",
                Shown(&step, &lab.catalogue)
            ),
        }
    }
    ensure!(succeeded > STEPS / 10, "only {succeeded} steps succeeded");
    twin.compare(world.chain.words()).await?;
    let logs = twin.logs().await?;
    let mut rebuilt = Model::rebuild(&logs)?;
    rebuilt.scan_everything(&mut world.chain)?;
    println!("seed {seed}: {STEPS} steps, {succeeded} succeeded");
    Ok(())
}

/// Takes a step in both worlds, and compares them. Whether it succeeded.
async fn both(
    lab: &Lab,
    twin: &Twin,
    world: &mut World,
    step: &ogpu_simulation::generate::Step,
) -> Result<bool> {
    let outcome = lab.step(world, step)?;
    let (time, block) = (world.chain.time, world.chain.block);
    let snapshot = match step.undone {
        true => Some(twin.rpc("evm_snapshot", json!([])).await?),
        false => None,
    };
    let mined = twin.send(&step.message, time, block).await?;
    let show = |answer: &Answer| match answer {
        Ok(data) => format!("returns {}", hex::encode_prefixed(data)),
        Err(data) => format!("reverts with {}", hex::encode_prefixed(data)),
    };
    ensure!(
        mined.answer == outcome.answer,
        "the chain {}, natively it {}",
        show(&mined.answer),
        show(&outcome.answer)
    );
    if let Some(snapshot) = snapshot {
        twin.rpc("evm_revert", json!([snapshot])).await?;
        return Ok(false);
    }
    let native = Told::of(&world.chain);
    ensure!(
        mined.told == native,
        "the chain logs {:?}, natively {native:?}",
        mined.told
    );
    twin.compare(world.chain.written()).await?;
    Ok(outcome.answer.is_ok())
}

#[tokio::test]
async fn the_chain_does_what_the_native_world_does() -> Result<()> {
    if env::var("OGPU_RPC_URL").is_ok_and(|url| !url.is_empty()) {
        eprintln!("left out: the clock and the code of the chain at OGPU_RPC_URL cannot be set");
        return Ok(());
    }
    let lab = Lab::new(Abi::committed()?);
    for seed in SEEDS {
        run(&lab, seed).await?;
    }
    Ok(())
}
