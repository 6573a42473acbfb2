//! What the DAO is run by: settings, which only governance changes, `relay`, ownership; and what others read of it.
//!
//! The second program behind the governor's proxy: see [`governor`]. Called directly, it finds a governor without a timelock, a token
//! or an owner. "Governance only" means: by the timelock, in a call that the running proposal has announced. The first program checks that,
//! since it has the calldata.
#![cfg_attr(not(any(test, feature = "export-abi")), no_std)]
#![cfg_attr(not(test), allow(missing_docs))] // `#[entrypoint]` adds a function of its own

#[macro_use]
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, FixedBytes, U256, aliases::U48};
use alloy_sol_types::{SolCall, SolType};
use governor::{
    Error, Governor, NAME,
    encoding::Actions,
    errors::*,
    settings::DENOMINATOR,
    siblings::{IVotes, reason},
    signing,
};
use ogpu_common::{
    Calldata, Ownable, Text, TextType, UnexpectedAnswer,
    amount::{time, widen},
};
use stylus_sdk::{
    call::{call, static_call},
    function_selector,
    prelude::*,
};

/// The calls of a proposal, as interfaces give them back: targets, values, calldatas, and the hash of the description.
type Details = (Vec<Address>, Vec<U256>, Vec<Calldata>, B256);

/// The administration of the governor.
#[storage]
#[entrypoint]
pub struct GovernorAdmin {
    governor: Governor,
}

governor::program!(GovernorAdmin);
ogpu_common::owned!(GovernorAdmin);

#[public]
#[implements(Ownable)]
impl GovernorAdmin {
    /// Sets how long after a proposal its snapshot is, on the clock. Governance only. Emits `VotingDelaySet`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`.
    pub fn set_voting_delay(&mut self, new_voting_delay: U48) -> Result<(), Error> {
        self.only_executor()?;
        self.change_voting_delay(new_voting_delay.as_limbs()[0]);
        Ok(())
    }

    /// Sets how long ballots are taken, on the clock. Governance only. Emits `VotingPeriodSet`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`, `GovernorInvalidVotingPeriod`.
    pub fn set_voting_period(&mut self, new_voting_period: u32) -> Result<(), Error> {
        self.only_executor()?;
        self.change_voting_period(new_voting_period)
    }

    /// Sets how many votes a proposer needs, in wei. Governance only. Emits `ProposalThresholdSet`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`.
    pub fn set_proposal_threshold(&mut self, new_proposal_threshold: U256) -> Result<(), Error> {
        self.only_executor()?;
        self.change_threshold(new_proposal_threshold);
        Ok(())
    }

    /// Sets how many hundredths of the supply are a quorum, for snapshots from now on. Governance only. Emits `QuorumNumeratorUpdated`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`, `GovernorInvalidQuorumFraction`.
    pub fn update_quorum_numerator(&mut self, new_quorum_numerator: U256) -> Result<(), Error> {
        self.only_executor()?;
        self.change_quorum(new_quorum_numerator)
    }

    /// Names who carries proposals out. What is queued at another stays there. The owner, who upgrades the governor, is not changed by
    /// this: see `transferOwnership`. Governance only. Emits `TimelockChange`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`.
    pub fn update_timelock(&mut self, new_timelock: Address) -> Result<(), Error> {
        self.only_executor()?;
        self.change_timelock(new_timelock);
        Ok(())
    }

    /// Sets for how long ballots are taken at least once the quorum is reached, on the clock. Governance only. Emits
    /// `LateQuorumVoteExtensionSet`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`, `GovernorPreventLateQuorumVoteExtensionTooLarge` beyond the voting period.
    pub fn set_late_quorum_vote_extension(&mut self, new_vote_extension: U48) -> Result<(), Error> {
        self.only_executor()?;
        self.change_vote_extension(new_vote_extension.as_limbs()[0])
    }

