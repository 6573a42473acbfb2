use alloy_primitives::{Address, B256, U256, address, b256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolValue, sol};
use ogpu_common::{
    InvalidInitialization, UUPSUnauthorizedCallContext, ZeroAddress, testing::Chain,
};

use crate::{
    groth16::{FIELD_MODULUS, KEY_BYTES, PROOF_BYTES},
    *,
};

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const MARKET: Address = address!("00000000000000000000000000000000000000cc");
const ESCROW: Address = address!("00000000000000000000000000000000000000dd");
const PROVER: Address = address!("0000000000000000000000000000000000000001");
const T: U256 = U256::ONE;
const INPUT: B256 = b256!("0000000000000000000000000000000100000000000000000000000000000002");
const RESULT: B256 = b256!("0000000000000000000000000000000300000000000000000000000000000004");
const FEE: U256 = U256::from_limbs([300, 0, 0, 0]);

/// The points that the doubles of the precompiles answer with.
const PRODUCT: [u8; 64] = [0x55; 64];
const SUM: [u8; 64] = [0x66; 64];

sol! {
    function verificationOf(uint256 taskId) external view returns (address verifier, uint8 status, address client, uint256 providerId, address provider, uint256 price, uint256 fee, bytes32 data, bytes32 seal, uint64 deadline);
    function verifyCompletion(uint256 taskId, bytes32 resultHash) external;
    function withdrawTo(address to, uint256 amount) external;
    /// What the doubles refuse with.
    error Refused();
}

/// A key each of whose bytes says which word it is from, but for the first of a word, which keeps it below the modulus.
fn key() -> Vec<u8> {
    numbered(KEY_BYTES, 1)
}

fn proof() -> Vec<u8> {
    numbered(PROOF_BYTES, 101)
}

fn numbered(length: usize, first: u8) -> Vec<u8> {
    let words = (first..).take(length / 32);
    words
        .flat_map(|number| {
            let mut word = [number; 32];
            word[0] = 0;
            word
        })
        .collect()
}

/// The words `from..to` of `bytes`.
fn words(bytes: &[u8], from: usize, to: usize) -> &[u8] {
    &bytes[32 * from..32 * to]
}

/// A verifier, and doubles of the precompiles for [`key`], [`proof`], [`INPUT`] and [`RESULT`]. The curves themselves are those of the
/// integration tests.
struct Scene {
    chain: Chain,
    verifier: ZkVerifier,
}

impl Scene {
    fn new() -> Self {
        let chain = Chain::new();
        let mut verifier = ZkVerifier::from(&chain);
        chain
            .call(PROVER, || verifier.initialize(OWNER, MARKET, ESCROW))
            .unwrap();
        let scene = Self { chain, verifier };
        let key = key();
        let ic = |i: usize| words(&key, 14 + 2 * i, 16 + 2 * i);
        // Checking the key: the sum of all IC, and pairings of alpha with the others.
        scene.answer(6, &[ic(0), ic(1)], &SUM);
        for i in 2..5 {
            scene.answer(6, &[&SUM, ic(i)], &SUM);
        }
        scene.answer(8, &scene.key_pairs(&key), &false.abi_encode());
        // Checking the proof: the inputs are 1, 2, 3 and 4.
        for i in 1..5 {
            let scalar = U256::from(i).to_be_bytes::<32>();
            scene.answer(7, &[ic(i), &scalar], &PRODUCT);
        }
        scene.answer(6, &[ic(0), &PRODUCT], &SUM);
        scene.answer(6, &[&SUM, &PRODUCT], &SUM);
        scene.pairing_says(&true.abi_encode());
        scene
    }

    fn registered() -> Self {
        let mut scene = Self::new();
        scene.register(key()).unwrap();
        scene.task(|_| ());
        scene
    }

    fn answer(&self, precompile: u8, parts: &[&[u8]], answer: &[u8]) {
        let to = Address::with_last_byte(precompile);
        self.chain.answer(to, parts.concat(), Ok(answer.to_vec()));
    }

