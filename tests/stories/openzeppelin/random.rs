//! Numbers that look random and are the same for the same seed.

use ogpu_client::alloy::primitives::U256;

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// The numbers of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Whether something happens that does once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One of `options`.
    pub fn of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())].clone()
    }

    /// Any word.
    pub fn word(&mut self) -> U256 {
        U256::from_limbs([self.next(), self.next(), self.next(), self.next()])
    }

    /// A number up to `most`, at its ends more often than elsewhere, and now and then beyond.
    pub fn up_to(&mut self, most: U256) -> U256 {
        match self.below(16) {
            0 => U256::ZERO,
            1 => most.min(U256::ONE),
            2 => most,
            3 => most.saturating_add(U256::ONE),
            4 => self.of(&[
                U256::MAX,
                U256::ONE << 96,
                (U256::ONE << 96) - U256::ONE,
                U256::ONE << 128,
                U256::ONE << 208,
            ]),
            5 => self.word() >> self.below(256),
            small if small < 12 => self.word() % (most / U256::from(8) + U256::ONE),
            _ => self.word() % most.saturating_add(U256::ONE).max(U256::ONE),
        }
    }
}
