//! Who carries proposals out, and how the governor knows a proposal's call to itself from any other.
//!
//! The timelock can be given operations by others than the governor. So a function that only governance may call wants more than the
//! timelock as its caller: the call must be one of those that the running proposal has announced.

use alloy_primitives::{Address, B256, U256, aliases::U48, keccak256};
use ogpu_common::{
    Calldata,
    key::Number,
    namespace::{erc7201, open},
    words,
};
use stylus_sdk::{function_selector, prelude::*, storage::StorageB256};

use alloc::vec::Vec;

use crate::{Governor, errors::*, events::TimelockChange, proposal::eight};

/// Where the [`Office`] stands: apart, so that it can be read anew after a call during which it may have changed.
pub const SLOT: U256 = erc7201("ogpu.storage.Governor");

/// The functions that only governance may call. They are in `governor-admin`; the check is where the calldata is, before that is
/// delegated to.
pub const GOVERNED: [[u8; 4]; 8] = [
    function_selector!("setVotingDelay", U48),
    function_selector!("setVotingPeriod", u32),
    function_selector!("setProposalThreshold", U256),
    function_selector!("updateQuorumNumerator", U256),
    function_selector!("updateTimelock", Address),
    function_selector!("setLateQuorumVoteExtension", U48),
    function_selector!("setProposalGuardian", Address),
    function_selector!("relay", Address, U256, Calldata),
];

/// Whether a call is one that only governance may make.
pub fn is_governed(calldata: &[u8]) -> bool {
    calldata
        .first_chunk()
        .is_some_and(|selector| GOVERNED.contains(selector))
}

/// Storage at [`SLOT`].
#[storage]
pub struct OfficeStorage {
    word: StorageB256,
}

/// Who carries proposals out, which of its calls back are awaited, and how many proposals there are:
///
/// ```text
/// | proposals 32 | end of calls 32 | begin of calls 32 | timelock 160 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Office {
    /// The timelock.
    pub timelock: Address,
    /// The first call that is awaited.
    pub begin: u32,
    /// Behind the last call that is awaited.
    pub end: u32,
    /// How many proposals there are.
    pub proposals: u32,
}

impl Office {
    /// Reads a word.
    pub fn unpack(word: B256) -> Self {
        Self {
            timelock: Address::from_word(word),
            begin: eight(&word, 4) as u32,
            end: eight(&word, 0) as u32,
            proposals: (eight(&word, 0) >> 32) as u32,
        }
    }

    /// Writes a word.
    pub fn pack(self) -> B256 {
        let mut word = self.timelock.into_word();
        word[..4].copy_from_slice(&self.proposals.to_be_bytes());
        word[4..8].copy_from_slice(&self.end.to_be_bytes());
        word[8..12].copy_from_slice(&self.begin.to_be_bytes());
        word
    }
}

impl Governor {
    /// The office, as it is now.
    pub fn office(&self) -> Office {
        Office::unpack(open::<OfficeStorage>(self.vm(), SLOT).word.get())
    }

    /// Stores the office.
    pub fn put_office(&mut self, office: Office) {
        open::<OfficeStorage>(self.vm(), SLOT)
            .word
            .set(office.pack());
    }

    /// Names who carries proposals out. Emits `TimelockChange`.
    pub fn change_timelock(&mut self, timelock: Address) {
        let office = self.office();
        let timelocks = [office.timelock, timelock].map(words::address);
        self.emit::<TimelockChange>(&[], &timelocks.each_ref());
        self.put_office(Office { timelock, ..office });
    }

    /// Passes a call of who carries proposals out, and no other.
    ///
    /// # Errors
    /// [`GovernorOnlyExecutor`].
    pub fn only_executor(&self) -> Result<Office, Error> {
        let (office, sender) = (self.office(), self.vm().msg_sender());
        if sender == office.timelock {
            Ok(office)
        } else {
            Err(Error::by::<GovernorOnlyExecutor>(sender))
        }
    }

    /// Passes a call, with this calldata, of who carries proposals out, if the running proposal has announced it; it and what was
    /// announced before it are not awaited any more.
    ///
    /// # Errors
    /// [`GovernorOnlyExecutor`]; [`Panic`]`(0x31)` if it was not announced.
    pub fn only_governance(&mut self, calldata: &[u8]) -> Result<(), Error> {
        let mut office = self.only_executor()?;
        if office.timelock == self.vm().contract_address() {
            return Ok(());
        }
        let hash = keccak256(calldata);
        loop {
            if office.begin == office.end {
                return Err(Error::panic(0x31));
            }
            let key = Number(small(office.begin));
            let call = self.calls.get(key);
            self.calls.insert(key, B256::ZERO);
            office.begin += 1;
            if call == hash {
                self.put_office(office);
                return Ok(());
            }
        }
    }

    /// Passes if the governor itself carries proposals out, and so may hold what they give away.
    ///
    /// # Errors
    /// [`GovernorDisabledDeposit`].
    pub fn only_own_executor(&self) -> Result<(), Error> {
        if self.office().timelock == self.vm().contract_address() {
            Ok(())
        } else {
            Err(Error::of::<GovernorDisabledDeposit>(&[]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packs_without_loss(timelock: [u8; 20], begin: u32, end: u32, proposals: u32) {
            let office = Office { timelock: timelock.into(), begin, end, proposals };
            prop_assert_eq!(Office::unpack(office.pack()), office);
            let mut word = B256::from(U256::from(proposals) << 224 | U256::from(end) << 192 | U256::from(begin) << 160);
            word[12..].copy_from_slice(&timelock);
            prop_assert_eq!(office.pack(), word);
        }
    }
}
