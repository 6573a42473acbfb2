//! The calls that a random comparison is made of.

use ogpu_client::{
    Account,
    alloy::{
        primitives::{Address, Bytes, FixedBytes, U256, keccak256},
        sol,
        sol_types::{SolCall, SolStruct},
    },
    bindings::governance::Ballot,
};

use super::{Governors, Proposal};
use crate::openzeppelin::{
    Order, World,
    contracts::{
        Box,
        Governor::*,
        Token::{delegateCall, transferCall},
    },
};

sol! {
    struct ExtendedBallot {
        uint256 proposalId;
        uint8 support;
        address voter;
        uint256 nonce;
        string reason;
        bytes params;
    }
}

/// The name of calls of what is for the timelock.
pub const GOVERNED: &str = "what only governance may call";
/// The name of calls with malformed calldata.
pub const SPOILT: &str = "malformed calldata";

impl Governors {
    /// A random call, and who makes it.
    pub fn next(&mut self, world: &mut World) -> (Address, Order) {
        let again = self.cast.clone().filter(|_| world.random.once_in(12));
        if let Some(again) = again {
            return again;
        }
        let actor = world.actor();
        let mut order = match world.random.below(36) {
            0..4 => self.propose(world, actor),
            4..12 => self.vote(world),
            12..16 => self.signed(world),
            16 => self.used(world),
            17..21 => self.step_of_life(world, 0),
            21..26 => self.step_of_life(world, 1),
            26 => self.step_of_life(world, 2),
            27 | 28 => {
                let (_, _, data) = self.governed(world);
                Order::new(GOVERNED, self.governor, data)
            }
            29 => self.tokens.order(&transferCall {
                to: world.actor(),
                value: U256::from(10).pow(U256::from(24)),
            }),
            30 => {
                let delegatee = world.anybody(self.governor);
                self.tokens.order(&delegateCall { delegatee })
            }
            31 => Order::new("receive", self.governor, Bytes::new()).value(U256::ONE),
            32 => self.received(world),
            33 => {
                let mut proposal = self.recent(world);
                proposal.calldatas.push(Bytes::new());
                self.know(world, &proposal);
                self.order(&proposal.propose())
            }
            _ => self.view(world),
        };
        if order.target == self.governor && world.random.once_in(16) {
            order = world.spoil(order).named(SPOILT);
        }
        if world.random.once_in(40) {
            order.value += U256::ONE;
        }
        (actor, order)
    }

    /// One of the latest proposals.
    fn recent(&self, world: &mut World) -> Proposal {
        let back = world.random.below(self.proposals.len().clamp(1, 4));
        let proposal = self.proposals.iter().nth_back(back).cloned();
        proposal.unwrap_or_default()
    }

    /// A call of the governor that only the timelock may make.
    fn governed(&self, world: &mut World) -> (Address, U256, Bytes) {
        let number = world.random.below(120) as u64;
        let word = U256::from(number);
        let account = world.anybody(self.governor);
        let data = match world.random.below(8) {
            0 => setVotingDelayCall {
                newVotingDelay: (number / 2).try_into().unwrap_or_default(),
            }
            .abi_encode(),
            1 => setVotingPeriodCall {
                newVotingPeriod: if number < 40 { 0 } else { 900 + number as u32 },
            }
            .abi_encode(),
            2 => setProposalThresholdCall {
                newProposalThreshold: word,
            }
            .abi_encode(),
            3 => updateQuorumNumeratorCall {
                newQuorumNumerator: word,
            }
            .abi_encode(),
            4 => setLateQuorumVoteExtensionCall {
                newVoteExtension: (number * 12).try_into().unwrap_or_default(),
            }
            .abi_encode(),
            5 if number.is_multiple_of(2) => setProposalGuardianCall {
                newProposalGuardian: account,
            }
            .abi_encode(),
            6 => updateTimelockCall {
                newTimelock: self.timelocks.timelock,
            }
            .abi_encode(),
            _ => relayCall {
                target: self.timelocks.target,
                value: U256::from(number % 2),
                data: Box::keepCall { number_: word }.abi_encode().into(),
            }
            .abi_encode(),
        };
        (self.governor, U256::ZERO, data.into())
    }

