//! The verification committee: for each task that names it as its verifier, members drawn at random among bonded nodes vote on
//! what the right result is, and the market acts on what more than half of them found.
//!
//! # The way of a task
//!
//! ```text
//! request ──▶ beacon: secrets are committed, then revealed ──▶ draw ──▶ commitVote ──▶ revealVote ──▶ tally ──▶ market
//!               │ too few secrets: request again, 3 times               │ no quorum: once more time
//!               ▼                                                        ▼
//!            dispute                                                  dispute
//! ```
//!
//! Every step but the votes and secrets themselves can be taken by anyone, at a time known in advance. Without a verdict the task
//! goes to dispute; it is never paid for by default. If nobody takes a step, the market's own deadline sends it there.
//!
//! # The money
//!
//! The committee's token balance is the sum of all bonds and of all that is owed. A bond leaves by a slash, or by `withdraw` after
//! `leave` and the unbonding period; what is owed leaves by `withdraw` at any time. A slash takes what is there and never fails.
//!
//! What can go wrong with the randomness, with collusion and with planted tasks is written in `docs/verification.md`.
//!
//! A pause stops nodes from joining, and nothing else.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

pub mod abi;
mod beacons;
mod errors;
mod events;
mod nodes;
mod rounds;
mod siblings;
mod tallies;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use abi::Parameters;
use alloy_primitives::{
    Address, B256, U256,
    aliases::{U16, U32},
};
use alloy_sol_types::SolEvent;
use ogpu_common::{
    Ownable, Pausable, Upgradeable,
    amount::{self, StorageTime, widen},
    initializable,
    key::{self, Number},
    ownable, pausable, words,
};
use ogpu_rules::committee::{Beacon, Node, Params, Round, Seat, Vote};
use stylus_sdk::{
    prelude::*,
    storage::{StorageAddress, StorageB256, StorageMap, StorageU16, StorageU32},
};

use errors::small;
pub use errors::*;
pub use events::*;

/// The committee.
#[storage]
#[entrypoint]
pub struct VerificationCommittee {
    /// Bonds and what is owed: a [`Node`] each.
    accounts: StorageMap<key::Account, StorageB256>,
    /// Who has which number: `| 0, 64 | next vacant number, while this one is vacant, u32 | account 160 |`.
    numbers: StorageMap<Number, StorageB256>,
    /// How many numbers there are, from 1.
    number_count: StorageU32,
    /// The first vacant number; 0 for none.
    first_vacant: StorageU32,
    /// The newest beacon; 0 for none.
    newest_beacon: StorageU32,
    /// The newest version of the parameters.
    version: StorageU16,
    /// Until when no node joins.
    paused_until: StorageTime,
    /// A [`Beacon`] each.
    beacons: StorageMap<Number, StorageB256>,
    /// The exclusive or of all secrets that were revealed to a beacon.
    mixes: StorageMap<Number, StorageB256>,
    /// Commitments to secrets that are not revealed, by beacon and node.
    secrets: StorageMap<Number, StorageMap<key::Account, StorageB256>>,
    /// A [`Round`] for each task.
    rounds: StorageMap<Number, StorageB256>,
    /// The numbers of a task's committee, seven times u32, from the left.
    committees: StorageMap<Number, StorageB256>,
    /// A [`Seat`] for each member of each committee.
    seats: StorageMap<Number, StorageMap<key::Account, StorageB256>>,
    /// When which commitment was planted.
    plants: StorageMap<Number, StorageB256>,
    /// Versions of the parameters: terms.
    terms: StorageMap<Number, StorageB256>,
    /// Versions of the parameters: values.
    values: StorageMap<Number, StorageB256>,
    /// The oGPU token.
    token: StorageAddress,
    /// Whose tasks are verified.
    market: StorageAddress,
    /// Where the market pays fees.
    escrow: StorageAddress,
    /// Who is owed what nobody else is.
    treasury: StorageAddress,
    /// Who plants tasks.
    planter: StorageAddress,
}

ogpu_common::proxied!(VerificationCommittee);
ogpu_common::pausable!(VerificationCommittee, paused_until);

