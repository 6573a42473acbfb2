//! A chain in memory, and what tests do on it.
#![allow(dead_code, reason = "each test file uses its own part")]

use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use ogpu_evm::{
    ARB_WASM, Block, CACHE_MANAGER, ChainConfig, DEV_ACCOUNT, Executor, Options, Output, Programs,
    genesis,
    revm::{
        DatabaseCommit as _,
        context::{
            TxEnv,
            result::{EVMError, ExecutionResult},
        },
        database::InMemoryDB,
        primitives::{Address, B256, Bytes, Log, TxKind, U256, keccak256},
        state::{AccountInfo, Bytecode},
    },
};
use std::io::Read as _;

sol! {
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 _secs);
        function stylusVersion() external view returns (uint16 version);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function expiryDays() external view returns (uint16 _days);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }

    interface CacheManager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 min);
    }

    interface ArbWasmCache {
        function allCacheManagers() external view returns (address[] managers);
        function isCacheManager(address manager) external view returns (bool);
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        function cacheProgram(address program) external;
        function evictCodehash(bytes32 codehash) external;

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }
}

/// Enough for any data fee; the rest comes back.
pub const FEE: u128 = 1_000_000_000_000_000_000;
/// Gas limit of every transaction.
pub const GAS: u64 = 32_000_000;
/// Seconds of a day.
pub const DAY: u64 = 24 * 60 * 60;
/// A funded account that is nobody special.
pub const USER: Address = Address::repeat_byte(0xAA);

/// A chain of one block at a time, all state in memory.
pub struct Chain {
    pub config: ChainConfig,
    pub block: Block,
    pub db: InMemoryDB,
    programs: Programs,
}

impl Chain {
    pub fn new() -> Self {
        Self::at(51)
    }

    /// A chain at an ArbOS version.
    pub fn at(arbos_version: u64) -> Self {
        let config = ChainConfig {
            arbos_version,
            ..ChainConfig::default()
        };
        let mut db = InMemoryDB::default();
        for account in genesis(&config) {
            db.insert_account_info(account.address, account.info);
            for (slot, value) in account.storage {
                db.insert_account_storage(account.address, slot, value)
                    .expect("memory holds it");
            }
        }
        for account in [DEV_ACCOUNT, USER] {
            let balance = U256::from(10).pow(U256::from(24));
            db.insert_account_info(
                account,
                AccountInfo {
                    balance,
                    ..AccountInfo::default()
                },
            );
        }
        let block = Block {
            number: 1,
            timestamp: 1_800_000_000,
            ..Block::default()
        };
        Self {
            config,
            block,
            db,
            programs: Programs::default(),
        }
    }

    pub fn executor(&self) -> Executor<'_> {
        Executor::new(&self.config, &self.block, &self.programs)
    }

    fn tx(&mut self, from: Address, kind: TxKind, data: Bytes, value: u128) -> TxEnv {
        TxEnv {
            caller: from,
            gas_limit: GAS,
            gas_price: u128::from(self.block.base_fee),
            kind,
            value: U256::from(value),
            data,
            nonce: self.account(from).nonce,
            chain_id: Some(self.config.chain_id),
            ..TxEnv::default()
        }
    }

    /// Sends a transaction from [`USER`] and keeps what it changed.
    pub fn send(&mut self, to: Address, data: impl Into<Bytes>, value: u128) -> Output {
        self.send_from(USER, TxKind::Call(to), data, value)
    }

    pub fn send_from(
        &mut self,
        from: Address,
        kind: TxKind,
        data: impl Into<Bytes>,
        value: u128,
    ) -> Output {
        let tx = self.tx(from, kind, data.into(), value);
        let output = self.try_send(tx).expect("the transaction is valid");
        self.db.commit(output.state.clone());
        output
    }

    /// Executes a transaction and keeps nothing.
    pub fn try_send(&mut self, tx: TxEnv) -> Result<Output, EVMError<std::convert::Infallible>> {
        let Self {
            config,
            block,
            db,
            programs,
        } = self;
        Executor::new(config, block, programs).transact(db, tx)
    }

    /// What a call would do.
    pub fn call(&mut self, to: Address, data: impl Into<Bytes>) -> ExecutionResult {
        let tx = self.tx(USER, TxKind::Call(to), data.into(), 0);
        let Self {
            config,
            block,
            db,
            programs,
        } = self;
        let executor = Executor::new(config, block, programs).with_options(Options::call());
        executor.transact(db, tx).expect("the call is valid").result
    }

    /// What a view returns.
    pub fn view<C: SolCall>(&mut self, to: Address, call: C) -> C::Return {
        let result = self.call(to, call.abi_encode());
        assert!(result.is_success(), "{} fails: {result:?}", C::SIGNATURE);
        C::abi_decode_returns(result.output().expect("a call has output")).expect("it decodes")
    }

    pub fn account(&mut self, account: Address) -> AccountInfo {
        self.db
            .load_account(account)
            .expect("memory is readable")
            .info
            .clone()
    }

    pub fn balance(&mut self, account: Address) -> U256 {
        self.account(account).balance
    }

    pub fn code_hash(&mut self, account: Address) -> B256 {
        self.account(account).code_hash
    }

    /// Puts EVM code at an address.
    pub fn set_code(&mut self, account: Address, code: &[u8]) {
        let code = Bytecode::new_legacy(Bytes::copy_from_slice(code));
        self.db.insert_account_info(
            account,
            AccountInfo {
                nonce: 1,
                ..Default::default()
            }
            .with_code(code),
        );
    }

    /// Deploys code by a transaction.
    pub fn deploy(&mut self, code: &[u8]) -> Address {
        let output = self.send_from(USER, TxKind::Create, init_code(code), 0);
        output
            .result
            .created_address()
            .unwrap_or_else(|| panic!("no contract: {:?}", output.result))
    }

    /// Deploys and activates a program.
    pub fn program(&mut self, wasm: &[u8]) -> Address {
        let program = self.deploy(&program_code(wasm));
        let output = self.activate(program, FEE);
        assert!(
            output.result.is_success(),
            "not activated: {:?}",
            output.result
        );
        program
    }

    pub fn activate(&mut self, program: Address, value: u128) -> Output {
        self.send(
            ARB_WASM,
            ArbWasm::activateProgramCall { program }.abi_encode(),
            value,
        )
    }

    /// Puts a program in the cache by a bid.
    pub fn cache(&mut self, program: Address) -> Output {
        self.send(
            CACHE_MANAGER,
            CacheManager::placeBidCall { program }.abi_encode(),
            0,
        )
    }
}

