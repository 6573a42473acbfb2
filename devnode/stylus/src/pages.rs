//! Pages of memory: what opening them costs.

use crate::Params;

/// The part of the price that grows with the most pages ever open: 31,874,000^(pages / 128), rounded down (the last entry
/// as floating point gives it).
const EXPONENTIAL_GAS: [u64; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1_117, 1_279, 1_463, 1_675, 1_917, 2_194, 2_511, 2_874, 3_290, 3_765,
    4_309, 4_932, 5_645, 6_461, 7_395, 8_464, 9_687, 11_087, 12_689, 14_523, 16_621, 19_024,
    21_773, 24_919, 28_521, 32_642, 37_359, 42_758, 48_938, 56_010, 64_104, 73_368, 83_971, 96_106,
    109_994, 125_890, 144_082, 164_904, 188_735, 216_010, 247_226, 282_953, 323_844, 370_643,
    424_206, 485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243, 1_248_941, 1_429_429,
    1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820, 3_677_113, 4_208_502,
    4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766, 9_459_129, 10_826_093, 12_390_601,
    14_181_199, 16_230_562, 18_576_084, 21_260_563, 24_332_984, 27_849_408, 31_873_999,
];

/// Pages of memory (64 KiB) that one transaction's programs have open, and the most they ever had open.
///
/// Whoever runs the transaction keeps it: `open` goes back to its earlier value when a call returns, `ever` does not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Pages open now, in all frames of the transaction.
    pub open: u16,
    /// Most pages that were open at once.
    pub ever: u16,
}

impl Pages {
    /// Gas of opening `added` pages; `u64::MAX` where more than 128 would be open.
    pub fn open_cost(&self, added: u16, params: &Params) -> u64 {
        let open = self.open.saturating_add(added);
        let ever = self.ever.max(open);
        if ever <= params.free_pages {
            return 0;
        }
        let paid = |pages: u16| u64::from(pages.saturating_sub(params.free_pages));
        let linear = (paid(open) - paid(self.open)) * u64::from(params.page_gas);
        let growth = exponential_gas(ever).saturating_sub(exponential_gas(self.ever));
        linear.saturating_add(growth)
    }

    /// Opens `added` pages and gives what they cost.
    pub fn open(&mut self, added: u16, params: &Params) -> u64 {
        let cost = self.open_cost(added, params);
        self.open = self.open.saturating_add(added);
        self.ever = self.ever.max(self.open);
        cost
    }
}

/// The exponential part of the price of having had `pages` open; `u64::MAX` beyond the last page that has one.
fn exponential_gas(pages: u16) -> u64 {
    EXPONENTIAL_GAS
        .get(usize::from(pages))
        .copied()
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_pages_cost_nothing() {
        let params = Params::at(51);
        assert_eq!(Pages::default().open_cost(2, &params), 0);
        assert_eq!(Pages { open: 1, ever: 1 }.open_cost(1, &params), 0);
    }

    #[test]
    fn pages_beyond_the_free_ones_cost_gas_and_more_and_more() {
        let params = Params::at(51);
        assert_eq!(Pages { open: 1, ever: 1 }.open_cost(2, &params), 1_000);
        assert_eq!(Pages { open: 1, ever: 1 }.open_cost(5, &params), 4_001);
        assert_eq!(Pages { open: 1, ever: 1 }.open_cost(60, &params), 62_764);
        assert_eq!(
            Pages::default().open_cost(128, &params),
            126_000 + 31_873_999 - 1
        );
    }

    #[test]
    fn pages_opened_before_cost_only_their_linear_part() {
        let params = Params::at(51);
        let mut pages = Pages::default();
        pages.open(61, &params);
        pages.open = 1;
        assert_eq!(pages.open_cost(60, &params), 59_000);
        assert_eq!(pages.ever, 61);
    }

    #[test]
    fn more_than_the_last_page_is_beyond_any_price() {
        let params = Params::at(51);
        assert!(Pages { open: 1, ever: 1 }.open_cost(128, &params) > u64::MAX / 2);
        assert!(Pages::default().open_cost(u16::MAX, &params) > u64::MAX / 2);
    }
}
