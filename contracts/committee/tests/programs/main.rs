//! The committee against a market and an escrow whose answers are told, with a token that keeps balances.

mod attacks;
mod money;
mod nodes;
mod plants;
mod rounds;

use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::{SolCall, SolValue, sol};
use ogpu_common::testing::{Chain, TOKEN};

use committee::{Error, errors::*, events::*};
use committee_nodes::CommitteeNodes;
use ogpu_common::{Ownable as _, Pausable as _};
use ogpu_rules::committee::{Field, Params};
use verification_committee::VerificationCommittee;

sol! {
    function verificationOf(uint256 taskId) external view returns (address, uint8, address, uint256, address, uint256, uint256, bytes32, bytes32, uint64);
    function verifyCompletion(uint256 taskId, bytes32 resultHash) external;
    function withdraw(uint256 amount) external;
    /// What the market is made to revert with, so that a test sees that it was called.
    #[derive(Debug, PartialEq)]
    error Called();
}

const OWNER: Address = address!("00000000000000000000000000000000000000aa");
const TREASURY: Address = address!("00000000000000000000000000000000000000bb");
const MARKET: Address = address!("00000000000000000000000000000000000000cc");
const ESCROW: Address = address!("00000000000000000000000000000000000000dd");
const PLANTER: Address = address!("00000000000000000000000000000000000000ee");
const CLIENT: Address = address!("0000000000000000000000000000000000c11e47");
const PROVIDER: Address = address!("000000000000000000000000000000000000b0b0");
const STRANGER: Address = address!("0000000000000000000000000000000000005747");

const BOND: u64 = 1_000;
const FEE: u64 = 100;
const DAY: u64 = 24 * 60 * 60;
/// The price of a task, and what it takes to get five or seven members.
const PRICE: u64 = 10;

/// A bond of 1,000 wei, of which 5 % are for votes, half for secrets and for plants; 60 s for secrets, 600 for commitments, 300
/// for reveals; ten days. Five verify from 50 wei on, seven from 90.
const PARAMETERS: [(Field, u64); 8] = [
    (Field::MinBond, BOND),
    (Field::BeaconWindow, 60),
    (Field::CommitWindow, 600),
    (Field::RevealWindow, 300),
    (Field::Unbonding, 10 * DAY),
    (Field::MinSecrets, 2),
    (Field::MediumValue, 50),
    (Field::HighValue, 90),
];

/// The two programs of the committee, over one storage.
struct Committee {
    votes: VerificationCommittee,
    nodes: CommitteeNodes,
}

impl Committee {
    /// Programs keep what they have read, as they do on a chain for the length of a call: so each call gets new ones.
    fn of(chain: &Chain) -> Self {
        Self {
            votes: VerificationCommittee::from(chain),
            nodes: CommitteeNodes::from(chain),
        }
    }
}

impl std::ops::Deref for Committee {
    type Target = VerificationCommittee;

    fn deref(&self) -> &VerificationCommittee {
        &self.votes
    }
}

impl std::ops::DerefMut for Committee {
    fn deref_mut(&mut self) -> &mut VerificationCommittee {
        &mut self.votes
    }
}

/// The good result.
fn good() -> B256 {
    keccak256("good")
}

/// Another result.
fn bad() -> B256 {
    keccak256("bad")
}

/// The `n`th node, from 1.
fn node(n: u64) -> Address {
    Address::from_word(B256::from(U256::from(0x1000 + n)))
}

fn task(n: u64) -> U256 {
    U256::from(n)
}

/// A committee and its world.
struct World {
    chain: Chain,
    /// How many nodes there are.
    nodes: u64,
    /// What the market says that tasks pay, and that was delivered.
    fee: u64,
    seal: B256,
}

/// An unnamed error of anybody, as revert data.
fn data<E: alloy_sol_types::SolError>(error: E) -> Vec<u8> {
    error.abi_encode()
}

