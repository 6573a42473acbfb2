//! The code that creates a proxy.
//!
//! A proxy is created and initialised by one transaction, so nobody can come between. Its program has no constructor;
//! what would be in one is the creation code, which is EVM assembled here. It runs once, in the proxy's own storage:
//!
//! 1. refuse an implementation without code, with `ERC1967InvalidImplementation(implementation)`;
//! 2. store the implementation in the ERC-1967 slot and emit `Upgraded(implementation)`;
//! 3. if there are any `init_calldata`, delegate them to the implementation, and revert with its reason if that fails;
//! 4. return the program's code.

use alloy::primitives::{Address, B256, b256};

/// The ERC-1967 implementation slot.
pub const IMPLEMENTATION_SLOT: B256 =
    b256!("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc");

/// The topic of `Upgraded(address)`.
const UPGRADED: B256 = b256!("bc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b");

/// The selector of `ERC1967InvalidImplementation(address)`.
const INVALID_IMPLEMENTATION: [u8; 4] = [0x4c, 0x9c, 0x8c, 0xe3];

mod op {
    pub const CODECOPY: u8 = 0x39;
    pub const DELEGATECALL: u8 = 0xf4;
    pub const EXTCODESIZE: u8 = 0x3b;
    pub const GAS: u8 = 0x5a;
    pub const JUMPDEST: u8 = 0x5b;
    pub const JUMPI: u8 = 0x57;
    pub const LOG2: u8 = 0xa2;
    pub const MSTORE: u8 = 0x52;
    pub const PUSH0: u8 = 0x5f;
    pub const RETURN: u8 = 0xf3;
    pub const RETURNDATACOPY: u8 = 0x3e;
    pub const RETURNDATASIZE: u8 = 0x3d;
    pub const REVERT: u8 = 0xfd;
    pub const SSTORE: u8 = 0x55;
}

/// Creation code of a proxy on `implementation`, initialised with `init_calldata` (nothing is called if they are empty).
///
/// `program_code` is the proxy program as it will stand on the chain: the prefix `EFF000`, the dictionary byte, and
/// the compressed WASM.
pub fn proxy_creation_code(
    program_code: &[u8],
    implementation: Address,
    init_calldata: &[u8],
) -> Vec<u8> {
    // The offsets of what follows the instructions depend on how long those are, which does not depend on the offsets.
    let length = instructions(0, program_code.len(), implementation, init_calldata.len()).len();
    let mut code = instructions(
        length,
        program_code.len(),
        implementation,
        init_calldata.len(),
    );
    code.extend_from_slice(init_calldata);
    code.extend_from_slice(program_code);
    code
}

/// The instructions, after which the calldata of the initialiser stand at `data`, and the program's code behind them.
fn instructions(
    data: usize,
    program_len: usize,
    implementation: Address,
    calldata_len: usize,
) -> Vec<u8> {
    let mut code = Assembly::default();

    // refuse an implementation without code
    let start = code.push(implementation).put(&[op::EXTCODESIZE]).jump_if();
    code.push(INVALID_IMPLEMENTATION)
        .put(&[op::PUSH0, op::MSTORE]); // the selector ends at 32
    code.push(implementation).push([32]).put(&[op::MSTORE]);
    code.push([36]).push([28]).put(&[op::REVERT]);
    code.land(start);

    // sstore(slot, implementation); log2(0, 0, Upgraded, implementation)
    code.push(implementation)
        .push(IMPLEMENTATION_SLOT)
        .put(&[op::SSTORE]);
    code.push(implementation)
        .push(UPGRADED)
        .put(&[op::PUSH0, op::PUSH0, op::LOG2]);

    if calldata_len > 0 {
        // codecopy(0, data, calldata_len); delegatecall(gas, implementation, 0, calldata_len, 0, 0)
        code.push_len(calldata_len)
            .push_len(data)
            .put(&[op::PUSH0, op::CODECOPY]);
        code.put(&[op::PUSH0, op::PUSH0])
            .push_len(calldata_len)
            .put(&[op::PUSH0]);
        let done = code
            .push(implementation)
            .put(&[op::GAS, op::DELEGATECALL])
            .jump_if();
        // it failed: revert with what it returned
        code.put(&[op::RETURNDATASIZE, op::PUSH0, op::PUSH0, op::RETURNDATACOPY]);
        code.put(&[op::RETURNDATASIZE, op::PUSH0, op::REVERT]);
        code.land(done);
    }

    // codecopy(0, data + calldata_len, program_len); return(0, program_len)
    code.push_len(program_len)
        .push_len(data + calldata_len)
        .put(&[op::PUSH0, op::CODECOPY]);
    code.push_len(program_len).put(&[op::PUSH0, op::RETURN]);
    code.0
}

