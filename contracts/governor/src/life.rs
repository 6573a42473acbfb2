//! The life of a proposal, from `propose` to its end.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use ogpu_common::{Calldata, amount::time, key::Number, words};
use stylus_sdk::prelude::*;

use crate::{
    Governor,
    encoding::{Actions, Encoded},
    errors::*,
    events::*,
    governance::Office,
    proposal::{Core, Opposition, State, Tally},
    siblings::ITimelock,
};

/// What an end of a description starts with that names the only account that may propose it.
const MARKER: &[u8] = b"#proposer=";

impl Governor {
    /// What a proposal is at.
    ///
    /// # Errors
    /// [`GovernorNonexistentProposal`], and what the token and the timelock revert with.
    #[inline(never)]
    pub fn state_of(&self, id: &U256) -> Result<State, Error> {
        let core = self.core(id);
        if core.executed {
            return Ok(State::Executed);
        }
        if core.canceled {
            return Ok(State::Canceled);
        }
        if !core.exists() {
            return Err(Error::of::<GovernorNonexistentProposal>(&[id]));
        }
        let (tally, opposition) = (self.tally(id), self.opposition(id));
        if opposition.eta == 0 {
            return Ok(core.state(&tally, opposition.against, self.now()?));
        }
        let (actions, description_hash) = self.load_details(tally.number);
        let operation = actions.encode().operation(&self.salt(&description_hash));
        self.queued_state(self.office().timelock, &operation)
    }

    /// Passes a proposal that is at one of the states that these bits stand for.
    ///
    /// # Errors
    /// [`GovernorUnexpectedProposalState`], and those of [`state_of`](Self::state_of).
    pub fn expect(&self, id: &U256, states: u8) -> Result<(), Error> {
        let state = self.state_of(id)?;
        if state.bit() & states == 0 {
            return Err(Error::unexpected(id, state, states));
        }
        Ok(())
    }

    /// Proposes and returns the id. Emits `ProposalCreated`.
    ///
    /// # Errors
    /// [`GovernorRestrictedProposer`], [`GovernorInsufficientProposerVotes`], [`GovernorInvalidProposalLength`],
    /// [`GovernorUnexpectedProposalState`] if it was proposed already, and what the token reverts with.
    pub fn make(&mut self, actions: &Actions, description: &[u8]) -> Result<U256, Error> {
        let proposer = self.vm().msg_sender();
        if restriction(description).is_some_and(|only| only != proposer) {
            return Err(Error::by::<GovernorRestrictedProposer>(proposer));
        }
        let (now, threshold) = (self.now()?, self.threshold.get());
        if !threshold.is_zero() {
            let before = now.checked_sub(1).ok_or_else(|| Error::panic(0x11))?;
            let votes = self.past_votes(proposer, &time(before))?;
            if votes < threshold {
                return Err(Error::of::<GovernorInsufficientProposerVotes>(&[
                    &words::address(proposer),
                    &votes,
                    &threshold,
                ]));
            }
        }
        let (encoded, description_hash) = (actions.encode(), keccak256(description));
        let id = encoded.id(&description_hash);
        let lengths = [
            actions.targets.len(),
            actions.calldatas.len(),
            actions.values.len(),
        ];
        if lengths != [lengths[0]; 3] || lengths[0] == 0 {
            let lengths = lengths.map(|length| small(length as u32));
            return Err(Error::of::<GovernorInvalidProposalLength>(
                &lengths.each_ref(),
            ));
        }
        if self.core(&id).exists() {
            let state = self.state_of(&id)?;
            return Err(Error::unexpected(&id, state, 0));
        }
        let terms = self.terms();
        let start = time(now + terms.voting_delay);
        narrow(start, 48)?;
        let core = Core {
            proposer,
            vote_start: now + terms.voting_delay,
            vote_duration: terms.voting_period,
            ..Core::default()
        };
        let office = self.office();
        let number = office.proposals + 1;
        let tally = Tally {
            number,
            ..Tally::default()
        };
        self.put_office(Office {
            proposals: number,
            ..office
        });
        self.put_core(&id, core);
        self.put_tally(&id, tally);
        self.store_details(number, actions, &description_hash);
        let end = time(core.deadline(&tally));
        let proposer = words::address(proposer);
        let data = encoded.created(&id, &proposer, &start, &end, description);
        let signature = &ProposalCreated::SIGNATURE_HASH;
        words::emit(self.vm(), signature, &[], &[], &data);
        Ok(id)
    }