impl World {
    /// A committee with so many nodes, each with the least bond, a second ago.
    fn new(nodes: u64) -> Self {
        let mut world = Self {
            chain: Chain::new(),
            nodes: 0,
            fee: 0,
            seal: keccak256("seal"),
        };
        world
            .by(OWNER, |committee| {
                committee.initialize(OWNER, TOKEN, TREASURY)
            })
            .unwrap();
        world
            .by(OWNER, |committee| {
                committee.nodes.set_siblings(MARKET, ESCROW)
            })
            .unwrap();
        world
            .by(OWNER, |committee| committee.nodes.set_planter(PLANTER))
            .unwrap();
        for (field, value) in PARAMETERS {
            world.set(field, value).unwrap();
        }
        (0..nodes).for_each(|_| world.add());
        world.chain.pass(1);
        world
    }

    /// Gives a parameter a value.
    fn set(&mut self, field: Field, value: u64) -> Result<U256, Error> {
        self.by(OWNER, |committee| {
            committee
                .nodes
                .set_parameter(U256::from(field as u8), U256::from(value))
        })
    }

    fn committee(&self) -> Committee {
        Committee::of(&self.chain)
    }

    /// One more node with the least bond.
    fn add(&mut self) {
        self.nodes += 1;
        self.join(node(self.nodes), BOND).unwrap();
    }

    fn join(&mut self, account: Address, amount: u64) -> Result<(), Error> {
        let contract = self.chain.contract();
        let mut token = self.chain.token.borrow_mut();
        token.fund(account, contract, amount.into());
        drop(token);
        self.by(account, |committee| {
            committee.nodes.join(U256::from(amount))
        })
    }

    /// Calls the committee as `sender`.
    fn by<T>(
        &mut self,
        sender: Address,
        call: impl FnOnce(&mut Committee) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.chain.call(sender, || call(&mut self.committee()))
    }

    /// A call that must be refused with this error.
    fn refused<T: std::fmt::Debug + PartialEq>(
        &mut self,
        sender: Address,
        call: impl FnOnce(&mut Committee) -> Result<T, Error>,
        error: impl alloy_sol_types::SolError,
    ) {
        let result = self.by(sender, call);
        assert_eq!(result.map_err(Vec::from), Err(data(error)));
    }

    /// The market has this task waiting for the committee.
    fn submitted(&mut self, task_id: U256, price: u64) {
        let deadline = self.now() + 30 * DAY;
        let this = self.chain.contract();
        self.market_says(task_id, this, 3, price, deadline);
    }

    fn market_says(
        &mut self,
        task_id: U256,
        verifier: Address,
        status: u8,
        price: u64,
        deadline: u64,
    ) {
        let answer = (
            verifier,
            U256::from(status),
            CLIENT,
            U256::from(7),
            PROVIDER,
            U256::from(price),
            U256::from(self.fee),
            B256::ZERO,
            self.seal,
            U256::from(deadline),
        );
        let call = verificationOfCall { taskId: task_id }.abi_encode();
        self.chain.answer(MARKET, call, Ok(answer.abi_encode()));
    }

    /// A task pays a fee: the tokens come by hand, as the escrow is none.
    fn pay_fee(&mut self, task_id: U256) {
        self.fee = FEE;
        self.submitted(task_id, PRICE);
        let contract = self.chain.contract();
        let mut token = self.chain.token.borrow_mut();
        *token.balances.entry(contract).or_default() += u128::from(FEE);
    }

    /// Asserts that what comes next tells the market this about the task, by having the market refuse it once.
    fn tells(
        &mut self,
        task_id: U256,
        result: B256,
        mut call: impl FnMut(&mut Committee) -> Result<(), Error>,
    ) {
        let report = verifyCompletionCall {
            taskId: task_id,
            resultHash: result,
        }
        .abi_encode();
        let refusal = Err(data(Called {}));
        self.chain.answer(MARKET, report.clone(), refusal);
        let before = self.round_of(task_id);
        self.refused(STRANGER, &mut call, Called {});
        assert_eq!(self.round_of(task_id), before);
        self.chain.answer(MARKET, report, Ok(Vec::new()));
        self.by(STRANGER, call).unwrap();
    }

