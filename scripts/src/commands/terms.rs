//! A task's terms, as options of the commands that make tasks.

use std::path::PathBuf;

use clap::Args;
use eyre::{Result, ensure};
use ogpu_client::{
    AllowList, Market,
    alloy::primitives::{B256, U256},
    bindings::task_manager::Terms,
};

use super::parse_amount;

/// Number of sealed bids in a task's terms.
const SEALED: u8 = 1;
/// Number of a rising price.
const RISING: u8 = 2;

/// Who judges the result in the client's place.
#[derive(Args, Clone)]
pub struct Judge {
    /// Who judges the result: a number of `ogpu verifier list`; you, when left out
    #[arg(long, value_name = "NUMBER")]
    verifier: Option<u8>,
    /// What the verifier gets out of the budget for its verdict, in oGPU
    #[arg(long, value_parser = parse_amount, value_name = "AMOUNT", requires = "verifier")]
    verifier_fee: Option<U256>,
    /// Tells the verifier what to verify: 32 bytes, hexadecimal; what they mean is the verifier's
    #[arg(long, value_name = "BYTES32", requires = "verifier")]
    verifier_data: Option<B256>,
}

/// Who may bid, and how.
#[derive(Args, Clone)]
pub struct TermsArgs {
    /// Seconds for bids; the market's default when left out
    #[arg(long, value_name = "SECONDS")]
    bidding_window: Option<u64>,
    /// The least trust a provider must have, 0 to 10,000
    #[arg(long, value_name = "SCORE")]
    min_trust: Option<u16>,
    /// The least free collateral a provider must have, in oGPU
    #[arg(long, value_parser = parse_amount, value_name = "AMOUNT")]
    min_collateral: Option<U256>,
    /// How much trust counts against price, in basis points; the market's default when left out
    #[arg(long, value_name = "BPS")]
    trust_weight: Option<u16>,
    /// Only these providers may bid: a file with one provider id a line. Give it to them, they need it to bid
    #[arg(long, value_name = "FILE")]
    allow_list: Option<PathBuf>,
    /// Sealed bids: nobody sees a price before the last MINUTES of the bidding, in which providers open theirs
    #[arg(long, value_name = "MINUTES", conflicts_with = "rising")]
    sealed: Option<u16>,
    /// A price that rises from START, in oGPU, to the budget while bidding lasts; the first provider to take it has the task
    #[arg(long, value_parser = parse_amount, value_name = "START")]
    rising: Option<U256>,
    #[command(flatten)]
    judge: Judge,
}

impl Judge {
    fn is_client(&self) -> bool {
        self.verifier.is_none()
    }

    /// Terms about nothing else.
    pub fn terms(&self) -> Terms {
        Terms {
            verifier: self.verifier.unwrap_or(0),
            verifierFee: self.verifier_fee.unwrap_or(U256::ZERO),
            verifierData: self.verifier_data.unwrap_or(B256::ZERO),
            ..Terms::default()
        }
    }
}

impl TermsArgs {
    /// Whether nothing was asked for, so that the plain way will do.
    pub fn is_plain(&self) -> bool {
        self.bidding_window.is_none()
            && self.min_trust.is_none()
            && self.min_collateral.is_none()
            && self.trust_weight.is_none()
            && self.allow_list.is_none()
            && self.sealed.is_none()
            && self.rising.is_none()
            && self.judge.is_client()
    }

    /// The terms, with the market's defaults where nothing was said.
    pub async fn terms(&self, market: &Market) -> Result<Terms> {
        let parameters = market.parameters().await?;
        let window = self.bidding_window;
        let window = window.unwrap_or(parameters.biddingWindow.into());
        if let Some(minutes) = self.sealed {
            let opening = 60 * u64::from(minutes);
            ensure!(
                0 < opening && opening < window,
                "opening sealed bids for {minutes} min does not fit bidding of {window} s: choose 1 min or more, and less than the bidding (--bidding-window)"
            );
        }
        let list = self
            .allow_list
            .as_deref()
            .map(AllowList::load)
            .transpose()?;
        Ok(Terms {
            biddingWindow: window,
            minTrust: self.min_trust.unwrap_or(0),
            minCollateral: self.min_collateral.unwrap_or(U256::ZERO),
            trustWeight: self.trust_weight.unwrap_or(parameters.trustWeight),
            allowList: list.map_or(B256::ZERO, |list| list.root()),
            bidding: match (self.sealed, self.rising) {
                (Some(_), _) => SEALED,
                (None, Some(_)) => RISING,
                (None, None) => 0,
            },
            revealMinutes: self.sealed.unwrap_or(0),
            startPrice: self.rising.unwrap_or(U256::ZERO),
            ..self.judge.terms()
        })
    }
}