    /// Names who can cancel any proposal; zero for nobody. Governance only. Emits `ProposalGuardianSet`.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`.
    pub fn set_proposal_guardian(&mut self, new_proposal_guardian: Address) -> Result<(), Error> {
        self.only_executor()?;
        self.change_guardian(new_proposal_guardian);
        Ok(())
    }

    /// Calls `target` as the governor, with so much ether, in wei: for what was sent here by mistake. Governance only.
    ///
    /// # Errors
    /// `GovernorOnlyExecutor`, `Panic`, `FailedCall`, and what the target reverts with.
    #[payable]
    pub fn relay(&mut self, target: Address, value: U256, data: Calldata) -> Result<(), Error> {
        self.only_executor()?;
        let context = Call::new_payable(self, value);
        match call(self.vm(), context, target, &data.0).map_err(Error::from) {
            Ok(_) => Ok(()),
            Err(Error(data)) => Err(reason(data)),
        }
    }

    /// "OGPU DAO", also the name of the domain in which ballots are signed.
    pub fn name(&self) -> Text {
        NAME.into()
    }

    /// "1".
    pub fn version(&self) -> Text {
        "1".into()
    }

    /// The token whose holders vote.
    pub fn token(&self) -> Address {
        self.terms().token
    }

    /// Who carries proposals out.
    pub fn timelock(&self) -> Address {
        self.office().timelock
    }

    /// Who can cancel any proposal; zero for nobody.
    pub fn proposal_guardian(&self) -> Address {
        self.guardian.get()
    }

    /// Where the clock stands: the token's, or the block number if that fails.
    ///
    /// # Errors
    /// `UnexpectedAnswer` if the token answers with nothing.
    pub fn clock(&self) -> Result<U48, Error> {
        Ok(U48::from_limbs([self.now()?]))
    }

    /// What the clock counts (ERC-6372), as the token says.
    ///
    /// # Errors
    /// `ERC6372InconsistentClock` if the token does not say and has a clock of its own.
    #[selector(name = "CLOCK_MODE")]
    pub fn clock_mode(&self) -> Result<Text, Error> {
        let selector = IVotes::CLOCK_MODECall::SELECTOR;
        if let Ok(answer) = static_call(self.vm(), Call::new(), self.terms().token, &selector) {
            return TextType::abi_decode(&answer)
                .map_err(|_| ogpu_common::Error::of::<UnexpectedAnswer>(&[]).into());
        }
        if self.now()? != self.vm().block_number() {
            return Err(Error::of::<ERC6372InconsistentClock>(&[]));
        }
        Ok("mode=blocknumber&from=default".into())
    }

    /// How ballots are counted: against, in favor, abstaining, of which the last two make the quorum.
    #[selector(name = "COUNTING_MODE")]
    pub fn counting_mode(&self) -> Text {
        "support=bravo&quorum=for,abstain".into()
    }

    /// How long after a proposal its snapshot is, on the clock.
    pub fn voting_delay(&self) -> U256 {
        time(self.terms().voting_delay)
    }

    /// How long ballots are taken, on the clock.
    pub fn voting_period(&self) -> U256 {
        small(self.terms().voting_period)
    }

    /// How many votes a proposer needs, in wei.
    pub fn proposal_threshold(&self) -> U256 {
        self.threshold.get()
    }

    /// For how long ballots are taken at least once the quorum is reached, on the clock.
    pub fn late_quorum_vote_extension(&self) -> U48 {
        U48::from_limbs([self.governor.quorum().vote_extension])
    }

    /// How many votes are a quorum for proposals with this snapshot, which is over, in wei.
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn quorum(&self, timepoint: U256) -> Result<U256, Error> {
        self.quorum_at(&timepoint)
    }

    /// How many hundredths of the supply are a quorum for snapshots from now on.
    pub fn quorum_numerator(&self) -> U256 {
        small(self.governor.quorum().hundredths.into())
    }

    /// How many hundredths of the supply are a quorum for this snapshot.
    #[selector(name = "quorumNumerator")]
    pub fn quorum_numerator_at(&self, timepoint: U256) -> U256 {
        small(self.hundredths_at(timepoint.saturating_to()).into())
    }

