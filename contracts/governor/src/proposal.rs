//! A proposal in three words, and the states that it goes through.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::amount::widen;

/// The bits of a reading of the clock.
pub(crate) const TIME: u64 = (1 << 48) - 1;

/// What a proposal is at, numbered as interfaces number it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its snapshot is not over.
    Pending,
    /// It takes ballots.
    Active,
    /// It is called off, for good.
    Canceled,
    /// It got no quorum or no majority.
    Defeated,
    /// It can be queued.
    Succeeded,
    /// The timelock has it.
    Queued,
    /// Never reached: what succeeded stays so.
    Expired,
    /// It is done.
    Executed,
}

impl State {
    /// The number of a state as a word.
    pub const fn word(self) -> U256 {
        widen(self as u128)
    }

    /// The bit that stands for a state in a set of them.
    pub const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Who proposed what for when:
///
/// ```text
/// | zero 14 | canceled 1 | executed 1 | vote duration 32 | vote start 48 | proposer 160 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Core {
    /// Who proposed it.
    pub proposer: Address,
    /// The snapshot: votes count as of the end of this reading of the clock. Zero where there is no proposal.
    pub vote_start: u64,
    /// For how long after that it takes ballots, if nothing extends that.
    pub vote_duration: u32,
    /// It was carried out.
    pub executed: bool,
    /// It was called off.
    pub canceled: bool,
}

impl Core {
    /// Reads a word.
    pub fn unpack(word: B256) -> Self {
        let (head, time) = (eight(&word, 0), eight(&word, 4));
        Self {
            proposer: Address::from_word(word),
            vote_start: time & TIME,
            vote_duration: (head >> 16) as u32,
            executed: head >> 48 & 1 != 0,
            canceled: head >> 49 & 1 != 0,
        }
    }

    /// Writes a word.
    pub fn pack(self) -> B256 {
        let mut word = self.proposer.into_word();
        word[0..2].copy_from_slice(
            &(u16::from(self.executed) | u16::from(self.canceled) << 1).to_be_bytes(),
        );
        word[2..6].copy_from_slice(&self.vote_duration.to_be_bytes());
        word[6..12].copy_from_slice(&self.vote_start.to_be_bytes()[2..]);
        word
    }

    /// Whether it was proposed.
    pub const fn exists(&self) -> bool {
        self.vote_start != 0
    }

    /// The last reading of the clock at which it takes ballots.
    pub const fn deadline(&self, tally: &Tally) -> u64 {
        self.vote_start + self.vote_duration as u64 + tally.extension as u64
    }

    /// Whether it takes ballots.
    pub const fn is_active(&self, tally: &Tally, now: u64) -> bool {
        self.exists()
            && !self.executed
            && !self.canceled
            && self.vote_start < now
            && now <= self.deadline(tally)
    }

    /// What it is at, as long as nobody has executed, canceled or queued it.
    pub const fn state(&self, tally: &Tally, against: u128, now: u64) -> State {
        if self.vote_start >= now {
            State::Pending
        } else if now <= self.deadline(tally) {
            State::Active
        } else if tally.reached && tally.in_favor > against {
            State::Succeeded
        } else {
            State::Defeated
        }
    }
}

/// The votes that count for the quorum:
///
/// ```text
/// | quorum reached 1 | number 31 | extension 32 | abstaining 96 | in favor 96 |
/// ```
///
/// What the quorum is, a proposal's snapshot says once and for all, so who votes need not ask once it is reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Votes in favor.
    pub in_favor: u128,
    /// Votes that abstain.
    pub abstaining: u128,
    /// By how much the deadline is later, as the quorum was reached late.
    pub extension: u32,
    /// The number of the proposal, from 1 in the order of proposing; 31 bits.
    pub number: u32,
    /// Whether the quorum is reached.
    pub reached: bool,
}

/// The bit above a proposal's number.
const REACHED: u32 = 1 << 31;

impl Tally {
    /// Reads a word.
    pub fn unpack(word: B256) -> Self {
        let head = eight(&word, 0);
        Self {
            in_favor: amount(&word, 20),
            abstaining: amount(&word, 8),
            extension: head as u32,
            number: (head >> 32) as u32 & !REACHED,
            reached: (head >> 32) as u32 & REACHED != 0,
        }
    }

    /// Writes a word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        let flag = if self.reached { REACHED } else { 0 };
        word[..4].copy_from_slice(&(self.number | flag).to_be_bytes());
        word[4..8].copy_from_slice(&self.extension.to_be_bytes());
        put_amount(&mut word, 8, self.abstaining);
        put_amount(&mut word, 20, self.in_favor);
        word
    }
}

