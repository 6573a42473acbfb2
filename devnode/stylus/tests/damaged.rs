//! Damaged modules: whatever the bytes, a module is refused or runs to an end.

use std::path::Path;

use alloy_primitives::{Address, Bytes, U256};
use ogpu_stylus::{Context, Frame, Module, ModuleError, Pages, Params, Step};

/// Modules that are tried.
const TRIALS: usize = 4000;

/// A small generator of numbers (xorshift), so that every run tries the same.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }
}

fn modules() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../evm/golden/modules");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "wasm")
    });
    paths.sort();
    let modules = paths.iter().map(|path| std::fs::read(path).unwrap());
    modules.filter(|module| module.len() < 1000).collect()
}

fn context() -> Context {
    Context {
        contract: Address::ZERO,
        sender: Address::ZERO,
        origin: Address::ZERO,
        value: U256::ZERO,
        block_number: 0,
        block_timestamp: 0,
        block_gas_limit: 0,
        block_basefee: U256::ZERO,
        block_coinbase: Address::ZERO,
        chain_id: 0,
        gas_price: U256::ZERO,
        reentrant: false,
        calldata: Bytes::from_static(&[1, 0, 0, 0]),
    }
}

#[test]
fn damaged_modules_are_refused_or_run_to_an_end() {
    let modules = modules();
    let params = Params::at(51);
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let mut ended = 0;
    for trial in 0..TRIALS {
        let mut wasm = modules[numbers.below(modules.len())].clone();
        for _ in 0..1 + numbers.below(3) {
            let at = numbers.below(wasm.len());
            wasm[at] = match numbers.below(3) {
                0 => numbers.below(256) as u8,
                1 => wasm[at] ^ (1 << numbers.below(8)),
                _ => wasm[numbers.below(wasm.len())],
            };
        }
        let module = match Module::new(&wasm, &params) {
            Ok(module) => module,
            Err(ModuleError::Invalid(_)) => continue,
            Err(error) => panic!("trial {trial}: {error}"),
        };
        let mut frame = Frame::new(&module, &params, context(), 1_000_000).unwrap();
        // a frame that asks for something ran as well
        match frame.run(&mut Pages::default()) {
            Ok(Step::Done(_) | Step::Request(_)) => ended += 1,
            Err(error) => panic!("trial {trial}: {error}"),
        }
    }
    assert!(
        ended > TRIALS / 100,
        "only {ended} modules ran: the damage is too great to test anything"
    );
}