/// The module of a golden program or of one in `programs/`.
pub fn module(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = format!("{name}.wasm");
    [folder.join("golden/modules"), folder.join("tests/programs")]
        .iter()
        .find_map(|folder| std::fs::read(folder.join(&file)).ok())
        .unwrap_or_else(|| panic!("there is no module {name}"))
}

/// A program's account code.
pub fn program_code(wasm: &[u8]) -> Vec<u8> {
    let mut code = vec![0xEF, 0xF0, 0x00, 0x00];
    brotli::CompressorReader::new(wasm, 4096, 5, 22)
        .read_to_end(&mut code)
        .expect("it compresses");
    code
}

/// Init code that deploys `code`.
pub fn init_code(code: &[u8]) -> Vec<u8> {
    // PUSH32 length, DUP1, PUSH1 43, PUSH1 0, CODECOPY, PUSH1 0, RETURN, STOP
    let mut init = vec![0x7F];
    init.extend(U256::from(code.len()).to_be_bytes::<32>());
    init.extend([0x80, 0x60, 43, 0x60, 0x00, 0x39, 0x60, 0x00, 0xF3, 0x00]);
    init.extend(code);
    init
}

/// EVM code that calls `to` with its own calldata and all gas, and returns or reverts with what comes back.
/// `how`: 0xF1 call, 0xF4 delegatecall, 0xFA staticcall.
pub fn forwarder(how: u8, to: Address) -> Vec<u8> {
    let mut code = vec![0x36, 0x5F, 0x5F, 0x37, 0x5F, 0x5F, 0x36, 0x5F];
    if how == 0xF1 {
        code.push(0x34);
    }
    code.push(0x73);
    code.extend(to);
    code.extend([0x5A, how, 0x3D, 0x5F, 0x5F, 0x3E]);
    let target = code.len() as u8 + 6;
    code.extend([0x60, target, 0x57, 0x3D, 0x5F, 0xFD, 0x5B, 0x3D, 0x5F, 0xF3]);
    code
}

/// Calldata of the relay program.
pub fn relay(how: u8, to: Address, data: &[u8]) -> Vec<u8> {
    [&[how], to.as_slice(), data].concat()
}

/// The one event of a type among logs.
pub fn event<E: SolEvent>(logs: &[Log]) -> E {
    let mut events = logs.iter().filter_map(|log| E::decode_log(log).ok());
    let event = events
        .next()
        .unwrap_or_else(|| panic!("no {} in {logs:?}", E::SIGNATURE));
    assert!(
        events.next().is_none(),
        "several {} in {logs:?}",
        E::SIGNATURE
    );
    event.data
}

/// The error a result reverts with.
pub fn error<E: SolError>(result: &ExecutionResult) -> E {
    let ExecutionResult::Revert { output, .. } = result else {
        panic!("no revert: {result:?}")
    };
    E::abi_decode(output).unwrap_or_else(|_| panic!("another error: {output}"))
}

/// The topic of a signature, for events that have no type here.
pub fn topic(signature: &str) -> B256 {
    keccak256(signature)
}