    /// Hands a proposal that succeeded to the timelock. Emits `ProposalQueued`.
    ///
    /// # Errors
    /// [`GovernorUnexpectedProposalState`], [`GovernorProposalQueueingFailed`], and what the timelock reverts with.
    pub fn enqueue(&mut self, actions: &Actions, description_hash: &B256) -> Result<U256, Error> {
        let encoded = actions.encode();
        let id = encoded.id(description_hash);
        self.expect(&id, State::Succeeded.bit())?;
        let timelock = self.office().timelock;
        let delay = self.ask(timelock, ITimelock::getMinDelayCall::SELECTOR, &[])?;
        let eta = time(self.vm().block_timestamp()).saturating_add(delay);
        let eta_seconds = narrow(eta, 48)? as u64;
        if eta_seconds == 0 {
            return Err(Error::of::<GovernorProposalQueueingFailed>(&[&id]));
        }
        let opposition = Opposition {
            eta: eta_seconds,
            ..self.opposition(&id)
        };
        self.put_opposition(&id, opposition);
        let salt = self.salt(description_hash);
        let call = encoded.call(&ITimelock::scheduleBatchCall::SELECTOR, &[&salt, &delay]);
        self.tell(timelock, U256::ZERO, &call)?;
        self.emit::<ProposalQueued>(&[], &[&id, &eta]);
        Ok(id)
    }

    /// Carries out a proposal that is queued and due, with the ether that came with the call. Emits `ProposalExecuted`.
    ///
    /// The timelock executes nothing that is not pending. So it is asked about that only to say why it refused.
    ///
    /// # Errors
    /// [`GovernorUnexpectedProposalState`], and what the timelock reverts with.
    pub fn carry_out(&mut self, actions: &Actions, description_hash: &B256) -> Result<U256, Error> {
        let encoded = actions.encode();
        let id = encoded.id(description_hash);
        let core = self.core(&id);
        if core.executed || core.canceled || !core.exists() || self.opposition(&id).eta == 0 {
            self.expect(&id, State::Queued.bit())?;
        }
        self.put_core(
            &id,
            Core {
                executed: true,
                ..core
            },
        );
        let office = self.office();
        self.announce(office, actions);
        let salt = self.salt(description_hash);
        let call = encoded.call(&ITimelock::executeBatchCall::SELECTOR, &[&salt]);
        let value = self.vm().msg_value();
        if let Err(error) = self.tell(office.timelock, value, &call) {
            return Err(self.refusal(&id, office.timelock, &encoded, &salt, error));
        }
        let office = self.office();
        if office.begin != office.end && office.timelock != self.vm().contract_address() {
            self.put_office(Office {
                begin: 0,
                end: 0,
                ..office
            });
        }
        self.emit::<ProposalExecuted>(&[], &[&id]);
        Ok(id)
    }

    /// Awaits the calls of a proposal to the governor itself.
    fn announce(&mut self, mut office: Office, actions: &Actions) {
        let own = self.vm().contract_address();
        if office.timelock == own {
            return;
        }
        let begin = office.end;
        for (target, Calldata(data)) in actions.targets.iter().zip(&actions.calldatas) {
            if *target == own {
                self.calls
                    .insert(Number(small(office.end)), keccak256(data));
                office.end += 1;
            }
        }
        if office.end != begin {
            self.put_office(office);
        }
    }