    /// A call that a proposal makes.
    fn action(&self, world: &mut World) -> (Address, U256, Bytes) {
        let number_ = U256::from(world.random.below(1_000));
        let target = self.timelocks.target;
        match world.random.below(8) {
            0..3 => {
                let data = Box::keepCall { number_ }.abi_encode().into();
                (target, U256::from(world.random.below(2)), data)
            }
            3 => (
                target,
                U256::ZERO,
                Box::refuseCall { number_ }.abi_encode().into(),
            ),
            _ => self.governed(world),
        }
    }

    /// Proposes something new, or seldom something again.
    fn propose(&mut self, world: &mut World, actor: Address) -> Order {
        if world.random.once_in(8) {
            let again = self.recent(world);
            return self.order(&again.propose());
        }
        let count = world
            .random
            .below(4)
            .max(usize::from(!world.random.once_in(8)));
        let mut proposal = Proposal::default();
        for _ in 0..count {
            let (target, value, data) = self.action(world);
            proposal.targets.push(target);
            proposal.values.push(value);
            proposal.calldatas.push(data);
        }
        let somebody = world.actor();
        let end = match world.random.below(10) {
            0 => format!("#proposer={actor}"),
            1 => format!("#proposer={somebody:?}"),
            2 => format!("#proposer={somebody:?} "),
            3 => format!("#proposer=0x{}", "g".repeat(40)),
            4 => format!("#Proposer={somebody:?}"),
            5 => format!("#proposer=0X{}", &format!("{somebody:?}")[2..]),
            _ => String::new(),
        };
        proposal.description = format!("{}{end}", world.random.below(10_000));
        self.know(world, &proposal);
        let order = self.order(&proposal.propose());
        self.proposals.push(proposal);
        order
    }

    fn support(&self, world: &mut World) -> u8 {
        world.random.of(&[1, 1, 1, 1, 1, 0, 2, 2, 3, 255])
    }

    /// A ballot of an actor's.
    fn vote(&self, world: &mut World) -> Order {
        let proposal_id = self.id(world);
        let support = self.support(world);
        let reason = "because ".repeat(world.random.below(8));
        match world.random.below(5) {
            0 => self.order(&castVoteWithReasonCall {
                proposalId: proposal_id,
                support,
                reason,
            }),
            1 => self.order(&castVoteWithReasonAndParamsCall {
                proposalId: proposal_id,
                support,
                reason,
                params: vec![7; world.random.below(40)].into(),
            }),
            _ => self.order(&castVoteCall {
                proposalId: proposal_id,
                support,
            }),
        }
    }

    /// The id of a recent proposal, or of none.
    fn id(&self, world: &mut World) -> U256 {
        match world.random.below(24) {
            0 => world.random.word(),
            _ => self.recent(world).id(),
        }
    }

    /// A ballot that a key signs, for itself or for its wallet, or not quite.
    fn signed(&self, world: &mut World) -> Order {
        let index = world.random.below(world.keys.len());
        let key = world.keys[index].clone();
        let wallet = index < 2 && world.random.once_in(2);
        let voter = match world.random.below(12) {
            0 => world.anybody(Address::ZERO),
            _ if wallet => world.actors[index],
            _ => key.address(),
        };
        let nonce = self.nonces.get(&voter).copied().unwrap_or_default();
        let ballot = Ballot {
            proposalId: self.id(world),
            support: self.support(world),
            voter,
            nonce: match world.random.below(12) {
                0 => nonce + U256::ONE,
                _ => nonce,
            },
        };
        let way = world.random.below(16);
        let params = vec![7; world.random.below(2) * 5];
        if world.random.once_in(2) {
            return self.signed_extended(world, &key, &ballot, params, way);
        }
        let [theirs, ours] = self
            .signatures(world, &key, &ballot)
            .map(|(proposal, signature)| castVoteBySigCall {
                proposalId: proposal,
                support: ballot.support,
                voter,
                signature: spoilt(&signature, way),
            });
        self.order(&theirs).ours(ours.abi_encode())
    }