    fn key_pairs<'a>(&self, key: &'a [u8]) -> [&'a [u8]; 6] {
        let alpha = words(key, 0, 2);
        let [beta, gamma, delta] = [2, 6, 10].map(|from| words(key, from, from + 4));
        [alpha, beta, alpha, gamma, alpha, delta]
    }

    /// The whole equation, with the opposite of A.
    fn pairing_says(&self, answer: &[u8]) {
        let (key, proof) = (key(), proof());
        let y = U256::from_be_slice(words(&proof, 1, 2));
        let opposite = (FIELD_MODULUS - y).to_be_bytes::<32>();
        let parts = [
            words(&proof, 0, 1),
            &opposite,
            words(&proof, 2, 6),
            words(&key, 0, 6),
            &SUM,
            words(&key, 6, 10),
            words(&proof, 6, 8),
            words(&key, 10, 14),
        ];
        self.answer(8, &parts, answer);
    }

    /// What the market's double says of the task.
    fn task(&self, change: impl FnOnce(&mut verificationOfReturn)) {
        let id = keccak256(key());
        let mut said = verificationOfReturn {
            verifier: self.chain.contract(),
            status: SUBMITTED,
            client: Address::ZERO,
            providerId: U256::ONE,
            provider: Address::ZERO,
            price: U256::ONE,
            fee: FEE,
            data: keccak256((id, INPUT).abi_encode()),
            seal: B256::ZERO,
            deadline: 0,
        };
        change(&mut said);
        let answer = verificationOfCall::abi_encode_returns(&said);
        let call = verificationOfCall { taskId: T }.abi_encode();
        self.chain.answer(MARKET, call, Ok(answer));
    }

    fn register(&mut self, key: Vec<u8>) -> Result<B256, Error> {
        self.chain
            .call(PROVER, || self.verifier.register_key(Calldata(key)))
    }

    fn prove(&mut self) -> Result<(), Error> {
        self.prove_with(key(), INPUT, RESULT, proof())
    }

    fn prove_with(
        &mut self,
        key: Vec<u8>,
        input: B256,
        result: B256,
        proof: Vec<u8>,
    ) -> Result<(), Error> {
        let (key, proof) = (Calldata(key), Calldata(proof));
        self.chain
            .call(PROVER, || self.verifier.prove(T, key, input, result, proof))
    }

    fn verify(&self, proof: Vec<u8>) -> Result<bool, Error> {
        let (key, proof) = (Calldata(key()), Calldata(proof));
        self.verifier.verify(key, INPUT, RESULT, proof)
    }
}

#[track_caller]
fn refused<T: std::fmt::Debug + PartialEq>(result: Result<T, Error>, error: impl SolError) {
    let reason = result.map_err(Vec::<u8>::from);
    assert_eq!(reason, Err(error.abi_encode()));
}

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let mut scene = Scene::new();
    let verifier = &mut scene.verifier;
    assert_eq!(
        (verifier.owner(), verifier.market(), verifier.escrow()),
        (OWNER, MARKET, ESCROW)
    );
    let again = scene
        .chain
        .call(OWNER, || verifier.initialize(OWNER, MARKET, ESCROW));
    refused(again, InvalidInitialization {});
    let direct = Chain::direct();
    let result = direct.call(OWNER, || {
        ZkVerifier::from(&direct).initialize(OWNER, MARKET, ESCROW)
    });
    refused(result, UUPSUnauthorizedCallContext {});
    for (market, escrow) in [(Address::ZERO, ESCROW), (MARKET, Address::ZERO)] {
        let chain = Chain::new();
        let result = chain.call(OWNER, || {
            ZkVerifier::from(&chain).initialize(OWNER, market, escrow)
        });
        refused(result, ZeroAddress {});
    }
}

#[test]
fn a_key_is_registered_once_under_its_hash() {
    let mut scene = Scene::new();
    let id = keccak256(key());
    assert!(!scene.verifier.is_registered(id));
    assert_eq!(scene.register(key()), Ok(id));
    assert!(scene.verifier.is_registered(id));
    let event = KeyRegistered {
        keyId: id,
        by: PROVER,
        key: key().into(),
    };
    assert_eq!(scene.chain.last_event::<KeyRegistered>(), event);
    let events = scene.chain.vm.get_emitted_logs().len();
    assert_eq!(scene.register(key()), Ok(id));
    assert_eq!(scene.chain.vm.get_emitted_logs().len(), events);
}

