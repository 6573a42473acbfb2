//! What the committee is run by: nodes and their bonds, parameters, planted tasks, ownership; and what others read of it.
//!
//! A pause stops nodes from joining, and nothing else.
//!
//! The second program behind the committee's proxy: see [`committee`]. Called directly, it finds a committee without nodes or an owner.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use committee::{Committee, Error, errors::*, events::*, number, small};
use ogpu_common::{
    Ownable, Pausable,
    amount::{self, time, widen},
    key::Number,
    ownable, pausable, words,
};
use ogpu_rules::committee::{Beacon, Field, Vote};
use stylus_sdk::prelude::*;

/// The administration of the committee.
#[storage]
#[entrypoint]
pub struct CommitteeNodes {
    committee: Committee,
}

committee::program!(CommitteeNodes);
ogpu_common::owned!(CommitteeNodes);
ogpu_common::pausable!(CommitteeNodes, committee.paused_until);

#[public]
#[implements(Ownable, Pausable)]
impl CommitteeNodes {
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

    /// Gives one parameter ([`Field`], counted from 0) another value, in a new set for the beacons and rounds to come, and returns the
    /// version of that; running ones keep theirs. Owner only. Emits `ParameterSet`.
    ///
    /// # Errors
    /// `OwnableUnauthorizedAccount`, `OutOfRange`, `TooManyVersions`.
    pub fn set_parameter(&mut self, field: U256, value: U256) -> Result<U256, Error> {
        ownable::only_owner(self.vm())?;
        let wei = amount::checked(value)?;
        let params = self
            .current_params()
            .with(index(field), wei)
            .map_err(|range| {
                Error::of::<OutOfRange>(&[&field, &value, &widen(range.min), &widen(range.max)])
            })?;
        let version = self.add_params(&params)?;
        self.emit::<ParameterSet>(&[&version, &field], &[&value]);
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
        let matures_at = self.now() + self.current_params().seconds(Field::Unbonding);
        let node = self.node(account);
        let node = node
            .leave(matures_at)
            .map_err(|error| Error::of_node(account, node.bond, error))?;
        self.put_node(account, node);
        self.emit::<NodeLeaving>(&[&words::address(account)], &[&time(matures_at)]);
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

    /// Slashes a node that has committed a secret and not revealed it; a tenth goes to the caller, the rest to the treasury. Anyone,
    /// once the reveals are over. Emits `Slashed` and `Credited`.
    ///
    /// # Errors
    /// `BeaconFailed` if too few committed for anyone to have to reveal, `TooEarly`, `NothingToReveal` if nothing was withheld.
    pub fn report_withheld(&mut self, beacon: U256, node: Address) -> Result<(), Error> {
        self.slash_withheld(&beacon, node)
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
    pub fn node_of(&self, account: Address) -> (U256, U256, U256, U256, U256) {
        let node = self.node(account);
        (
            small(node.standing as u32),
            time(node.since),
            small(node.id),
            widen(node.bond),
            widen(node.owed),
        )
    }

    /// How many numbers nodes have had at the same time; some may be vacant.
    pub fn number_count(&self) -> U256 {
        small(number(&self.number_count))
    }

    /// Who has a number; zero if it is vacant.
    pub fn node_at(&self, number: U256) -> Address {
        self.holder(&number)
    }

    /// The newest beacon; 0 before the first.
    pub fn newest_beacon(&self) -> U256 {
        small(number(&self.newest_beacon))
    }

    /// A beacon: until when it takes secrets, until when it takes reveals (seconds since 1970; 0 if there is none), how many were
    /// committed and revealed, and the exclusive or of the secrets.
    pub fn beacon_of(&self, beacon: U256) -> (U256, U256, U256, U256, U256) {
        let slot = Beacon::unpack(self.beacons.get(Number(beacon)));
        let mixed = self.mixes.get(Number(beacon));
        (
            time(slot.commit_end),
            time(slot.reveal_end),
            small(slot.commits.into()),
            small(slot.reveals.into()),
            words::number(&mixed),
        )
    }

    /// The round of a task: its phase (0 none, 1 requested, 2 voting, 3 closed, 4 closed and planted), the size of the committee,
    /// the beacon, until when votes are committed, and until when they are revealed or, once it is closed, when that was (seconds
    /// since 1970).
    pub fn round_of(&self, task_id: U256) -> (U256, U256, U256, U256, U256) {
        let round = self.round(&task_id);
        (
            small(round.phase as u32),
            small(round.size.into()),
            small(round.beacon),
            time(round.commit_end),
            time(round.reveal_end),
        )
    }

    /// The committee of a task, by seat; zero where the member has left and withdrawn its bond since.
    pub fn committee_of(&self, task_id: U256) -> Vec<Address> {
        let size = self.round(&task_id).size;
        self.members(&task_id)
            .into_iter()
            .take(size.into())
            .map(|number| self.holder(&small(number)))
            .collect()
    }

    /// The vote of a node on a task: 0 not drawn, 1 drawn, 2 committed, 3 revealed; then the result it found, and whether it was
    /// content with the latency.
    pub fn vote_of(&self, task_id: U256, node: Address) -> (U256, B256, bool) {
        let seat = self.seat(&task_id, node);
        let vote = self.round(&task_id).vote(seat).unwrap_or(Vote {
            result: B256::ZERO,
            latency_ok: false,
        });
        (small(seat.state().into()), vote.result, vote.latency_ok)
    }

    /// When a commitment was planted (seconds since 1970); 0 if it was not, or was opened.
    pub fn planted_at(&self, commitment: B256) -> U256 {
        self.plant_time(&commitment)
    }

    /// The value of a parameter ([`Field`], counted from 0) in a version; 0 if there is none.
    pub fn parameter(&self, version: U256, field: U256) -> U256 {
        widen(self.params_at(version).number(index(field)))
    }

    /// The newest version of the parameters; 0 before the first.
    pub fn current_version(&self) -> U256 {
        small(self.version().into())
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

/// The number of a parameter; one that does not exist for what is no such number.
fn index(field: U256) -> usize {
    usize::try_from(field).unwrap_or(usize::MAX)
}
