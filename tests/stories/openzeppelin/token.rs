//! The token.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use eyre::{Result, ensure};
use ogpu_client::{
    Account,
    alloy::{
        json_abi::JsonAbi,
        primitives::{Address, B256, Bytes, Signature, U256, aliases::U96, keccak256},
        sol,
        sol_types::{Eip712Domain, SolCall, SolError, SolStruct, SolValue},
    },
};

use serde_json::Value;

use super::{
    Difference, Order, World,
    contracts::Token::{self, *},
    random::Random,
    upgrades::{self, Upgradeable},
};

/// In what our token is unlike theirs.
const DIFFERENCES: &[Difference] = &[
    Difference {
        call: "initialize",
        why: "ours says that it is initialised before it does the rest, theirs afterwards",
        seen: |theirs, ours| {
            let mut theirs = theirs.clone();
            // the first event is the proxy's
            let after = theirs.logs.get_mut(1..).unwrap_or_default();
            after.rotate_right(usize::from(!after.is_empty()));
            theirs == *ours
        },
    },
    Difference {
        call: "initialize",
        why: "the supply of ours is below 2^96, that of theirs below 2^208: balance and delegate share a slot",
        seen: |theirs, ours| {
            let theirs = ERC20ExceededSafeSupply::abi_decode(&theirs.output);
            let ours = ERC20ExceededSafeSupply::abi_decode(&ours.output);
            ours.is_ok_and(|ours| {
                let supply = theirs.map_or(ours.increasedSupply, |theirs| theirs.increasedSupply);
                (ours.increasedSupply, ours.cap) == (supply, cap())
            })
        },
    },
    Difference {
        call: "initialize",
        why: "ours has a clock of seconds or one of blocks, and refuses other modes; theirs takes them for seconds",
        seen: |theirs, ours| {
            let reason = &keccak256("UnknownClockMode(uint8)")[..4];
            theirs.success && !ours.success && ours.output.starts_with(reason)
        },
    },
    upgrades::NO_CONTRACT,
    upgrades::IMPLEMENTATION,
    upgrades::NOT_INITIALIZED,
    upgrades::NO_REASON,
];

/// What only one side declares, and why.
const ONE_SIDED: [(&[&str], &str); 5] = [
    (
        &["burnFrom(address,uint256)()"],
        "theirs: only holders burn ours, an allowance is there to be spent",
    ),
    (
        &[
            "error AddressEmptyCode(address)",
            "error ECDSAInvalidSignatureLength(uint256)",
            "error ERC6372InconsistentClock()",
            "error NotInitializing()",
        ],
        "theirs: no call of it ends so",
    ),
    (
        &["error Panic(uint256)"],
        "ours: theirs panics as well, which Solidity does not declare",
    ),
    (
        &["error UnknownClockMode(uint8)"],
        "ours: of its `initialize`",
    ),
    (
        &[
            "error AmountTooLarge(uint256,uint256)",
            "error EnforcedPause(uint64)",
            "error GuardianMustWait(uint64)",
            "error PausableUnauthorizedAccount(address)",
            "error PauseOutOfRange(uint64,uint64,uint64)",
            "error TokenCallFailed(address)",
            "error TokenTookFee(address,uint256,uint256)",
            "error UnexpectedAnswer()",
            "error ZeroAddress()",
            "error ZeroAmount()",
        ],
        "ours: of what all our contracts share; no call of the token ends so",
    ),
];

/// Every reason for which a call of theirs is refused, but for those that nothing can bring about: a clock that runs backwards or
/// passes 2^48, and a call by the zero address.
const REASONS: [&str; 20] = [
    "ECDSAInvalidSignature()",
    "ECDSAInvalidSignatureS(bytes32)",
    "ERC1967InvalidImplementation(address)",
    "ERC1967NonPayable()",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InvalidApprover(address)",
    "ERC20InvalidReceiver(address)",
    "ERC20InvalidSpender(address)",
    "ERC2612ExpiredSignature(uint256)",
    "ERC2612InvalidSigner(address,address)",
    "ERC5805FutureLookup(uint256,uint48)",
    "FailedCall()",
    "InvalidAccountNonce(address,uint256)",
    "InvalidInitialization()",
    "OwnableInvalidOwner(address)",
    "OwnableUnauthorizedAccount(address)",
    "Panic(uint256)",
    "UUPSUnauthorizedCallContext()",
    "VotesExpiredSignature(uint256)",
];

sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }

    struct Delegation {
        address delegatee;
        uint256 nonce;
        uint256 expiry;
    }
}

/// The whole supply, in wei.
fn supply() -> U256 {
    U256::from(10).pow(U256::from(27))
}

/// The largest supply of ours.
fn cap() -> U256 {
    U256::from(U96::MAX)
}

/// A pair of tokens, and what is known of them.
struct Tokens {
    token: Address,
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
    /// Puts both behind proxies; the first actor owns them, the second has the supply.
    async fn deploy(world: &mut World, clock_mode: u8) -> Result<Self> {
        let theirs = world.create(&Token::BYTECODE, Vec::new()).await?;
        let next = world.create(&Token::BYTECODE, Vec::new()).await?;
        let ours = world.harness.deployment.contracts["ogpu-token"].implementation;
        let program = ogpu_tests::programs()?.token;
        let upgrades = Upgradeable::new(world, [theirs, ours], next, &program).await?;
        let call = initializeCall {
            owner: world.actors[0],
            holder: world.actors[1],
            supply: supply(),
            clockMode: clock_mode,
        };
        let token = world.pair(theirs, ours, &call.abi_encode()).await?;
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
            counts_blocks: clock_mode == 1,
            used: Vec::new(),
        })
    }

    fn order(&self, call: &impl SolCall) -> Order {
        Order::call(self.token, call)
    }

    fn clock(&self, world: &World) -> u64 {
        if self.counts_blocks {
            world.block
        } else {
            world.now
        }
    }

    /// An amount that `account` has, or nearly.
    fn amount(&self, world: &mut World, account: Address) -> U256 {
        let balance = self.balances.get(&account).copied().unwrap_or_default();
        world.random.up_to(balance)
    }

    /// A random call, and who makes it.
    fn next(&mut self, world: &mut World) -> (Address, Order) {
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
    fn corners(&self) -> Vec<Order> {
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

    fn transfer_from(&self, world: &mut World, actor: &mut Address) -> Order {
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

    /// A time until which something is good: mostly later than now, else just so, or no longer.
    fn deadline(&self, world: &mut World) -> U256 {
        let now = U256::from(world.now);
        match world.random.below(8) {
            0 => now,
            1 => now - U256::ONE,
            2 => U256::ZERO,
            3 => U256::MAX,
            _ => now + U256::from(1_000),
        }
    }

    /// The next nonce of `account`, or seldom another.
    fn nonce(&self, world: &mut World, account: Address) -> U256 {
        let nonce = self.nonces.get(&account).copied().unwrap_or_default();
        match world.random.below(12) {
            0 => nonce + U256::ONE,
            1 => nonce.saturating_sub(U256::ONE),
            _ => nonce,
        }
    }

    fn permit(&mut self, world: &mut World) -> Order {
        let key = world.key();
        let owner = match world.random.below(12) {
            0 => world.anybody(self.token),
            _ => key.address(),
        };
        let spender = match world.random.below(3) {
            0 => world.anybody(self.token),
            _ => world.actor(),
        };
        let permit = Permit {
            owner,
            spender,
            value: self.amount(world, owner),
            nonce: self.nonce(world, owner),
            deadline: self.deadline(world),
        };
        let signatures = self.sign(world, &key, &permit);
        let [theirs, ours] = [(0, self.token), (1, world.ours(self.token))].map(|(side, token)| {
            let (v, r, s) = signatures[side];
            let named = |address| {
                if address == self.token {
                    token
                } else {
                    address
                }
            };
            permitCall {
                owner: named(owner),
                spender: named(spender),
                value: permit.value,
                deadline: permit.deadline,
                v,
                r,
                s,
            }
        });
        self.order(&theirs).ours(ours.abi_encode())
    }

    fn delegation(&mut self, world: &mut World) -> Order {
        let key = world.key();
        let delegatee = world.anybody(self.token);
        let delegation = Delegation {
            delegatee,
            nonce: self.nonce(world, key.address()),
            expiry: self.deadline(world),
        };
        let signatures = self.sign(world, &key, &delegation);
        let [theirs, ours] = [(0, self.token), (1, world.ours(self.token))].map(|(side, token)| {
            let (v, r, s) = signatures[side];
            delegateBySigCall {
                delegatee: if delegatee == self.token {
                    token
                } else {
                    delegatee
                },
                nonce: delegation.nonce,
                expiry: delegation.expiry,
                v,
                r,
                s,
            }
        });
        self.order(&theirs).ours(ours.abi_encode())
    }

    /// Signs for theirs and for ours; seldom in a way that must not be accepted.
    fn sign(
        &self,
        world: &mut World,
        key: &Account,
        message: &impl Signed,
    ) -> [(u8, B256, B256); 2] {
        let spoilt = world.random.below(24);
        let word = B256::from(world.random.word());
        [0, 1].map(|side| {
            let domain = &self.domains[if spoilt == 0 { 1 - side } else { side }];
            let contract = domain.verifying_contract.unwrap_or_default();
            let digest = message.named(self.token, contract).digest(domain);
            let signature = key.sign_digest(digest).expect("a key signs");
            let (r, s) = (
                B256::from_slice(&signature[..32]),
                B256::from_slice(&signature[32..64]),
            );
            let v = signature[64];
            match spoilt {
                1 => (55 - v, r, B256::from(ORDER - U256::from_be_bytes(s.0))),
                2 => (55 - v, r, s),
                3 => (v - 27, r, s),
                4 => (29, r, s),
                5 => (v, B256::ZERO, s),
                6 => (v, r, B256::ZERO),
                7 => (v, r, word),
                8 => (v, word, s),
                9 => (v, r, B256::from(ORDER >> 1)),
                _ => (v, r, s),
            }
        })
    }

    /// Whoever a signature is recovered to, theirs and ours: a signature for something else than what is asked recovers to
    /// addresses that are nobody's, and are not the same as the domains are not.
    fn recover(&self, world: &mut World, order: &Order) {
        let ours = order.ours.clone().unwrap_or_default();
        let of = |data: &Bytes, domain: &Eip712Domain| -> Option<(Address, B256)> {
            let (digest, v, r, s) = if let Ok(call) = permitCall::abi_decode(data) {
                let nonce = self.nonces.get(&call.owner).copied().unwrap_or_default();
                let permit = Permit {
                    owner: call.owner,
                    spender: call.spender,
                    value: call.value,
                    nonce,
                    deadline: call.deadline,
                };
                (permit.eip712_signing_hash(domain), call.v, call.r, call.s)
            } else {
                let call = delegateBySigCall::abi_decode(data).ok()?;
                let delegation = Delegation {
                    delegatee: call.delegatee,
                    nonce: call.nonce,
                    expiry: call.expiry,
                };
                (
                    delegation.eip712_signing_hash(domain),
                    call.v,
                    call.r,
                    call.s,
                )
            };
            let signature = Signature::from_scalars_and_parity(r, s, v == 28);
            Some((signature.recover_address_from_prehash(&digest).ok()?, s))
        };
        let recovered = (
            of(&order.theirs, &self.domains[0]),
            of(&ours, &self.domains[1]),
        );
        if let (Some(theirs), Some(ours)) = recovered {
            if !world.people().contains(&theirs.0) {
                world.same(theirs.0, ours.0);
            }
            world.same(theirs.1, ours.1); // which a refusal may tell
        }
    }

    /// A view, asked for in a transaction.
    fn view(&self, world: &mut World) -> Order {
        let account = world.anybody(self.token);
        let mut views = self.views(world, &[account]);
        views.extend(self.constants());
        world.random.of(&views)
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

    /// Compares everything about `accounts`, and learns what the next calls are made from.
    async fn look_at(&mut self, world: &mut World, accounts: &[Address]) -> Result<()> {
        let views = self.views(world, accounts);
        let seen = world.look(&views).await?;
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
        self.upgrades.look(world, self.token).await
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
            let mut text = order.theirs.to_vec();
            for (_, log) in &outcome.logs {
                log.topics().iter().for_each(|topic| text.extend(topic.0));
            }
            let mut named = self.everybody(world);
            named.retain(|account| {
                *account == actor || text.windows(20).any(|window| account == window)
            });
            self.look_at(world, &named).await?;
        }
        Ok(outcome.success)
    }
}

impl Tokens {
    /// Proxies that cannot be made, and some that can.
    async fn creations(&self, world: &mut World) -> Result<()> {
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

/// secp256k1's order.
const ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);

/// What is signed, which may have the address of the contract in it.
trait Signed: Sized + Clone {
    /// With `ours` in place of `theirs`.
    fn named(&self, theirs: Address, ours: Address) -> Self;
    fn digest(&self, domain: &Eip712Domain) -> B256;
}

fn named(address: Address, theirs: Address, ours: Address) -> Address {
    if address == theirs { ours } else { address }
}

impl Signed for Permit {
    fn named(&self, theirs: Address, ours: Address) -> Self {
        Self {
            owner: named(self.owner, theirs, ours),
            spender: named(self.spender, theirs, ours),
            ..self.clone()
        }
    }

    fn digest(&self, domain: &Eip712Domain) -> B256 {
        self.eip712_signing_hash(domain)
    }
}

impl Signed for Delegation {
    fn named(&self, theirs: Address, ours: Address) -> Self {
        Self {
            delegatee: named(self.delegatee, theirs, ours),
            ..self.clone()
        }
    }

    fn digest(&self, domain: &Eip712Domain) -> B256 {
        self.eip712_signing_hash(domain)
    }
}

#[test]
fn a_token_declares_what_openzeppelins_does() -> Result<()> {
    let read = |path: &str| -> Result<Value> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
    };
    let theirs = read("bench/artifacts/openzeppelin/Token.json")?["abi"].take();
    let ours = read("abi/ogpu-token.json")?;
    let abis = [
        serde_json::from_value::<JsonAbi>(theirs)?,
        serde_json::from_value(ours)?,
    ];
    let [theirs, ours] = abis.each_ref().map(|abi| {
        let functions = abi.functions();
        let functions = functions.map(|function| function.signature_with_outputs());
        let errors = abi.errors();
        let errors = errors.map(|error| format!("error {}", error.signature()));
        let events = abi.events().map(|event| event.full_signature());
        functions
            .chain(errors)
            .chain(events)
            .collect::<BTreeSet<_>>()
    });
    let meant = ONE_SIDED.iter().flat_map(|(names, _)| names.iter());
    let meant: BTreeSet<_> = meant.map(|name| (*name).to_owned()).collect();
    assert_eq!(&theirs ^ &ours, meant);
    Ok(())
}

async fn life(clock_mode: u8) -> Result<()> {
    let mut world = World::new(DIFFERENCES).await?;
    let mut tokens = Tokens::deploy(&mut world, clock_mode).await?;
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
    for order in tokens.upgrades.all(&world, tokens.token) {
        world.send(tokens.owner, &order).await?;
    }
    let end = tokens.order(&renounceOwnershipCall {});
    world.send(tokens.owner, &end).await?;
    tokens.look(&mut world).await?;
    tokens.creations(&mut world).await?;
    if world.steps >= 300 {
        world.all_met(&REASONS);
    }
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
