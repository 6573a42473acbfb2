//! The timelock.

mod operations;

use eyre::{Result, ensure};
use ogpu_client::alloy::{
    primitives::{Address, B256, Bytes, FixedBytes, U256},
    sol_types::{SolCall, SolValue},
};

use super::{
    Difference, Order, World, abi,
    contracts::{
        Box,
        Timelock::{self, *},
    },
    upgrades::{self, Upgradeable},
};
use operations::Operation;

/// The interface of access control (ERC-165).
const ACCESS_CONTROL: u32 = 0x7965_db0b;
/// The name of calls that ask for it.
const OF_ACCESS_CONTROL: &str = "supportsInterface, access control";

/// The name of calls with arrays in malformed calldata.
const SPOILT: &str = "a batch in malformed calldata";

/// In what our timelock is unlike theirs.
const DIFFERENCES: &[Difference] = &[
    Difference {
        calls: &["initialize"],
        why: "ours says that it is initialised before it does the rest, theirs afterwards",
        seen: super::initialized_first,
    },
    Difference {
        calls: &[OF_ACCESS_CONTROL],
        why: "theirs has it and does not say so, for a base that comes first in its upgradeable variant only",
        seen: |theirs, ours| {
            let answers = [theirs, ours].map(|outcome| bool::abi_decode(&outcome.output));
            matches!(answers, [Ok(false), Ok(true)])
        },
    },
    Difference {
        calls: &[SPOILT],
        why: "theirs looks into arrays after it has looked who calls, ours before: both refuse, for the one or the other",
        seen: |theirs, ours| !(theirs.success || ours.success) && ours.output.is_empty(),
    },
    upgrades::NO_CONTRACT,
    upgrades::IMPLEMENTATION,
    upgrades::NOT_INITIALIZED,
    upgrades::NO_REASON,
    upgrades::TOO_LONG,
];

/// Every reason for which a call of theirs is refused, beside those of what an operation calls.
const REASONS: [&str; 13] = [
    "AccessControlBadConfirmation()",
    "AccessControlUnauthorizedAccount(address,bytes32)",
    "FailedCall()",
    "InvalidInitialization()",
    "OwnableUnauthorizedAccount(address)",
    "Panic(uint256)",
    "Refused(uint256)",
    "TimelockInsufficientDelay(uint256,uint256)",
    "TimelockInvalidOperationLength(uint256,uint256,uint256)",
    "TimelockUnauthorizedCaller(address)",
    "TimelockUnexecutedPredecessor(bytes32)",
    "TimelockUnexpectedOperationState(bytes32,bytes32)",
    "UUPSUnauthorizedCallContext()",
];

/// The least delay to begin with, in seconds.
const DELAY: u64 = 100;

/// A pair of timelocks, and what is known of them.
pub struct Timelocks {
    pub timelock: Address,
    /// What operations call.
    pub target: Address,
    upgrades: Upgradeable,
    /// Default administrators, proposers, executors, cancellers.
    roles: [B256; 4],
    operations: Vec<Operation>,
    min_delay: U256,
}

impl Timelocks {
    /// Puts both behind proxies. The first actor administers, proposes and cancels, the second proposes, and so does the target; the
    /// first and the third execute.
    pub async fn deploy(world: &mut World) -> Result<Self> {
        let [theirs, ours] = world
            .implementations("timelock", &Timelock::BYTECODE)
            .await?;
        let next = world.another([theirs, ours], &Timelock::BYTECODE).await?;
        let target = world.create(&Box::BYTECODE, Vec::new()).await?;
        let our_target = world.create(&Box::BYTECODE, Vec::new()).await?;
        world.same(target, our_target);
        let actors = world.actors.clone();
        let call = initializeCall {
            minDelay: U256::from(DELAY),
            proposers: vec![actors[0], actors[1], target],
            executors: vec![actors[0], actors[2]],
            admin: actors[0],
        };
        let call = call.abi_encode();
        let timelock = world.pair(theirs, ours, &call).await?;
        let upgrades = Upgradeable::new(world, [theirs, next], call).await?;
        let mut roles = [B256::ZERO; 4];
        let names = [
            Order::call(timelock, &DEFAULT_ADMIN_ROLECall {}),
            Order::call(timelock, &PROPOSER_ROLECall {}),
            Order::call(timelock, &EXECUTOR_ROLECall {}),
            Order::call(timelock, &CANCELLER_ROLECall {}),
        ];
        for (role, word) in roles.iter_mut().zip(world.look(&names).await?) {
            *role = B256::abi_decode(&word)?;
        }
        Ok(Self {
            timelock,
            target,
            upgrades,
            roles,
            operations: Vec::new(),
            min_delay: U256::from(DELAY),
        })
    }