#[derive(Default)]
struct Assembly(Vec<u8>);

impl Assembly {
    fn put(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Pushes 1 to 32 bytes.
    fn push(&mut self, value: impl AsRef<[u8]>) -> &mut Self {
        let value = value.as_ref();
        self.put(&[op::PUSH0 + value.len() as u8]).put(value)
    }

    /// Pushes a length or an offset, always in three bytes.
    fn push_len(&mut self, value: usize) -> &mut Self {
        assert!(
            value < 1 << 24,
            "{value} bytes are more than creation code can have"
        );
        self.push(&value.to_be_bytes()[size_of::<usize>() - 3..])
    }

    /// Jumps, if the top of the stack is not zero, to where the returned jump is [landed](Self::land).
    fn jump_if(&mut self) -> usize {
        let target = self.0.len() + 1;
        self.push([0]).put(&[op::JUMPI]);
        target
    }

    fn land(&mut self, jump: usize) {
        self.0[jump] = u8::try_from(self.0.len()).expect("jumps stay within the first 256 bytes");
        self.0.push(op::JUMPDEST);
    }
}

#[cfg(test)]
mod tests {
    use alloy::primitives::{U256, address, hex, keccak256};

    use super::*;

    const IMPLEMENTATION: Address = address!("00112233445566778899aabbccddeeff00112233");
    const PROGRAM: [u8; 6] = hex!("eff00000abcd");

    #[test]
    fn constants_are_those_of_erc_1967() {
        assert_eq!(
            U256::from_be_bytes(IMPLEMENTATION_SLOT.0),
            U256::from_be_bytes(keccak256("eip1967.proxy.implementation").0) - U256::ONE
        );
        assert_eq!(UPGRADED, keccak256("Upgraded(address)"));
        assert_eq!(
            INVALID_IMPLEMENTATION,
            keccak256("ERC1967InvalidImplementation(address)")[..4]
        );
    }

    #[test]
    fn without_an_initialiser_it_stores_emits_and_returns() {
        let head = [
            hex!("73 00112233445566778899aabbccddeeff00112233 3b 603d 57").as_slice(), // extcodesize, jumpi to 0x3d
            &hex!(
                "63 4c9c8ce3 5f 52 73 00112233445566778899aabbccddeeff00112233 6020 52 6024 601c fd"
            ),
        ]
        .concat();
        let tail = [
            hex!("5b 73 00112233445566778899aabbccddeeff00112233").as_slice(),
            &hex!("7f 360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc 55"),
            &hex!("73 00112233445566778899aabbccddeeff00112233"),
            &hex!("7f bc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b 5f5f a2"),
            &hex!("62 000006 62 0000be 5f 39 62 000006 5f f3"),
            &PROGRAM,
        ]
        .concat();
        let code = proxy_creation_code(&PROGRAM, IMPLEMENTATION, &[]);
        let split = code.len() - tail.len();
        assert_eq!(hex::encode(&code[..split]), hex::encode(head));
        assert_eq!(hex::encode(&code[split..]), hex::encode(tail));
    }

    #[test]
    fn the_initialiser_is_delegated_before_the_program_is_returned() {
        let calldata =
            hex!("8129fc1c 0000000000000000000000000000000000000000000000000000000000000001");
        let code = proxy_creation_code(&PROGRAM, IMPLEMENTATION, &calldata);
        let data = code.len() - PROGRAM.len() - calldata.len();
        let tail = [
            hex!("62 000024 62").as_slice(),
            &(data as u32).to_be_bytes()[1..],
            &hex!("5f 39 5f 5f 62 000024 5f 73 00112233445566778899aabbccddeeff00112233 5a f4"),
            &[0x60, (data - 17) as u8, 0x57],
            &hex!("3d 5f 5f 3e 3d 5f fd 5b"),
            &hex!("62 000006 62"),
            &(data as u32 + 36).to_be_bytes()[1..],
            &hex!("5f 39 62 000006 5f f3"),
            &calldata,
            &PROGRAM,
        ]
        .concat();
        assert_eq!(
            hex::encode(&code[code.len() - tail.len()..]),
            hex::encode(tail)
        );
        assert_eq!(code[data - 17], op::JUMPDEST);
    }
}
