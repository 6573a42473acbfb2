//! The host functions by name and type.

use wasmparser::{FuncType, ValType};

/// Types as the table below writes them.
const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

macro_rules! host_functions {
    ($($variant:ident = $name:literal ($($param:ident),*) $(-> $result:ident)?;)*) => {
        /// A host function.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum HostFunction {
            $($variant,)*
        }

        impl HostFunction {
            /// All of them, in the order of their discriminants.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name in the module `vm_hooks`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Its parameters.
            pub const fn params(self) -> &'static [ValType] {
                match self { $(Self::$variant => &[$($param),*],)* }
            }

            /// Its result, if it has one.
            pub const fn result(self) -> Option<ValType> {
                match self { $(Self::$variant => host_functions!(@result $($result)?),)* }
            }
        }
    };
    (@result) => { None };
    (@result $result:ident) => { Some($result) };
}

host_functions! {
    ReadArgs = "read_args"(I32);
    WriteResult = "write_result"(I32, I32);
    ExitEarly = "exit_early"(I32);
    StorageLoad = "storage_load_bytes32"(I32, I32);
    StorageCache = "storage_cache_bytes32"(I32, I32);
    StorageFlush = "storage_flush_cache"(I32);
    TransientLoad = "transient_load_bytes32"(I32, I32);
    TransientStore = "transient_store_bytes32"(I32, I32);
    CallContract = "call_contract"(I32, I32, I32, I32, I64, I32) -> I32;
    DelegateCallContract = "delegate_call_contract"(I32, I32, I32, I64, I32) -> I32;
    StaticCallContract = "static_call_contract"(I32, I32, I32, I64, I32) -> I32;
    Create1 = "create1"(I32, I32, I32, I32, I32);
    Create2 = "create2"(I32, I32, I32, I32, I32, I32);
    ReadReturnData = "read_return_data"(I32, I32, I32) -> I32;
    ReturnDataSize = "return_data_size"() -> I32;
    EmitLog = "emit_log"(I32, I32, I32);
    AccountBalance = "account_balance"(I32, I32);
    AccountCode = "account_code"(I32, I32, I32, I32) -> I32;
    AccountCodeSize = "account_code_size"(I32) -> I32;
    AccountCodeHash = "account_codehash"(I32, I32);
    EvmGasLeft = "evm_gas_left"() -> I64;
    EvmInkLeft = "evm_ink_left"() -> I64;
    BlockBasefee = "block_basefee"(I32);
    ChainId = "chainid"() -> I64;
    BlockCoinbase = "block_coinbase"(I32);
    BlockGasLimit = "block_gas_limit"() -> I64;
    BlockNumber = "block_number"() -> I64;
    BlockTimestamp = "block_timestamp"() -> I64;
    ContractAddress = "contract_address"(I32);
    MathDiv = "math_div"(I32, I32);
    MathMod = "math_mod"(I32, I32);
    MathPow = "math_pow"(I32, I32);
    MathAddMod = "math_add_mod"(I32, I32, I32);
    MathMulMod = "math_mul_mod"(I32, I32, I32);
    MsgReentrant = "msg_reentrant"() -> I32;
    MsgSender = "msg_sender"(I32);
    MsgValue = "msg_value"(I32);
    Keccak256 = "native_keccak256"(I32, I32, I32);
    TxGasPrice = "tx_gas_price"(I32);
    TxInkPrice = "tx_ink_price"() -> I32;
    TxOrigin = "tx_origin"(I32);
    PayForMemoryGrow = "pay_for_memory_grow"(I32);
}

impl HostFunction {
    /// Module that programs import host functions from.
    pub const MODULE: &str = "vm_hooks";
    /// Most parameters of one.
    pub const MAX_PARAMS: usize = 6;

    /// The host function that an import names.
    pub fn find(module: &str, name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|function| module == Self::MODULE && function.name() == name)
    }

    /// Its type.
    pub fn ty(self) -> FuncType {
        FuncType::new(self.params().iter().copied(), self.result())
    }
}