    fn order(&self, call: &impl SolCall) -> Order {
        Order::call(self.timelock, call)
    }

    /// A random call, and who makes it.
    fn next(&mut self, world: &mut World) -> (Address, Order) {
        let mut actor = world.actor();
        if world.random.once_in(2) {
            actor = world.actors[0];
        }
        let mut order = match world.random.below(24) {
            0..6 => self.schedule_new(world),
            6 => self.schedule_again(world),
            7..14 => self.execute(world),
            14 => self.cancel(world),
            15 => self.remember(world),
            16 | 17 => self.role(world, actor),
            18 => self.view(world),
            19 => self.upgrades.next(world, self.timelock),
            20 => Order::new("receive", self.timelock, Bytes::new()).value(U256::from(7)),
            21 => self.uneven(world),
            22 => self.received(world),
            _ => match world.random.below(3) {
                0 => self.order(&updateDelayCall {
                    newDelay: U256::ONE,
                }),
                1 => self.order(&transferOwnershipCall { newOwner: actor }),
                _ => self.order(&initializeCall {
                    minDelay: U256::ZERO,
                    proposers: vec![actor],
                    executors: vec![actor],
                    admin: actor,
                }),
            },
        };
        if order.target == self.timelock && world.random.once_in(12) {
            order = world.spoil(order);
            if order.name.ends_with("Batch") {
                order = order.named(SPOILT);
            }
        }
        if world.random.once_in(30) {
            order.value += U256::ONE;
        }
        (actor, order)
    }

    /// A change of a role.
    fn role(&self, world: &mut World, actor: Address) -> Order {
        let role = match world.random.below(12) {
            0 => world.random.word().into(),
            _ => world.random.of(&self.roles[1..]),
        };
        let account = world.anybody(self.timelock);
        match world.random.below(8) {
            0..4 => self.order(&grantRoleCall { role, account }),
            4..6 => self.order(&revokeRoleCall { role, account }),
            6 => self.order(&renounceRoleCall {
                role,
                callerConfirmation: actor,
            }),
            _ => self.order(&renounceRoleCall {
                role,
                callerConfirmation: account,
            }),
        }
    }

    /// What a token calls when it is sent to the timelock.
    fn received(&self, world: &mut World) -> Order {
        let from = world.anybody(self.timelock);
        let (operator, word) = (world.actors[0], world.random.word());
        let data = Bytes::from(vec![7; world.random.below(70)]);
        match world.random.below(4) {
            0 => self.order(&onERC721ReceivedCall {
                _0: operator,
                _1: from,
                _2: word,
                _3: data,
            }),
            1 => self.order(&onERC1155ReceivedCall {
                _0: operator,
                _1: from,
                _2: word,
                _3: word,
                _4: data,
            }),
            2 => self.order(&onERC1155BatchReceivedCall {
                _0: operator,
                _1: from,
                _2: vec![word; 2],
                _3: vec![word; 3],
                _4: data,
            }),
            _ => {
                let ids = [0x01ff_c9a7u32, 0x4e23_12e0, 0xffff_ffff, 0x150b_7a02];
                let id = match world.random.below(5) {
                    0 => ACCESS_CONTROL,
                    _ => world.random.of(&ids),
                };
                let order = self.order(&supportsInterfaceCall {
                    interfaceId: FixedBytes(id.to_be_bytes()),
                });
                match id {
                    ACCESS_CONTROL => order.named(OF_ACCESS_CONTROL),
                    _ => order,
                }
            }
        }
    }

