//! What to say: arguments after their names, and if a name says nothing, after their types.

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_rules::{MAX_AMOUNT, seal::seal};

use super::{Generator, Scene};
use crate::{
    abi::{Kind, Parameter, Value, word},
    world::{
        COMMITTEE, ESCROW, HOLDERS, MARKET, OGPU, OPTIMISTIC, PAUSABLE, STRANGERS, TOKEN, TREASURY,
        VAULT, World,
    },
};

/// What a task's terms are to be, as far as one field depends on another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    verifier: u8,
    verifier_fee: u128,
    bidding: u8,
    window: u64,
    reveal_minutes: u64,
}

impl Generator<'_> {
    /// An argument.
    pub(super) fn argument(
        &mut self,
        world: &World,
        scene: &Scene<'_>,
        parameter: &Parameter,
    ) -> Value {
        if self.chance(3) {
            return self.wild(&parameter.kind);
        }
        let name = parameter.name.as_str();
        match &parameter.kind {
            Kind::Tuple(fields) => {
                let plan = self.plan(world);
                let values = fields.iter().map(|field| {
                    if self.chance(1) {
                        return self.wild(&field.kind);
                    }
                    match self.planned(plan, &field.name) {
                        Some(value) => Value::Word(word(value)),
                        None => self.argument(world, scene, field),
                    }
                });
                Value::Tuple(values.collect())
            }
            Kind::Array(element) if name == "proof" => match self.chance(90) {
                true => Value::Array(proof(scene.provider).map(Value::Word).into()),
                false => Value::Array(vec![self.wild(element)]),
            },
            Kind::Array(element) => {
                let singular = Parameter {
                    name: name.trim_end_matches('s').into(),
                    kind: (**element).clone(),
                };
                let count = self.rng.usize(0..5);
                let values = (0..count).map(|_| self.argument(world, scene, &singular));
                Value::Array(values.collect())
            }
            Kind::Address => Value::Word(self.address(name).into_word()),
            Kind::Bool if name == "latencyOk" => Value::Word(word(1)),
            Kind::FixedBytes(32) => Value::Word(self.hash(world, scene, name)),
            Kind::Uint(bits) => match self.number(world, scene, name) {
                Some(number) => Value::Word(fit(number, *bits)),
                None => self.wild(&parameter.kind),
            },
            kind => self.wild(kind),
        }
    }

    /// Any value of a type.
    pub(super) fn wild(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Uint(bits) => {
                let number = match self.rng.u8(0..6) {
                    0 => U256::ZERO,
                    1 => U256::MAX,
                    2 => U256::from(self.rng.u64(0..20)),
                    3 => U256::from(self.rng.u128(..)),
                    4 => U256::from(1) << self.rng.usize(0..256),
                    _ => U256::from_limbs(std::array::from_fn(|_| self.rng.u64(..))),
                };
                Value::Word(fit(number, *bits))
            }
            Kind::Int(_) => Value::Word(match self.rng.u8(0..10) {
                0 => B256::repeat_byte(0xff),
                _ => word(self.rng.u128(0..=110)),
            }),
            Kind::Address => match self.chance(50) {
                true => Value::Word(self.one_of(&[Address::ZERO, TOKEN, MARKET]).into_word()),
                false => Value::Word(self.person().into_word()),
            },
            Kind::Bool => Value::Word(word(self.rng.u128(0..2))),
            Kind::FixedBytes(length) => {
                let mut bytes = B256::ZERO;
                bytes[..*length].fill_with(|| self.rng.u8(..));
                Value::Word(bytes)
            }
            Kind::Bytes => {
                let length = self.rng.usize(0..80);
                Value::Bytes((0..length).map(|_| self.rng.u8(..)).collect())
            }
            Kind::Text => {
                let length = self.rng.usize(0..70);
                Value::Bytes((0..length).map(|_| self.rng.u8(b'a'..=b'z')).collect())
            }
            Kind::Tuple(fields) => {
                Value::Tuple(fields.iter().map(|field| self.wild(&field.kind)).collect())
            }
            Kind::Array(element) => {
                let count = self.rng.usize(0..4);
                Value::Array((0..count).map(|_| self.wild(element)).collect())
            }
        }
    }

    fn address(&mut self, name: &str) -> Address {
        match name {
            "token" => TOKEN,
            "spender" if self.chance(60) => self.one_of(&HOLDERS),
            "target" => self.one_of(&PAUSABLE),
            "planter" => STRANGERS[1],
            "treasury" => self.one_of(&[TREASURY, STRANGERS[0]]),
            "to" | "account" if self.chance(2) => {
                self.one_of(&[ESCROW, VAULT, TOKEN, OPTIMISTIC, COMMITTEE])
            }
            _ => self.person(),
        }
    }

    /// A word that is more than a number.
    fn hash(&mut self, world: &World, scene: &Scene<'_>, name: &str) -> B256 {
        let Scene { task, provider, .. } = *scene;
        if let Some(told) = self.told(scene, name) {
            return told;
        }
        match name {
            "resultSeal" => seal(
                U256::from(task),
                U256::from(provider_of(world, scene)),
                result(task),
            ),
            "resultHash" => match self.rng.u8(0..10) {
                0..=6 => result(task),
                7 => B256::ZERO,
                _ => B256::repeat_byte(self.rng.u8(..)),
            },
            "salt" => salt(task, provider),
            "commitment" => {
                let (price, salt) = (sealed_price(world, scene), salt(task, provider));
                let words = [word(task.into()), word(provider.into()), word(price), salt];
                keccak256(words.concat())
            }
            "allowList" if self.chance(80) => B256::ZERO,
            "allowList" => allow_list(),
            "verifierData" => word(self.rng.u128(0..3)),
            _ => B256::repeat_byte(self.rng.u8(..)),
        }
    }

    fn number(&mut self, world: &World, scene: &Scene<'_>, name: &str) -> Option<U256> {
        let Scene { task, provider, .. } = *scene;
        let now = world.chain.time + scene.wait;
        let function = scene.entry.function.name.as_str();
        let number = match name {
            "taskId" if function == "recordOutcomes" => {
                self.rng.u128(1..=world.model.market.count().max(1).into())
            }
            "taskId" => task.into(),
            "beacon" => scene.beacon.into(),
            "bond" => self.rng.u128(0..300 * OGPU),
            "slash" => self.rng.u128(0..50 * OGPU),
            "leaseId" => scene.lease.into(),
            "providerId" => match function {
                "assignProvider" => self.bidder(world, task).into(),
                _ => provider.into(),
            },
            "amount" | "value" => self.amount(world, scene),
            "budget" => self.ogpu(1_000),
            "price" if function == "revealBid" => sealed_price(world, scene),
            "price" => {
                let task = world.model.market.task(task);
                let most = task.map_or(OGPU, |task| task.budget - task.verifier_fee);
                most * self.rng.u128(30..=101) / 100
            }
            "maxPrice" | "maxRate" => 10_000_000 * OGPU,
            "pricePerSecond" => self.rng.u128(0..=OGPU / 100),
            "startPrice" => self.rng.u128(1..OGPU / 2),
            "slashAmount" => {
                let held = world.model.market.task(task).map_or(0, |task| task.held);
                self.part(held)
            }
            "providerBps" if self.chance(50) => self.one_of(&[0, 5_000, 10_000]),
            "providerBps" | "score" => self.rng.u128(0..=10_000),
            "injuredBps" | "treasuryBps" => self.rng.u128(0..=5_500),
            "period" => self.rng.u128(80_000..5_000_000),
            "duration" if function == "rent" => self.rng.u128(3_500..30_000),
            "duration" => self.rng.u128(60..20_000),
            "until" if self.chance(85) => (now + self.rng.u64(0..1_500)).into(),
            "until" => (now + self.rng.u64(0..700_000)).into(),
            "deadline" | "expiry" => (now + self.rng.u64(0..10_000)).saturating_sub(500).into(),
            "timepoint" => now.saturating_sub(self.rng.u64(0..5_000)).into(),
            "gpuCount" => self.rng.u128(1..9),
            "valueDecimals" => self.rng.u128(0..4),
            "number" | "verifier" => self.rng.u128(0..5),
            "version" | "pos" | "nonce" => self.rng.u128(0..3),
            // parameters of the market
            "feeBps" => self.rng.u128(0..=2_000),
            "trustWeight" => self.rng.u128(0..=8_000),
            "collateralBps" | "slashBps" => self.rng.u128(0..=10_000),
            "bidBond" => self.rng.u128(0..3 * OGPU),
            "minClientStake" if self.chance(80) => 0,
            "minClientStake" => self.ogpu(10),
            "reviewWindow" => self.rng.u128(3_000..20_000),
            "biddingWindow" | "challengeWindow" | "arbitrationWindow" | "assignmentGrace" => {
                self.rng.u128(60..10_000)
            }
            "maxDuration" => self.rng.u128(10_000..100_000),
            "lateBidWindow" => self.rng.u128(0..600),
            "disputeBond" => self.rng.u128(0..5 * OGPU),
            // terms of a task
            "minTrust" if self.chance(70) => 0,
            "minTrust" => self.rng.u128(0..6_000),
            "minCollateral" if self.chance(70) => 0,
            "minCollateral" => self.ogpu(200),
            _ => return None,
        };
        Some(U256::from(number))
    }

    /// Some of what the caller has of what the function moves; sometimes all of it, or a little more.
    fn amount(&mut self, world: &World, scene: &Scene<'_>) -> u128 {
        let (model, from) = (&world.model, scene.from);
        let available = match scene.entry.function.name.as_str() {
            "withdraw" | "withdrawTo" => model.escrow.account(from).balance,
            "requestUnbond" | "depositCollateral" => model.vault.account(from).free,
            "cancelUnbond" => model.vault.account(from).unbonding,
            "withdrawCollateral" | "slashProvider" => model.market.card(scene.provider).free,
            "approve" if self.chance(80) => return u128::MAX,
            "slash" => 1_000 * OGPU,
            _ => model.votes.balance(from),
        };
        match self.rng.u8(0..20) {
            0 => available,
            1 => available.saturating_add(1),
            2 => 0,
            _ => self.part(available),
        }
    }

    /// A part of an amount, small ones as often as large ones; rarely nothing.
    fn part(&mut self, amount: u128) -> u128 {
        let most = amount >> self.rng.u32(0..10);
        self.rng.u128(0..=most)
    }

    /// Up to so many oGPU, in wei.
    fn ogpu(&mut self, most: u128) -> u128 {
        let most = (most * OGPU) >> self.rng.u32(0..8);
        self.rng.u128(1..=most)
    }

    /// A provider with a bid on a task, or 0 for the best.
    fn bidder(&mut self, world: &World, task: u64) -> u32 {
        let count = world.model.registry.providers().len() as u32;
        let start = self.rng.u32(0..count);
        let market = &world.model.market;
        let mut providers = (0..count).map(|step| 1 + (start + step) % count);
        let bidder = providers.find(|provider| market.has_bid(task, *provider, false));
        bidder.filter(|_| self.chance(60)).unwrap_or(0)
    }

    fn plan(&mut self, world: &World) -> Plan {
        let verifier = match self.chance(40) {
            true => 0,
            false => {
                let number = self.one_of(&[0, 1, 2, 3, 3, 3, 4, 4, 4, 5]);
                number.min(world.model.market.verifiers())
            }
        };
        let bidding = self.one_of(&[0, 0, 0, 1, 2]);
        let window = self.rng.u64(300..10_000);
        Plan {
            verifier,
            verifier_fee: if verifier == 0 { 0 } else { self.ogpu(2) },
            bidding,
            window,
            reveal_minutes: match bidding {
                1 => self.rng.u64(1..=window / 120),
                _ => 0,
            },
        }
    }

    /// A field of terms that depends on others.
    fn planned(&mut self, plan: Plan, name: &str) -> Option<u128> {
        Some(match name {
            "verifier" => plan.verifier.into(),
            "verifierFee" => plan.verifier_fee,
            "bidding" => plan.bidding.into(),
            "biddingWindow" => plan.window.into(),
            "revealMinutes" => plan.reveal_minutes.into(),
            _ => return None,
        })
    }
}