    /// 100.
    pub fn quorum_denominator(&self) -> U256 {
        small(DENOMINATOR)
    }

    /// The votes that an account had at a time that is over, in wei.
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn get_votes(&self, account: Address, timepoint: U256) -> Result<U256, Error> {
        self.past_votes(account, &timepoint)
    }

    /// [`get_votes`](Self::get_votes); parameters mean nothing.
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn get_votes_with_params(
        &self,
        account: Address,
        timepoint: U256,
        _params: Calldata,
    ) -> Result<U256, Error> {
        self.past_votes(account, &timepoint)
    }

    /// The id of a proposal: the hash of what it does and of its description's hash.
    pub fn hash_proposal(
        &self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Calldata>,
        description_hash: B256,
    ) -> U256 {
        Actions {
            targets,
            values,
            calldatas,
        }
        .encode()
        .id(&description_hash)
    }

    /// [`hash_proposal`](Self::hash_proposal).
    pub fn get_proposal_id(
        &self,
        targets: Vec<Address>,
        values: Vec<U256>,
        calldatas: Vec<Calldata>,
        description_hash: B256,
    ) -> U256 {
        self.hash_proposal(targets, values, calldatas, description_hash)
    }

    /// The snapshot of a proposal: it takes ballots after this reading of the clock, and votes count as of its end; 0 if there is none.
    pub fn proposal_snapshot(&self, proposal_id: U256) -> U256 {
        time(self.core(&proposal_id).vote_start)
    }

    /// The last reading of the clock at which a proposal takes ballots; 0 if there is none.
    pub fn proposal_deadline(&self, proposal_id: U256) -> U256 {
        let tally = self.tally(&proposal_id);
        time(self.core(&proposal_id).deadline(&tally))
    }

    /// Who made a proposal; zero if there is none.
    pub fn proposal_proposer(&self, proposal_id: U256) -> Address {
        self.core(&proposal_id).proposer
    }

    /// From when on a proposal can be executed (seconds since 1970); 0 until it is queued.
    pub fn proposal_eta(&self, proposal_id: U256) -> U256 {
        time(self.opposition(&proposal_id).eta)
    }

    /// Whether a proposal has to be queued: any has.
    pub fn proposal_needs_queuing(&self, _proposal_id: U256) -> bool {
        true
    }

    /// The votes on a proposal: against, in favor, abstaining, in wei.
    pub fn proposal_votes(&self, proposal_id: U256) -> (U256, U256, U256) {
        let tally = self.tally(&proposal_id);
        (
            widen(self.opposition(&proposal_id).against),
            widen(tally.in_favor),
            widen(tally.abstaining),
        )
    }

    /// Whether an account's ballot on a proposal was cast.
    pub fn has_voted(&self, proposal_id: U256, account: Address) -> bool {
        let number = self.tally(&proposal_id).number;
        number != 0 && self.marked(account, number).2
    }

    /// How many proposals there are.
    pub fn proposal_count(&self) -> U256 {
        small(self.office().proposals)
    }

    /// What a proposal does: targets, values, calldatas, and the hash of its description.
    ///
    /// # Errors
    /// `GovernorNonexistentProposal`.
    pub fn proposal_details(&self, proposal_id: U256) -> Result<Details, Error> {
        let (actions, description_hash) = self.details_of(&proposal_id)?;
        Ok((
            actions.targets,
            actions.values,
            actions.calldatas,
            description_hash,
        ))
    }

    /// The id of the proposal at this position, from 0, and what it does.
    ///
    /// # Errors
    /// `Panic(0x32)` if there is none.
    #[allow(clippy::type_complexity)] // the standard's
    pub fn proposal_details_at(
        &self,
        index: U256,
    ) -> Result<(U256, Vec<Address>, Vec<U256>, Vec<Calldata>, B256), Error> {
        if index >= self.proposal_count() {
            return Err(Error::panic(0x32));
        }
        let (actions, hash) = self.load_details(index.as_limbs()[0] as u32 + 1);
        let id = actions.encode().id(&hash);
        Ok((id, actions.targets, actions.values, actions.calldatas, hash))
    }

