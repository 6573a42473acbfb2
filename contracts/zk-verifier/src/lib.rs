//! The zero-knowledge verifier: a task whose result is proven is decided by the proof alone.
//!
//! A program is known by its Groth16 verification key, over BN254, which anybody registers. A client who wants a proof makes a task
//! with this verifier and the verifier data [`statement`]`(keyId, inputDigest)`. Once the result is delivered, anybody hands in the proof
//! that the program gives `resultHash` for the input; that decides the task in the market, and whoever did it gets the task's verifier
//! fee at once. A proof binds no address: who sees another's proof before it is on the chain can hand it in first and take the fee, not
//! the payment, which is the provider's in any case.
//!
//! Nothing is stored but which keys are registered; there are no parameters, and nothing waits. A task without a proof ends as any task
//! without a verdict: in dispute, once its deadline has passed.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod errors;
mod events;
pub mod groth16;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use groth16::{Key, Proof};
use ogpu_common::{
    Calldata, Ownable, Upgradeable,
    amount::{self, widen},
    initializable,
    interfaces::{IMarket, IPaymentEscrow},
    ownable, words,
};
use ogpu_rules::Status;
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageBool, StorageMap},
};

pub use errors::*;
pub use events::*;

/// The state of a task whose result waits for a verdict.
const SUBMITTED: u8 = Status::Submitted as u8;

/// What the verifier calls in the escrow.
#[allow(missing_docs, non_snake_case)] // as the escrow documents and names it
/// The verifier.
#[storage]
#[entrypoint]
pub struct ZkVerifier {
    /// The task manager.
    market: StorageAddress,
    /// Where the market pays the fees to.
    escrow: StorageAddress,
    /// Whether there is a key with this id.
    registered: StorageMap<B256, StorageBool>,
}

ogpu_common::proxied!(ZkVerifier);

#[public]
#[implements(Ownable, Upgradeable)]
impl ZkVerifier {
    /// Makes the verifier of `market`, whose fees are in `escrow`, once, through a new proxy.
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`, `OwnableInvalidOwner`, `ZeroAddress`.
    pub fn initialize(
        &mut self,
        owner: Address,
        market: Address,
        escrow: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.market.set(amount::nonzero(market)?);
        self.escrow.set(amount::nonzero(escrow)?);
        Ok(())
    }

    /// Registers a verification key, as [`groth16`] writes it; returns its id, which is its hash. Anyone; a key that is registered stays
    /// as it is. Emits [`KeyRegistered`], the first time.
    ///
    /// # Errors
    /// [`WrongKeyLength`], [`CoordinateTooLarge`], [`PointAtInfinity`], [`SetupNotFinished`], [`CurveCallFailed`].
    pub fn register_key(&mut self, key: Calldata) -> Result<B256, Error> {
        let id = self.id_of(&key);
        if self.registered.get(id) {
            return Ok(id);
        }
        Key::read(&key.0)?.check(self.vm())?;
        self.registered.insert(id, true);
        words::emit(
            self.vm(),
            &KeyRegistered::SIGNATURE_HASH,
            &[&words::number(&id), &words::address(self.vm().msg_sender())],
            &[&widen(32), &widen(key.0.len() as u128)],
            &key.0,
        );
        Ok(id)
    }

    /// Decides a task that was delivered: the program with this `key` gives `result_hash` for the input. The market compares that with
    /// what the provider has sealed; right or wrong, the caller gets the task's verifier fee. Anyone. Emits [`Proven`].
    ///
    /// # Errors
    /// [`ZeroResult`], [`OtherVerifier`], [`WrongStatus`], [`WrongStatement`], and those of `verify`; [`ProofInvalid`] where that answers
    /// `false`.
    pub fn prove(
        &mut self,
        task_id: U256,
        key: Calldata,
        input_digest: B256,
        result_hash: B256,
        proof: Calldata,
    ) -> Result<(), Error> {
        if result_hash.is_zero() {
            return Err(ZeroResult {}.into());
        }
        let market = IMarket::new(self.market.get());
        let (verifier, status, _, _, _, _, fee, required, _, _) = market
            .verification_of(self.vm(), Call::new(), task_id)
            .map_err(ogpu_common::Error::from)?;
        if verifier != self.vm().contract_address() {
            return Err(OtherVerifier {
                taskId: task_id,
                verifier,
            }
            .into());
        }
        if status != SUBMITTED {
            return Err(WrongStatus {
                taskId: task_id,
                status,
            }
            .into());
        }
        let key_id = self.id_of(&key);
        let statement = self.statement(key_id, input_digest);
        if statement != required {
            return Err(WrongStatement {
                taskId: task_id,
                statement,
                required,
            }
            .into());
        }
        if !self.holds(key_id, &key, input_digest, result_hash, &proof)? {
            return Err(ProofInvalid {
                keyId: key_id,
                inputDigest: input_digest,
                resultHash: result_hash,
            }
            .into());
        }
        let prover = self.vm().msg_sender();
        words::emit(
            self.vm(),
            &Proven::SIGNATURE_HASH,
            &[&task_id, &words::number(&key_id), &words::address(prover)],
            &[&words::number(&result_hash), &fee],
            &[],
        );
        let call = Call::new_mutating(self);
        market
            .verify_completion(self.vm(), call, task_id, result_hash)
            .map_err(ogpu_common::Error::from)?;
        if fee.is_zero() {
            return Ok(());
        }
        let (call, escrow) = (
            Call::new_mutating(self),
            IPaymentEscrow::new(self.escrow.get()),
        );
        Ok(escrow
            .withdraw_to(self.vm(), call, prover, fee)
            .map_err(ogpu_common::Error::from)?)
    }

    /// Whether `proof` proves that the program with this `key` gives `result_hash` for the input. Where that cannot be told it fails, so
    /// that no caller takes a want of gas for a `false`.
    ///
    /// # Errors
    /// [`UnknownKey`], [`WrongProofLength`], [`CoordinateTooLarge`], [`CurveCallFailed`].
    pub fn verify(
        &self,
        key: Calldata,
        input_digest: B256,
        result_hash: B256,
        proof: Calldata,
    ) -> Result<bool, Error> {
        self.holds(self.id_of(&key), &key, input_digest, result_hash, &proof)
    }

    /// The verifier data of a task for this program and this input: the hash of the two words.
    pub fn statement(&self, key_id: B256, input_digest: B256) -> B256 {
        let mut words = [0; 64];
        words[..32].copy_from_slice(key_id.as_slice());
        words[32..].copy_from_slice(input_digest.as_slice());
        self.vm().native_keccak256(&words)
    }

    /// Whether there is a key with this id.
    pub fn is_registered(&self, key_id: B256) -> bool {
        self.registered.get(key_id)
    }

    /// The market whose tasks are decided.
    pub fn market(&self) -> Address {
        self.market.get()
    }

    /// The escrow that the fees are in.
    pub fn escrow(&self) -> Address {
        self.escrow.get()
    }
}

impl ZkVerifier {
    fn id_of(&self, key: &Calldata) -> B256 {
        self.vm().native_keccak256(&key.0)
    }

    fn holds(
        &self,
        key_id: B256,
        key: &Calldata,
        input_digest: B256,
        result_hash: B256,
        proof: &Calldata,
    ) -> Result<bool, Error> {
        if !self.registered.get(key_id) {
            return Err(UnknownKey { keyId: key_id }.into());
        }
        let proof = Proof::read(&proof.0)?;
        let inputs = groth16::inputs(input_digest, result_hash);
        Ok(Key::read(&key.0)?.admits(self.vm(), inputs, proof)?)
    }
}
