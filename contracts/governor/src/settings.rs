//! What the DAO can change about its votes.

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{
    amount::{time, widen},
    key::Number,
    words,
};

use crate::{
    Governor,
    errors::*,
    events::*,
    proposal::{TIME, eight},
};

/// The quorum's denominator.
pub const DENOMINATOR: u32 = 100;

/// What every proposal and every ballot reads:
///
/// ```text
/// | zero 16 | voting period 32 | voting delay 48 | token 160 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// The token whose holders vote.
    pub token: Address,
    /// How long after a proposal its snapshot is; 48 bits.
    pub voting_delay: u64,
    /// How long ballots are taken.
    pub voting_period: u32,
}

impl Terms {
    /// Reads a word.
    pub fn unpack(word: B256) -> Self {
        Self {
            token: Address::from_word(word),
            voting_delay: eight(&word, 4) & TIME,
            voting_period: (eight(&word, 0) >> 16) as u32,
        }
    }

    /// Writes a word.
    pub fn pack(self) -> B256 {
        let mut word = self.token.into_word();
        word[2..6].copy_from_slice(&self.voting_period.to_be_bytes());
        word[6..12].copy_from_slice(&self.voting_delay.to_be_bytes()[2..]);
        word
    }
}

/// The share of the supply that is a quorum, and since when, and what happens when it is reached late:
///
/// ```text
/// | zero 120 | vote extension 48 | shares before 32 | since 48 | hundredths 8 |
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quorum {
    /// Hundredths of the supply, at most 100.
    pub hundredths: u8,
    /// Since when, on the clock. Before the first change it is none of the supply, since zero.
    pub since: u64,
    /// How many shares there were before.
    pub before: u32,
    /// For how long ballots are taken at least once the quorum is reached.
    pub vote_extension: u64,
}

impl Quorum {
    /// Reads a word.
    pub fn unpack(word: B256) -> Self {
        Self {
            hundredths: word[31],
            since: (eight(&word, 24) >> 8) & TIME,
            before: eight(&word, 17) as u32,
            vote_extension: eight(&word, 13) & TIME,
        }
    }

    /// Writes a word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word[15..21].copy_from_slice(&self.vote_extension.to_be_bytes()[2..]);
        word[21..25].copy_from_slice(&self.before.to_be_bytes());
        word[25..31].copy_from_slice(&self.since.to_be_bytes()[2..]);
        word[31] = self.hundredths;
        word
    }
}

impl Governor {
    /// What every proposal and every ballot reads.
    pub fn terms(&self) -> Terms {
        Terms::unpack(self.terms.get())
    }

    /// The present quorum.
    pub fn quorum(&self) -> Quorum {
        Quorum::unpack(self.quorum.get())
    }