/// A number as a word, without the bits that its type does not have.
fn fit(number: U256, bits: u32) -> B256 {
    let mask = U256::MAX >> (256 - bits as usize);
    B256::from(number & mask)
}

/// The winner of the task, or the provider of the scene if there is none.
fn provider_of(world: &World, scene: &Scene<'_>) -> u32 {
    match world.model.market.task(scene.task) {
        Some(task) if task.provider != 0 => task.provider,
        _ => scene.provider,
    }
}

/// What the result of a task hashes to.
pub(super) fn result(task: u64) -> B256 {
    keccak256(task.to_be_bytes())
}

fn salt(task: u64, provider: u32) -> B256 {
    word(u128::from(task) << 32 | u128::from(provider))
}

/// What a provider asks in its sealed bid.
fn sealed_price(world: &World, scene: &Scene<'_>) -> u128 {
    let task = world.model.market.task(scene.task);
    let most = task.map_or(OGPU, |task| task.budget - task.verifier_fee);
    (most * u128::from(10 - scene.provider % 5) / 10).clamp(1, MAX_AMOUNT)
}

fn leaf(provider: u32) -> B256 {
    keccak256(keccak256(word(provider.into())))
}

fn node(a: B256, b: B256) -> B256 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    keccak256([low, high].concat())
}

/// The list of all tasks that have one: the first and the second provider.
fn allow_list() -> B256 {
    node(leaf(1), leaf(2))
}

/// What leads from a provider to that list, if it is on it.
fn proof(provider: u32) -> [B256; 1] {
    [leaf(if provider == 1 { 2 } else { 1 })]
}