#[public]
#[implements(Ownable, Upgradeable, Pausable)]
impl VerificationCommittee {
    /// Makes the committee, once, through a new proxy. It works once the owner has called `setSiblings` and `setParameters`.
    ///
    /// # Errors
    /// `InvalidInitialization`, `UUPSUnauthorizedCallContext`, `OwnableInvalidOwner`, `ZeroAddress`.
    pub fn initialize(
        &mut self,
        owner: Address,
        token: Address,
        treasury: Address,
    ) -> Result<(), Error> {
        initializable::start(self.vm(), 1)?;
        ownable::set_first_owner(self.vm(), owner)?;
        self.token.set(amount::nonzero(token)?);
        self.replace_treasury(treasury)
    }

    /// Names the market, whose tasks are verified, and the escrow, into which it pays fees. Owner only. Emits `SiblingsSet`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_siblings(&mut self, market: Address, escrow: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.market.set(amount::nonzero(market)?);
        self.escrow.set(amount::nonzero(escrow)?);
        let siblings = [market, escrow].map(words::address);
        self.emit::<SiblingsSet>(&siblings.each_ref(), &[]);
        Ok(())
    }

    /// Names who is owed what nobody else is: slashes without a majority, remainders, fees without a verdict. Owner only. Emits
    /// `TreasuryChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `ZeroAddress`.
    pub fn set_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        self.replace_treasury(treasury)
    }

    /// Names who plants tasks; zero for nobody. Owner only. Emits `PlanterChanged`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`.
    pub fn set_planter(&mut self, planter: Address) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let planters = [self.planter.get(), planter].map(words::address);
        self.planter.set(planter);
        self.emit::<PlanterChanged>(&planters.each_ref(), &[]);
        Ok(())
    }

    /// Adds a set of parameters for the beacons and rounds to come and gives its version; running ones keep theirs. Owner only.
    /// Emits `ParametersSet`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `OutOfRange`, `TooManyVersions`.
    pub fn set_parameters(&mut self, parameters: Parameters) -> Result<u16, Error> {
        ownable::only_owner(self.vm())?;
        let params = parameters.checked()?;
        let version = self
            .current_version()
            .checked_add(1)
            .ok_or_else(|| Error::of::<TooManyVersions>(&[]))?;
        let (terms, values) = params.pack();
        let id = small(version.into());
        self.version.set(U16::from_limbs([version.into()]));
        self.terms.insert(Number(id), terms);
        self.values.insert(Number(id), values);
        self.emit::<ParametersSet>(&[&id], &abi::to_words(&params).each_ref());
        Ok(version)
    }

    /// Adds `bond` wei, which the caller has allowed the committee to take, to the caller's bond, and makes it a node that can be
    /// drawn: once its bond is the least bond, and for beacons that open later. A node that leaves comes back with it; `bond` may be
    /// 0 then. One account is one node. Emits `NodeJoined`.
    ///
    /// # Errors
    /// `EnforcedPause`, `NotAllowed` if the owner has removed it, `BondOutOfRange`, `AmountTooLarge`, `TokenTookFee`, and what the
    /// token reverts with.
    pub fn join(&mut self, bond: U256) -> Result<(), Error> {
        pausable::when_not_paused(self.vm(), self.paused_until.get())?;
        let amount = amount::checked(bond)?;
        self.add_node(amount)
    }

    /// Starts unbonding the caller's bond, all of which stays slashable until it is withdrawn. What the caller was drawn for, it
    /// still has to do. A node. Emits `NodeLeaving`.
    ///
    /// # Errors
    /// `NotAllowed`.
    pub fn leave(&mut self) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        let matures_at = self.now() + u64::from(self.current_params().unbonding);
        let node = self.node(account);
        let node = node
            .leave(matures_at)
            .map_err(|error| Error::of_node(account, node.bond, error))?;
        self.put_node(account, node);
        self.emit::<NodeLeaving>(&[&words::address(account)], &[&amount::time(matures_at)]);
        Ok(())
    }

    /// Sends the caller all that it is owed, and its bond if that has matured. Emits `Withdrawn`.
    ///
    /// # Errors
    /// `NothingToWithdraw`.
    pub fn withdraw(&mut self) -> Result<(), Error> {
        self.pay_out()
    }

    /// Shuts a node, or an account that is none yet, out for good, and slashes `slash` wei of its bond for the treasury, or what is
    /// there; the rest unbonds. Owner only. Emits `Slashed` and `NodeRemoved`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `NotAllowed` if it is shut out already, `AmountTooLarge`.
    pub fn remove_node(&mut self, node: Address, slash: U256) -> Result<(), Error> {
        ownable::only_owner(self.vm())?;
        let slash = amount::checked(slash)?;
        self.shut_out(node, slash)
    }

    /// Asks for a committee for a task that the market waits on, or again when the beacon got too few secrets; after the third the
    /// task goes to dispute. Anyone. Emits `Requested`, and `BeaconOpened` where there is none that takes secrets.
    ///
    /// # Errors
    /// `NotAwaited`, `AlreadyRequested`, `WrongPhase`.
    pub fn request(&mut self, task_id: U256) -> Result<(), Error> {
        self.ask(&task_id)
    }

    /// Commits the caller to a secret: `keccak256(abi.encode(beacon, node, secret))`, of 32 bytes that nobody can guess. Once a
    /// beacon. A node with the least bond. Emits `SecretCommitted`.
    ///
    /// # Errors
    /// `NotAllowed`, `BeaconFailed` if there is none, `TooLate`, `AlreadyCommitted`, `NothingToReveal` if it is zero, `BeaconFull`.
    pub fn commit_secret(&mut self, beacon: U256, commitment: B256) -> Result<(), Error> {
        self.take_secret(&beacon, commitment)
    }

    /// Reveals the caller's secret. Who does not is slashed. Emits `SecretRevealed`.
    ///
    /// # Errors
    /// `BeaconFailed`, `TooEarly`, `TooLate`, `NothingToReveal`, `WrongReveal`.
    pub fn reveal_secret(&mut self, beacon: U256, secret: B256) -> Result<(), Error> {
        self.mix_secret(&beacon, secret)
    }

    /// Slashes a node that has committed a secret and not revealed it; a tenth goes to the caller, the rest to the treasury. Anyone,
    /// once the reveals are over. Emits `Slashed` and `Credited`.
    ///
    /// # Errors
    /// `BeaconFailed` if too few committed for anyone to have to reveal, `TooEarly`, `NothingToReveal` if nothing was withheld.
    pub fn report_withheld(&mut self, beacon: U256, node: Address) -> Result<(), Error> {
        self.slash_withheld(&beacon, node)
    }

    /// Draws the committee of a task, once its beacon is ready; the vote begins. If there are not enough nodes, the task goes to
    /// dispute. Anyone. Emits `Seated` for each member and `CommitteeDrawn`, or `RoundClosed`.
    ///
    /// # Errors
    /// `WrongPhase`, `TooEarly`, `BeaconFailed`, `NotAwaited`, `DeadlineTooNear`.
    pub fn draw(&mut self, task_id: U256) -> Result<(), Error> {
        self.seat_committee(&task_id)
    }

    /// Commits the caller to a vote: `keccak256(abi.encode(taskId, node, resultHash, latencyOk, salt))`. A member of the committee,
    /// once. When all have committed, reveals begin at once. Emits `VoteCommitted`.
    ///
    /// # Errors
    /// `WrongPhase`, `NotDrawn`, `AlreadyCommitted`, `TooLate`.
    pub fn commit_vote(&mut self, task_id: U256, commitment: B256) -> Result<(), Error> {
        self.take_vote(&task_id, commitment)
    }

    /// Reveals the caller's vote: what it found to be the right result, or 0 if the result is bad or cannot be had; and whether
    /// the provider was as fast as it promised. Emits `VoteRevealed`.
    ///
    /// # Errors
    /// `WrongPhase`, `NotDrawn`, `NothingToReveal`, `TooEarly`, `NoQuorum`, `TooLate`, `WrongReveal`.
    pub fn reveal_vote(
        &mut self,
        task_id: U256,
        result_hash: B256,
        latency_ok: bool,
        salt: B256,
    ) -> Result<(), Error> {
        let vote = Vote {
            result: result_hash,
            latency_ok,
        };
        self.open_vote(&task_id, vote, &salt)
    }

    /// [`commit_vote`](Self::commit_vote) for each task, or for none.
    ///
    /// # Errors
    /// `UnequalLengths`, and those of `commitVote`.
    pub fn commit_votes(
        &mut self,
        task_ids: Vec<U256>,
        commitments: Vec<B256>,
    ) -> Result<(), Error> {
        same_length(task_ids.len(), commitments.len())?;
        task_ids
            .iter()
            .zip(commitments)
            .try_for_each(|(task_id, commitment)| self.take_vote(task_id, commitment))
    }

    /// [`reveal_vote`](Self::reveal_vote) for each task, or for none.
    ///
    /// # Errors
    /// `UnequalLengths`, and those of `revealVote`.
    pub fn reveal_votes(
        &mut self,
        task_ids: Vec<U256>,
        result_hashes: Vec<B256>,
        latencies_ok: Vec<bool>,
        salts: Vec<B256>,
    ) -> Result<(), Error> {
        same_length(task_ids.len(), result_hashes.len())?;
        same_length(task_ids.len(), latencies_ok.len())?;
        same_length(task_ids.len(), salts.len())?;
        let votes = result_hashes.into_iter().zip(latencies_ok);
        for ((task_id, (result, latency_ok)), salt) in task_ids.iter().zip(votes).zip(&salts) {
            self.open_vote(task_id, Vote { result, latency_ok }, salt)?;
        }
        Ok(())
    }

    /// Counts the votes once all that were committed are revealed or the window is over, tells the market, pays those who agree
    /// with the verdict and slashes the others and who did not vote. Without quorum the round gets more time, once, and then ends
    /// without a verdict. Anyone. Emits `RoundExtended`; or `Slashed` and `Credited` for members, and `RoundClosed`.
    ///
    /// # Errors
    /// `WrongPhase`, `TooEarly`, and what the market and the escrow revert with.
    pub fn tally(&mut self, task_id: U256) -> Result<(), Error> {
        self.count_votes(&task_id)
    }

    /// Commits the caller to a task and its answer: `keccak256(abi.encode(taskId, answer, salt))`. The planter. Emits
    /// `PlantCommitted`.
    ///
    /// # Errors
    /// `NotPlanter`, `AlreadyPlanted`.
    pub fn plant(&mut self, commitment: B256) -> Result<(), Error> {
        self.sow(commitment)
    }

    /// Shows that a task was planted, and slashes, for the treasury, who voted for something else than its answer. Whoever knows
    /// the salt, within three days after the vote, once a task. Emits `Slashed` and `PlantOpened`.
    ///
    /// # Errors
    /// `UnknownPlant`, `WrongPhase`, `PlantedTooLate`, `TooLate`.
    pub fn open_plant(&mut self, task_id: U256, answer: B256, salt: B256) -> Result<(), Error> {
        self.reap(&task_id, answer, &salt)
    }

    /// An account: its standing (0 none, 1 active, 2 leaving, 3 removed), since when it can be drawn while active or when its bond
    /// matures otherwise (seconds since 1970), its number, its bond and what it is owed, in wei.
    pub fn node_of(&self, account: Address) -> (u8, u64, U256, U256, U256) {
        let node = self.node(account);
        (
            node.standing as u8,
            node.since,
            small(node.id),
            widen(node.bond),
            widen(node.owed),
        )
    }

    /// How many numbers nodes have had at the same time; some may be vacant.
    pub fn number_count(&self) -> U256 {
        small(self.number_count.get().into_limbs()[0] as u32)
    }

    /// Who has a number; zero if it is vacant.
    pub fn node_at(&self, number: U256) -> Address {
        Address::from_word(self.numbers.get(Number(number)))
    }

    /// The newest beacon; 0 before the first.
    pub fn newest_beacon(&self) -> U256 {
        small(self.newest_beacon.get().into_limbs()[0] as u32)
    }

    /// A beacon: until when it takes secrets, until when it takes reveals (seconds since 1970; 0 if there is none), how many were
    /// committed and revealed, and the exclusive or of the secrets.
    pub fn beacon_of(&self, beacon: U256) -> (u64, u64, u16, u16, B256) {
        let slot = Beacon::unpack(self.beacons.get(Number(beacon)));
        let mixed = self.mixes.get(Number(beacon));
        (
            slot.commit_end,
            slot.reveal_end,
            slot.commits,
            slot.reveals,
            mixed,
        )
    }

    /// The round of a task: its phase (0 none, 1 requested, 2 voting, 3 closed, 4 closed and planted), the size of the committee, who
    /// has committed and who has revealed (a bit each), the beacon, until when votes are committed, and until when they are
    /// revealed or, once it is closed, when that was (seconds since 1970).
    pub fn round_of(&self, task_id: U256) -> (u8, u8, u8, u8, u32, u64, u64) {
        let round = self.round(&task_id);
        (
            round.phase as u8,
            round.size,
            round.committed,
            round.revealed,
            round.beacon,
            round.commit_end,
            round.reveal_end,
        )
    }

    /// The committee of a task, by seat; zero where the member has left and withdrawn its bond since.
    pub fn committee_of(&self, task_id: U256) -> Vec<Address> {
        let size = self.round(&task_id).size;
        self.members(&task_id)
            .into_iter()
            .take(size.into())
            .map(|number| self.node_at(small(number)))
            .collect()
    }

    /// The vote of a node on a task: 0 not drawn, 1 drawn, 2 committed, 3 revealed; then the result it found, and whether it was
    /// content with the latency.
    pub fn vote_of(&self, task_id: U256, node: Address) -> (u8, B256, bool) {
        let seat = self.seat(&task_id, node);
        let state = match seat {
            Seat::None => 0,
            Seat::Drawn(_) => 1,
            Seat::Committed(..) => 2,
            Seat::Revealed(..) => 3,
        };
        let vote = self.round(&task_id).vote(seat);
        let (result, latency_ok) =
            vote.map_or((B256::ZERO, false), |vote| (vote.result, vote.latency_ok));
        (state, result, latency_ok)
    }

    /// When a commitment was planted (seconds since 1970); 0 if it was not, or was opened.
    pub fn planted_at(&self, commitment: B256) -> u64 {
        self.plants
            .get(Number(words::number(&commitment)))
            .0
            .into_iter()
            .fold(0, |time, byte| time << 8 | u64::from(byte))
    }

    /// A set of parameters; all zero if there is none of this version.
    pub fn parameters(&self, version: u16) -> Parameters {
        Parameters::of(&self.params(version))
    }

    /// The newest version of the parameters; 0 before the first.
    pub fn current_version(&self) -> u16 {
        self.version.get().into_limbs()[0] as u16
    }

    /// The market and the escrow.
    pub fn siblings(&self) -> (Address, Address) {
        (self.market.get(), self.escrow.get())
    }

    /// The oGPU token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// Who is owed what nobody else is.
    pub fn treasury(&self) -> Address {
        self.treasury.get()
    }

    /// Who plants tasks; zero for nobody.
    pub fn planter(&self) -> Address {
        self.planter.get()
    }
}

