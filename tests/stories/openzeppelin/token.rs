//! The token.

mod calls;
pub mod differences;
pub mod signatures;
pub mod stylus;

use std::collections::BTreeMap;

use eyre::{Result, ensure};
use ogpu_client::alloy::{
    primitives::{Address, U256},
    sol_types::{Eip712Domain, SolCall, SolValue},
};

use super::{
    Order, Outcome, World, abi,
    contracts::Token::{self, *},
    random::Random,
    upgrades::Upgradeable,
};
use differences::{DIFFERENCES, ONE_SIDED, REASONS};

/// The whole supply, in wei.
fn supply() -> U256 {
    U256::from(10).pow(U256::from(27))
}
/// A pair of tokens, and what is known of them.
pub struct Tokens {
    pub token: Address,
    /// The signing domains of theirs and ours.
    domains: [Eip712Domain; 2],
    upgrades: Upgradeable,
    owner: Address,
    balances: BTreeMap<Address, U256>,
    allowances: BTreeMap<(Address, Address), U256>,
    nonces: BTreeMap<Address, U256>,
    /// Times of which it is asked what they were like.
    times: Vec<u64>,
    counts_blocks: bool,
    /// Calls with signatures that were used.
    used: Vec<Order>,
}

impl Tokens {
    /// Puts both behind proxies, with an owner and a first holder of the supply.
    pub async fn deploy(
        world: &mut World,
        clock_mode: u8,
        [owner, holder]: [Address; 2],
    ) -> Result<Self> {
        let implementations = world
            .implementations("ogpu-token", &Token::BYTECODE)
            .await?;
        let [theirs, ours] = implementations;
        let next = world.another(implementations, &Token::BYTECODE).await?;
        let call = initializeCall {
            owner,
            holder,
            supply: supply(),
            clockMode: clock_mode,
        };
        let call = call.abi_encode();
        let token = world.pair(theirs, ours, &call).await?;
        let mut tokens = Self::of(world, token, [theirs, next], call).await?;
        tokens.counts_blocks = clock_mode == 1;
        Ok(tokens)
    }

    /// What is known of a new pair, on the first of these implementations.
    async fn of(
        world: &mut World,
        token: Address,
        implementations: [Address; 2],
        initialize: Vec<u8>,
    ) -> Result<Self> {
        let upgrades = Upgradeable::new(world, implementations, initialize).await?;
        let chain = world.chain().id();
        let domains = [token, world.ours(token)].map(|contract| {
            Eip712Domain::new(
                Some("OGPU".into()),
                Some("1".into()),
                Some(U256::from(chain)),
                Some(contract),
                None,
            )
        });
        world.same(domains[0].separator(), domains[1].separator());
        Ok(Self {
            token,
            domains,
            upgrades,
            owner: Address::ZERO,
            balances: BTreeMap::new(),
            allowances: BTreeMap::new(),
            nonces: BTreeMap::new(),
            times: vec![0],
            counts_blocks: false,
            used: Vec::new(),
        })
    }

    pub fn order(&self, call: &impl SolCall) -> Order {
        Order::call(self.token, call)
    }

    fn clock(&self, world: &World) -> u64 {
        if self.counts_blocks {
            world.block
        } else {
            world.now
        }
    }

    /// What never changes.
    fn constants(&self) -> Vec<Order> {
        vec![
            self.order(&nameCall {}),
            self.order(&symbolCall {}),
            self.order(&decimalsCall {}),
            self.order(&CLOCK_MODECall {}),
            self.order(&DOMAIN_SEPARATORCall {}),
            self.order(&eip712DomainCall {}),
            self.order(&UPGRADE_INTERFACE_VERSIONCall {}),
            self.order(&proxiableUUIDCall {}),
        ]
    }

    /// Every view that can change, of `accounts`.
    fn views(&self, world: &mut World, accounts: &[Address]) -> Vec<Order> {
        let mut views = vec![
            self.order(&totalSupplyCall {}),
            self.order(&clockCall {}),
            self.order(&ownerCall {}),
        ];
        for &account in accounts {
            views.push(self.order(&balanceOfCall { account }));
            views.push(self.order(&noncesCall { owner: account }));
            views.push(self.order(&delegatesCall { account }));
            views.push(self.order(&getVotesCall { account }));
            views.push(self.order(&numCheckpointsCall { account }));
            let (timepoint, pos) = (self.time(world), world.random.below(6) as u32);
            views.push(self.order(&getPastVotesCall { account, timepoint }));
            views.push(self.order(&checkpointsCall { account, pos }));
            for &spender in accounts {
                views.push(self.order(&allowanceCall {
                    owner: account,
                    spender,
                }));
            }
        }
        let timepoint = self.time(world);
        views.push(self.order(&getPastTotalSupplyCall { timepoint }));
        views
    }

    /// People, and who else there is.
    fn everybody(&self, world: &World) -> Vec<Address> {
        let others = [Address::ZERO, self.token, Address::repeat_byte(0xaa)];
        world.people().into_iter().chain(others).collect()
    }

