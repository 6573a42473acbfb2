//! The token beside one of OpenZeppelin's own Stylus contracts (`bench/openzeppelin-stylus`): an ERC-20 with permits and an owner
//! who upgrades it, behind the crate's proxy.

pub mod differences;

use eyre::{ContextCompat, Result, ensure};
use ogpu_client::{
    alloy::{
        network::TransactionBuilder as _,
        primitives::{Address, Bytes, U256},
        rpc::types::TransactionRequest,
        sol,
        sol_types::{SolCall, SolValue as _},
    },
    programs::creation_code,
    proxy_init::proxy_creation_code,
};
use ogpu_tests::programs;

use super::{
    Tokens,
    signatures::{Permit, Spoilt},
    supply,
};
use crate::{
    figures::root,
    openzeppelin::{
        Order, Outcome, World, contracts::Token, contracts::Token::*, deep, function, logs,
    },
};
use differences::{DIFFERENCES, REASONS};

sol! {
    /// Its selector is that of every constructor; arguments, if any, follow.
    function stylus_constructor() external;

    interface Theirs {
        function initialize(address owner, address holder, uint256 supply) external;
        function setVersion() external;
        function supportsInterface(bytes4 interfaceId) external view returns (bool);
    }
}

/// The name of calls of `initialize` after the first.
const AGAIN: &str = "initialize, again";
/// The name of calls with more than their arguments.
const LONG: &str = "too long";
/// The name of calls of an implementation's `setVersion`.
const BARE_VERSION: &str = "setVersion, without a proxy";
/// The name of calls of a proxy without an implementation.
const UNCONSTRUCTED: &str = "a proxy without an implementation";

/// The code of one of theirs.
fn code(name: &str) -> Result<Vec<u8>> {
    let path = format!("bench/artifacts/openzeppelin-stylus/{name}.json");
    let artifact: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(root().join(path))?)?;
    let code: Bytes = serde_json::from_value(artifact["code"].clone())?;
    Ok(code.to_vec())
}

impl Tokens {
    /// Theirs and ours behind their proxies, with an owner and a first holder of the supply.
    pub async fn deploy_stylus(world: &mut World, [owner, holder]: [Address; 2]) -> Result<Self> {
        let ours = world.harness.deployment.contracts.get("ogpu-token");
        let ours = ours.wrap_err("the token is deployed")?.implementation;
        let mut implementations = Vec::new();
        for deployed in [
            ours,
            world
                .create(&creation_code(&world.chain().code(ours).await?), Vec::new())
                .await?,
        ] {
            let program = code("token")?;
            world.program(&program).await?;
            let theirs = world.create(&creation_code(&program), Vec::new()).await?;
            call(world, theirs, stylus_constructorCall {}.abi_encode()).await?;
            world.same(theirs, deployed);
            implementations.push(theirs);
        }
        let supply = supply();
        let their_call = Theirs::initializeCall {
            owner,
            holder,
            supply,
        }
        .abi_encode();
        let our_call = Token::initializeCall {
            owner,
            holder,
            supply,
            clockMode: 0,
        }
        .abi_encode();

        let program = code("proxy")?;
        world.program(&program).await?;
        let theirs = world.create(&creation_code(&program), Vec::new()).await?;
        let arguments = (implementations[0], Bytes::from(their_call.clone())).abi_encode_params();
        let construct = [&stylus_constructorCall::SELECTOR[..], &arguments].concat();
        let theirs_seen = call(world, theirs, construct).await?;
        let init = proxy_creation_code(programs()?.proxy.code(), ours, &our_call);
        let request = TransactionRequest::default().with_deploy_code(init);
        let receipt = world.sender.send_request("creating", request).await?;
        let address = receipt.contract_address.wrap_err("no contract")?;
        world.same(theirs, address);
        world.compare("initialize", &theirs_seen, &success(logs(&receipt)))?;
        Self::of(
            world,
            theirs,
            [implementations[0], implementations[1]],
            their_call,
        )
        .await
    }

    /// An upgrade to the other implementation, or back.
    pub fn upgrade(&self, round: usize) -> Order {
        self.order(&upgradeToAndCallCall {
            newImplementation: self.upgrades.implementation((round + 1) % 2),
            data: Bytes::new(),
        })
    }

    /// Every view that both have.
    fn shared_views(&self, accounts: &[Address]) -> Vec<Order> {
        let mut views = vec![
            self.order(&nameCall {}),
            self.order(&symbolCall {}),
            self.order(&decimalsCall {}),
            self.order(&DOMAIN_SEPARATORCall {}),
            self.order(&eip712DomainCall {}),
            self.order(&UPGRADE_INTERFACE_VERSIONCall {}),
            self.order(&proxiableUUIDCall {}),
            self.order(&totalSupplyCall {}),
            self.order(&ownerCall {}),
        ];
        for &account in accounts {
            views.push(self.order(&balanceOfCall { account }));
            views.push(self.order(&noncesCall { owner: account }));
            for &spender in accounts {
                views.push(self.order(&allowanceCall {
                    owner: account,
                    spender,
                }));
            }
        }
        views
    }

