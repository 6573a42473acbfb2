//! The optimistic verifier: a result counts unless somebody puts money against it.
//!
//! After delivery anybody who knows the sealed result [proposes](OptimisticVerifier::propose) it. For the challenge period anybody but
//! the provider can [challenge](OptimisticVerifier::challenge) it with a bond in oGPU. Without a challenge anybody
//! [concludes](OptimisticVerifier::conclude): the market takes the result, and the task's verifier fee goes to whoever proposed. A
//! challenge sends the task into dispute at once; the owner decides that in the market, and here
//! [says who was right](OptimisticVerifier::resolve_challenge), by which bond and fee are divided (see [`stakes`]). If the owner says
//! nothing for the arbitration period, anybody [releases](OptimisticVerifier::release_challenge) both to those they came from.
//!
//! ```text
//! none ──propose──▶ Proposed ──conclude, after the challenge period──▶ Closed
//!                       │ challenge                                      ▲
//!                       ▼                                                │
//!                   Challenged ──resolveChallenge (owner)────────────────┤
//!                       └────────releaseChallenge, after the arbitration period
//! ```
//!
//! A proposal whose task the market has sent to dispute by itself is closed by `conclude` too, without a verdict.
//!
//! The verifier's token balance is never below the sum of the bonds and fees of open challenges and of what is owed. Nothing here can be
//! paused: a pause of challenges would let false results pass.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

mod errors;
mod events;
pub mod proposal;
pub mod stakes;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, aliases::U16};
use ogpu_common::{
    Ownable, Upgradeable,
    amount::{self, StorageTime, load_time, store_time, widen},
    initializable,
    interfaces::{IMarket, IPaymentEscrow},
    ownable, token,
};
use ogpu_rules::{Status, seal};
use proposal::{Proposal, Stage};
use stakes::{Outcome, Parameters, Split};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageMap, StorageU16, StorageU96},
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
pub struct OptimisticVerifier {
    /// Proposals by task.
    proposals: StorageMap<U256, Proposal>,
    /// What accounts are owed, in wei.
    owed: StorageMap<Address, StorageU96>,
    /// The task manager.
    market: StorageAddress,
    /// How long a result can be challenged.
    challenge_period: StorageTime,
    /// How long a bond waits for a judgement.
    arbitration_period: StorageTime,
    /// The bond's share of the price, in basis points.
    bond_bps: StorageU16,
    /// Where the market pays the fees to.
    escrow: StorageAddress,
    /// The least bond, in wei.
    min_bond: StorageU96,
    /// The oGPU token.
    token: StorageAddress,
    /// Who is owed the bonds that are lost.
    treasury: StorageAddress,
}

/// What the market says about a task.
struct Task {
    status: u8,
    client: Address,
    provider_id: U256,
    provider: Address,
    price: u128,
    fee: u128,
    seal: B256,
    deadline: u64,
}

ogpu_common::proxied!(OptimisticVerifier);

#[public]
#[implements(Ownable, Upgradeable)]
impl OptimisticVerifier {
    /// Makes the verifier of `market`, whose fees are in `escrow`, once, through a new proxy, with [`Parameters::INITIAL`]. Bonds that are
    /// lost are owed to `treasury`. Emits [`ParametersSet`], [`TreasuryChanged`].
    ///
    /// # Errors
    /// `UUPSUnauthorizedCallContext`, `InvalidInitialization`, `OwnableInvalidOwner`, `ZeroAddress`.
    pub fn initialize(
        &mut self,
        owner: Address,
        market: Address,
        escrow: Address,
        token: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.market.set(amount::nonzero(market)?);
        self.escrow.set(amount::nonzero(escrow)?);
        self.token.set(amount::nonzero(token)?);
        self.replace_treasury(treasury)?;
        self.store_parameters(Parameters::INITIAL);
        Ok(())
    }

