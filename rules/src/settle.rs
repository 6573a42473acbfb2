//! Who gets what when a task ends.
//!
//! Of the budget the provider gets its part of the price less the fee on it, the protocol the fee, the client all the rest. Of the
//! collateral the client's side takes the slash, the provider gets back the rest and its bond.

use crate::{BPS, HotParams, RuleError, share, status::Party};

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider delivered: it gets the price.
    Paid,
    /// The provider did not deliver: the client gets everything back, and the slash of the parameters applies.
    Failed,
    /// Arbitrated: the provider gets this share of the price and loses this much of its collateral.
    Split {
        /// Share of the price, `0..=10_000`.
        provider_bps: u16,
        /// Wei of collateral.
        slash: u128,
    },
}

impl Verdict {
    /// The provider's share of the price, as the registry hears it: above half a success, below a failure.
    pub const fn provider_bps(self) -> u16 {
        match self {
            Self::Paid => BPS,
            Self::Failed => 0,
            Self::Split { provider_bps, .. } => provider_bps,
        }
    }

    /// What applies when the owner did not arbitrate in time: half the price, no slash.
    pub const DEFAULT: Self = Self::Split {
        provider_bps: BPS / 2,
        slash: 0,
    };
}

/// Whether a dispute was lost by the side that opened it: the client if the provider gets its whole price all the same, the provider
/// if it gets nothing.
pub const fn lost(disputant: Party, provider_bps: u16) -> bool {
    match disputant {
        Party::Client => provider_bps >= BPS,
        _ => provider_bps == 0,
    }
}

/// What moves when a task ends, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// To the provider.
    pub payment: u128,
    /// To the protocol.
    pub fee: u128,
    /// Out of the provider's stake.
    pub slash: u128,
    /// Back to the provider's card: collateral and bond, less the slash.
    pub released: u128,
}

impl Settlement {
    /// What goes back to the client of a locked budget.
    pub const fn refund(&self, budget: u128) -> u128 {
        budget.saturating_sub(self.payment + self.fee)
    }
}

/// Settles a task that was assigned at `price` against `collateral`.
///
/// # Errors
/// [`RuleError::OutOfRange`] for a share above 10,000, [`RuleError::SlashAboveCollateral`].
pub fn settle(
    verdict: Verdict,
    price: u128,
    collateral: u128,
    hot: &HotParams,
) -> Result<Settlement, RuleError> {
    let provider_bps = verdict.provider_bps();
    let slash = match verdict {
        Verdict::Paid => 0,
        Verdict::Failed => share(collateral, hot.slash_bps),
        Verdict::Split { slash, .. } => slash,
    };
    crate::params::in_range(1, provider_bps as u128, 0, BPS as u128)?;
    if slash > collateral {
        return Err(RuleError::SlashAboveCollateral { slash, collateral });
    }
    let part = share(price, provider_bps);
    let fee = share(part, hot.fee_bps);
    Ok(Settlement {
        payment: part - fee,
        fee,
        slash,
        released: (collateral - slash).saturating_add(hot.bid_bond),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MAX_AMOUNT;
    use proptest::prelude::*;

    const HOT: HotParams = HotParams {
        bid_bond: 7,
        late_bid_window: 0,
        fee_bps: 250,
        trust_weight: 0,
        collateral_bps: 1_000,
        slash_bps: 5_000,
        review_window: 1,
        challenge_window: 1,
        assignment_grace: 0,
    };

    #[test]
    fn pays_price_less_fee() {
        let paid = settle(Verdict::Paid, 8_000, 800, &HOT).unwrap();
        assert_eq!(
            paid,
            Settlement {
                payment: 7_800,
                fee: 200,
                slash: 0,
                released: 807
            }
        );
        assert_eq!(paid.refund(10_000), 2_000);
    }

    #[test]
    fn a_failure_refunds_and_slashes() {
        let failed = settle(Verdict::Failed, 8_000, 800, &HOT).unwrap();
        assert_eq!(
            failed,
            Settlement {
                payment: 0,
                fee: 0,
                slash: 400,
                released: 407
            }
        );
        assert_eq!(failed.refund(10_000), 10_000);
    }

    #[test]
    fn who_opened_a_dispute_in_vain_has_lost_it() {
        let client = [BPS, BPS - 1, 0].map(|bps| lost(Party::Client, bps));
        assert_eq!(client, [true, false, false]);
        let provider = [BPS, 1, 0].map(|bps| lost(Party::Provider, bps));
        assert_eq!(provider, [false, false, true]);
    }

    #[test]
    fn the_default_split_blames_nobody() {
        let split = settle(Verdict::DEFAULT, 8_000, 800, &HOT).unwrap();
        assert_eq!(
            split,
            Settlement {
                payment: 3_900,
                fee: 100,
                slash: 0,
                released: 807
            }
        );
    }

    #[test]
    fn an_arbiter_stays_within_price_and_collateral() {
        let verdict = |provider_bps, slash| {
            settle(
                Verdict::Split {
                    provider_bps,
                    slash,
                },
                8_000,
                800,
                &HOT,
            )
        };
        assert_eq!(
            verdict(10_001, 0),
            Err(RuleError::OutOfRange {
                field: 1,
                value: 10_001,
                min: 0,
                max: 10_000
            })
        );
        assert_eq!(
            verdict(0, 801),
            Err(RuleError::SlashAboveCollateral {
                slash: 801,
                collateral: 800
            })
        );
        assert_eq!(verdict(0, 800).unwrap().released, 7);
    }

    proptest! {
        #[test]
        fn nothing_is_made_or_lost(
            budget in 0..=MAX_AMOUNT, price: u128, collateral in 0..=MAX_AMOUNT, bid_bond in 0..=crate::MAX_COLLATERAL,
            fee_bps: u16, slash_bps: u16, kind in 0u8..4, provider_bps in 0..=BPS, slash: u128,
        ) {
            let price = if budget == 0 { 0 } else { price % (budget + 1) };
            let verdict = match kind {
                0 => Verdict::Paid,
                1 => Verdict::Failed,
                2 => Verdict::DEFAULT,
                _ => Verdict::Split { provider_bps, slash: slash % (collateral + 1) },
            };
            let hot = HotParams { bid_bond, fee_bps, slash_bps, ..HOT };
            let settled = settle(verdict, price, collateral, &hot).unwrap();
            prop_assert_eq!(settled.payment + settled.fee + settled.refund(budget), budget);
            prop_assert_eq!(settled.slash + settled.released, collateral + bid_bond);
            prop_assert!(settled.payment + settled.fee <= price);
        }

        #[test]
        fn no_input_panics(price: u128, collateral: u128, provider_bps: u16, slash: u128, word: [u8; 32]) {
            let hot = HotParams::unpack(word.into());
            for verdict in [Verdict::Paid, Verdict::Failed, Verdict::Split { provider_bps, slash }] {
                if let Ok(settled) = settle(verdict, price, collateral, &hot) {
                    prop_assert!(settled.slash <= collateral);
                }
            }
        }
    }
}