    fn now(&self) -> u64 {
        use stylus_sdk::prelude::*;
        self.chain.vm.block_timestamp()
    }

    fn held(&self, account: Address) -> u128 {
        self.chain.token.borrow().balance(account)
    }

    /// Phase, size, beacon, end of commitments, end of reveals.
    fn round_of(&self, task_id: U256) -> (u64, u64, u64, u64, u64) {
        plain(self.committee().nodes.round_of(task_id))
    }

    /// Standing, since, number, bond, owed.
    fn node_of(&self, account: Address) -> (u64, u64, u64, u64, u64) {
        plain(self.committee().nodes.node_of(account))
    }

    /// State, result, latency.
    fn vote_of(&self, task_id: U256, node: Address) -> (u64, B256, bool) {
        let (state, result, latency_ok) = self.committee().nodes.vote_of(task_id, node);
        (state.to(), result, latency_ok)
    }

    /// Bond and what is owed.
    fn bond(&self, account: Address) -> (u64, u64) {
        let (_, _, _, bond, owed) = self.node_of(account);
        (bond, owed)
    }

    /// A beacon with the secrets of two nodes; returns its number. Its tasks can be drawn now.
    fn beacon(&mut self) -> U256 {
        let id = self.committee().nodes.newest_beacon();
        for n in [1, 2] {
            self.commit_secret(id, node(n), secret(id, n)).unwrap();
        }
        self.chain.pass(60);
        for n in [1, 2] {
            self.by(node(n), |committee| {
                committee.reveal_secret(id, secret(id, n))
            })
            .unwrap();
        }
        id
    }

    fn commit_secret(&mut self, id: U256, node: Address, secret: B256) -> Result<(), Error> {
        let commitment = keccak256((id, node, secret).abi_encode());
        self.by(node, |committee| committee.commit_secret(id, commitment))
    }

    /// A task whose committee votes; returns the committee.
    fn voting(&mut self, task_id: U256, price: u64) -> Vec<Address> {
        self.submitted(task_id, price);
        self.by(STRANGER, |committee| committee.request(task_id))
            .unwrap();
        self.beacon();
        self.by(STRANGER, |committee| committee.draw(task_id))
            .unwrap();
        self.committee().nodes.committee_of(task_id)
    }

    fn commit(&mut self, task_id: U256, node: Address, result: B256) -> Result<(), Error> {
        let commitment = vote(task_id, node, result);
        self.by(node, |committee| committee.commit_vote(task_id, commitment))
    }

    fn reveal(&mut self, task_id: U256, node: Address, result: B256) -> Result<(), Error> {
        self.by(node, |committee| {
            committee.reveal_vote(task_id, result, true, SALT)
        })
    }

    /// These members commit and reveal these results.
    fn vote(&mut self, task_id: U256, votes: &[(Address, B256)]) {
        for (node, result) in votes {
            self.commit(task_id, *node, *result).unwrap();
        }
        let commit_end = self.round_of(task_id).3;
        self.chain
            .vm
            .set_block_timestamp(commit_end.max(self.now()));
        for (node, result) in votes {
            self.reveal(task_id, *node, *result).unwrap();
        }
    }
}

fn plain(words: (U256, U256, U256, U256, U256)) -> (u64, u64, u64, u64, u64) {
    let (a, b, c, d, e) = words;
    (a.to(), b.to(), c.to(), d.to(), e.to())
}

const SALT: B256 = B256::repeat_byte(0x5a);

/// A commitment to a vote with the latency in order.
fn vote(task_id: U256, node: Address, result: B256) -> B256 {
    keccak256((task_id, node, result, true, SALT).abi_encode())
}

/// The secret of the `n`th node for a beacon.
fn secret(id: U256, n: u64) -> B256 {
    keccak256((id, U256::from(n)).abi_encode())
}