    /// Sets who is owed the bonds that are lost from now on. Owner only. Emits [`TreasuryChanged`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_treasury(treasury)
    }

    /// Sets the [`Parameters`]: periods in seconds, the bond as a share of the price in basis points, the least bond in wei. Periods that
    /// run go on as they began; the bond is that of the moment of the challenge. The challenge period must leave time before the market's
    /// deadline for a verdict, or nothing can be proposed. Owner only. Emits [`ParametersSet`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `AmountTooLarge`, [`OutOfRange`].
    pub fn set_parameters(
        &mut self,
        challenge_period: u64,
        arbitration_period: u64,
        bond_bps: u16,
        min_bond: U256,
    ) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let parameters = Parameters {
            challenge_period,
            arbitration_period,
            bond_bps,
            min_bond: amount::checked(min_bond)?,
        };
        parameters.check().map_err(|out| OutOfRange {
            field: out.field,
            value: widen(out.value),
            minimum: widen(out.minimum),
            maximum: widen(out.maximum),
        })?;
        self.store_parameters(parameters);
        Ok(())
    }

    /// Reveals the result that the provider of a task has sealed; from now on it can be challenged. Anyone who knows it, once a task. The
    /// caller gets the task's verifier fee if the result stands. Emits [`Proposed`].
    ///
    /// # Errors
    /// [`ZeroResult`], [`WrongStage`], [`OtherVerifier`], [`WrongStatus`], [`WrongResult`], [`NoTimeToChallenge`].
    pub fn propose(&mut self, task_id: U256, result_hash: B256) -> Result<(), Error> {
        if result_hash.is_zero() {
            return Err(ZeroResult {}.into());
        }
        self.in_stage(task_id, Stage::None)?;
        let task = self.submitted(task_id)?;
        let preimage = seal::preimage(task_id, task.provider_id, result_hash);
        if self.vm().native_keccak256(&preimage) != task.seal {
            return Err(WrongResult {
                taskId: task_id,
                resultHash: result_hash,
                seal: task.seal,
            }
            .into());
        }
        let ends = self.vm().block_timestamp() + load_time(&self.challenge_period);
        if ends >= task.deadline {
            return Err(NoTimeToChallenge {
                taskId: task_id,
                ends,
                deadline: task.deadline,
            }
            .into());
        }
        let proposer = self.vm().msg_sender();
        let mut proposal = self.proposals.setter(task_id);
        proposal.proposer.set(proposer);
        proposal.result_hash.set(result_hash);
        proposal.enter(Stage::Proposed, ends);
        self.vm().log(Proposed {
            taskId: task_id,
            proposer,
            resultHash: result_hash,
            ends,
        });
        Ok(())
    }

    /// Puts a bond, which the caller has allowed the verifier to take, against a proposed result: the task is in dispute at once. The bond
    /// is [`Parameters::bond`] of the task's price. Anyone but the provider, before the challenge period ends. Emits [`Challenged`].
    ///
    /// # Errors
    /// [`WrongStage`], [`TooLate`], [`OtherVerifier`], [`WrongStatus`], [`SelfDealing`], `TokenTookFee`, and what the token and the market
    /// revert with.
    pub fn challenge(&mut self, task_id: U256) -> Result<(), Error> {
        let until = self.in_stage(task_id, Stage::Proposed)?;
        let now = self.vm().block_timestamp();
        if now >= until {
            return Err(TooLate {
                taskId: task_id,
                until,
            }
            .into());
        }
        let task = self.submitted(task_id)?;
        let challenger = self.vm().msg_sender();
        if challenger == task.provider {
            return Err(SelfDealing {
                account: challenger,
            }
            .into());
        }
        let bond = self.load_parameters().bond(task.price);
        let ends = now + load_time(&self.arbitration_period);
        let mut proposal = self.proposals.setter(task_id);
        proposal.challenger.set(challenger);
        amount::store(&mut proposal.bond, bond);
        proposal.client.set(task.client);
        amount::store(&mut proposal.fee, task.fee);
        proposal.enter(Stage::Challenged, ends);
        self.vm().log(Challenged {
            taskId: task_id,
            challenger,
            bond: widen(bond),
            fee: widen(task.fee),
            ends,
        });
        let (call, token) = (Call::new_mutating(self), self.token.get());
        token::pull(self.vm(), call, token, challenger, bond)?;
        self.decide(task_id, B256::ZERO)?;
        self.collect(self.vm().contract_address(), task.fee)
    }

    /// Gives the market a result that nobody has challenged, and the task's verifier fee to whoever proposed it; or closes a proposal that
    /// the market has gone on without. Anyone, once the challenge period has ended. Emits [`Concluded`] or [`Lapsed`].
    ///
    /// # Errors
    /// [`WrongStage`], [`TooEarly`], and what the market reverts with.
    pub fn conclude(&mut self, task_id: U256) -> Result<(), Error> {
        self.ended(task_id, Stage::Proposed)?;
        let task = self.task(task_id)?;
        let mut proposal = self.proposals.setter(task_id);
        proposal.close();
        let (proposer, result_hash) = (proposal.proposer.get(), proposal.result_hash.get());
        if task.status != SUBMITTED {
            self.vm().log(Lapsed {
                taskId: task_id,
                status: task.status,
            });
            return Ok(());
        }
        self.vm().log(Concluded {
            taskId: task_id,
            proposer,
            fee: widen(task.fee),
        });
        self.decide(task_id, result_hash)?;
        self.collect(proposer, task.fee)
    }

    /// Says who was right about a challenged result: a challenger that was gets its bond and the fee; for one that was not the bond is the
    /// treasury's and the fee the proposer's. Owner only. Emits [`ChallengeResolved`].
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, [`WrongStage`].
    pub fn resolve_challenge(
        &mut self,
        task_id: U256,
        challenger_right: bool,
    ) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.in_stage(task_id, Stage::Challenged)?;
        self.close_challenge(
            task_id,
            if challenger_right {
                Outcome::ChallengerRight
            } else {
                Outcome::ChallengerWrong
            },
        )
    }

    /// Gives the challenger its bond and the client the fee, after the owner has said nothing for the arbitration period. Anyone. Emits
    /// [`ChallengeResolved`].
    ///
    /// # Errors
    /// [`WrongStage`], [`TooEarly`].
    pub fn release_challenge(&mut self, task_id: U256) -> Result<(), Error> {
        self.ended(task_id, Stage::Challenged)?;
        self.close_challenge(task_id, Outcome::Unjudged)
    }

    /// Sends an account all that it is owed. Anyone. Emits [`Withdrawn`].
    ///
    /// # Errors
    /// [`NothingOwed`], and what the token reverts with.
    pub fn withdraw(&mut self, account: Address) -> Result<(), Error> {
        let mut owed = self.owed.setter(account);
        let amount = amount::load(&owed);
        if amount == 0 {
            return Err(NothingOwed { account }.into());
        }
        amount::store(&mut owed, 0);
        self.vm().log(Withdrawn {
            account,
            amount: widen(amount),
        });
        let (call, token) = (Call::new_mutating(self), self.token.get());
        Ok(token::push(self.vm(), call, token, account, amount)?)
    }

    /// A proposal: its [`Stage`], who proposed which result, when the present period ends (seconds since 1970), who challenged it with
    /// which bond, and the fee that is divided with that (wei).
    pub fn proposal_of(&self, task_id: U256) -> (u8, Address, B256, u64, Address, U256, U256) {
        let proposal = self.proposals.getter(task_id);
        (
            proposal.stage(),
            proposal.proposer.get(),
            proposal.result_hash.get(),
            load_time(&proposal.ends),
            proposal.challenger.get(),
            widen(amount::load(&proposal.bond)),
            widen(amount::load(&proposal.fee)),
        )
    }

    /// What challenging the result of a task of this price costs now, in wei.
    ///
    /// # Errors
    /// `AmountTooLarge`.
    pub fn bond_for(&self, price: U256) -> Result<U256, Error> {
        Ok(widen(self.load_parameters().bond(amount::checked(price)?)))
    }

    /// What an account is owed, in wei.
    pub fn owed_to(&self, account: Address) -> U256 {
        widen(amount::load(&self.owed.getter(account)))
    }

    /// Challenge period, arbitration period (seconds), the bond's share of the price (basis points), and the least bond (wei).
    pub fn parameters(&self) -> (u64, u64, u16, U256) {
        let now = self.load_parameters();
        (
            now.challenge_period,
            now.arbitration_period,
            now.bond_bps,
            widen(now.min_bond),
        )
    }

    /// The market whose tasks are decided.
    pub fn market(&self) -> Address {
        self.market.get()
    }

    /// The escrow that the fees come from.
    pub fn escrow(&self) -> Address {
        self.escrow.get()
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// Who is owed the bonds that are lost.
    pub fn treasury(&self) -> Address {
        self.treasury.get()
    }
}