#[test]
fn damaged_keys_are_refused() {
    let mut scene = Scene::new();
    for length in [0, 1, KEY_BYTES - 1, KEY_BYTES + 1, 2 * KEY_BYTES] {
        let error = WrongKeyLength {
            length: U256::from(length),
            required: U256::from(KEY_BYTES),
        };
        refused(scene.register(vec![0; length]), error);
    }
    for index in 0..24 {
        for value in [FIELD_MODULUS, U256::MAX] {
            let mut key = key();
            key[32 * index..][..32].copy_from_slice(&value.to_be_bytes::<32>());
            let error = CoordinateTooLarge {
                index: U256::from(index),
                value,
            };
            refused(scene.register(key), error);
        }
    }
    for (index, length) in [
        (0, 2),
        (2, 4),
        (6, 4),
        (10, 4),
        (14, 2),
        (16, 2),
        (18, 2),
        (20, 2),
        (22, 2),
    ] {
        let mut key = key();
        key[32 * index..][..32 * length].fill(0);
        let error = PointAtInfinity {
            index: U256::from(index),
        };
        refused(scene.register(key), error);
    }
}

#[test]
fn a_key_with_two_points_alike_is_refused_whatever_their_signs() {
    let mut scene = Scene::new();
    for (from, to) in [(2, 6), (6, 10), (10, 2)] {
        for same in [2, 4] {
            let mut key = key();
            key.copy_within(32 * from..32 * (from + same), 32 * to);
            refused(scene.register(key), SetupNotFinished {});
        }
    }
}

#[test]
fn a_key_off_the_curve_is_refused() {
    for precompile in [6_u8, 8] {
        let mut scene = Scene::new();
        let key = key();
        let input = match precompile {
            6 => [&SUM, words(&key, 22, 24)].concat(),
            _ => scene.key_pairs(&key).concat(),
        };
        let to = Address::with_last_byte(precompile);
        // A refusal, and an address without a precompile.
        for answer in [Err(Vec::new()), Ok(Vec::new())] {
            scene.chain.answer(to, input.clone(), answer);
            let error = CurveCallFailed { precompile: to };
            refused(scene.register(key.clone()), error);
        }
        assert!(!scene.verifier.is_registered(keccak256(&key)));
    }
}

#[test]
fn a_proof_decides_the_task_and_pays_the_prover() {
    let mut scene = Scene::registered();
    let verdict = verifyCompletionCall {
        taskId: T,
        resultHash: RESULT,
    };
    let payment = withdrawToCall {
        to: PROVER,
        amount: FEE,
    };
    for (to, call) in [
        (MARKET, verdict.abi_encode()),
        (ESCROW, payment.abi_encode()),
    ] {
        let reason = Refused {}.abi_encode();
        scene.chain.answer(to, call.clone(), Err(reason));
        refused(scene.prove(), Refused {});
        scene.chain.answer(to, call, Ok(Vec::new()));
    }
    assert_eq!(scene.prove(), Ok(()));
    let event = Proven {
        taskId: T,
        keyId: keccak256(key()),
        prover: PROVER,
        resultHash: RESULT,
        fee: FEE,
    };
    assert_eq!(scene.chain.last_event::<Proven>(), event);
}

#[test]
fn a_task_without_a_fee_asks_the_escrow_for_nothing() {
    let mut scene = Scene::registered();
    scene.task(|said| said.fee = U256::ZERO);
    let payment = withdrawToCall {
        to: PROVER,
        amount: U256::ZERO,
    };
    let call = payment.abi_encode();
    scene.chain.answer(ESCROW, call, Err(Vec::new()));
    assert_eq!(scene.prove(), Ok(()));
}

#[test]
fn other_tasks_are_not_decided() {
    let mut scene = Scene::registered();
    let call = verificationOfCall { taskId: T }.abi_encode();
    let reason = Refused {}.abi_encode();
    scene.chain.answer(MARKET, call, Err(reason));
    refused(scene.prove(), Refused {});
    for verifier in [Address::ZERO, OWNER] {
        scene.task(|said| said.verifier = verifier);
        let error = OtherVerifier {
            taskId: T,
            verifier,
        };
        refused(scene.prove(), error);
    }
    for status in (0..12).filter(|status| *status != SUBMITTED) {
        scene.task(|said| said.status = status);
        refused(scene.prove(), WrongStatus { taskId: T, status });
    }
    let required = B256::repeat_byte(7);
    scene.task(|said| said.data = required);
    let statement = scene.verifier.statement(keccak256(key()), INPUT);
    assert_eq!(statement, keccak256((keccak256(key()), INPUT).abi_encode()));
    let error = WrongStatement {
        taskId: T,
        statement,
        required,
    };
    refused(scene.prove(), error);
}