    /// One with a reason and parameters.
    fn signed_extended(
        &self,
        world: &World,
        key: &Account,
        ballot: &Ballot,
        params: Vec<u8>,
        way: usize,
    ) -> Order {
        let mut domains = self.domains.iter();
        let mut ids = self
            .signatures(world, key, ballot)
            .map(|(proposal, _)| proposal)
            .into_iter();
        let [theirs, ours] = [(), ()].map(|()| {
            let (domain, id) = (domains.next(), ids.next());
            let (domain, id) = domain.zip(id).expect("there are two");
            let message = ExtendedBallot {
                proposalId: id,
                support: ballot.support,
                voter: ballot.voter,
                nonce: ballot.nonce,
                reason: "signed".into(),
                params: params.clone().into(),
            };
            let signature = key
                .sign_digest(message.eip712_signing_hash(domain))
                .expect("a key signs");
            castVoteWithReasonAndParamsBySigCall {
                proposalId: id,
                support: ballot.support,
                voter: ballot.voter,
                reason: message.reason,
                params: message.params,
                signature: spoilt(&signature.to_vec().into(), way),
            }
        });
        self.order(&theirs).ours(ours.abi_encode())
    }

    /// A signature once more.
    fn used(&self, world: &mut World) -> Order {
        if self.used.is_empty() {
            return self.vote(world);
        }
        world.random.of(&self.used)
    }

    /// Queues, executes or cancels, by arguments or by id.
    fn step_of_life(&self, world: &mut World, step: usize) -> Order {
        if world.random.once_in(3) {
            let id = self.id(world);
            return match step {
                0 => self.order(&queue_1Call { proposalId: id }),
                1 => self.order(&execute_1Call { proposalId: id }),
                _ => self.order(&cancel_0Call { proposalId: id }),
            };
        }
        let proposal = self.recent(world);
        let [queue, execute, cancel] = self.calls(&proposal);
        match step {
            0 => queue,
            1 => {
                let value = proposal.values.iter().sum();
                execute.value(value)
            }
            _ => cancel,
        }
    }

    /// What a token calls when it is sent to the governor, and what interfaces there are.
    fn received(&self, world: &mut World) -> Order {
        let (operator, word) = (world.actors[0], world.random.word());
        let from = world.actor();
        match world.random.below(4) {
            0 => self.order(&onERC721ReceivedCall {
                _0: operator,
                _1: from,
                _2: word,
                _3: vec![7; 40].into(),
            }),
            1 => self.order(&onERC1155ReceivedCall {
                _0: operator,
                _1: from,
                _2: word,
                _3: word,
                _4: Bytes::new(),
            }),
            _ => {
                let ids = [
                    0x01ff_c9a7u32,
                    0x4e23_12e0,
                    0xffff_ffff,
                    0x6545_5a86,
                    0xcdbd_fcee,
                    0xda28_7a1d,
                    0x150b_7a02,
                ];
                let id = world.random.of(&ids);
                self.order(&supportsInterfaceCall {
                    interfaceId: FixedBytes(id.to_be_bytes()),
                })
            }
        }
    }

    /// Calls that chance may make too seldom.
    pub fn corners(&self) -> Vec<Order> {
        let mut governed = setVotingDelayCall::SELECTOR.to_vec();
        governed.extend([0; 12]);
        let mut endless = Proposal::default().propose().abi_encode();
        endless[4 + 4 * 32..][..32].fill(0xff); // the length of the first list
        vec![
            Order::new(SPOILT, self.governor, governed),
            Order::new(SPOILT, self.governor, endless),
            self.order(&queue_1Call {
                proposalId: U256::ONE,
            })
            .value(U256::ONE),
        ]
    }

    fn view(&self, world: &mut World) -> Order {
        let views = self.views(world);
        world.random.of(&views)
    }