    fn view(&self, world: &mut World) -> Order {
        let views = self.views();
        world.random.of(&views)
    }

    /// What can change with every call: the delay, the owner, and the latest operations.
    fn views(&self) -> Vec<Order> {
        let mut views = vec![
            self.order(&getMinDelayCall {}),
            self.order(&ownerCall {}),
            self.order(&UPGRADE_INTERFACE_VERSIONCall {}),
            Order::call(self.target, &Box::numberCall {}),
        ];
        for operation in self.operations.iter().rev().take(6) {
            let id = operation.id();
            views.push(self.order(&isOperationCall { id }));
            views.push(self.order(&isOperationPendingCall { id }));
            views.push(self.order(&isOperationReadyCall { id }));
            views.push(self.order(&isOperationDoneCall { id }));
            views.push(self.order(&getTimestampCall { id }));
            views.push(self.order(&getOperationStateCall { id }));
            views.push(operation.hash(self.timelock));
        }
        views
    }

    /// Compares everything.
    async fn look(&mut self, world: &mut World) -> Result<()> {
        let mut views = self.views();
        let mut everybody = world.people();
        everybody.extend([Address::ZERO, self.timelock, self.target]);
        for role in self.roles {
            views.push(self.order(&getRoleAdminCall { role }));
            for &account in &everybody {
                views.push(self.order(&hasRoleCall { role, account }));
            }
        }
        let seen = world.look(&views).await?;
        self.min_delay = U256::abi_decode(&seen[0])?;
        self.upgrades.look(world, self.timelock).await
    }

    /// One random call, and what can change compared after it; everything now and then.
    async fn step(&mut self, world: &mut World, step: usize) -> Result<bool> {
        world.pass().await?;
        let (actor, order) = self.next(world);
        self.know(world, &order.theirs);
        let outcome = world.send(actor, &order).await?;
        if step.is_multiple_of(8) {
            self.look(world).await?;
        } else {
            let seen = world.look(&self.views()).await?;
            self.min_delay = U256::abi_decode(&seen[0])?;
        }
        Ok(outcome.success)
    }
}

#[test]
fn a_timelock_declares_what_openzeppelins_does() -> Result<()> {
    let others = ["error Panic(uint256)"]; // ours, which Solidity does not declare
    abi::compare("Timelock", "timelock", abi::SHARED.iter().chain(&others))
}

#[tokio::test]
async fn a_timelock_does_what_openzeppelins_does() -> Result<()> {
    let mut world = World::new(DIFFERENCES).await?;
    let mut timelocks = Timelocks::deploy(&mut world).await?;
    timelocks.look(&mut world).await?;
    let malformed = timelocks.malformed(&mut world);
    let (admin, stranger) = (world.actors[0], world.actors[3]);
    world.send(stranger, &malformed).await?;
    for order in timelocks.corners(&mut world) {
        world.send(admin, &order).await?;
        world.send(stranger, &order).await?;
    }
    let mut succeeded = 0;
    for step in 1..=world.steps {
        succeeded += usize::from(timelocks.step(&mut world, step).await?);
    }
    let failed = world.steps - succeeded;
    ensure!(
        world.steps < 100 || succeeded.min(failed) * 5 > world.steps,
        "{succeeded} calls succeeded, {failed} failed: too one-sided to find much"
    );
    timelocks.in_operations(&mut world).await?;
    timelocks.look(&mut world).await?;
    timelocks.upgrades.creations(&mut world).await?;
    world.all_met(&REASONS);
    Ok(())
}