/// The votes against, and what only a contested or a queued proposal needs:
///
/// ```text
/// | zero 112 | eta 48 | against 96 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opposition {
    /// Votes against.
    pub against: u128,
    /// From when on it can be executed (seconds since 1970); zero until it is queued.
    pub eta: u64,
}

impl Opposition {
    /// Reads a word.
    pub fn unpack(word: B256) -> Self {
        Self {
            against: amount(&word, 20),
            eta: amount(&word, 8) as u64 & TIME,
        }
    }

    /// Writes a word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        put_amount(&mut word, 8, self.eta.into());
        put_amount(&mut word, 20, self.against);
        word
    }
}

/// The 64 bits of a word that start with this byte.
pub(crate) fn eight(word: &B256, start: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&word[start..start + 8]);
    u64::from_be_bytes(bytes)
}

/// The 96 bits of a word that start with this byte.
pub(crate) fn amount(word: &B256, start: usize) -> u128 {
    let mut bytes = [0; 16];
    bytes[4..].copy_from_slice(&word[start..start + 12]);
    u128::from_be_bytes(bytes)
}

/// Sets the 96 bits of a word that start with this byte.
pub(crate) fn put_amount(word: &mut B256, start: usize, amount: u128) {
    word[start..start + 12].copy_from_slice(&amount.to_be_bytes()[4..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn has_the_documented_layouts() {
        let core = Core {
            proposer: Address::repeat_byte(0xaa),
            vote_start: 0x0102_0304_0506,
            vote_duration: 0x0708_090a,
            executed: true,
            canceled: true,
        };
        let mut word = [0xaa; 32];
        word[..12].copy_from_slice(&[0, 3, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6]);
        assert_eq!(core.pack(), B256::from(word));
        let tally = Tally {
            in_favor: 5,
            abstaining: 6,
            extension: 0x0102_0304,
            number: 0x090a_0b0c,
            reached: true,
        };
        let mut word = [0; 32];
        word[..8].copy_from_slice(&[0x89, 10, 11, 12, 1, 2, 3, 4]);
        (word[19], word[31]) = (6, 5);
        assert_eq!(tally.pack(), B256::from(word));
        let opposition = Opposition {
            against: 7,
            eta: 0x0102_0304_0506,
        };
        let mut word = [0; 32];
        word[14..20].copy_from_slice(&[1, 2, 3, 4, 5, 6]);
        word[31] = 7;
        assert_eq!(opposition.pack(), B256::from(word));
    }

    #[test]
    fn states_by_time_and_votes() {
        let core = Core {
            vote_start: 10,
            vote_duration: 5,
            ..Core::default()
        };
        let tally = |in_favor, reached, extension| Tally {
            in_favor,
            reached,
            extension,
            ..Tally::default()
        };
        let rows = [
            (9, tally(0, false, 0), 0, State::Pending),
            (10, tally(0, false, 0), 0, State::Pending),
            (11, tally(0, false, 0), 0, State::Active),
            (15, tally(9, true, 0), 0, State::Active),
            (16, tally(0, false, 0), 0, State::Defeated),
            (16, tally(9, true, 0), 8, State::Succeeded),
            (16, tally(9, true, 0), 9, State::Defeated),
            (16, tally(9, false, 0), 8, State::Defeated),
            (17, tally(9, true, 2), 8, State::Active),
            (18, tally(9, true, 2), 8, State::Succeeded),
        ];
        for (now, tally, against, state) in rows {
            assert_eq!(core.state(&tally, against, now), state, "at {now}");
            assert_eq!(core.is_active(&tally, now), state == State::Active);
        }
        for over in [
            Core {
                executed: true,
                ..core
            },
            Core {
                canceled: true,
                ..core
            },
            Core::default(),
        ] {
            assert!(!over.is_active(&Tally::default(), 12));
        }
    }

    proptest! {
        #[test]
        fn packs_without_loss(
            proposer: [u8; 20], vote_start in 0u64..1 << 48, vote_duration: u32, executed: bool, canceled: bool,
            in_favor in 0u128..1 << 96, abstaining in 0u128..1 << 96, extension: u32, number in 0u32..1 << 31, reached: bool,
            against in 0u128..1 << 96, eta in 0u64..1 << 48,
        ) {
            let core = Core { proposer: proposer.into(), vote_start, vote_duration, executed, canceled };
            prop_assert_eq!(Core::unpack(core.pack()), core);
            let tally = Tally { in_favor, abstaining, extension, number, reached };
            prop_assert_eq!(Tally::unpack(tally.pack()), tally);
            let opposition = Opposition { against, eta };
            prop_assert_eq!(Opposition::unpack(opposition.pack()), opposition);
        }
    }
}