    /// Compares everything about `accounts` that both have.
    async fn look_at_shared(&mut self, world: &mut World, accounts: &[Address]) -> Result<()> {
        let views = self.shared_views(accounts);
        self.learn(world, &views).await?;
        self.upgrades.look(world, self.token).await
    }

    /// One call, and everything compared after it of those whom it names.
    async fn shared_step(
        &mut self,
        world: &mut World,
        actor: Address,
        order: &Order,
    ) -> Result<bool> {
        if order.ours.is_some() {
            self.recover(world, order);
        }
        let outcome = world.send(actor, order).await?;
        if outcome.success && order.name == function::<permitCall>() {
            self.used.push(order.clone());
        }
        let named = self.named(world, actor, order, &outcome);
        self.look_at_shared(world, &named).await?;
        Ok(outcome.success)
    }

    /// Upgrades that go well or wrong, but for those that initialise theirs again.
    fn shared_upgrades(&self) -> Vec<Order> {
        let initialize = Theirs::initializeCall::SELECTOR;
        let mut all = self.upgrades.all(self.token);
        all.retain(|order| !order.theirs.windows(4).any(|bytes| bytes == initialize));
        all
    }

    /// Calls that chance makes too seldom; what succeeds only there moves nothing.
    fn shared_corners(&self) -> Vec<Order> {
        let mut corners = self.corners();
        let shared = [
            function::<transferCall>(),
            function::<transferFromCall>(),
            function::<approveCall>(),
            "nothing",
        ];
        corners.retain(|order| shared.contains(&order.name));
        let (to, value) = (Address::repeat_byte(0xaa), U256::ZERO);
        for call in [
            balanceOfCall { account: to }.abi_encode(),
            transferCall { to, value }.abi_encode(),
        ] {
            let mut dirty = call.clone();
            dirty[4] = 1;
            corners.push(Order::new(
                "an address of more than 20 bytes",
                self.token,
                dirty,
            ));
            let short = call[..call.len() - 1].to_vec();
            corners.push(Order::new("too short", self.token, short));
            let long = [call, vec![1; 40]].concat();
            corners.push(Order::new(LONG, self.token, long));
        }
        let version = Theirs::setVersionCall {};
        corners.push(self.order(&version));
        let interface = Theirs::supportsInterfaceCall {
            interfaceId: [0x01, 0xff, 0xc9, 0xa7].into(),
        };
        corners.push(self.order(&interface));
        corners.push(self.order(&stylus_constructorCall {}));
        let present = self.upgrades.implementation(0);
        corners.push(Order::call(present, &stylus_constructorCall {}));
        corners.push(Order::call(present, &version).named(BARE_VERSION));
        corners
    }

    /// Permits of one key: with each way to spoil a signature, too late, good, and again.
    fn permits(&self, world: &mut World) -> Vec<Order> {
        let key = world.keys[3].clone();
        let good = Permit {
            owner: key.address(),
            spender: world.actors[2],
            value: U256::from(5),
            nonce: U256::ZERO,
            deadline: U256::MAX,
        };
        let word = world.random.word().into();
        let mut all: Vec<_> = Spoilt::all(word)
            .map(|spoilt| self.permit_by(world, &key, good.clone(), spoilt))
            .collect();
        let deadline = U256::from(world.now - 1);
        let late = Permit {
            deadline,
            ..good.clone()
        };
        all.push(self.permit_by(world, &key, late, Spoilt::NOT));
        let nobody = Permit {
            owner: Address::ZERO,
            ..good.clone()
        };
        all.push(self.permit_by(world, &key, nobody, Spoilt::NOT));
        let good = self.permit_by(world, &key, good, Spoilt::NOT);
        all.extend([good.clone(), good]);
        all
    }

    fn shared_call(&mut self, world: &mut World) -> (Address, Order) {
        let mut actor = world.actor();
        let mut order = match world.random.below(16) {
            0..4 => self.order(&transferCall {
                to: world.anybody(self.token),
                value: self.amount(world, actor),
            }),
            4..7 => self.transfer_from(world, &mut actor),
            7..9 => self.order(&approveCall {
                spender: world.anybody(self.token),
                value: self.amount(world, actor),
            }),
            9..12 => self.permit(world),
            12 if !self.used.is_empty() => world.random.of(&self.used),
            12 | 13 => {
                if world.random.once_in(2) {
                    actor = self.owner;
                }
                let all = self.shared_upgrades();
                world.random.of(&all)
            }
            14 => self.order(&transferOwnershipCall {
                newOwner: world.anybody(self.token),
            }),
            _ => Order::new("nothing", self.token, Bytes::new()),
        };
        if matches!(order.name, "transferOwnership") && actor == self.owner {
            let owners = [Address::ZERO, world.actors[0], world.actors[2]];
            let new_owner = world.random.of(&owners);
            order = self.order(&transferOwnershipCall {
                newOwner: new_owner,
            });
        }
        if world.random.once_in(30) {
            order.value = U256::ONE;
        }
        (actor, order)
    }
}

