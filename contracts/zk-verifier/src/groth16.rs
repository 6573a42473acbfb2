//! Groth16 over BN254: what a key and a proof are, and the equation that a proof must satisfy.
//!
//! Points stand uncompressed, a coordinate a word, in the order of the precompiles of EIP-196 and EIP-197: G1 is `x, y`; G2 is `x`
//! then `y`, of each the imaginary part first.
//!
//! ```text
//! key    alpha G1 | beta G2 | gamma G2 | delta G2 | IC[0] G1 | … | IC[4] G1      24 words
//! proof  A G1 | B G2 | C G1                                                       8 words
//!
//! e(A, B) = e(alpha, beta) · e(IC[0] + Σ input[i] · IC[i + 1], gamma) · e(C, delta)
//! ```
//!
//! The chain's precompiles find out whether points are on their curves and in their groups, in every call. Calls to them are given
//! no more gas than they can need, since a precompile that refuses keeps all that it was given.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{Error, amount::widen, words};
use stylus_sdk::{call::static_call, host::VM, prelude::*};

use crate::errors::{
    CoordinateTooLarge, CurveCallFailed, PointAtInfinity, SetupNotFinished, WrongKeyLength,
    WrongProofLength,
};

/// Bytes of a key.
pub const KEY_BYTES: usize = 24 * WORD;

/// Bytes of a proof.
pub const PROOF_BYTES: usize = 8 * WORD;

/// Public inputs of every program: input digest and result hash, each as its high and its low 128 bits.
pub const INPUTS: usize = 4;

/// The modulus of the field that coordinates are from.
pub const FIELD_MODULUS: U256 = U256::from_limbs([
    0x3c20_8c16_d87c_fd47,
    0x9781_6a91_6871_ca8d,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);

const WORD: usize = 32;
const G1: usize = 2 * WORD;
const G2: usize = 4 * WORD;
const BETA: usize = G1;
const GAMMA: usize = BETA + G2;
const DELTA: usize = GAMMA + G2;
const IC: usize = DELTA + G2;

const ADD: u8 = 6;
const MUL: u8 = 7;
const PAIRING: u8 = 8;

/// Gas for an addition, a multiplication, a pairing and each of its pairs: twice the prices since EIP-1108, so that a later repricing
/// need not stop the verifier.
const ADD_GAS: u64 = 2 * 150;
const MUL_GAS: u64 = 2 * 6_000;
const PAIRING_GAS: u64 = 2 * 45_000;
const PAIR_GAS: u64 = 2 * 34_000;

/// A verification key whose length has been checked.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a>(&'a [u8; KEY_BYTES]);

/// A proof whose length and coordinates have been checked.
#[derive(Clone, Copy, Debug)]
pub struct Proof<'a>(&'a [u8; PROOF_BYTES]);

/// The public inputs for these two words, in their order.
pub fn inputs(input_digest: B256, result_hash: B256) -> [u128; INPUTS] {
    let half = |word: &B256, from: usize| {
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&word[from..from + 16]);
        u128::from_be_bytes(bytes)
    };
    [
        half(&input_digest, 0),
        half(&input_digest, 16),
        half(&result_hash, 0),
        half(&result_hash, 16),
    ]
}

