//! The governor, with our token and our timelock on our side, theirs on theirs.

mod calls;

use std::{collections::BTreeMap, fs};

use eyre::{Result, ensure};
use ogpu_client::{
    Account,
    alloy::{
        primitives::{Address, B256, Bytes, U256, keccak256},
        sol_types::{Eip712Domain, Panic, PanicKind, SolCall, SolError, SolStruct, SolValue},
    },
    bindings::{GovernanceDao, governance::Ballot},
};

use super::{
    Difference, Order, Outcome, World, abi,
    contracts::{
        Actor, Box,
        Governor::{self, *},
        Timelock::hashOperationBatchCall,
        Token::{delegateCall, transferCall},
    },
    program_path,
    timelock::Timelocks,
    token::{
        Tokens,
        signatures::{Delegation, Spoilt},
    },
};

/// In units of the token's clock, seconds here.
pub const DELAY: u64 = 50;
pub const PERIOD: u64 = 1_000;
/// For how long ballots are taken at least once the quorum is reached.
const EXTENSION: u64 = 300;

/// In what our governor is unlike theirs.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        calls: &["initialize"],
        why: "ours says that it is initialised before it does the rest, theirs afterwards",
        seen: super::initialized_first,
    },
    Difference {
        calls: &["initialize"],
        why: "ours names the program with the rest of its functions as well",
        seen: names_its_extension,
    },
    Difference {
        calls: &["queue", "cancel"],
        why: "ours looks for a proposal by its id before it refuses ether, theirs afterwards",
        seen: |theirs, ours| {
            !(theirs.success || ours.success)
                && theirs.output.is_empty()
                && GovernorNonexistentProposal::abi_decode(&ours.output).is_ok()
        },
    },
    Difference {
        calls: &[calls::SPOILT],
        why: "theirs panics where a length in calldata is beyond any memory, ours refuses it without a reason",
        seen: |theirs, ours| {
            let panic = Panic::from(PanicKind::ResourceError).abi_encode();
            !(theirs.success || ours.success)
                && theirs.output[..] == panic
                && ours.output.is_empty()
        },
    },
    Difference {
        calls: &[calls::SPOILT, calls::GOVERNED],
        why: "ours looks who calls what only governance may call before it looks at arguments and ether, theirs afterwards",
        seen: |theirs, ours| {
            !(theirs.success || ours.success)
                && theirs.output.is_empty()
                && GovernorOnlyExecutor::abi_decode(&ours.output).is_ok()
        },
    },
];

/// Every reason for which a call of theirs is refused here.
const REASONS: [&str; 9] = [
    "GovernorAlreadyCastVote(address)",
    "GovernorInsufficientProposerVotes(address,uint256,uint256)",
    "GovernorInvalidProposalLength(uint256,uint256,uint256)",
    "GovernorInvalidSignature(address)",
    "GovernorNonexistentProposal(uint256)",
    "GovernorOnlyExecutor(address)",
    "GovernorRestrictedProposer(address)",
    "GovernorUnableToCancel(uint256,address)",
    "GovernorUnexpectedProposalState(uint256,uint8,bytes32)",
];

/// Whether ours is as theirs but for where it says that it is initialised, and for an event that names the extension.
fn names_its_extension(theirs: &Outcome, ours: &Outcome) -> bool {
    let mut rest = ours.clone();
    let event = keccak256("ExtensionSet(address)");
    rest.logs
        .retain(|(_, log)| log.topics().first() != Some(&event));
    rest.logs.len() + 1 == ours.logs.len() && super::initialized_first(theirs, &rest)
}

/// A proposal to theirs.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    pub targets: Vec<Address>,
    pub values: Vec<U256>,
    pub calldatas: Vec<Bytes>,
    pub description: String,
}

impl Proposal {
    pub fn description_hash(&self) -> B256 {
        keccak256(&self.description)
    }

    /// Asks for its id.
    pub fn hash(&self) -> hashProposalCall {
        hashProposalCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            descriptionHash: self.description_hash(),
        }
    }

    /// Its id: the hash of what its functions are called with.
    pub fn id(&self) -> U256 {
        keccak256(&self.hash().abi_encode()[4..]).into()
    }

    pub fn propose(&self) -> proposeCall {
        proposeCall {
            targets: self.targets.clone(),
            values: self.values.clone(),
            calldatas: self.calldatas.clone(),
            description: self.description.clone(),
        }
    }
}