    /// A time at which, or about which, something happened; also what is no such time.
    fn time(&self, world: &mut World) -> U256 {
        let now = U256::from(self.clock(world));
        match world.random.below(16) {
            0 => now,
            1 => now + U256::ONE,
            2 => world.random.word() >> world.random.below(256),
            3 => now.saturating_sub(U256::ONE),
            _ => {
                let time = U256::from(world.random.of(&self.times));
                match world.random.below(3) {
                    0 => time.saturating_sub(U256::ONE),
                    1 => time,
                    _ => time + U256::ONE,
                }
            }
        }
    }

    /// Compares everything about everybody.
    async fn look(&mut self, world: &mut World) -> Result<()> {
        let everybody = self.everybody(world);
        world.look(&self.constants()).await?;
        self.look_at(world, &everybody).await
    }

    /// Compares everything about `accounts`.
    async fn look_at(&mut self, world: &mut World, accounts: &[Address]) -> Result<()> {
        let views = self.views(world, accounts);
        self.learn(world, &views).await?;
        self.upgrades.look(world, self.token).await
    }

    /// Compares `views`, and learns what the next calls are made from.
    async fn learn(&mut self, world: &mut World, views: &[Order]) -> Result<()> {
        let seen = world.look(views).await?;
        for (view, output) in views.iter().zip(seen) {
            let number = || U256::abi_decode(&output);
            if let Ok(call) = balanceOfCall::abi_decode(&view.theirs) {
                self.balances.insert(call.account, number()?);
            } else if ownerCall::abi_decode(&view.theirs).is_ok() {
                self.owner = Address::abi_decode(&output)?;
            } else if let Ok(call) = noncesCall::abi_decode(&view.theirs) {
                self.nonces.insert(call.owner, number()?);
            } else if let Ok(call) = allowanceCall::abi_decode(&view.theirs) {
                self.allowances
                    .insert((call.owner, call.spender), number()?);
            }
        }
        Ok(())
    }

    /// Whom a call and what came of it name.
    fn named(
        &self,
        world: &World,
        actor: Address,
        order: &Order,
        outcome: &Outcome,
    ) -> Vec<Address> {
        let mut text = order.theirs.to_vec();
        for (_, log) in &outcome.logs {
            log.topics().iter().for_each(|topic| text.extend(topic.0));
        }
        let mut named = self.everybody(world);
        named.retain(|account| {
            *account == actor || text.windows(20).any(|window| account == window)
        });
        named
    }

    /// One random call, and everything compared after it of those whom it names; of everybody now and then.
    async fn step(&mut self, world: &mut World, step: usize) -> Result<bool> {
        world.pass().await?;
        let (actor, order) = self.next(world);
        if order.ours.is_some() {
            self.recover(world, &order);
        }
        let outcome = world.send(actor, &order).await?;
        if outcome.success {
            let clock = self.clock(world);
            if !outcome.logs.is_empty() && self.times.last() != Some(&clock) {
                self.times.push(clock);
            }
            if order.ours.is_some() && order.theirs.len() > 4 {
                self.used.push(order.clone());
            }
        }
        if step.is_multiple_of(16) {
            self.look(world).await?;
        } else {
            let named = self.named(world, actor, &order, &outcome);
            self.look_at(world, &named).await?;
        }
        Ok(outcome.success)
    }
}

#[test]
fn a_token_declares_what_openzeppelins_does() -> Result<()> {
    let meant = ONE_SIDED.iter().flat_map(|(names, _)| names.iter());
    abi::compare("Token", "ogpu-token", meant)
}

async fn life(clock_mode: u8) -> Result<()> {
    let mut world = World::new(DIFFERENCES).await?;
    let people = [world.actors[0], world.actors[1]];
    let mut tokens = Tokens::deploy(&mut world, clock_mode, people).await?;
    world.random = Random::new(world.seed + u64::from(clock_mode)); // other calls in the other mode
    world.wait(1, 1).await?;
    tokens.look(&mut world).await?;
    // Everybody has something to begin with.
    let (holder, share) = (world.actors[1], supply() / U256::from(10));
    for to in world.people() {
        let order = tokens.order(&transferCall { to, value: share });
        world.send(holder, &order).await?;
    }
    tokens.look(&mut world).await?;
    for order in tokens.corners() {
        world.send(holder, &order).await?;
    }
    let mut succeeded = 0;
    for step in 1..=world.steps {
        succeeded += usize::from(tokens.step(&mut world, step).await?);
    }
    tokens.look(&mut world).await?;
    let failed = world.steps - succeeded;
    ensure!(
        world.steps < 100 || succeeded.min(failed) * 5 > world.steps,
        "{succeeded} calls succeeded, {failed} failed: too one-sided to find much"
    );
    for order in tokens.upgrades.all(tokens.token) {
        world.send(tokens.owner, &order).await?;
    }
    let end = tokens.order(&renounceOwnershipCall {});
    world.send(tokens.owner, &end).await?;
    tokens.look(&mut world).await?;
    tokens.creations(&mut world).await?;
    world.all_met(&REASONS);
    Ok(())
}

#[tokio::test]
async fn a_token_does_what_openzeppelins_does() -> Result<()> {
    life(0).await
}

#[tokio::test]
async fn a_token_that_counts_blocks_does_what_openzeppelins_does() -> Result<()> {
    life(1).await
}
