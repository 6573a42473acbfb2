//! Tasks with terms of their own.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolEvent;
use market::{
    Error,
    abi::{Terms, id},
    events::{TermsSet, word},
    store::Id,
};
use ogpu_common::amount;
use ogpu_rules::{Bidding, Rising, RuleError, TaskState};

use crate::MarketOrders;

impl MarketOrders {
    /// Makes a task for `client`, paid by the caller, and locks its budget.
    pub(crate) fn order(
        &mut self,
        client: Address,
        metadata: &[u8],
        budget: U256,
        duration: u64,
        terms: &Terms,
    ) -> Result<U256, Error> {
        let payer = self.caller();
        let window = Some(terms.biddingWindow);
        let (task_id, state, rules) = self.place(client, payer, budget, duration, window, terms)?;
        self.lock_budget(task_id, payer, budget)?;
        self.announce(&task_id, client, &budget, &state, metadata);
        self.announce_terms(&task_id, payer, &rules, terms);
        Ok(task_id)
    }

    /// Writes a task with terms of its own.
    pub(crate) fn place(
        &mut self,
        client: Address,
        payer: Address,
        budget: U256,
        duration: u64,
        window: Option<u64>,
        terms: &Terms,
    ) -> Result<(U256, TaskState, ogpu_rules::Terms), Error> {
        let refused = |rule| self.refused(&U256::ZERO, &U256::ZERO, rule);
        let bidding = Bidding::from_number(terms.bidding).map_err(refused)?;
        self.check_verifier(terms.verifier)?;
        let rules = ogpu_rules::Terms {
            min_trust: terms.minTrust,
            trust_weight: terms.trustWeight,
            min_collateral: amount::checked(terms.minCollateral)?,
            verifier: terms.verifier,
            verifier_fee: amount::checked(terms.verifierFee)?,
            bidding,
            reveal_minutes: terms.revealMinutes,
            listed: !terms.allowList.is_zero(),
            sponsored: payer != client,
        };
        let rules = rules.checked().map_err(refused)?;
        let wei = amount::checked(budget)?;
        let top = rules.spendable(wei);
        if top == 0 {
            let (price, budget) = (rules.verifier_fee, wei);
            return Err(refused(RuleError::PriceAboveBudget { price, budget }));
        }
        let minutes = terms.revealMinutes.into();
        let (least, most) = match bidding {
            Bidding::Sealed => (1, u128::from(terms.biddingWindow.saturating_sub(1) / 60)),
            _ => (0, 0),
        };
        ogpu_rules::params::in_range(13, minutes, least, most).map_err(refused)?;
        let rising = match bidding {
            Bidding::Rising => {
                let start = amount::checked(terms.startPrice)?;
                let window = u32::try_from(terms.biddingWindow).unwrap_or(u32::MAX);
                Rising::checked(window, start, top).map_err(refused)?.pack()
            }
            _ => B256::ZERO,
        };

        let (task_id, state) = self.create(client, budget, duration, window, Some(rules))?;
        if payer != client {
            self.sponsors.insert(Id(task_id), payer);
        }
        if !terms.verifierData.is_zero() {
            self.verifier_data.insert(Id(task_id), terms.verifierData);
        }
        if rules.listed {
            self.allow_lists.insert(Id(task_id), terms.allowList);
        }
        if !rising.is_zero() {
            self.risings.insert(Id(task_id), rising);
        }
        Ok((task_id, state, rules))
    }

    /// Tells the world of a task's terms. Emits `TermsSet`.
    pub(crate) fn announce_terms(
        &self,
        task_id: &U256,
        payer: Address,
        rules: &ogpu_rules::Terms,
        terms: &Terms,
    ) {
        let words = [
            id(rules.min_trust.into()),
            terms.minCollateral,
            id(rules.trust_weight.into()),
            id(rules.verifier.into()),
            terms.verifierFee,
            terms.verifierData.into(),
            terms.allowList.into(),
            id(terms.bidding.into()),
            terms.startPrice,
            id(terms.revealMinutes.into()),
        ];
        self.emit(
            &TermsSet::SIGNATURE_HASH,
            &[task_id, &word(payer)],
            &words.each_ref(),
        );
    }
}