/// A pair of governors, with their tokens and timelocks.
pub struct Governors {
    pub governor: Address,
    pub tokens: Tokens,
    pub timelocks: Timelocks,
    /// The signing domains of theirs and ours.
    domains: [Eip712Domain; 2],
    proposals: Vec<Proposal>,
    nonces: BTreeMap<Address, U256>,
    /// When something begins or ends.
    times: Vec<u64>,
    /// Calls with signatures that were used.
    used: Vec<Order>,
    /// The latest ballot that was cast without a signature, and by whom.
    cast: Option<(Address, Order)>,
}

impl Governors {
    /// Puts both behind proxies, with `holder` the first holder of the supply, and no guardian unless one is given.
    pub async fn deploy(world: &mut World, holder: Address, guardian: Address) -> Result<Self> {
        let tokens = Tokens::deploy(world, 0, [holder; 2]).await?;
        let timelocks = Timelocks::deploy(world).await?;
        let implementations = world
            .implementations("governance-dao", &Governor::BYTECODE)
            .await?;
        let extension = world
            .program(&fs::read(program_path("governor-admin"))?)
            .await?;
        let theirs = initializeCall {
            name_: "OGPU DAO".into(),
            token_: tokens.token,
            timelock_: timelocks.timelock,
            votingDelay_: DELAY.try_into()?,
            votingPeriod_: PERIOD.try_into()?,
            proposalThreshold_: U256::from(10u64.pow(18)),
            quorumNumerator_: U256::from(20),
            voteExtension_: EXTENSION.try_into()?,
            guardian_: guardian,
        };
        let ours = GovernanceDao::initializeCall {
            token: world.ours(theirs.token_),
            timelock: world.ours(theirs.timelock_),
            extension,
            votingDelay: theirs.votingDelay_,
            votingPeriod: theirs.votingPeriod_,
            proposalThreshold: theirs.proposalThreshold_,
            quorumNumerator: theirs.quorumNumerator_,
            voteExtension: theirs.voteExtension_,
            guardian: world.ours(guardian),
        };
        let calls = [theirs.abi_encode(), ours.abi_encode()];
        let calls = calls.each_ref().map(Vec::as_slice);
        let governor = world.pair_by(implementations, calls).await?;
        let admin = world.actors[0];
        for order in timelocks.grants(governor) {
            world.send(admin, &order).await?;
        }
        let chain = world.chain().id();
        let domains = [governor, world.ours(governor)].map(|contract| {
            Eip712Domain::new(
                Some("OGPU DAO".into()),
                Some("1".into()),
                Some(U256::from(chain)),
                Some(contract),
                None,
            )
        });
        Ok(Self {
            governor,
            tokens,
            timelocks,
            domains,
            proposals: Vec::new(),
            nonces: BTreeMap::new(),
            times: Vec::new(),
            used: Vec::new(),
            cast: None,
        })
    }

    pub fn order(&self, call: &impl SolCall) -> Order {
        Order::call(self.governor, call)
    }

    /// From now on the ids of ours stand for those of theirs: of the proposal, and of its operation and salt in the timelock.
    pub fn know(&self, world: &mut World, proposal: &Proposal) {
        self.know_hashed(world, &proposal.hash());
    }

    fn know_hashed(&self, world: &mut World, proposal: &hashProposalCall) {
        let calldata = proposal.abi_encode();
        let translated = world.translate(&calldata);
        world.same(keccak256(&calldata[4..]), keccak256(&translated[4..]));
        let mut known =
            [calldata, translated].map(|calldata| hashProposalCall::abi_decode(&calldata));
        let governors = [self.governor, world.ours(self.governor)];
        let operations = known.iter_mut().zip(governors).filter_map(|(call, own)| {
            let call = call.as_mut().ok()?;
            let mut salt = call.descriptionHash;
            salt.iter_mut()
                .zip(own.as_slice())
                .for_each(|(byte, own)| *byte ^= own);
            let operation = hashOperationBatchCall {
                targets: call.targets.clone(),
                values: call.values.clone(),
                payloads: call.calldatas.clone(),
                predecessor: B256::ZERO,
                salt,
            };
            Some((salt, keccak256(&operation.abi_encode()[4..])))
        });
        if let [(salt, id), (our_salt, our_id)] = operations.collect::<Vec<_>>()[..] {
            world.same(salt, our_salt);
            world.same(id, our_id);
        }
    }

