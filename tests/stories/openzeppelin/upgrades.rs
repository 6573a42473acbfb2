//! What every contract behind a proxy has: its implementation, and how it gets another.

use eyre::Result;
use ogpu_client::{
    alloy::{
        primitives::{Address, B256, U256, keccak256},
        sol_types::{Panic, PanicKind, SolCall, SolError},
    },
    proxy_init::IMPLEMENTATION_SLOT,
};

use super::{
    Difference, Order, Outcome, World, abi,
    contracts::{Actor, Box, Token},
    function,
};
use Token::{
    InvalidInitialization, UUPSUnauthorizedCallContext, proxiableUUIDCall, upgradeToAndCallCall,
};

/// The name of calls of a bare implementation's `initialize`.
const BARE: &str = "initialize, without a proxy";

/// Calls that upgrade: by themselves, or by way of a timelock.
const UPGRADES: &[&str] = &["upgradeToAndCall", "execute", "executeBatch"];

/// An account without code as the next implementation.
pub const NO_CONTRACT: Difference = Difference {
    calls: UPGRADES,
    why: "theirs refuses what has no code without a reason, ours with ERC1967InvalidImplementation",
    seen: |theirs, ours| {
        let reason = Token::ERC1967InvalidImplementation::abi_decode(&ours.output);
        no_reason(theirs) && !ours.success && reason.is_ok()
    },
};

/// Whether a call was refused without a reason; a timelock says FailedCall then.
fn no_reason(outcome: &Outcome) -> bool {
    let output = &outcome.output[..];
    !outcome.success && (output.is_empty() || output == Token::FailedCall::SELECTOR)
}

/// Calldata with a length beyond any memory.
pub const TOO_LONG: Difference = Difference {
    calls: UPGRADES,
    why: "theirs panics where a length in calldata is beyond any memory, ours refuses it without a reason",
    seen: |theirs, ours| {
        let panic = Panic::from(PanicKind::ResourceError).abi_encode();
        !theirs.success && theirs.output[..] == panic && no_reason(ours)
    },
};

/// An implementation is initialised.
pub const IMPLEMENTATION: Difference = Difference {
    calls: &[BARE, "execute", "executeBatch"],
    why: "theirs is initialised when it is created, ours refuses what does not come through a proxy",
    seen: |theirs, ours| {
        theirs.output[..] == InvalidInitialization::SELECTOR
            && ours.output[..] == UUPSUnauthorizedCallContext::SELECTOR
            && !(theirs.success || ours.success)
    },
};

/// A proxy without an initialiser.
pub const NOT_INITIALIZED: Difference = Difference {
    calls: &["a proxy, not initialised"],
    why: "theirs refuses to stand uninitialised; the code that creates ours initialises it where it is told how",
    seen: |theirs, ours| {
        theirs.output[..] == keccak256("ERC1967ProxyUninitialized()")[..4]
            && !theirs.success
            && ours.success
    },
};

/// A proxy whose initialiser fails without a reason.
pub const NO_REASON: Difference = Difference {
    calls: &["a proxy, not initialised"],
    why: "theirs says FailedCall where its initialiser gives no reason, ours gives none either",
    seen: |theirs, ours| {
        theirs.output[..] == Token::FailedCall::SELECTOR
            && ours.output.is_empty()
            && !(theirs.success || ours.success)
    },
};

/// The implementations of a pair, of which either can take the other's place.
pub struct Upgradeable {
    implementations: [Address; 2],
    /// The call of the initialiser.
    initialize: Vec<u8>,
    /// A contract whose `proxiableUUID` is another slot.
    other_slot: Address,
    /// A contract without `proxiableUUID`.
    no_uups: Address,
}

impl Upgradeable {
    /// Of these two of theirs, initialised by `initialize`.
    pub async fn new(
        world: &mut World,
        implementations: [Address; 2],
        initialize: Vec<u8>,
    ) -> Result<Self> {
        Ok(Self {
            implementations,
            initialize,
            other_slot: world.create(&Box::BYTECODE, Vec::new()).await?,
            no_uups: world.create(&Actor::BYTECODE, vec![0; 32]).await?,
        })
    }

    /// The present implementation of theirs, or the next.
    pub fn implementation(&self, index: usize) -> Address {
        self.implementations[index]
    }

