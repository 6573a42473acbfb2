//! What the same calls cost there and here: both behind their proxies, our programs cached, sent straight to them.

use eyre::{ContextCompat, Result};
use ogpu_client::{
    Account,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, U256},
        rpc::types::TransactionRequest,
    },
};
use serde_json::{Value, json};

use super::{
    Order, World,
    contracts::Token::*,
    timelock::Timelocks,
    token::{
        Tokens,
        differences::DIFFERENCES,
        signatures::{Delegation, Permit, Spoilt},
    },
};
use crate::figures::{self, grouped};

/// The figures of theirs and of ours, by what was done.
#[derive(Default)]
struct Notes(Vec<(&'static str, [u64; 2])>);

impl Notes {
    /// Has `account` send the call to both, each at a later time than the one before, and notes what it cost.
    async fn note(
        &mut self,
        world: &mut World,
        name: &'static str,
        account: &Account,
        order: &Order,
    ) -> Result<()> {
        let gas = send(world, account, order).await?;
        self.0.push((name, gas));
        Ok(())
    }

    fn report(&self) -> Value {
        let rows = self.0.iter().map(|(call, [theirs, ours])| {
            let ratio = (*ours as f64 / *theirs as f64 * 100.0).round() / 100.0;
            json!({ "call": call, "theirs": theirs, "ours": ours, "ratio": ratio })
        });
        rows.collect()
    }

    fn table(&self) -> String {
        let mut text = "\n| call | theirs | ours | ours ÷ theirs |\n|---|--:|--:|--:|\n".to_owned();
        for (call, [theirs, ours]) in &self.0 {
            text += &format!(
                "| {call} | {} | {} | {:.2} |\n",
                grouped(*theirs),
                grouped(*ours),
                *ours as f64 / *theirs as f64
            );
        }
        text + "\n"
    }
}

/// Has `account` send the call to both, and gives what it cost.
async fn send(world: &mut World, account: &Account, order: &Order) -> Result<[u64; 2]> {
    let mut gas = Vec::new();
    for order in world.orders(order) {
        world.wait(10, 1).await?;
        let request = TransactionRequest::default()
            .with_to(order.target)
            .with_value(order.value)
            .with_input(order.data);
        let receipt = account.send_request("measuring", request).await?;
        gas.push(world.harness.execution_gas(&receipt).await?);
    }
    gas.try_into().ok().wrap_err("there are two")
}

/// A token's calls, each after one like it.
async fn token(world: &mut World, notes: &mut Notes) -> Result<()> {
    let mut people = Vec::new();
    for _ in 0..3 {
        people.push(world.harness.stage().account().await?);
    }
    let [a, b, c] = &people[..] else {
        unreachable!("there are three")
    };
    let [first, second, third] = [a, b, c].map(Account::address);
    let tokens = Tokens::deploy(world, 0, [first, first]).await?;
    let some = U256::from(1_000_000_007u64);
    let transfer = |to| tokens.order(&transferCall { to, value: some });
    let approve = |value| {
        let spender = second;
        tokens.order(&approveCall { spender, value })
    };
    let delegate = |delegatee| tokens.order(&delegateCall { delegatee });
    let permit = |world: &World, nonce: u64| {
        let permit = Permit {
            owner: first,
            spender: third,
            value: some,
            nonce: U256::from(nonce),
            deadline: U256::MAX,
        };
        tokens.permit_by(world, a, permit, Spoilt::NOT)
    };
    let delegation = |world: &World, delegatee: Address, nonce: u64| {
        let delegation = Delegation {
            delegatee,
            nonce: U256::from(nonce),
            expiry: U256::MAX,
        };
        tokens.delegation_by(world, a, delegation, Spoilt::NOT)
    };
    let take = tokens.order(&transferFromCall {
        from: first,
        to: third,
        value: some,
    });
    let burn = tokens.order(&burnCall { value: some });

    for to in [second, third] {
        send(world, a, &transfer(to)).await?;
    }
    notes
        .note(world, "transfer, nobody delegated", a, &transfer(second))
        .await?;
    send(world, a, &approve(some)).await?;
    notes
        .note(world, "approve", a, &approve(some * some))
        .await?;
    send(world, b, &take).await?;
    notes.note(world, "transferFrom", b, &take).await?;
    let order = permit(world, 0);
    send(world, c, &order).await?;
    let order = permit(world, 1);
    notes.note(world, "permit", c, &order).await?;
    send(world, a, &burn).await?;
    notes.note(world, "burn", a, &burn).await?;

    notes
        .note(
            world,
            "delegate, to oneself, for the first time",
            a,
            &delegate(first),
        )
        .await?;
    send(world, b, &delegate(second)).await?;
    send(world, a, &transfer(second)).await?;
    notes
        .note(world, "transfer, both delegated", a, &transfer(second))
        .await?;
    send(world, a, &delegate(second)).await?;
    notes
        .note(world, "delegate, to another", a, &delegate(first))
        .await?;
    let order = delegation(world, second, 2);
    send(world, c, &order).await?;
    let order = delegation(world, first, 3);
    notes
        .note(world, "delegateBySig, to another", c, &order)
        .await?;
    Ok(())
}

/// A timelock's calls, each after one like it; nothing while there is none of ours.
async fn timelock(world: &mut World, notes: &mut Notes) -> Result<()> {
    let account = world.harness.stage().account().await?;
    let timelocks = Timelocks::deploy(world).await?;
    if world.stand_in {
        return Ok(());
    }
    let admin = world.actors[0];
    for order in timelocks.grants(account.address()) {
        world.send(admin, &order).await?;
    }
    for (calls, [schedule, execute]) in [
        (None, ["schedule", "execute"]),
        (
            Some(3),
            ["scheduleBatch, three calls", "executeBatch, three calls"],
        ),
    ] {
        let [put, run, _] = timelocks.simple(world, calls, 1);
        send(world, &account, &put).await?;
        world.wait(1_000, 1).await?;
        send(world, &account, &run).await?;
        let [put, run, _] = timelocks.simple(world, calls, 2);
        notes.note(world, schedule, &account, &put).await?;
        world.wait(1_000, 1).await?;
        notes.note(world, execute, &account, &run).await?;
    }
    let [put, _, cancel] = timelocks.simple(world, None, 3);
    send(world, &account, &put).await?;
    notes.note(world, "cancel", &account, &cancel).await
}

#[tokio::test]
async fn gas_beside_openzeppelin_is_what_the_snapshot_says() -> Result<()> {
    let mut world = World::new(DIFFERENCES).await?;
    let mut notes = Notes::default();
    token(&mut world, &mut notes).await?;
    timelock(&mut world, &mut notes).await?;
    figures::hold(&notes.report(), &notes.table(), "openzeppelin")
}
