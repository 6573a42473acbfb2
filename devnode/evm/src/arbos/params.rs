//! The chain's Stylus parameters, where its owner changed them.

use super::{ArbosState, DbError, Space};
use ogpu_stylus::Params;
use revm::{
    context::JournalTr,
    primitives::{B256, U256},
};

/// One word: a mark, then the parameters an owner can change, most significant first, in whole bytes.
pub(crate) fn pack(params: &Params) -> U256 {
    let mut word = [0; 32];
    word[0] = 1;
    word[1..5].copy_from_slice(&params.ink_price.to_be_bytes());
    word[5..9].copy_from_slice(&params.max_stack_depth.to_be_bytes());
    word[9..11].copy_from_slice(&params.free_pages.to_be_bytes());
    word[11..13].copy_from_slice(&params.page_gas.to_be_bytes());
    word[13..15].copy_from_slice(&params.page_limit.to_be_bytes());
    word[15] = params.min_init_gas;
    word[16] = params.min_cached_init_gas;
    word[17] = params.init_cost_scalar;
    word[18] = params.cached_cost_scalar;
    word[19..21].copy_from_slice(&params.expiry_days.to_be_bytes());
    word[21..23].copy_from_slice(&params.keepalive_days.to_be_bytes());
    word[23..25].copy_from_slice(&params.block_cache_size.to_be_bytes());
    word[25..29].copy_from_slice(&params.max_wasm_size.to_be_bytes());
    word[29..31].copy_from_slice(&params.version.to_be_bytes());
    U256::from_be_bytes(word)
}

fn unpack(arbos: u64, word: U256) -> Params {
    let defaults = Params::at(arbos);
    if word.is_zero() {
        return defaults;
    }
    let word = word.to_be_bytes::<32>();
    let short = |at| u16::from_be_bytes([word[at], word[at + 1]]);
    let long = |at| (u32::from(short(at)) << 16) | u32::from(short(at + 2));
    Params {
        ink_price: long(1),
        max_stack_depth: long(5),
        free_pages: short(9),
        page_gas: short(11),
        page_limit: short(13),
        min_init_gas: word[15],
        min_cached_init_gas: word[16],
        init_cost_scalar: word[17],
        cached_cost_scalar: word[18],
        expiry_days: short(19),
        keepalive_days: short(21),
        block_cache_size: short(23),
        max_wasm_size: long(25),
        version: short(29),
        ..defaults
    }
}

impl<J: JournalTr> ArbosState<'_, J> {
    /// The parameters in force.
    pub(crate) fn params(&mut self, arbos: u64) -> Result<Params, DbError<J>> {
        Ok(unpack(arbos, self.get(Space::Params.slot(B256::ZERO))?))
    }

    pub(crate) fn set_params(&mut self, params: &Params) -> Result<(), DbError<J>> {
        self.set(Space::Params.slot(B256::ZERO), pack(params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_survive_packing() {
        for arbos in [30, 51, 60] {
            let mut params = Params::at(arbos);
            assert_eq!(unpack(arbos, U256::ZERO), params);
            params.ink_price = 0x00C0_FFEE;
            params.page_limit = 77;
            params.expiry_days = 366;
            params.block_cache_size = 5;
            params.version = 3;
            params.cached_cost_scalar = 255;
            assert_eq!(unpack(arbos, pack(&params)), params);
        }
    }
}