    /// What `key` signs for theirs and for ours, as `voter`.
    pub fn signatures(&self, world: &World, key: &Account, theirs: &Ballot) -> [(U256, Bytes); 2] {
        let id = theirs.proposalId.to_be_bytes::<32>();
        let id = U256::from_be_slice(&world.translate(&id));
        let ours = Ballot {
            proposalId: id,
            ..theirs.clone()
        };
        let mut domains = self.domains.iter();
        [theirs.clone(), ours].map(|ballot| {
            let domain = domains.next().expect("there are two");
            let signature = key
                .sign_digest(ballot.eip712_signing_hash(domain))
                .expect("a key signs");
            (ballot.proposalId, signature.to_vec().into())
        })
    }

    /// A signed ballot.
    pub fn ballot(&self, world: &World, key: &Account, ballot: &Ballot) -> Order {
        let [theirs, ours] = self
            .signatures(world, key, ballot)
            .map(|(proposal, signature)| castVoteBySigCall {
                proposalId: proposal,
                support: ballot.support,
                voter: ballot.voter,
                signature,
            });
        self.order(&theirs).ours(ours.abi_encode())
    }

    /// How a proposal is queued, executed, cancelled.
    pub fn calls(&self, proposal: &Proposal) -> [Order; 3] {
        let hashProposalCall {
            targets,
            values,
            calldatas,
            descriptionHash,
        } = proposal.hash();
        let arguments = (targets, values, calldatas, descriptionHash).abi_encode_params();
        let order = |name, selector: [u8; 4]| {
            Order::new(
                name,
                self.governor,
                [selector.to_vec(), arguments.clone()].concat(),
            )
        };
        [
            order("queue", queue_0Call::SELECTOR),
            order("execute", execute_0Call::SELECTOR),
            order("cancel", cancel_1Call::SELECTOR),
        ]
    }

    /// One that has the target of the timelock keep a number.
    pub fn proposal(&self, world: &mut World, number: u8) -> Proposal {
        let number_ = U256::from(1_000 + u64::from(number));
        let proposal = Proposal {
            targets: vec![self.timelocks.target],
            values: vec![U256::ZERO],
            calldatas: vec![Box::keepCall { number_ }.abi_encode().into()],
            description: format!("Keep another number: {number:03}"),
        };
        self.know(world, &proposal);
        proposal
    }

    /// Ours alone counts ballots in batches: in favour, by all of `voters`, with the same nonce.
    pub fn batch(&self, world: &World, id: U256, voters: &[Account], nonce: U256) -> Actor::Order {
        let signed = voters.iter().map(|voter| {
            let ballot = Ballot {
                proposalId: id,
                support: 1,
                voter: voter.address(),
                nonce,
            };
            let [_, ours] = self.signatures(world, voter, &ballot);
            ours
        });
        let (ids, signatures): (Vec<_>, Vec<_>) = signed.unzip();
        let call = GovernanceDao::castVoteBySigBatchCall {
            proposalId: ids.first().copied().unwrap_or_default(),
            voters: voters.iter().map(Account::address).collect(),
            support: vec![1; voters.len()],
            nonces: vec![nonce; voters.len()],
            signatures,
        };
        Actor::Order {
            target: world.ours(self.governor),
            value: U256::ZERO,
            data: call.abi_encode().into(),
        }
    }

    /// Lets time pass, or not, or just until something begins or ends.
    async fn pass(&self, world: &mut World) -> Result<()> {
        let seconds = match world.random.below(12) {
            0..5 => 0,
            5..8 => 1,
            8..10 => world.random.below(100) as u64,
            10 => {
                let next = self.times.iter().find(|time| **time > world.now + 1);
                let left = next.map_or(0, |time| time - world.now);
                left + world.random.below(3) as u64
            }
            _ => world.random.below(400) as u64,
        };
        world.wait(seconds.saturating_sub(1), 1).await
    }

