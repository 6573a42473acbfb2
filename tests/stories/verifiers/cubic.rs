//! A program small enough to read, with its proofs: `y = x³ + x + 5`.
//!
//! `x` is the low half of the input digest and `y` that of the result hash; the high halves are zero. The equation is one of the
//! scalar field; for `x` below 2^42 it is one of whole numbers, and `y` fits into a half.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ff::{BigInteger as _, PrimeField as _};
use ark_groth16::{Groth16, ProvingKey, VerifyingKey};
use ark_relations::{
    gr1cs::{ConstraintSynthesizer, ConstraintSystemRef, SynthesisError, Variable},
    lc,
};
use ark_std::rand::{SeedableRng as _, rngs::StdRng};
use eyre::Result;
use ogpu_client::alloy::primitives::{B256, U256};

pub type Proof = ark_groth16::Proof<Bn254>;

/// The statement; setup knows no values.
struct Cubic {
    x: Option<Fr>,
}

impl ConstraintSynthesizer<Fr> for Cubic {
    fn generate_constraints(self, system: ConstraintSystemRef<Fr>) -> Result<(), SynthesisError> {
        let value = |value: Option<Fr>| value.ok_or(SynthesisError::AssignmentMissing);
        let x = self.x;
        let square = x.map(|x| x * x);
        let cube = x.zip(square).map(|(x, square)| x * square);
        let y = x.zip(cube).map(|(x, cube)| cube + x + five());
        let zero = Fr::from(0_u64);

        let x_high = system.new_input_variable(|| Ok(zero))?;
        let x = system.new_input_variable(|| value(x))?;
        let y_high = system.new_input_variable(|| Ok(zero))?;
        let y = system.new_input_variable(|| value(y))?;
        let square = system.new_witness_variable(|| value(square))?;
        let cube = system.new_witness_variable(|| value(cube))?;
        let one = Variable::One;
        system.enforce_r1cs_constraint(|| lc!() + x, || lc!() + x, || lc!() + square)?;
        system.enforce_r1cs_constraint(|| lc!() + square, || lc!() + x, || lc!() + cube)?;
        let sum = || lc!() + cube + x + (five(), one);
        system.enforce_r1cs_constraint(sum, || lc!() + one, || lc!() + y)?;
        for high in [x_high, y_high] {
            system.enforce_r1cs_constraint(|| lc!() + high, || lc!() + one, || lc!())?;
        }
        Ok(())
    }
}

fn five() -> Fr {
    Fr::from(5_u64)
}

/// Keys made from a seed: whoever knows that knows their secrets, so they are for tests only.
pub struct Keys {
    proving: ProvingKey<Bn254>,
    random: StdRng,
}

impl Keys {
    pub fn new(seed: u64) -> Result<Self> {
        let mut random = StdRng::seed_from_u64(seed);
        let proving = Groth16::<Bn254>::generate_random_parameters_with_reduction(
            Cubic { x: None },
            &mut random,
        )?;
        Ok(Self { proving, random })
    }

    pub fn verification(&self) -> VerifyingKey<Bn254> {
        self.proving.vk.clone()
    }

    /// A proof that [`result`] of `x` is right.
    pub fn prove(&mut self, x: u64) -> Result<Proof> {
        let circuit = Cubic {
            x: Some(Fr::from(x)),
        };
        Ok(Groth16::<Bn254>::create_random_proof_with_reduction(
            circuit,
            &self.proving,
            &mut self.random,
        )?)
    }

    /// The same statement, proven by other points.
    pub fn disguise(&mut self, proof: &Proof) -> Proof {
        Groth16::<Bn254>::rerandomize_proof(&self.proving.vk, proof, &mut self.random)
    }
}

/// The input digest of `x`.
pub fn input(x: u64) -> B256 {
    U256::from(x).into()
}

/// The result hash of `x`.
pub fn result(x: u64) -> B256 {
    let x = U256::from(x);
    (x * x * x + x + U256::from(5)).into()
}

/// A key as the verifier reads it.
pub fn encode_key(key: &VerifyingKey<Bn254>) -> Vec<u8> {
    let mut bytes = encode_g1(&key.alpha_g1);
    for point in [&key.beta_g2, &key.gamma_g2, &key.delta_g2] {
        bytes.extend(encode_g2(point));
    }
    bytes.extend(key.gamma_abc_g1.iter().flat_map(encode_g1));
    bytes
}

/// A proof as the verifier reads it.
pub fn encode_proof(proof: &Proof) -> Vec<u8> {
    [
        encode_g1(&proof.a),
        encode_g2(&proof.b),
        encode_g1(&proof.c),
    ]
    .concat()
}

fn encode_g1(point: &G1Affine) -> Vec<u8> {
    [point.x, point.y].map(coordinate).concat()
}

fn encode_g2(point: &G2Affine) -> Vec<u8> {
    let Fq2 { c0, c1, .. } = point.x;
    let (x, y) = ([c1, c0], point.y);
    [x, [y.c1, y.c0]]
        .concat()
        .into_iter()
        .flat_map(coordinate)
        .collect()
}

fn coordinate(value: Fq) -> Vec<u8> {
    value.into_bigint().to_bytes_be()
}

/// A point of the curve of G2 that is not in the group.
pub fn outside_of_g2() -> G2Affine {
    (1_u64..)
        .filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), false))
        .find(|point| !point.is_in_correct_subgroup_assuming_on_curve())
        .expect("most points of the curve are not in the group")
}
