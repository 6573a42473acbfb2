//! Whether every token is where it should be.

use eyre::{Result, ensure};
use ogpu_client::alloy::primitives::U256;

use crate::Harness;

impl Harness {
    /// Proves, over everybody who ever acted, that the escrow holds exactly what it owes, the vault exactly
    /// what it owes, and all together exactly the supply.
    ///
    /// # Errors
    /// When one of them does not hold, with the amounts.
    pub async fn check_books(&self) -> Result<()> {
        let chain = self.chain();
        let (token, escrow, vault) = (
            self.market.token(),
            self.market.escrow(),
            self.market.vault(),
        );
        let actors = self
            .actors
            .lock()
            .expect("no test panics while it adds an actor")
            .clone();
        let mut wallets = U256::ZERO;
        let mut escrow_owes = chain.read("reading the fees", escrow.accruedFees()).await?;
        let mut vault_owes = U256::ZERO;
        for address in actors {
            wallets += chain
                .read("reading a balance", token.balanceOf(address))
                .await?;
            escrow_owes += chain
                .read("reading a balance", escrow.balanceOf(address))
                .await?;
            escrow_owes += chain
                .read("reading what is locked", escrow.lockedOf(address))
                .await?;
            let account = chain
                .read("reading a stake", vault.accountOf(address))
                .await?;
            vault_owes += account.free + account.locked + account.unbonding + account.compensation;
        }
        let addresses = self.market.addresses();
        let slashes = chain
            .read("reading slashes", vault.accruedSlashes())
            .await?;
        vault_owes += slashes.toTreasury + slashes.toBurn;
        let escrow_holds = chain
            .read("reading a balance", token.balanceOf(addresses.escrow))
            .await?;
        let vault_holds = chain
            .read("reading a balance", token.balanceOf(addresses.vault))
            .await?;
        let supply = chain
            .read("reading the supply", token.totalSupply())
            .await?;
        ensure!(
            escrow_holds == escrow_owes,
            "the escrow holds {escrow_holds} wei and owes {escrow_owes}"
        );
        ensure!(
            vault_holds == vault_owes,
            "the vault holds {vault_holds} wei and owes {vault_owes}"
        );
        let held = wallets + escrow_holds + vault_holds;
        ensure!(
            held == supply,
            "{held} wei are held, and the supply is {supply}"
        );
        Ok(())
    }
}
