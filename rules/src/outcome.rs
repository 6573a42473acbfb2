//! How a task went, as the reputation registry remembers it: one word a task.
//!
//! ```text
//! | 2 unused | stage 2 | rated 1 | counted 1 | outcome 2 | moved i16 | recorded at u40 | provider id u32 | client address 160 |
//! ```
//!
//! A change of a score can be contested for [`CONTEST_WINDOW`]; after another [`REVIEW_WINDOW`] anybody closes a contest that
//! nobody has decided.
//!
//! ```text
//! Settled ──contest──▶ Contested ──confirm, or silence──▶ Confirmed
//!                          └────────reverse─────────────▶ Reversed
//! ```

use alloy_primitives::{Address, B256};

use crate::{BPS, word};

/// Seconds after its record in which an outcome can be contested: 7 days.
pub const CONTEST_WINDOW: u64 = 7 * 24 * 60 * 60;
/// Seconds after that in which a contest waits for a decision: 30 days.
pub const REVIEW_WINDOW: u64 = 30 * 24 * 60 * 60;

/// How a task went for its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// The provider got less than half of the price.
    Failure = 1,
    /// Both had it half right, which says nothing about the provider.
    Neutral = 2,
    /// The provider got more than half of the price.
    Success = 3,
}

impl Outcome {
    /// What a share of the price, in basis points, says.
    pub const fn of(provider_bps: u16) -> Self {
        const HALF: u16 = BPS / 2;
        match provider_bps {
            0..HALF => Self::Failure,
            HALF => Self::Neutral,
            _ => Self::Success,
        }
    }

    /// From 0 (failure) over 50 to 100 (success), as ERC-8004's responses of validators are.
    pub const fn response(self) -> u8 {
        match self {
            Self::Failure => 0,
            Self::Neutral => 50,
            Self::Success => 100,
        }
    }
}

/// Whether a change was contested, and what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Nobody has contested it.
    Settled = 0,
    /// A bond is held against it.
    Contested = 1,
    /// It was contested and stands.
    Confirmed = 2,
    /// It was contested and undone.
    Reversed = 3,
}

/// The word of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutcomeSlot {
    /// Whose task it was.
    pub client: Address,
    /// Who did it; 0 in no slot.
    pub provider: u32,
    /// When it was recorded, in seconds since 1970.
    pub recorded_at: u64,
    /// Points that the score moved when it was recorded.
    pub moved: i16,
    /// How it went.
    pub outcome: Outcome,
    /// Whether it was counted among the provider's tasks, which a task that an account has done for itself is not.
    pub counted: bool,
    /// Whether the client has given feedback.
    pub rated: bool,
    /// Where a contest stands.
    pub stage: Stage,
}

impl OutcomeSlot {
    /// Reads the word; nothing if there is no outcome.
    pub fn unpack(word: B256) -> Option<Self> {
        let provider = word::small::<4>(&word, 8) as u32;
        if provider == 0 {
            return None;
        }
        let flags = word[0];
        Some(Self {
            client: word::address(&word),
            provider,
            recorded_at: word::small::<5>(&word, 3),
            moved: word::small::<2>(&word, 1) as u16 as i16,
            outcome: match flags & 3 {
                1 => Outcome::Failure,
                2 => Outcome::Neutral,
                _ => Outcome::Success,
            },
            counted: flags & 4 != 0,
            rated: flags & 8 != 0,
            stage: match flags >> 4 & 3 {
                0 => Stage::Settled,
                1 => Stage::Contested,
                2 => Stage::Confirmed,
                _ => Stage::Reversed,
            },
        })
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = self.client.into_word();
        word::put::<4>(&mut word, 8, self.provider.into());
        word::put::<5>(&mut word, 3, self.recorded_at.into());
        word::put::<2>(&mut word, 1, (self.moved as u16).into());
        word[0] = self.outcome as u8
            | u8::from(self.counted) << 2
            | u8::from(self.rated) << 3
            | (self.stage as u8) << 4;
        word
    }

    /// Until when it can be contested, in seconds since 1970; no longer at that time.
    pub const fn contest_ends(&self) -> u64 {
        self.recorded_at + CONTEST_WINDOW
    }

    /// From when anybody can close a contest, in seconds since 1970.
    pub const fn review_ends(&self) -> u64 {
        self.contest_ends() + REVIEW_WINDOW
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_TIME;
    use proptest::prelude::*;

    const SLOT: OutcomeSlot = OutcomeSlot {
        client: Address::repeat_byte(0xc1),
        provider: 0x01020304,
        recorded_at: 0x05060708ff,
        moved: -2,
        outcome: Outcome::Neutral,
        counted: false,
        rated: true,
        stage: Stage::Reversed,
    };

    #[test]
    fn has_the_layout_above() {
        let head = [0x3a, 0xff, 0xfe, 5, 6, 7, 8, 0xff, 1, 2, 3, 4];
        assert_eq!(SLOT.pack()[..12], head);
        assert_eq!(SLOT.pack()[12..], [0xc1; 20]);
        assert_eq!(OutcomeSlot::unpack(B256::ZERO), None);
    }

    #[test]
    fn half_of_the_price_says_nothing() {
        let outcomes = [0, 4_999, 5_000, 5_001, 10_000, u16::MAX].map(Outcome::of);
        use Outcome::{Failure, Neutral, Success};
        assert_eq!(
            outcomes,
            [Failure, Failure, Neutral, Success, Success, Success]
        );
        assert_eq!(
            [Failure, Neutral, Success].map(Outcome::response),
            [0, 50, 100]
        );
    }

    #[test]
    fn windows_follow_one_another() {
        assert_eq!(SLOT.contest_ends(), SLOT.recorded_at + 604_800);
        assert_eq!(SLOT.review_ends(), SLOT.recorded_at + 3_196_800);
    }

    proptest! {
        #[test]
        fn round_trips(
            client: [u8; 20],
            provider in 1..=u32::MAX,
            recorded_at in 0..=MAX_TIME,
            moved: i16,
            outcome in 0usize..3,
            stage in 0usize..4,
            counted: bool,
            rated: bool,
        ) {
            let slot = OutcomeSlot {
                client: client.into(),
                provider,
                recorded_at,
                moved,
                outcome: [Outcome::Failure, Outcome::Neutral, Outcome::Success][outcome],
                counted,
                rated,
                stage: [Stage::Settled, Stage::Contested, Stage::Confirmed, Stage::Reversed][stage],
            };
            prop_assert_eq!(OutcomeSlot::unpack(slot.pack()), Some(slot));
        }
    }
}
