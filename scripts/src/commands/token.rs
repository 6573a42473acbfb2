//! `ogpu token`

use clap::Subcommand;
use eyre::Result;
use ogpu_client::{
    alloy::primitives::{Address, U256},
    amount,
};
use serde_json::json;

use super::parse_amount;
use crate::context::Context;

/// Hold, send and vote with oGPU.
#[derive(Subcommand)]
pub enum Token {
    /// What an account holds
    Balance {
        /// The account; the signer's when left out
        account: Option<Address>,
    },
    /// Send oGPU
    Transfer {
        /// Who receives it
        to: Address,
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Let an account spend the signer's oGPU
    Approve {
        /// Who may spend
        spender: Address,
        /// How much, in oGPU
        #[arg(value_parser = parse_amount)]
        amount: U256,
    },
    /// Give the signer's votes to an account (to itself, to vote with them)
    Delegate {
        /// Who votes
        to: Address,
    },
}

impl Token {
    /// Runs the command.
    pub async fn run(self, context: &Context) -> Result<()> {
        let market = context.market().await?;
        let chain = market.chain();
        let token = market.token();
        match self {
            Self::Balance { account } => {
                let account = match account {
                    Some(account) => account,
                    None => context.account(chain)?.address(),
                };
                let balance = chain
                    .read("reading the balance", token.balanceOf(account))
                    .await?;
                let votes = chain
                    .read("reading the votes", token.getVotes(account))
                    .await?;
                let text = format!(
                    "{account} holds {} oGPU and {} votes",
                    amount::format(balance),
                    amount::format(votes)
                );
                context.print(&text, &json!({ "account": account, "balance": balance.to_string(), "votes": votes.to_string() }));
            }
            Self::Transfer { to, amount } => {
                let receipt = context
                    .account(chain)?
                    .send("transferring oGPU", token.transfer(to, amount))
                    .await?;
                context.sent(
                    &format!("sent {} oGPU to {to}", amount::format(amount)),
                    &receipt,
                    json!({}),
                );
            }
            Self::Approve { spender, amount } => {
                let receipt = context
                    .account(chain)?
                    .send("approving oGPU", token.approve(spender, amount))
                    .await?;
                context.sent(
                    &format!("{spender} may spend {} oGPU", amount::format(amount)),
                    &receipt,
                    json!({}),
                );
            }
            Self::Delegate { to } => {
                let receipt = context
                    .account(chain)?
                    .send("delegating votes", token.delegate(to))
                    .await?;
                context.sent(&format!("{to} votes"), &receipt, json!({}));
            }
        }
        Ok(())
    }
}