    /// Compares every view, and learns what the next calls are made from.
    async fn look(&mut self, world: &mut World) -> Result<()> {
        let views = self.views(world);
        let seen = world.look(&views).await?;
        self.times.clear();
        for (view, output) in views.iter().zip(seen) {
            let number = || U256::abi_decode(&output);
            if let Ok(call) = noncesCall::abi_decode(&view.theirs) {
                self.nonces.insert(call.owner, number()?);
            } else if proposalSnapshotCall::abi_decode(&view.theirs).is_ok()
                || proposalDeadlineCall::abi_decode(&view.theirs).is_ok()
            {
                self.times.push(number()?.saturating_to());
            }
        }
        self.times.sort_unstable();
        Ok(())
    }

    /// One random call, and every view compared after it.
    async fn step(&mut self, world: &mut World) -> Result<bool> {
        self.pass(world).await?;
        let (actor, order) = self.next(world);
        if let Some(proposal) = calls::proposal_in(&order.theirs) {
            self.know_hashed(world, &proposal);
        }
        let outcome = world.send(actor, &order).await?;
        if outcome.success && order.ours.is_some() {
            self.used.push(order);
        } else if outcome.success && order.name == "castVote" {
            self.cast = Some((actor, order));
        }
        self.look(world).await?;
        Ok(outcome.success)
    }
}

/// What only one side declares, and why.
const ONE_SIDED: [(&[&str], &str); 4] = [
    (
        &[
            "initialize(string,address,address,uint48,uint32,uint256,uint256,uint48,address)()",
            "initialize(address,address,address,uint48,uint32,uint256,uint256,uint48,address)()",
            "setExtension(address)()",
            "event ExtensionSet(address indexed extension)",
            "error InvalidExtension(address)",
            "error UnknownFunction()",
        ],
        "the name of ours is a constant, and it is two programs",
    ),
    (
        &[
            "castVoteBySigBatch(uint256,address[],uint8[],uint256[],bytes[])(uint256)",
            "castVoteWithReasonAndParamsBySigBatch(uint256,address[],uint8[],uint256[],string[],bytes[],bytes[])(uint256)",
            "event BallotSkipped(uint256 indexed proposalId, address indexed voter, uint256 position, bytes reason)",
            "error BallotLengthMismatch()",
        ],
        "ours: ballots in batches",
    ),
    (
        &[
            "error InvalidShortString()",
            "error Panic(uint256)",
            "error StringTooLong(string)",
        ],
        "ours: what OpenZeppelin's sources declare elsewhere, and Solidity not at all",
    ),
    (abi::SHARED, abi::OF_ALL),
];

#[test]
fn a_governor_declares_what_openzeppelins_does() -> Result<()> {
    let meant = ONE_SIDED.iter().flat_map(|(names, _)| names.iter());
    abi::compare("Governor", "governance-dao", meant)
}

#[test]
fn a_governor_does_what_openzeppelins_does() -> Result<()> {
    super::deep(async {
        let mut world = World::new(DIFFERENCES).await?;
        let (holder, guardian) = (world.actors[3], world.actors[2]);
        let mut governors = Governors::deploy(&mut world, holder, guardian).await?;
        let value = U256::from(10).pow(U256::from(26));
        for to in world.people() {
            let order = governors.tokens.order(&transferCall { to, value });
            world.send(holder, &order).await?;
        }
        for delegatee in world.actors.clone() {
            let order = governors.tokens.order(&delegateCall { delegatee });
            world.send(delegatee, &order).await?;
        }
        for key in world.keys.clone() {
            let delegation = Delegation {
                delegatee: key.address(),
                nonce: U256::ZERO,
                expiry: U256::MAX,
            };
            let tokens = &governors.tokens;
            let order = tokens.delegation_by(&world, &key, delegation, Spoilt::NOT);
            world.send(holder, &order).await?;
        }
        world.wait(5, 1).await?;
        world.look(&governors.constants()).await?;
        for order in governors.corners() {
            world.send(holder, &order).await?;
        }
        let mut succeeded = 0;
        for _ in 0..world.steps {
            succeeded += usize::from(governors.step(&mut world).await?);
        }
        let failed = world.steps - succeeded;
        ensure!(
            world.steps < 100 || succeeded.min(failed) * 8 > world.steps,
            "{succeeded} calls succeeded, {failed} failed: too one-sided to find much"
        );
        world.look(&governors.constants()).await?;
        world.all_met(&REASONS);
        Ok(())
    })
}