    /// The nonce of the next ballot that `owner` signs.
    pub fn nonces(&self, owner: Address) -> U256 {
        time(self.nonce_of(owner))
    }

    /// The EIP-712 type of a ballot: `Ballot(uint256 proposalId,uint8 support,address voter,uint256 nonce)`.
    #[selector(name = "BALLOT_TYPEHASH")]
    pub fn ballot_typehash(&self) -> B256 {
        signing::BALLOT_TYPEHASH
    }

    /// The EIP-712 type of a ballot with a reason:
    /// `ExtendedBallot(uint256 proposalId,uint8 support,address voter,uint256 nonce,string reason,bytes params)`.
    #[selector(name = "EXTENDED_BALLOT_TYPEHASH")]
    pub fn extended_ballot_typehash(&self) -> B256 {
        signing::EXTENDED_BALLOT_TYPEHASH
    }

    /// The domain in which ballots are signed (ERC-5267): which fields it has (0x0f: the first four), name, version, chain id, verifying
    /// contract, salt and extensions.
    #[allow(clippy::type_complexity)] // the standard's
    pub fn eip712_domain(&self) -> (FixedBytes<1>, Text, Text, U256, Address, B256, Vec<U256>) {
        (
            FixedBytes([0x0f]),
            self.name(),
            self.version(),
            time(self.vm().chain_id()),
            self.vm().contract_address(),
            B256::ZERO,
            vec![],
        )
    }

    /// Whether the governor has an interface (ERC-165).
    pub fn supports_interface(&self, interface_id: FixedBytes<4>) -> bool {
        matches!(
            interface_id.0,
            [0x01, 0xff, 0xc9, 0xa7]
                | [0xcd, 0xbd, 0xfc, 0xee]
                | [0x65, 0x45, 0x5a, 0x86]
                | [0x4e, 0x23, 0x12, 0xe0]
        )
    }

    /// Takes an ERC-721 token, unless the timelock is where it belongs.
    ///
    /// # Errors
    /// `GovernorDisabledDeposit`.
    #[selector(name = "onERC721Received")]
    pub fn on_erc721_received(
        &mut self,
        _operator: Address,
        _from: Address,
        _token_id: U256,
        _data: Calldata,
    ) -> Result<FixedBytes<4>, Error> {
        self.only_own_executor()?;
        Ok(FixedBytes(function_selector!(
            "onERC721Received",
            Address,
            Address,
            U256,
            Calldata
        )))
    }

    /// Takes ERC-1155 tokens, unless the timelock is where they belong.
    ///
    /// # Errors
    /// `GovernorDisabledDeposit`.
    #[selector(name = "onERC1155Received")]
    pub fn on_erc1155_received(
        &mut self,
        _operator: Address,
        _from: Address,
        _id: U256,
        _value: U256,
        _data: Calldata,
    ) -> Result<FixedBytes<4>, Error> {
        self.only_own_executor()?;
        Ok(FixedBytes(function_selector!(
            "onERC1155Received",
            Address,
            Address,
            U256,
            U256,
            Calldata
        )))
    }

    /// Takes ERC-1155 tokens of several kinds, unless the timelock is where they belong.
    ///
    /// # Errors
    /// `GovernorDisabledDeposit`.
    #[selector(name = "onERC1155BatchReceived")]
    pub fn on_erc1155_batch_received(
        &mut self,
        _operator: Address,
        _from: Address,
        _ids: Vec<U256>,
        _values: Vec<U256>,
        _data: Calldata,
    ) -> Result<FixedBytes<4>, Error> {
        self.only_own_executor()?;
        Ok(FixedBytes(function_selector!(
            "onERC1155BatchReceived",
            Address,
            Address,
            Vec<U256>,
            Vec<U256>,
            Calldata
        )))
    }
}