impl OptimisticVerifier {
    fn replace_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        let previous = self.treasury.get();
        self.treasury.set(amount::nonzero(treasury)?);
        self.vm().log(TreasuryChanged {
            previousTreasury: previous,
            newTreasury: treasury,
        });
        Ok(())
    }

    fn load_parameters(&self) -> Parameters {
        Parameters {
            challenge_period: load_time(&self.challenge_period),
            arbitration_period: load_time(&self.arbitration_period),
            bond_bps: self.bond_bps.get().into_limbs()[0] as u16,
            min_bond: amount::load(&self.min_bond),
        }
    }

    fn store_parameters(&mut self, parameters: Parameters) {
        store_time(&mut self.challenge_period, parameters.challenge_period);
        store_time(&mut self.arbitration_period, parameters.arbitration_period);
        self.bond_bps
            .set(U16::from_limbs([parameters.bond_bps.into()]));
        amount::store(&mut self.min_bond, parameters.min_bond);
        self.vm().log(ParametersSet {
            challengePeriod: parameters.challenge_period,
            arbitrationPeriod: parameters.arbitration_period,
            bondBps: parameters.bond_bps,
            minBond: widen(parameters.min_bond),
        });
    }

    /// A task that this contract decides.
    fn task(&self, task_id: U256) -> Result<Task, Error> {
        let market = IMarket::new(self.market.get());
        let (verifier, status, client, provider_id, provider, price, fee, _, seal, deadline) =
            market
                .verification_of(self.vm(), Call::new(), task_id)
                .map_err(ogpu_common::Error::from)?;
        if verifier != self.vm().contract_address() {
            return Err(OtherVerifier {
                taskId: task_id,
                verifier,
            }
            .into());
        }
        Ok(Task {
            status,
            client,
            provider_id,
            provider,
            price: amount::checked(price)?,
            fee: amount::checked(fee)?,
            seal,
            deadline,
        })
    }

    /// A task that this contract decides, and that waits for it.
    fn submitted(&self, task_id: U256) -> Result<Task, Error> {
        let task = self.task(task_id)?;
        if task.status == SUBMITTED {
            Ok(task)
        } else {
            Err(WrongStatus {
                taskId: task_id,
                status: task.status,
            }
            .into())
        }
    }

    /// Passes if the proposal is in `stage`; returns when its period ends.
    fn in_stage(&self, task_id: U256, stage: Stage) -> Result<u64, Error> {
        let proposal = self.proposals.getter(task_id);
        if proposal.stage() == stage as u8 {
            Ok(load_time(&proposal.ends))
        } else {
            Err(WrongStage {
                taskId: task_id,
                stage: proposal.stage(),
                required: stage as u8,
            }
            .into())
        }
    }

    /// Passes if the proposal is in `stage` and its period has ended.
    fn ended(&self, task_id: U256, stage: Stage) -> Result<(), Error> {
        let from = self.in_stage(task_id, stage)?;
        if self.vm().block_timestamp() < from {
            return Err(TooEarly {
                taskId: task_id,
                from,
            }
            .into());
        }
        Ok(())
    }

    /// Tells the market; state must have been written.
    fn decide(&mut self, task_id: U256, result_hash: B256) -> Result<(), Error> {
        let (call, market) = (Call::new_mutating(self), IMarket::new(self.market.get()));
        Ok(market
            .verify_completion(self.vm(), call, task_id, result_hash)
            .map_err(ogpu_common::Error::from)?)
    }

    /// Sends a fee, which the market has just paid for a verdict, from the escrow to `to`.
    fn collect(&mut self, to: Address, fee: u128) -> Result<(), Error> {
        if fee == 0 {
            return Ok(());
        }
        let (call, escrow) = (
            Call::new_mutating(self),
            IPaymentEscrow::new(self.escrow.get()),
        );
        Ok(escrow
            .withdraw_to(self.vm(), call, to, widen(fee))
            .map_err(ogpu_common::Error::from)?)
    }

    fn close_challenge(&mut self, task_id: U256, outcome: Outcome) -> Result<(), Error> {
        let mut proposal = self.proposals.setter(task_id);
        proposal.close();
        let split = Split::of(
            outcome,
            amount::load(&proposal.bond),
            amount::load(&proposal.fee),
        );
        let shares = [
            (proposal.challenger.get(), split.challenger),
            (proposal.proposer.get(), split.proposer),
            (proposal.client.get(), split.client),
            (self.treasury.get(), split.treasury),
        ];
        for (account, share) in shares {
            if share > 0 {
                let mut owed = self.owed.setter(account);
                let sum = amount::sum(amount::load(&owed), share)?;
                amount::store(&mut owed, sum);
            }
        }
        self.vm().log(ChallengeResolved {
            taskId: task_id,
            outcome: outcome as u8,
            toChallenger: widen(split.challenger),
            toProposer: widen(split.proposer),
            toClient: widen(split.client),
            toTreasury: widen(split.treasury),
        });
        Ok(())
    }
}