    /// A random call for the contract at `proxy`.
    pub fn next(&self, world: &mut World, proxy: Address) -> Order {
        let all = self.all(proxy);
        world.random.of(&all)
    }

    /// Everything that can go well or wrong.
    pub fn all(&self, proxy: Address) -> Vec<Order> {
        let [present, next] = self.implementations;
        let nobody = Address::repeat_byte(0xaa);
        let again = self.initialize.clone();
        let nested = upgrade(
            present,
            Token::UPGRADE_INTERFACE_VERSIONCall {}.abi_encode(),
        );
        let to = |target, data: Vec<u8>| Order::call(proxy, &upgrade(target, data));
        let mut all = vec![
            to(next, nested.abi_encode()),
            to(next, Token::ownerCall {}.abi_encode()),
            to(next, again.clone()),
            to(next, proxiableUUIDCall {}.abi_encode()),
            to(next, vec![1, 2, 3, 4]),
            to(next, vec![1]),
            Order::call(present, &upgrade(next, Vec::new())),
            Order::call(present, &proxiableUUIDCall {}),
            Order::call(present, &Token::ownerCall {}),
            Order::new(BARE, present, again),
            Order::call(proxy, &proxiableUUIDCall {}),
            too_long(proxy, next),
        ];
        for target in [
            present,
            next,
            self.other_slot,
            self.no_uups,
            proxy,
            nobody,
            Address::ZERO,
            Address::with_last_byte(4),
        ] {
            all.push(to(target, Vec::new()));
            all.push(to(target, Token::ownerCall {}.abi_encode()));
        }
        let paid = all.iter().cloned().map(|order| order.value(U256::ONE));
        let paid: Vec<_> = paid.collect();
        all.extend(paid);
        all
    }

    /// Compares what comes of creating proxies that `call` initialises; nothing is created.
    pub async fn creation(&self, world: &mut World, name: &'static str, call: &[u8]) -> Result<()> {
        let implementation = self.implementations[0];
        world.creation(name, implementation, call).await
    }

    /// Proxies that are not initialised, or not on an implementation.
    pub async fn creations(&self, world: &mut World) -> Result<()> {
        let name = "a proxy, not initialised";
        for call in [&[][..], &[1, 2, 3, 4], &proxiableUUIDCall::SELECTOR] {
            self.creation(world, name, call).await?;
        }
        let name = "a proxy on nothing";
        for nobody in [Address::ZERO, Address::repeat_byte(0xaa)] {
            world.creation(name, nobody, &[1, 2, 3, 4]).await?;
        }
        Ok(())
    }

    /// Compares the implementations and what ether the contracts have.
    pub async fn look(&self, world: &World, proxy: Address) -> Result<()> {
        let slot = IMPLEMENTATION_SLOT.into();
        let theirs = world.chain().storage(proxy, slot).await?;
        let ours = world.chain().storage(world.ours(proxy), slot).await?;
        assert_eq!(B256::from_slice(&world.translate(theirs.as_slice())), ours);
        let theirs = world.chain().ether(proxy).await?;
        let ours = world.chain().ether(world.ours(proxy)).await?;
        assert_eq!(theirs, ours, "the ether of the contracts");
        Ok(())
    }
}

fn upgrade(to: Address, data: Vec<u8>) -> upgradeToAndCallCall {
    upgradeToAndCallCall {
        newImplementation: to,
        data: data.into(),
    }
}

/// An upgrade whose calldata says that they go on for ever.
fn too_long(proxy: Address, to: Address) -> Order {
    let call = upgrade(to, Vec::new());
    let mut data = call.abi_encode();
    data[4 + 64..].fill(0xff);
    Order::new(function::<upgradeToAndCallCall>(), proxy, data)
}

/// What ERC-1967 names beside an implementation, which neither proxy has.
const OTHER_SLOTS: &[&str] = &[
    "error ERC1967InvalidAdmin(address)",
    "error ERC1967InvalidBeacon(address)",
    "event AdminChanged(address previousAdmin, address newAdmin)",
    "event BeaconUpgraded(address indexed beacon)",
];

#[test]
fn a_proxy_declares_what_openzeppelins_does() -> Result<()> {
    abi::compare("Proxy", "proxy-uups", OTHER_SLOTS.iter())
}