impl<'a> Key<'a> {
    /// Reads a key.
    ///
    /// # Errors
    /// [`WrongKeyLength`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        match bytes.try_into() {
            Ok(bytes) => Ok(Self(bytes)),
            Err(_) => Err(Error::of::<WrongKeyLength>(&[
                &widen(bytes.len() as u128),
                &widen(KEY_BYTES as u128),
            ])),
        }
    }

    /// Passes a key that a proof can be checked with: its coordinates are canonical, none of its points is that at infinity, all of
    /// them are on their curves and in their groups, and beta, gamma and delta are different points up to their signs.
    ///
    /// More cannot be seen in a key. Whether it is that of a program, and whether anybody knows the secrets behind its points, is
    /// for whoever names it in a task to find out.
    ///
    /// # Errors
    /// [`CoordinateTooLarge`], [`PointAtInfinity`], [`SetupNotFinished`], [`CurveCallFailed`].
    pub fn check(self, vm: &VM) -> Result<(), Error> {
        check_coordinates(self.0)?;
        let points = [(0, G1), (BETA, G2), (GAMMA, G2), (DELTA, G2)];
        let more = (0..=INPUTS).map(|i| (IC + i * G1, G1));
        for (start, length) in points.into_iter().chain(more) {
            if self.0[start..start + length].iter().all(|byte| *byte == 0) {
                return Err(Error::of::<PointAtInfinity>(&[&widen(
                    (start / WORD) as u128,
                )]));
            }
        }
        // Points with the same x are the same but for their sign.
        let [beta, gamma, delta] = [BETA, GAMMA, DELTA].map(|start| &self.0[start..start + G1]);
        if beta == gamma || gamma == delta || delta == beta {
            return Err(Error::of::<SetupNotFinished>(&[]));
        }
        let mut sum = self.ic(0).to_vec();
        for i in 1..=INPUTS {
            sum = add(vm, &sum, self.ic(i))?;
        }
        let pairs = [BETA, GAMMA, DELTA].map(|start| (self.alpha(), self.g2(start)));
        pairing(vm, &pairs)?;
        Ok(())
    }

    /// Whether `proof` proves the statement with these public inputs.
    ///
    /// # Errors
    /// [`CurveCallFailed`].
    pub fn admits(self, vm: &VM, inputs: [u128; INPUTS], proof: Proof<'_>) -> Result<bool, Error> {
        let mut sum = self.ic(0).to_vec();
        for (i, input) in inputs.into_iter().enumerate() {
            let product = multiply(vm, self.ic(i + 1), input)?;
            sum = add(vm, &sum, &product)?;
        }
        let negated = proof.negated_a();
        pairing(
            vm,
            &[
                (&negated, &proof.0[G1..G1 + G2]),
                (self.alpha(), self.g2(BETA)),
                (&sum, self.g2(GAMMA)),
                (&proof.0[G1 + G2..], self.g2(DELTA)),
            ],
        )
    }

    fn alpha(&self) -> &'a [u8] {
        &self.0[..G1]
    }

    fn g2(&self, start: usize) -> &'a [u8] {
        &self.0[start..start + G2]
    }

    fn ic(&self, i: usize) -> &'a [u8] {
        &self.0[IC + i * G1..IC + (i + 1) * G1]
    }
}

impl<'a> Proof<'a> {
    /// Reads a proof.
    ///
    /// # Errors
    /// [`WrongProofLength`], [`CoordinateTooLarge`].
    pub fn read(bytes: &'a [u8]) -> Result<Self, Error> {
        let Ok(proof) = bytes.try_into() else {
            return Err(Error::of::<WrongProofLength>(&[
                &widen(bytes.len() as u128),
                &widen(PROOF_BYTES as u128),
            ]));
        };
        check_coordinates(bytes)?;
        Ok(Self(proof))
    }

    /// −A: the point with the other y, or that at infinity, written as zeros, which is its own opposite.
    fn negated_a(&self) -> [u8; G1] {
        let mut point = [0; G1];
        point.copy_from_slice(&self.0[..G1]);
        let y = coordinate(&point[WORD..]);
        if !y.is_zero() {
            let opposite = words::word(&FIELD_MODULUS.wrapping_sub(y));
            point[WORD..].copy_from_slice(opposite.as_slice());
        }
        point
    }
}

fn coordinate(word: &[u8]) -> U256 {
    words::number(&B256::from_slice(word))
}

fn check_coordinates(bytes: &[u8]) -> Result<(), Error> {
    for (index, word) in bytes.chunks_exact(WORD).enumerate() {
        let value = coordinate(word);
        if value >= FIELD_MODULUS {
            return Err(Error::of::<CoordinateTooLarge>(&[
                &widen(index as u128),
                &value,
            ]));
        }
    }
    Ok(())
}

fn add(vm: &VM, a: &[u8], b: &[u8]) -> Result<Vec<u8>, Error> {
    call(vm, ADD, ADD_GAS, &[a, b], G1)
}

fn multiply(vm: &VM, point: &[u8], scalar: u128) -> Result<Vec<u8>, Error> {
    let scalar = words::word(&widen(scalar));
    call(vm, MUL, MUL_GAS, &[point, scalar.as_slice()], G1)
}

/// Whether the product of the pairings of these points, of G1 and G2, is one.
fn pairing(vm: &VM, pairs: &[(&[u8], &[u8])]) -> Result<bool, Error> {
    let points: Vec<&[u8]> = pairs.iter().flat_map(|(g1, g2)| [*g1, *g2]).collect();
    let gas = PAIRING_GAS + PAIR_GAS * pairs.len() as u64;
    Ok(call(vm, PAIRING, gas, &points, WORD)?[WORD - 1] == 1)
}

/// Calls a precompile with `parts`, one after the other; it must answer with `length` bytes.
fn call(
    vm: &VM,
    precompile: u8,
    gas: u64,
    parts: &[&[u8]],
    length: usize,
) -> Result<Vec<u8>, Error> {
    let to = Address::with_last_byte(precompile);
    match static_call(vm, Call::new().gas(gas), to, &parts.concat()) {
        Ok(answer) if answer.len() == length => Ok(answer),
        _ => Err(Error::of::<CurveCallFailed>(&[&words::address(to)])),
    }
}