fn success(logs: Vec<(Address, ogpu_client::alloy::primitives::LogData)>) -> Outcome {
    Outcome {
        success: true,
        output: Bytes::new(),
        logs,
    }
}

/// Sends a call of theirs alone.
async fn call(world: &World, to: Address, data: Vec<u8>) -> Result<Outcome> {
    let request = TransactionRequest::default()
        .with_to(to)
        .with_gas_limit(crate::openzeppelin::GAS)
        .with_input(data);
    let receipt = world.sender.send_request("constructing", request).await?;
    Ok(success(logs(&receipt)))
}

async fn life() -> Result<()> {
    let mut world = World::new(DIFFERENCES).await?;
    let (owner, holder) = (world.actors[0], world.actors[1]);
    let mut tokens = Tokens::deploy_stylus(&mut world, [owner, holder]).await?;
    world.wait(1, 1).await?;
    let share = supply() / U256::from(10);
    for to in world.people() {
        let order = tokens.order(&transferCall { to, value: share });
        world.send(holder, &order).await?;
    }
    let everybody = tokens.everybody(&world);
    tokens.look_at_shared(&mut world, &everybody).await?;
    for order in tokens.shared_corners() {
        tokens.shared_step(&mut world, holder, &order).await?;
    }
    for order in tokens.permits(&mut world) {
        tokens.shared_step(&mut world, holder, &order).await?;
    }
    let mut succeeded = 0;
    for _ in 0..world.steps {
        world.pass().await?;
        let (actor, order) = tokens.shared_call(&mut world);
        succeeded += usize::from(tokens.shared_step(&mut world, actor, &order).await?);
    }
    let failed = world.steps - succeeded;
    ensure!(
        world.steps < 100 || succeeded.min(failed) * 5 > world.steps,
        "{succeeded} calls succeeded, {failed} failed: too one-sided to find much"
    );
    let nobody = tokens.order(&transferOwnershipCall {
        newOwner: Address::ZERO,
    });
    tokens
        .shared_step(&mut world, tokens.owner, &nobody)
        .await?;
    let owners = [tokens.owner, world.actors[3]];
    for order in tokens.shared_upgrades() {
        for actor in owners {
            tokens.shared_step(&mut world, actor, &order).await?;
        }
    }
    tokens.look_at_shared(&mut world, &everybody).await?;
    unconstructed(&mut world, &tokens).await?;
    again(&mut world, &tokens).await?;
    world.all_met(&REASONS);
    Ok(())
}

/// Proxies that stand without an implementation.
async fn unconstructed(world: &mut World, tokens: &Tokens) -> Result<()> {
    let theirs = world
        .create(&creation_code(&code("proxy")?), Vec::new())
        .await?;
    let ours = programs()?.proxy.creation_code();
    let ours = world.create(&ours, Vec::new()).await?;
    world.same(theirs, ours);
    let order = Order::call(theirs, &totalSupplyCall {}).named(UNCONSTRUCTED);
    world.send(tokens.owner, &order).await?;
    Ok(())
}

/// A stranger initialises them again: theirs becomes the stranger's, with another supply; ours refuses.
async fn again(world: &mut World, tokens: &Tokens) -> Result<()> {
    let (stranger, supply) = (world.actors[3], U256::from(7));
    ensure!(tokens.owner != stranger, "the owner is no stranger");
    let theirs = Theirs::initializeCall {
        owner: stranger,
        holder: stranger,
        supply,
    };
    let ours = Token::initializeCall {
        owner: stranger,
        holder: stranger,
        supply,
        clockMode: 0,
    };
    let order = Order::call(tokens.token, &theirs)
        .ours(ours.abi_encode())
        .named(AGAIN);
    world.send(stranger, &order).await?;
    let provider = world.chain().provider();
    let owner = |at| Token::new(at, provider.clone());
    let taken = owner(tokens.token).owner().call().await?;
    assert_eq!(taken, stranger, "theirs can be taken over");
    let kept = owner(world.ours(tokens.token)).owner().call().await?;
    assert_eq!(kept, tokens.owner, "ours cannot");
    Ok(())
}

#[test]
fn a_token_does_what_openzeppelins_of_stylus_does() -> Result<()> {
    deep(life())
}
