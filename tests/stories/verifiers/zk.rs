//! Proofs decide.

use eyre::Result;
use ogpu_client::{
    Account, ClientError, Receipt, Status,
    alloy::{
        primitives::{Address, B256, Bytes, U256, address, keccak256},
        sol,
        sol_types::{SolCall as _, SolValue as _},
    },
};
use ogpu_tests::{Harness, Provider, ogpu, say};

use super::{
    FEE,
    cubic::{self, Keys, encode_key, encode_proof},
    delivered, deploy, market, refused,
};

/// The most that deciding a task by a proof may cost, on the chain's own account: 205,600 of it are the precompiles'.
const PROVE_GAS: u64 = 420_000;

/// The modulus of the field of coordinates.
const MODULUS: U256 = U256::from_limbs([
    0x3c20_8c16_d87c_fd47,
    0x9781_6a91_6871_ca8d,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

sol! {
    #[sol(rpc)]
    interface ZkVerifier {
        function initialize(address owner, address market, address escrow) external;
        function registerKey(bytes key) external returns (bytes32);
        function prove(uint256 taskId, bytes key, bytes32 inputDigest, bytes32 resultHash, bytes proof) external;
        function verify(bytes key, bytes32 inputDigest, bytes32 resultHash, bytes proof) external view returns (bool);
        function statement(bytes32 keyId, bytes32 inputDigest) external view returns (bytes32);
        function isRegistered(bytes32 keyId) external view returns (bool);

        event KeyRegistered(bytes32 indexed keyId, address indexed by, bytes key);

        error WrongProofLength(uint256 length, uint256 required);
        error CoordinateTooLarge(uint256 index, uint256 value);
        error PointAtInfinity(uint256 index);
        error SetupNotFinished();
        error CurveCallFailed(address precompile);
        error UnknownKey(bytes32 keyId);
        error WrongStatus(uint256 taskId, uint8 status);
        error WrongStatement(uint256 taskId, bytes32 statement, bytes32 required);
        error ProofInvalid(bytes32 keyId, bytes32 inputDigest, bytes32 resultHash);
    }
}
use ZkVerifier::*;

const ADD: Address = address!("0000000000000000000000000000000000000006");
const PAIRING: Address = address!("0000000000000000000000000000000000000008");

/// A market, its verifier, a registered program, and people.
struct Scene {
    harness: Harness,
    verifier: Address,
    number: u8,
    keys: Keys,
    key: Vec<u8>,
    client: Account,
    provider: Provider,
    prover: Account,
}

impl Scene {
    async fn new() -> Result<Self> {
        let harness = market().await?;
        let addresses = harness.market.addresses();
        let initialize = initializeCall {
            owner: harness.owner.address(),
            market: addresses.task_manager,
            escrow: addresses.escrow,
        };
        let (verifier, number) = deploy(&harness, "zk-verifier", &initialize.abi_encode()).await?;
        let keys = Keys::new(1)?;
        let scene = Self {
            key: encode_key(&keys.verification()),
            client: harness.client().await?,
            provider: harness.provider().await?,
            prover: harness.actor(0).await?,
            harness,
            verifier,
            number,
            keys,
        };
        let receipt = scene.register(&scene.key).await?;
        let gas = scene.harness.execution_gas(&receipt).await?;
        say(&format!("registering a key costs {gas} gas"));
        let event = receipt.decoded_log::<KeyRegistered>().expect("an event");
        assert_eq!(event.keyId, keccak256(&scene.key));
        assert_eq!(
            (event.by, &event.key[..]),
            (scene.prover.address(), &scene.key[..])
        );
        Ok(scene)
    }

    fn contract(&self) -> ZkVerifierInstance<&ogpu_client::Provider> {
        ZkVerifier::new(self.verifier, self.harness.chain().provider())
    }

    async fn register(&self, key: &[u8]) -> Result<Receipt, ClientError> {
        let call = self.contract();
        let call = call.registerKey(key.to_vec().into());
        self.prover.send("registering the key", call).await
    }

    /// A task that asks for the program's result for `x`, with `result` delivered.
    async fn task(&self, x: u64, result: B256) -> Result<U256> {
        let data = keccak256((keccak256(&self.key), cubic::input(x)).abi_encode());
        let call = self.contract();
        let call = call.statement(keccak256(&self.key), cubic::input(x));
        assert_eq!(self.harness.chain().read("", call).await?, data);
        let Self {
            harness,
            client,
            provider,
            number,
            ..
        } = self;
        delivered(harness, client, provider, *number, data, result).await
    }

    async fn prove(
        &self,
        task: U256,
        input: B256,
        result: B256,
        proof: &[u8],
    ) -> Result<Receipt, ClientError> {
        let (key, proof) = (self.key.clone().into(), Bytes::copy_from_slice(proof));
        let call = self.contract();
        let call = call.prove(task, key, input, result, proof);
        self.prover.send("proving", call).await
    }

    async fn verify(&self, input: B256, result: B256, proof: &[u8]) -> Result<bool, ClientError> {
        let (key, proof) = (self.key.clone().into(), Bytes::copy_from_slice(proof));
        let call = self.contract();
        let call = call.verify(key, input, result, proof);
        self.harness.chain().read("verifying", call).await
    }
}

#[tokio::test]
async fn a_proof_decides_a_task_and_pays_whoever_brings_it() -> Result<()> {
    let mut scene = Scene::new().await?;
    let (input, result) = (cubic::input(3), cubic::result(3));
    assert_eq!(result, B256::from(U256::from(35)));
    let task = scene.task(3, result).await?;
    let proof = scene.keys.prove(3)?;
    let receipt = scene
        .prove(task, input, result, &encode_proof(&proof))
        .await?;

    let harness = &scene.harness;
    assert_eq!(harness.status(task).await?, Status::Verified);
    assert_eq!(harness.tokens(&scene.prover).await?, ogpu(FEE));
    let gas = harness.execution_gas(&receipt).await?;
    say(&format!("deciding a task by a proof costs {gas} gas"));
    if harness.is_cached().await? {
        assert!(gas < PROVE_GAS, "{gas} gas");
    }
    harness.check_books().await?;

    // Decided once: not even by the same statement in another dress, which holds as well.
    let other = encode_proof(&scene.keys.disguise(&proof));
    assert_ne!(other, encode_proof(&proof));
    assert!(scene.verify(input, result, &other).await?);
    let again = WrongStatus {
        taskId: task,
        status: 4,
    };
    refused(scene.prove(task, input, result, &other).await, again);

    let harness = &scene.harness;
    harness.outlast(task).await?;
    harness.advance(20).await?;
    harness.finalize(task).await?;
    assert_eq!(harness.in_escrow(&scene.provider.account).await?, ogpu(78));
    // The budget of 100 oGPU less the price and the verifier's fee.
    assert_eq!(
        harness.in_escrow(&scene.client).await?,
        ogpu(1_000 - 80 - FEE)
    );
    harness.check_books().await
}

#[tokio::test]
async fn a_proof_of_another_result_than_the_delivered_rejects_it() -> Result<()> {
    let mut scene = Scene::new().await?;
    let task = scene.task(4, cubic::result(5)).await?;
    let proof = encode_proof(&scene.keys.prove(4)?);
    // Whoever has delivered the wrong result cannot prove it.
    let lie = ProofInvalid {
        keyId: keccak256(&scene.key),
        inputDigest: cubic::input(4),
        resultHash: cubic::result(5),
    };
    let wrong = scene.prove(task, cubic::input(4), cubic::result(5), &proof);
    refused(wrong.await, lie);
    assert_eq!(scene.harness.status(task).await?, Status::Submitted);
    assert_eq!(scene.harness.tokens(&scene.prover).await?, U256::ZERO);

    scene
        .prove(task, cubic::input(4), cubic::result(4), &proof)
        .await?;
    assert_eq!(scene.harness.status(task).await?, Status::Rejected);
    assert_eq!(scene.harness.tokens(&scene.prover).await?, ogpu(FEE));
    scene.harness.check_books().await
}

#[tokio::test]
async fn proofs_hold_for_their_own_statement_only() -> Result<()> {
    let mut scene = Scene::new().await?;
    for x in [0, 7, (1 << 42) - 1] {
        let proof = encode_proof(&scene.keys.prove(x)?);
        let (input, result) = (cubic::input(x), cubic::result(x));
        assert!(scene.verify(input, result, &proof).await?, "{x}");
        // Every one of the four halves is bound.
        for byte in [0, 15, 16, 31] {
            let (mut other_input, mut other_result) = (input, result);
            other_input[byte] ^= 1;
            other_result[byte] ^= 1;
            assert!(
                !scene.verify(other_input, result, &proof).await?,
                "{x}, {byte}"
            );
            assert!(
                !scene.verify(input, other_result, &proof).await?,
                "{x}, {byte}"
            );
        }
    }
    let proof = encode_proof(&scene.keys.prove(7)?);
    let (input, result) = (cubic::input(7), cubic::result(7));

    // Another task's statement.
    let task = scene.task(8, cubic::result(8)).await?;
    let id = keccak256(&scene.key);
    let other = WrongStatement {
        taskId: task,
        statement: keccak256((id, input).abi_encode()),
        required: keccak256((id, cubic::input(8)).abi_encode()),
    };
    refused(scene.prove(task, input, result, &proof).await, other);

    // The same program, set up anew: its proofs are not those of the first key.
    let mut others = Keys::new(2)?;
    let foreign = encode_proof(&others.prove(7)?);
    assert!(!scene.verify(input, result, &foreign).await?);
    let key = encode_key(&others.verification());
    let call = scene.contract();
    let call = call.verify(key.clone().into(), input, result, foreign.clone().into());
    let unknown = UnknownKey {
        keyId: keccak256(&key),
    };
    refused(scene.harness.chain().read("", call).await, unknown);
    scene.register(&key).await?;
    let call = scene.contract();
    let call = call.verify(key.into(), input, result, foreign.into());
    assert!(scene.harness.chain().read("", call).await?);
    Ok(())
}

#[tokio::test]
async fn damaged_proofs_are_refused_and_change_nothing() -> Result<()> {
    let mut scene = Scene::new().await?;
    let (input, result) = (cubic::input(6), cubic::result(6));
    let task = scene.task(6, result).await?;
    let whole = scene.keys.prove(6)?;
    let good = encode_proof(&whole);
    for length in [0, 32, 255, 257] {
        let mut proof = good.clone();
        proof.resize(length, 0);
        let error = WrongProofLength {
            length: U256::from(length),
            required: U256::from(256),
        };
        refused(scene.prove(task, input, result, &proof).await, error);
    }
    for index in 0..8 {
        let word = 32 * index..32 * (index + 1);
        // The same coordinate, written as itself and the modulus.
        let mut proof = good.clone();
        let value = U256::from_be_slice(&good[word.clone()]) + MODULUS;
        proof[word.clone()].copy_from_slice(&value.to_be_bytes::<32>());
        let error = CoordinateTooLarge {
            index: U256::from(index),
            value,
        };
        refused(scene.prove(task, input, result, &proof).await, error);
        // A point beside the curve.
        let mut proof = good.clone();
        proof[word.end - 1] ^= 1;
        let error = CurveCallFailed {
            precompile: PAIRING,
        };
        refused(scene.prove(task, input, result, &proof).await, error);
    }
    // B on the curve, but not in the group.
    let outside = cubic::Proof {
        b: cubic::outside_of_g2(),
        ..whole.clone()
    };
    let error = CurveCallFailed {
        precompile: PAIRING,
    };
    refused(
        scene
            .prove(task, input, result, &encode_proof(&outside))
            .await,
        error,
    );
    // Points of the right groups that prove nothing: none at all, A and C exchanged, an opposite.
    let exchanged = cubic::Proof {
        a: whole.c,
        c: whole.a,
        ..whole.clone()
    };
    let opposite = cubic::Proof {
        c: -whole.c,
        ..whole.clone()
    };
    for proof in [
        vec![0; 256],
        encode_proof(&exchanged),
        encode_proof(&opposite),
    ] {
        let error = ProofInvalid {
            keyId: keccak256(&scene.key),
            inputDigest: input,
            resultHash: result,
        };
        refused(scene.prove(task, input, result, &proof).await, error);
    }
    assert_eq!(scene.harness.status(task).await?, Status::Submitted);
    scene.prove(task, input, result, &good).await?;
    assert_eq!(scene.harness.status(task).await?, Status::Verified);
    Ok(())
}

#[tokio::test]
async fn keys_that_bind_nothing_are_refused() -> Result<()> {
    let scene = Scene::new().await?;
    let good = scene.keys.verification();
    let mut keys = [good.clone(), good.clone(), good.clone()];
    // As a setup's first phase leaves it; and with the opposite point.
    keys[0].delta_g2 = good.gamma_g2;
    keys[1].delta_g2 = -good.gamma_g2;
    keys[2].beta_g2 = good.delta_g2;
    for key in keys {
        refused(scene.register(&encode_key(&key)).await, SetupNotFinished {});
    }
    let mut key = encode_key(&good);
    key[32 * 20..32 * 22].fill(0);
    let error = PointAtInfinity {
        index: U256::from(20),
    };
    refused(scene.register(&key).await, error);

    // A point of each group beside its curve, and one on the curve but not in the group.
    for index in 0..24 {
        let mut key = encode_key(&good);
        key[32 * index + 31] ^= 1;
        let precompile = if index < 14 { PAIRING } else { ADD };
        refused(scene.register(&key).await, CurveCallFailed { precompile });
    }
    for place in 0..3 {
        let mut key = good.clone();
        let points = [&mut key.beta_g2, &mut key.gamma_g2, &mut key.delta_g2];
        *points.into_iter().nth(place).expect("three points") = cubic::outside_of_g2();
        let error = CurveCallFailed {
            precompile: PAIRING,
        };
        refused(scene.register(&encode_key(&key)).await, error);
    }
    Ok(())
}