    /// The hundredths of the supply that were a quorum at a time: those set last until then, none before the first.
    #[inline(never)]
    pub fn hundredths_at(&self, timepoint: u64) -> u8 {
        let quorum = self.quorum();
        if quorum.since <= timepoint {
            return quorum.hundredths;
        }
        let at = |position: u32| Quorum::unpack(self.quorum_history.get(Number(small(position))));
        let (mut low, mut high) = (0, quorum.before);
        while low < high {
            let middle = low + (high - low) / 2;
            if at(middle).since <= timepoint {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low.checked_sub(1)
            .map_or(0, |position| at(position).hundredths)
    }

    /// Sets how long after a proposal its snapshot is; 48 bits. Emits `VotingDelaySet`.
    pub fn change_voting_delay(&mut self, voting_delay: u64) {
        let terms = self.terms();
        let delays = [terms.voting_delay, voting_delay].map(time);
        self.emit::<VotingDelaySet>(&[], &delays.each_ref());
        self.terms.set(
            Terms {
                voting_delay,
                ..terms
            }
            .pack(),
        );
    }

    /// Sets how long ballots are taken. Emits `VotingPeriodSet`.
    ///
    /// # Errors
    /// [`GovernorInvalidVotingPeriod`] if that is no time at all.
    pub fn change_voting_period(&mut self, voting_period: u32) -> Result<(), Error> {
        if voting_period == 0 {
            return Err(Error::of::<GovernorInvalidVotingPeriod>(&[&U256::ZERO]));
        }
        let terms = self.terms();
        let periods = [terms.voting_period, voting_period].map(small);
        self.emit::<VotingPeriodSet>(&[], &periods.each_ref());
        self.terms.set(
            Terms {
                voting_period,
                ..terms
            }
            .pack(),
        );
        Ok(())
    }

    /// Sets how many votes a proposer needs, in wei. Emits `ProposalThresholdSet`.
    pub fn change_threshold(&mut self, threshold: U256) {
        self.emit::<ProposalThresholdSet>(&[], &[&self.threshold.get(), &threshold]);
        self.threshold.set(threshold);
    }

    /// Sets how many hundredths of the supply are a quorum, for proposals whose snapshot is not before now. Emits
    /// `QuorumNumeratorUpdated`.
    ///
    /// # Errors
    /// [`GovernorInvalidQuorumFraction`], [`CheckpointUnorderedInsertion`] if the clock went back.
    pub fn change_quorum(&mut self, numerator: U256) -> Result<(), Error> {
        let denominator = small(DENOMINATOR);
        if numerator > denominator {
            return Err(Error::of::<GovernorInvalidQuorumFraction>(&[
                &numerator,
                &denominator,
            ]));
        }
        let (old, now) = (self.quorum(), self.now()?);
        let mut new = Quorum {
            hundredths: numerator.as_limbs()[0] as u8,
            since: now,
            ..old
        };
        if old.since > now {
            return Err(Error::of::<CheckpointUnorderedInsertion>(&[]));
        }
        if old.since < now {
            self.quorum_history
                .insert(Number(small(old.before)), old.pack());
            new.before += 1;
        }
        self.quorum.set(new.pack());
        self.emit::<QuorumNumeratorUpdated>(&[], &[&small(old.hundredths.into()), &numerator]);
        Ok(())
    }

    /// Sets for how long ballots are taken at least once the quorum is reached; 48 bits. Emits `LateQuorumVoteExtensionSet`.
    ///
    /// # Errors
    /// [`GovernorPreventLateQuorumVoteExtensionTooLarge`] beyond the voting period.
    pub fn change_vote_extension(&mut self, vote_extension: u64) -> Result<(), Error> {
        let period = self.terms().voting_period;
        if vote_extension > period.into() {
            return Err(Error::of::<GovernorPreventLateQuorumVoteExtensionTooLarge>(
                &[&time(vote_extension), &small(period)],
            ));
        }
        let quorum = self.quorum();
        let extensions = [quorum.vote_extension, vote_extension].map(time);
        self.emit::<LateQuorumVoteExtensionSet>(&[], &extensions.each_ref());
        self.quorum.set(
            Quorum {
                vote_extension,
                ..quorum
            }
            .pack(),
        );
        Ok(())
    }

    /// Names who can cancel any proposal; zero for nobody. Emits `ProposalGuardianSet`.
    pub fn change_guardian(&mut self, guardian: Address) {
        let guardians = [self.guardian.get(), guardian].map(words::address);
        self.emit::<ProposalGuardianSet>(&[], &guardians.each_ref());
        self.guardian.set(guardian);
    }

    /// What votes are compared with at this snapshot: see [`is_quorum`].
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn quorum_bar(&self, snapshot: u64) -> Result<u128, Error> {
        let supply = self.past_supply(&time(snapshot))?;
        Ok(supply * u128::from(self.hundredths_at(snapshot)))
    }

    /// How many votes are a quorum at a time that is over, in wei.
    ///
    /// # Errors
    /// What the token reverts with.
    pub fn quorum_at(&self, timepoint: &U256) -> Result<U256, Error> {
        let supply = self.past_supply(timepoint)?;
        let hundredths = self.hundredths_at(timepoint.saturating_to());
        Ok(widen(
            supply * u128::from(hundredths) / u128::from(DENOMINATOR),
        ))
    }
}

/// Whether these votes are a quorum, which is a share of the supply, rounded down; `bar` is the supply times the hundredths. Without a
/// division, which is dear.
pub const fn is_quorum(votes: u128, bar: u128) -> bool {
    bar < (votes + 1) * DENOMINATOR as u128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn has_the_documented_layouts() {
        let terms = Terms {
            token: Address::repeat_byte(0xaa),
            voting_delay: 0x0102_0304_0506,
            voting_period: 0x0708_090a,
        };
        let mut word = [0xaa; 32];
        word[..12].copy_from_slice(&[0, 0, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6]);
        assert_eq!(terms.pack(), B256::from(word));
        let quorum = Quorum {
            hundredths: 99,
            since: 0x0102_0304_0506,
            before: 0x0708_090a,
            vote_extension: 0x0b0c_0d0e_0f10,
        };
        let mut word = [0; 32];
        word[15..].copy_from_slice(&[11, 12, 13, 14, 15, 16, 7, 8, 9, 10, 1, 2, 3, 4, 5, 6, 99]);
        assert_eq!(quorum.pack(), B256::from(word));
    }

    proptest! {
        #[test]
        fn a_quorum_is_a_share_rounded_down(supply in 0u128..1 << 96, hundredths in 0u128..=100, votes in 0u128..1 << 96, near in 0u128..5) {
            let bar = supply * hundredths;
            let quorum = bar / 100;
            for votes in [votes, quorum, quorum + near, quorum.saturating_sub(near)] {
                prop_assert_eq!(is_quorum(votes, bar), quorum <= votes);
            }
        }

        #[test]
        fn packs_without_loss(
            token: [u8; 20], voting_delay in 0u64..1 << 48, voting_period: u32,
            hundredths: u8, since in 0u64..1 << 48, before: u32, vote_extension in 0u64..1 << 48,
        ) {
            let terms = Terms { token: token.into(), voting_delay, voting_period };
            prop_assert_eq!(Terms::unpack(terms.pack()), terms);
            let quorum = Quorum { hundredths, since, before, vote_extension };
            prop_assert_eq!(Quorum::unpack(quorum.pack()), quorum);
        }
    }
}