    /// Why a proposal was not carried out: it is not queued any more, or what the timelock says.
    fn refusal(
        &self,
        id: &U256,
        timelock: Address,
        encoded: &Encoded,
        salt: &U256,
        error: Error,
    ) -> Error {
        match self.queued_state(timelock, &encoded.operation(salt)) {
            Ok(State::Queued) => error,
            Ok(state) => Error::unexpected(id, state, State::Queued.bit()),
            Err(other) => other,
        }
    }

    /// Calls a proposal off, and the timelock with it. Emits `ProposalCanceled`.
    ///
    /// # Errors
    /// [`GovernorNonexistentProposal`], [`GovernorUnableToCancel`], [`GovernorUnexpectedProposalState`], and what the timelock reverts
    /// with.
    pub fn call_off(&mut self, actions: &Actions, description_hash: &B256) -> Result<U256, Error> {
        let encoded = actions.encode();
        let id = encoded.id(description_hash);
        let state = self.state_of(&id)?;
        let (core, caller) = (self.core(&id), self.vm().msg_sender());
        let guardian = self.guardian.get();
        let may = caller == guardian
            || caller == core.proposer && (guardian.is_zero() || state == State::Pending);
        if !may {
            return Err(Error::of::<GovernorUnableToCancel>(&[
                &id,
                &words::address(caller),
            ]));
        }
        let over = State::Canceled.bit() | State::Expired.bit() | State::Executed.bit();
        if state.bit() & over != 0 {
            return Err(Error::unexpected(&id, state, !over));
        }
        self.put_core(
            &id,
            Core {
                canceled: true,
                ..core
            },
        );
        self.emit::<ProposalCanceled>(&[], &[&id]);
        if state == State::Queued {
            let operation = encoded.operation(&self.salt(description_hash));
            let call = words::encode(ITimelock::cancelCall::SELECTOR, &[&operation]);
            self.tell(self.office().timelock, U256::ZERO, &call)?;
        }
        Ok(id)
    }

    /// The calls of a proposal, and the hash of its description.
    ///
    /// # Errors
    /// [`GovernorNonexistentProposal`].
    pub fn details_of(&self, id: &U256) -> Result<(Actions, B256), Error> {
        match self.tally(id).number {
            0 => Err(Error::of::<GovernorNonexistentProposal>(&[id])),
            number => Ok(self.load_details(number)),
        }
    }
}

/// The account that a description ends with, `#proposer=0x…`, if it does.
fn restriction(description: &[u8]) -> Option<Address> {
    let (_, end) = description.split_at_checked(description.len().checked_sub(52)?)?;
    let digits = end.strip_prefix(MARKER)?.strip_prefix(b"0x")?;
    let mut address = Address::ZERO;
    for (byte, pair) in address.iter_mut().zip(digits.chunks(2)) {
        let digit = |index: usize| char::from(pair[index]).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_address_at_the_end_restricts() {
        let account = Address::repeat_byte(0xab);
        for (description, only) in [
            ("Spend #proposer=0x", None),
            ("", None),
            ("#proposer=0xg5ababababababababababababababababababab", None),
            ("#proposer=0x5gababababababababababababababababababab", None),
            (
                "#proposer=0xabababababababababababababababababababab",
                Some(account),
            ),
            (
                "Spend #proposer=0xABABabababababababababababababababababab",
                Some(account),
            ),
            (
                "Spend #proposer=0Xabababababababababababababababababababab",
                None,
            ),
            (
                "Spend #Proposer=0xabababababababababababababababababababab",
                None,
            ),
            (
                "Spend #proposer=0xabababababababababababababababababababag",
                None,
            ),
            (
                "Spend #proposer=0xabababababababababababababababababababab ",
                None,
            ),
            (
                "Spend #proposer=abababababababababababababababababababab",
                None,
            ),
            (
                "Ünïcödé #proposer=0xabababababababababababababababababababab",
                Some(account),
            ),
        ] {
            assert_eq!(restriction(description.as_bytes()), only, "{description}");
        }
    }
}
