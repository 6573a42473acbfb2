//! What the same calls cost there and here: both behind their proxies, our programs cached, sent straight to them.

use std::collections::BTreeSet;

use eyre::{ContextCompat, Result, ensure};
use ogpu_client::{
    Account,
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, U256},
        providers::Provider as _,
        rpc::types::TransactionRequest,
        sol_types::SolCall as _,
    },
    bindings::governance::Ballot,
};
use serde_json::{Value, json};

use super::{
    Order, World,
    contracts::{
        Actor,
        Governor::{castVoteCall, proposalVotesCall},
        Stake,
        Token::*,
    },
    deep,
    governor::{self, Governors},
    timelock::Timelocks,
    token::{
        Tokens,
        differences::DIFFERENCES,
        signatures::{Delegation, Permit, Spoilt},
        stylus::differences as stylus_differences,
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

    /// The bounds, whatever the snapshot says: what holders and proposers do costs no more than theirs, a batch of ballots at most half
    /// of single ones, and nothing else more than a fiftieth more.
    fn check(&self) -> Result<()> {
        let never_more = [
            "castVote",
            "castVoteBySig",
            "propose",
            "queue",
            "execute",
            "delegate",
            "transfer",
            "permit",
            "schedule",
        ];
        let mut seen = BTreeSet::new();
        for (call, [theirs, ours]) in &self.0 {
            let function = call.split([',', ' ']).next().unwrap_or_default();
            let bound = match function {
                "castVoteBySigBatch" => theirs / 2,
                _ if never_more.contains(&function) => *theirs,
                _ => theirs + theirs / 50,
            };
            ensure!(
                *ours <= bound,
                "{call}: {ours} gas, and at most {bound} is allowed"
            );
            seen.insert(function);
        }
        let unseen = never_more.iter().find(|function| !seen.contains(*function));
        ensure!(unseen.is_none(), "nothing says what {unseen:?} costs");
        Ok(())
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
    let [theirs, ours] = world.orders(order);
    Ok([
        send_one(world, account, theirs).await?,
        send_one(world, account, ours).await?,
    ])
}

/// Has `account` send the call to one, and gives what it cost.
async fn send_one(world: &mut World, account: &Account, order: Actor::Order) -> Result<u64> {
    world.wait(10, 1).await?;
    let request = TransactionRequest::default()
        .with_to(order.target)
        .with_value(order.value)
        .with_input(order.data);
    let receipt = account.send_request("measuring", request).await?;
    world.harness.execution_gas(&receipt).await
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

/// A deposit of stake into our vault, and into one like it over their contracts and their token.
async fn stake(world: &mut World, notes: &mut Notes) -> Result<()> {
    let account = world.harness.stage().account().await?;
    let owner = account.address();
    let tokens = Tokens::deploy(world, 0, [owner, owner]).await?;
    let implementations = world
        .implementations("staking-vault", &Stake::BYTECODE)
        .await?;
    let call = Stake::initializeCall {
        owner,
        token_: tokens.token,
        _2: owner,           // our treasury
        _3: 30 * 24 * 3_600, // how long our stake unbonds
    };
    let call = call.abi_encode();
    let translated = world.translate(&call);
    let mut vaults = Vec::new();
    for code in world.proxies(implementations, [&call[..], &translated[..]])? {
        let request = TransactionRequest::default().with_deploy_code(code);
        let receipt = account.send_request("creating", request).await?;
        vaults.push(receipt.contract_address.wrap_err("no contract")?);
    }
    let [theirs, ours] = vaults[..] else {
        unreachable!("there are two")
    };
    world.same(theirs, ours);
    let amount = U256::from(1_000_000_007u64);
    let approve = tokens.order(&approveCall {
        spender: theirs,
        value: amount * amount,
    });
    send(world, &account, &approve).await?;
    let deposit = Order::call(theirs, &Stake::stakeCall { amount });
    send(world, &account, &deposit).await?;
    notes.note(world, "stake, again", &account, &deposit).await
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

/// Ballots in a batch.
const BATCH: usize = 50;

/// A governor's calls, on one proposal after another like it: what is measured is the second.
async fn governor(world: &mut World, notes: &mut Notes) -> Result<()> {
    world.differences = governor::DIFFERENCES;
    let mut people = Vec::new();
    for _ in 0..4 + BATCH {
        people.push(world.harness.stage().account().await?);
    }
    let [holder, first, later, signer, crowd @ ..] = &people[..] else {
        unreachable!("there are more")
    };
    let governors = Governors::deploy(world, holder.address(), Address::ZERO).await?;
    if world.stand_in {
        return Ok(());
    }
    for person in &people {
        let (to, value) = (person.address(), U256::from(10).pow(U256::from(24)));
        let transfer = governors.tokens.order(&transferCall { to, value });
        send(world, holder, &transfer).await?;
        let delegate = governors.tokens.order(&delegateCall { delegatee: to });
        send(world, person, &delegate).await?;
    }
    for round in 0..2u8 {
        let mut rows = Notes::default();
        let proposal = governors.proposal(world, round);
        let id = proposal.id();
        let vote = governors.order(&castVoteCall {
            proposalId: id,
            support: 1,
        });
        let ballot = |voter: &Account| Ballot {
            proposalId: id,
            support: 1,
            voter: voter.address(),
            nonce: U256::from(round),
        };
        let propose = governors.order(&proposal.propose());
        rows.note(world, "propose, one action", holder, &propose)
            .await?;
        world.wait(governor::DELAY, 1).await?;
        let name = "castVote, for, the first on a proposal";
        rows.note(world, name, first, &vote).await?;
        let name = "castVote, for, a later one";
        rows.note(world, name, later, &vote).await?;
        let signed = governors.ballot(world, signer, &ballot(signer));
        rows.note(world, "castVoteBySig, for", first, &signed)
            .await?;
        let [_, one] = rows.0.last().wrap_err("it is noted")?.1;
        let batch = governors.batch(world, id, crowd, U256::from(round));
        let fifty = send_one(world, first, batch).await?;
        let all = U256::from(3 + BATCH) * U256::from(10).pow(U256::from(24));
        let counted = proposalVotesCall { proposalId: id }.abi_encode();
        let to = world.ours(governors.governor);
        let votes = world.chain().provider().call(
            TransactionRequest::default()
                .with_to(to)
                .with_input(world.translate(&counted)),
        );
        let votes = proposalVotesCall::abi_decode_returns(&votes.await?)?;
        ensure!(votes.forVotes == all, "a ballot does not count");
        let name = "castVoteBySigBatch of 50, beside 50 × castVoteBySig of ours";
        rows.0.push((name, [BATCH as u64 * one, fifty]));
        rows.note(world, "castVote, for, reaching the quorum", holder, &vote)
            .await?;
        world.wait(governor::PERIOD, 1).await?;
        let [queue, execute, _] = governors.calls(&proposal);
        rows.note(world, "queue, one action", first, &queue).await?;
        world.wait(1_000, 1).await?;
        rows.note(world, "execute, one action", first, &execute)
            .await?;
        let other = governors.proposal(world, 10 + round);
        let propose = governors.order(&other.propose());
        send(world, holder, &propose).await?;
        let [_, _, cancel] = governors.calls(&other);
        let name = "cancel, by the proposer, a pending proposal";
        rows.note(world, name, holder, &cancel).await?;
        if round == 1 {
            notes.0.extend(rows.0);
        }
    }
    Ok(())
}

/// A token's calls beside OpenZeppelin's Stylus contracts, each after one like it.
async fn stylus(world: &mut World, notes: &mut Notes) -> Result<()> {
    let mut people = Vec::new();
    for _ in 0..3 {
        people.push(world.harness.stage().account().await?);
    }
    let [a, b, c] = &people[..] else {
        unreachable!("there are three")
    };
    let [first, second, third] = [a, b, c].map(Account::address);
    let tokens = Tokens::deploy_stylus(world, [first, first]).await?;
    let some = U256::from(1_000_000_007u64);
    for round in 0..2u64 {
        let mut rows = Notes::default();
        let call = tokens.order(&transferCall {
            to: second,
            value: some,
        });
        rows.note(world, "transfer", a, &call).await?;
        let call = tokens.order(&approveCall {
            spender: second,
            value: some * U256::from(round + 2), // of which something is left
        });
        rows.note(world, "approve", a, &call).await?;
        let call = tokens.order(&transferFromCall {
            from: first,
            to: third,
            value: some,
        });
        rows.note(world, "transferFrom", b, &call).await?;
        let permit = Permit {
            owner: first,
            spender: third,
            value: some,
            nonce: U256::from(round),
            deadline: U256::MAX,
        };
        let call = tokens.permit_by(world, a, permit, Spoilt::NOT);
        rows.note(world, "permit", c, &call).await?;
        let call = tokens.order(&balanceOfCall { account: first });
        rows.note(world, "balanceOf, in a transaction", a, &call)
            .await?;
        let call = tokens.upgrade(round as usize);
        rows.note(world, "upgradeToAndCall, without a call", a, &call)
            .await?;
        notes.0 = rows.0;
    }
    Ok(())
}

#[test]
fn gas_beside_openzeppelins_of_stylus_is_what_the_snapshot_says() -> Result<()> {
    deep(async {
        let mut world = World::new(stylus_differences::DIFFERENCES).await?;
        let mut notes = Notes::default();
        stylus(&mut world, &mut notes).await?;
        figures::hold(&notes.report(), &notes.table(), "openzeppelin-stylus")
    })
}

#[test]
fn gas_beside_openzeppelin_is_what_the_snapshot_says() -> Result<()> {
    deep(async {
        let mut world = World::new(DIFFERENCES).await?;
        let mut notes = Notes::default();
        token(&mut world, &mut notes).await?;
        stake(&mut world, &mut notes).await?;
        timelock(&mut world, &mut notes).await?;
        governor(&mut world, &mut notes).await?;
        notes.check()?;
        figures::hold(&notes.report(), &notes.table(), "openzeppelin")
    })
}
