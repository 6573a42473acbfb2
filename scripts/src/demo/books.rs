//! The books: who holds what, and whether it adds up to the last wei.

use eyre::{Result, ensure};
use ogpu_client::{
    alloy::primitives::{Address, U256},
    amount,
};
use serde_json::{Value, json};

use super::stage::Stage;
use crate::output::table;

/// What somebody has, in wei.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Holding {
    name: &'static str,
    wallet: U256,
    escrow: U256,
    locked: U256,
    stake: U256,
    compensation: U256,
    score: Option<U256>,
}

/// Everything at one moment.
pub struct Books {
    supply: U256,
    holdings: Vec<Holding>,
    fees: U256,
    slashes: U256,
    escrow_tokens: U256,
    vault_tokens: U256,
}

/// The books at two moments, found to be in order.
pub struct Changes<'a> {
    before: &'a Books,
    after: &'a Books,
}

impl Books {
    /// Reads the books.
    pub async fn take(stage: &Stage) -> Result<Self> {
        let market = &stage.market;
        let chain = market.chain();
        let token = market.token();
        let escrow = market.escrow();
        let of = |address: Address| chain.read("reading a balance", token.balanceOf(address));
        let parties = [
            ("client", stage.client.address(), None),
            (
                "provider 1",
                stage.swift.account.address(),
                Some(stage.swift.id),
            ),
            (
                "provider 2",
                stage.slow.account.address(),
                Some(stage.slow.id),
            ),
            ("treasury", stage.treasury, None),
            ("deployer", stage.deployer.address(), None),
        ];
        let mut holdings = Vec::new();
        for (name, address, id) in parties {
            let account = chain
                .read("reading a stake", market.vault().accountOf(address))
                .await?;
            let score = match id {
                Some(id) => Some(
                    chain
                        .read("reading a score", market.registry().scoreOf(id))
                        .await?,
                ),
                None => None,
            };
            holdings.push(Holding {
                name,
                wallet: of(address).await?,
                escrow: chain
                    .read("reading a balance", escrow.balanceOf(address))
                    .await?,
                locked: chain
                    .read("reading what is locked", escrow.lockedOf(address))
                    .await?,
                stake: account.free + account.locked + account.unbonding,
                compensation: account.compensation,
                score,
            });
        }
        Ok(Self {
            supply: chain
                .read("reading the supply", token.totalSupply())
                .await?,
            holdings,
            fees: chain.read("reading the fees", escrow.accruedFees()).await?,
            slashes: chain
                .read("reading the slashes", market.vault().accruedSlashes())
                .await
                .map(|slashes| slashes.toTreasury + slashes.toBurn)?,
            escrow_tokens: of(market.addresses().escrow).await?,
            vault_tokens: of(market.addresses().vault).await?,
        })
    }

    fn sum(&self, what: impl Fn(&Holding) -> U256) -> U256 {
        self.holdings
            .iter()
            .map(what)
            .fold(U256::ZERO, |sum, value| sum + value)
    }

    /// What the escrow owes: balances, fees, locks.
    fn escrow_owes(&self) -> U256 {
        self.sum(|holding| holding.escrow + holding.locked) + self.fees
    }

    /// What the vault owes: stakes, compensations, slashes.
    fn vault_owes(&self) -> U256 {
        self.sum(|holding| holding.stake + holding.compensation) + self.slashes
    }

    /// All tokens anybody holds.
    fn held(&self) -> U256 {
        self.sum(|holding| holding.wallet) + self.escrow_tokens + self.vault_tokens
    }

    /// Compares with the books `before`, and proves both to be in order.
    pub fn check<'a>(&'a self, before: &'a Self) -> Result<Changes<'a>> {
        for books in [before, self] {
            ensure!(
                books.held() == books.supply,
                "wallets, escrow and vault hold {} wei together, and the supply is {}",
                books.held(),
                books.supply
            );
            ensure!(
                books.escrow_tokens == books.escrow_owes(),
                "the escrow holds {} wei and owes {}",
                books.escrow_tokens,
                books.escrow_owes()
            );
            ensure!(
                books.vault_tokens == books.vault_owes(),
                "the vault holds {} wei and owes {}",
                books.vault_tokens,
                books.vault_owes()
            );
        }
        ensure!(
            self.supply <= before.supply,
            "the supply grew from {} to {} wei",
            before.supply,
            self.supply
        );
        Ok(Changes {
            before,
            after: self,
        })
    }

    fn json(&self) -> Value {
        let holdings: serde_json::Map<String, Value> = self
            .holdings
            .iter()
            .map(|holding| {
                let value = json!({
                    "wallet": holding.wallet.to_string(),
                    "escrow": holding.escrow.to_string(),
                    "locked": holding.locked.to_string(),
                    "stake": holding.stake.to_string(),
                    "compensation": holding.compensation.to_string(),
                    "score": holding.score.map(|score| score.to::<u64>()),
                });
                (holding.name.to_owned(), value)
            })
            .collect();
        json!({
            "supply": self.supply.to_string(),
            "escrow_tokens": self.escrow_tokens.to_string(),
            "vault_tokens": self.vault_tokens.to_string(),
            "fees": self.fees.to_string(),
            "accounts": holdings,
        })
    }
}

impl Changes<'_> {
    fn burned(&self) -> U256 {
        self.before.supply - self.after.supply
    }

    /// The books, for programs. They are only made when they add up.
    pub fn json(&self) -> Value {
        json!({
            "before": self.before.json(),
            "after": self.after.json(),
            "burned": self.burned().to_string(),
            "adds_up": true,
        })
    }

    /// The books, for people.
    pub fn table(&self) -> String {
        let change = |before: U256, after: U256| {
            if before == after {
                amount::format(after)
            } else {
                format!("{} → {}", amount::format(before), amount::format(after))
            }
        };
        let mut rows: Vec<Vec<String>> = (self.before.holdings.iter())
            .zip(&self.after.holdings)
            .map(|(before, after)| {
                vec![
                    after.name.to_owned(),
                    change(before.wallet, after.wallet),
                    change(before.escrow, after.escrow),
                    change(before.stake, after.stake),
                    change(before.compensation, after.compensation),
                    match (before.score, after.score) {
                        (Some(before), Some(after)) if before != after => {
                            format!("{before} → {after}")
                        }
                        (_, Some(score)) => score.to_string(),
                        _ => String::new(),
                    },
                ]
            })
            .collect();
        rows.push(vec![
            "fees".to_owned(),
            String::new(),
            change(self.before.fees, self.after.fees),
        ]);
        rows.push(vec![
            "sum".to_owned(),
            change(self.before.sum(|h| h.wallet), self.after.sum(|h| h.wallet)),
            change(self.before.escrow_owes(), self.after.escrow_owes()),
            change(self.before.sum(|h| h.stake), self.after.sum(|h| h.stake)),
            change(
                self.before.sum(|h| h.compensation),
                self.after.sum(|h| h.compensation),
            ),
        ]);
        let head = ["oGPU", "wallet", "escrow", "stake", "compensation", "score"];
        format!(
            "{}\n\nescrow holds {} oGPU, as it owes; vault holds {} oGPU, as it owes; {} burned; supply {}: adds up to the last wei",
            table(&head, &rows),
            amount::format(self.after.escrow_tokens),
            amount::format(self.after.vault_tokens),
            amount::format(self.burned()),
            amount::format(self.after.supply),
        )
    }
}