impl VerificationCommittee {
    fn now(&self) -> u64 {
        self.vm().block_timestamp()
    }

    fn emit<E: SolEvent>(&self, indexed: &[&U256], others: &[&U256]) {
        words::emit(self.vm(), &E::SIGNATURE_HASH, indexed, others, &[]);
    }

    fn params(&self, version: u16) -> Params {
        let version = Number(small(version.into()));
        Params::unpack(&self.terms.get(version), &self.values.get(version))
    }

    fn current_params(&self) -> Params {
        self.params(self.current_version())
    }

    fn node(&self, account: Address) -> Node {
        Node::unpack(self.accounts.get(key::Account(account)))
    }

    fn put_node(&mut self, account: Address, node: Node) {
        self.accounts.insert(key::Account(account), node.pack());
    }

    fn round(&self, task_id: &U256) -> Round {
        Round::unpack(self.rounds.get(Number(*task_id)))
    }

    fn put_round(&mut self, task_id: &U256, round: Round) {
        self.rounds.insert(Number(*task_id), round.pack());
    }

    fn seat(&self, task_id: &U256, node: Address) -> Seat {
        let seats = self.seats.getter(Number(*task_id));
        Seat::unpack(seats.get(key::Account(node)))
    }

    fn put_seat(&mut self, task_id: &U256, node: Address, seat: Seat) {
        let mut seats = self.seats.setter(Number(*task_id));
        seats.insert(key::Account(node), seat.pack());
    }

    fn replace_treasury(&mut self, treasury: Address) -> Result<(), Error> {
        let treasuries = [self.treasury.get(), amount::nonzero(treasury)?].map(words::address);
        self.treasury.set(treasury);
        self.emit::<TreasuryChanged>(&treasuries.each_ref(), &[]);
        Ok(())
    }
}

fn same_length(tasks: usize, others: usize) -> Result<(), Error> {
    if tasks == others {
        Ok(())
    } else {
        Err(Error::of::<UnequalLengths>(&[
            &small(tasks as u32),
            &small(others as u32),
        ]))
    }
}

/// A stored counter.
fn number(field: &StorageU32) -> u32 {
    field.get().into_limbs()[0] as u32
}

/// A counter to store.
fn stored(number: u32) -> U32 {
    U32::from_limbs([number.into()])
}