    /// Every view that can change, of the latest proposals.
    pub fn views(&self, world: &mut World) -> Vec<Order> {
        let now = U256::from(world.now);
        let timepoint = match world.random.below(4) {
            0 => now,
            1 => now + U256::ONE,
            _ => now - U256::from(world.random.below(3_000)),
        };
        let mut views = vec![
            self.order(&votingDelayCall {}),
            self.order(&votingPeriodCall {}),
            self.order(&proposalThresholdCall {}),
            self.order(&quorumNumerator_1Call {}),
            self.order(&quorumNumerator_0Call { timepoint }),
            self.order(&quorumCall { timepoint }),
            self.order(&lateQuorumVoteExtensionCall {}),
            self.order(&proposalGuardianCall {}),
            self.order(&proposalCountCall {}),
            self.order(&ownerCall {}),
            self.order(&timelockCall {}),
            self.order(&clockCall {}),
            Order::call(self.timelocks.target, &Box::numberCall {}),
        ];
        let actor = world.actor();
        views.push(self.order(&getVotesCall {
            account: actor,
            timepoint,
        }));
        let count = self.proposals.len();
        let index = U256::from(world.random.below(count + 1));
        views.push(self.order(&proposalDetailsAtCall { index }));
        let mut ids = vec![world.random.word()];
        ids.extend(self.proposals.iter().rev().take(3).map(Proposal::id));
        for id in ids {
            views.push(self.order(&stateCall { proposalId: id }));
            views.push(self.order(&proposalVotesCall { proposalId: id }));
            views.push(self.order(&proposalSnapshotCall { proposalId: id }));
            views.push(self.order(&proposalDeadlineCall { proposalId: id }));
            views.push(self.order(&proposalEtaCall { proposalId: id }));
            views.push(self.order(&proposalProposerCall { proposalId: id }));
            views.push(self.order(&proposalNeedsQueuingCall { proposalId: id }));
            views.push(self.order(&proposalDetailsCall { proposalId: id }));
            let account = world.anybody(self.governor);
            views.push(self.order(&hasVotedCall {
                proposalId: id,
                account,
            }));
        }
        let proposal = self.recent(world).hash();
        views.push(self.order(&proposal));
        views.push(self.order(&getProposalIdCall {
            targets: proposal.targets,
            values: proposal.values,
            calldatas: proposal.calldatas,
            descriptionHash: proposal.descriptionHash,
        }));
        for owner in world.people() {
            views.push(self.order(&noncesCall { owner }));
        }
        views
    }

    /// What never changes.
    pub fn constants(&self) -> Vec<Order> {
        vec![
            self.order(&nameCall {}),
            self.order(&versionCall {}),
            self.order(&CLOCK_MODECall {}),
            self.order(&COUNTING_MODECall {}),
            self.order(&BALLOT_TYPEHASHCall {}),
            self.order(&EXTENDED_BALLOT_TYPEHASHCall {}),
            self.order(&eip712DomainCall {}),
            self.order(&quorumDenominatorCall {}),
            self.order(&tokenCall {}),
            self.order(&UPGRADE_INTERFACE_VERSIONCall {}),
            self.order(&proxiableUUIDCall {}),
        ]
    }
}

/// A signature as it should be, or in one of few ways not.
fn spoilt(signature: &Bytes, way: usize) -> Bytes {
    let mut bytes = signature.to_vec();
    match way {
        0 => bytes.truncate(64),
        1 => bytes[64] ^= 7,
        2 => bytes[40] ^= 1,
        3 => bytes.clear(),
        _ => {}
    }
    bytes.into()
}

/// What calldata propose, queue, execute, cancel or hash, if they can be read.
pub fn proposal_in(data: &Bytes) -> Option<hashProposalCall> {
    let arguments = data.get(4..)?;
    if let Ok(call) = proposeCall::abi_decode(data) {
        return Some(hashProposalCall {
            targets: call.targets,
            values: call.values,
            calldatas: call.calldatas,
            descriptionHash: keccak256(call.description),
        });
    }
    hashProposalCall::abi_decode_raw(arguments).ok()
}
