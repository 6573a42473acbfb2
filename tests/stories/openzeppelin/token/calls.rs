//! Random calls.

use eyre::Result;
use ogpu_client::alloy::{
    primitives::{Address, Bytes, U256},
    sol_types::SolCall,
};

use super::{Tokens, differences::cap, supply};
use crate::openzeppelin::{Order, World, contracts::Token::*};

impl Tokens {
    /// An amount that `account` has, or nearly.
    pub fn amount(&self, world: &mut World, account: Address) -> U256 {
        let balance = self.balances.get(&account).copied().unwrap_or_default();
        world.random.up_to(balance)
    }

    /// A random call, and who makes it.
    pub fn next(&mut self, world: &mut World) -> (Address, Order) {
        let mut actor = world.actor();
        let mut order = match world.random.below(24) {
            0..5 => self.order(&transferCall {
                to: world.anybody(self.token),
                value: self.amount(world, actor),
            }),
            5..8 => self.transfer_from(world, &mut actor),
            8..10 => {
                let spender = world.anybody(self.token);
                let value = match world.random.below(3) {
                    0 => U256::MAX,
                    _ => self.amount(world, actor),
                };
                self.order(&approveCall { spender, value })
            }
            10 => {
                let most = self.amount(world, actor);
                let value = if world.random.once_in(2) {
                    most
                } else {
                    most / U256::from(50)
                };
                self.order(&burnCall { value })
            }
            11..15 => {
                let delegatee = world.anybody(self.token);
                self.order(&delegateCall { delegatee })
            }
            15..18 => self.permit(world),
            18..20 => self.delegation(world),
            20 if !self.used.is_empty() => world.random.of(&self.used),
            20 | 21 => self.view(world),
            22 => {
                if world.random.once_in(2) {
                    actor = self.owner;
                }
                self.upgrades.next(world, self.token)
            }
            _ => match world.random.below(8) {
                // there is an owner until the end
                0 if actor != self.owner => self.order(&renounceOwnershipCall {}),
                1 => self.order(&initializeCall {
                    owner: actor,
                    holder: actor,
                    supply: U256::ONE,
                    clockMode: 0,
                }),
                2 => Order::new("nothing", self.token, Bytes::new()),
                3 => {
                    actor = self.owner;
                    let owners = [Address::ZERO, world.actors[0], world.actors[2]];
                    return (
                        actor,
                        self.order(&transferOwnershipCall {
                            newOwner: world.random.of(&owners),
                        }),
                    );
                }
                _ => self.order(&transferOwnershipCall { newOwner: actor }),
            },
        };
        if world.random.once_in(12) {
            order = world.spoil(order);
        }
        if world.random.once_in(30) {
            order.value = U256::ONE;
        }
        (actor, order)
    }

    /// Calls that chance makes too seldom.
    pub fn corners(&self) -> Vec<Order> {
        let (nobody, value) = (Address::ZERO, U256::ZERO);
        let somebody = Address::repeat_byte(0xaa);
        vec![
            self.order(&transferFromCall {
                from: nobody,
                to: somebody,
                value,
            }),
            self.order(&transferFromCall {
                from: nobody,
                to: nobody,
                value,
            }),
            self.order(&transferFromCall {
                from: somebody,
                to: nobody,
                value,
            }),
            self.order(&transferFromCall {
                from: somebody,
                to: somebody,
                value,
            }),
            self.order(&transferCall { to: nobody, value }),
            self.order(&approveCall {
                spender: nobody,
                value,
            }),
            self.order(&burnCall { value }),
            self.order(&burnCall { value: U256::MAX }),
            self.order(&checkpointsCall {
                account: nobody,
                pos: 0,
            }),
            self.order(&checkpointsCall {
                account: nobody,
                pos: u32::MAX,
            }),
            Order::new("nothing", self.token, Bytes::new()).value(U256::ONE),
            Order::new("nothing", self.token, Bytes::new()),
        ]
    }

    pub fn transfer_from(&self, world: &mut World, actor: &mut Address) -> Order {
        let allowed: Vec<_> = self
            .allowances
            .iter()
            .filter(|((_, spender), value)| !value.is_zero() && world.actors.contains(spender))
            .map(|(pair, value)| (*pair, *value))
            .collect();
        let to = world.anybody(self.token);
        let (from, value) = if allowed.is_empty() || world.random.once_in(4) {
            let from = world.anybody(self.token);
            (from, self.amount(world, from))
        } else {
            let ((from, spender), allowance) = world.random.of(&allowed);
            *actor = spender;
            let balance = self.balances.get(&from).copied().unwrap_or_default();
            (from, world.random.up_to(allowance.min(balance)))
        };
        self.order(&transferFromCall { from, to, value })
    }

    /// A view, asked for in a transaction.
    fn view(&self, world: &mut World) -> Order {
        let account = world.anybody(self.token);
        let mut views = self.views(world, &[account]);
        views.extend(self.constants());
        world.random.of(&views)
    }

    /// Proxies that cannot be made, and some that can.
    pub async fn creations(&self, world: &mut World) -> Result<()> {
        let [owner, holder, ..] = world.actors[..] else {
            unreachable!("there are four actors")
        };
        let nobody = Address::ZERO;
        for (owner, holder, supply, mode) in [
            (owner, holder, supply(), 0),
            (owner, holder, U256::ZERO, 1),
            (owner, holder, cap(), 0),
            (owner, holder, cap() + U256::ONE, 0),
            (owner, holder, U256::ONE << 208, 0),
            (owner, holder, U256::MAX, 0),
            (owner, holder, supply(), 2),
            (nobody, holder, supply(), 0),
            (owner, nobody, supply(), 0),
            (nobody, nobody, U256::MAX, 0),
        ] {
            let call = initializeCall {
                owner,
                holder,
                supply,
                clockMode: mode,
            };
            self.upgrades
                .creation(world, "initialize", &call.abi_encode())
                .await?;
        }
        self.upgrades.creations(world).await
    }
}