#[test]
fn another_statement_is_not_proven() {
    let mut scene = Scene::registered();
    let id = keccak256(key());
    let required = keccak256((id, INPUT).abi_encode());
    let zero = scene.prove_with(key(), INPUT, B256::ZERO, proof());
    refused(zero, ZeroResult {});
    // Another input or another program is not what the task asks for.
    let mut other_key = key();
    other_key[31] ^= 1;
    let other_input = B256::repeat_byte(9);
    for (key, input) in [(other_key, INPUT), (key(), other_input)] {
        let error = WrongStatement {
            taskId: T,
            statement: keccak256((keccak256(&key), input).abi_encode()),
            required,
        };
        refused(scene.prove_with(key, input, RESULT, proof()), error);
    }
    // A proof whose equation does not hold.
    scene.pairing_says(&false.abi_encode());
    let error = ProofInvalid {
        keyId: id,
        inputDigest: INPUT,
        resultHash: RESULT,
    };
    refused(scene.prove(), error);
    assert_eq!(scene.verify(proof()), Ok(false));
}

#[test]
fn an_unknown_key_proves_nothing() {
    let mut scene = Scene::new();
    scene.task(|_| ());
    let error = || UnknownKey {
        keyId: keccak256(key()),
    };
    refused(scene.prove(), error());
    refused(scene.verify(proof()), error());
    refused(
        scene
            .verifier
            .verify(Calldata(vec![1]), INPUT, RESULT, Calldata(proof())),
        UnknownKey {
            keyId: keccak256([1]),
        },
    );
}

#[test]
fn damaged_proofs_are_refused() {
    let mut scene = Scene::registered();
    for length in [0, 1, PROOF_BYTES - 1, PROOF_BYTES + 1, 2 * PROOF_BYTES] {
        let mut proof = proof();
        proof.resize(length, 0);
        let error = || WrongProofLength {
            length: U256::from(length),
            required: U256::from(PROOF_BYTES),
        };
        refused(
            scene.prove_with(key(), INPUT, RESULT, proof.clone()),
            error(),
        );
        refused(scene.verify(proof), error());
    }
    for index in 0..8 {
        let mut proof = proof();
        proof[32 * index..][..32].copy_from_slice(&FIELD_MODULUS.to_be_bytes::<32>());
        let error = CoordinateTooLarge {
            index: U256::from(index),
            value: FIELD_MODULUS,
        };
        refused(scene.verify(proof), error);
    }
    assert_eq!(scene.verify(proof()), Ok(true));
}

#[test]
fn a_refusing_precompile_is_no_answer() {
    let scene = Scene::registered();
    // Neither a false proof nor a true one: no answer at all, half of one, or the failure of the call.
    for answer in [&[][..], &[1], &[0; 31]] {
        scene.pairing_says(answer);
        let error = CurveCallFailed {
            precompile: Address::with_last_byte(8),
        };
        refused(scene.verify(proof()), error);
    }
    let product = [words(&key(), 16, 18), &U256::ONE.to_be_bytes::<32>()].concat();
    let to = Address::with_last_byte(7);
    scene.chain.answer(to, product, Err(Vec::new()));
    refused(scene.verify(proof()), CurveCallFailed { precompile: to });
    let mut scene = Scene::new();
    let to = Address::with_last_byte(6);
    let last = [SUM, PRODUCT].concat();
    scene.chain.answer(to, last, Err(Vec::new()));
    scene.register(key()).unwrap();
    refused(scene.verify(proof()), CurveCallFailed { precompile: to });
}

#[test]
fn inputs_are_halves_below_the_order_of_the_group() {
    let order = U256::from_limbs([
        0x43e1_f593_f000_0001,
        0x2833_e848_79b9_7091,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ]);
    assert!(U256::from(u128::MAX) < order, "every half is a scalar");
    assert_eq!(groth16::inputs(INPUT, RESULT), [1, 2, 3, 4]);
    let most = groth16::inputs(B256::repeat_byte(0xff), B256::ZERO);
    assert_eq!(most, [u128::MAX, u128::MAX, 0, 0]);
}
