//! Front ends see what there is: an [index](super::index) made from logs, beside the contracts' own views.

use eyre::Result;
use ogpu_client::{
    Account,
    alloy::{
        dyn_abi::{DynSolValue, FunctionExt as _, JsonAbiExt as _},
        eips::BlockId,
        json_abi::Function,
        primitives::{Address, Bytes, U256, keccak256, utils::format_units},
        providers::Provider as _,
    },
    bindings::{GovernanceDao, Timelock},
    governance::{Action, Proposal, ProposalState, Support},
};
use ogpu_tests::{ogpu, refusal};
use serde_json::json;

use super::{
    Assembly, TERMS, call,
    index::{Listed, STANDARD, Space, Vote, events, logs},
};

/// Holders and their votes, in millions; forty are a quorum.
struct Holders {
    /// 30
    alice: Account,
    /// 20
    bob: Account,
    /// 5
    carol: Account,
    /// 10
    dave: Account,
}

fn vote(account: &Account, support: Support, millions: u64, reason: &str) -> Vote {
    Vote {
        voter: account.address(),
        support: support as u8,
        weight: ogpu(millions * 1_000_000),
        reason: reason.to_owned(),
    }
}

impl Assembly {
    async fn holders(&self) -> Result<Holders> {
        Ok(Holders {
            alice: self.voter(30_000_000).await?,
            bob: self.voter(20_000_000).await?,
            carol: self.voter(5_000_000).await?,
            dave: self.voter(10_000_000).await?,
        })
    }

    /// The index, if it says what the contracts do.
    async fn index(&self) -> Result<Space> {
        let (chain, dao) = (self.harness.chain(), &self.dao);
        let space = Space::of(chain, dao.addresses().governor).await?;
        let (view, token) = (dao.governor(), self.harness.market.token());
        assert_eq!(space.timelock, chain.read("", view.timelock()).await?);
        assert_eq!(space.token, *token.address());
        assert_eq!(space.symbol, chain.read("", token.symbol()).await?);
        assert_eq!(space.decimals, chain.read("", token.decimals()).await?);
        let delay = chain.read("", view.votingDelay()).await?;
        assert_eq!(space.voting_delay, delay);
        let period = chain.read("", view.votingPeriod()).await?;
        assert_eq!(space.voting_period, period);
        let threshold = chain.read("", view.proposalThreshold()).await?;
        assert_eq!(space.proposal_threshold, threshold);
        for (timelock, delay) in &space.delays {
            let timelock = Timelock::new(*timelock, chain.provider());
            assert_eq!(*delay, chain.read("", timelock.getMinDelay()).await?);
        }
        let count = chain.read("", view.proposalCount()).await?;
        assert_eq!(U256::from(space.proposals.len()), count);
        for (index, listed) in space.proposals.iter().enumerate() {
            let at = view.proposalDetailsAt(U256::from(index));
            assert_eq!(chain.read("", at).await?.proposalId, listed.id);
            self.compare(listed).await?;
        }
        Ok(space)
    }

    /// Fails unless the contracts say the same of a proposal.
    async fn compare(&self, listed: &Listed) -> Result<()> {
        let (chain, view) = (self.harness.chain(), self.dao.governor());
        let own = self.dao.proposal(listed.id).await?;
        let clock = U256::from(self.clock().await?);
        assert_eq!(listed.state(clock), own.state, "{}", listed.title);
        assert_eq!(listed.proposer, own.proposer);
        assert_eq!((listed.start, listed.end), (own.snapshot, own.deadline));
        assert_eq!(listed.eta.unwrap_or_default(), own.eta);
        assert_eq!(listed.actions, own.actions);
        let votes = [own.against_votes, own.for_votes, own.abstain_votes];
        assert_eq!(listed.scores(), votes);
        for vote in &listed.votes {
            let has = chain.read("", view.hasVoted(listed.id, vote.voter)).await?;
            assert!(has);
            let weight = view.getVotes(vote.voter, listed.start);
            assert_eq!(chain.read("", weight).await?, vote.weight);
        }
        if let Some(quorum) = listed.quorum {
            assert_eq!(chain.read("", view.quorum(listed.start)).await?, quorum);
        }
        let timelock = chain.read("", view.timelock()).await?;
        let timelock = Timelock::new(timelock, chain.provider());
        let timestamp = timelock.getTimestamp(listed.operation);
        let timestamp = chain.read("", timestamp).await?;
        match own.state {
            ProposalState::Queued => assert_eq!(timestamp, own.eta),
            ProposalState::Executed => {} // by this timelock, or by the one before it
            _ => assert_eq!(timestamp, U256::ZERO),
        }
        Ok(())
    }

    /// Has somebody propose.
    async fn proposed(&self, by: &Account, actions: Vec<Action>, text: &str) -> Result<U256> {
        let proposal = Proposal {
            actions,
            description: text.to_owned(),
        };
        Ok(self.dao.propose(by, &proposal).await?.0)
    }

    async fn voting_begins(&self, id: U256) -> Result<()> {
        self.pass(self.dao.proposal(id).await?.snapshot).await
    }

    async fn voting_ends(&self, id: U256) -> Result<()> {
        self.pass(self.dao.proposal(id).await?.deadline).await
    }

    /// A timelock of the same governor, with this delay.
    async fn another_timelock(&self, delay: u64) -> Result<Address> {
        let initialize = Timelock::initializeCall {
            minDelay: U256::from(delay),
            proposers: vec![self.dao.addresses().governor],
            executors: vec![Address::ZERO],
            admin: Address::ZERO,
        };
        self.proxy("timelock", initialize).await
    }
}

fn slower(timelock: Address, delay: u64) -> Action {
    let slower = Timelock::updateDelayCall {
        newDelay: U256::from(delay),
    };
    call(timelock, slower)
}

#[tokio::test]
async fn an_indexer_sees_what_there_is() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let governor = dao.addresses().governor;
    let Holders {
        alice,
        bob,
        carol,
        dave,
    } = assembly.holders().await?;
    let anyone = &harness.treasury;
    let space = assembly.index().await?;
    assert_eq!(space.symbol, "oGPU");
    assert_eq!(space.voting_delay, U256::from(TERMS[0]));
    assert_eq!(space.delays[&space.timelock], U256::from(TERMS[3]));
    assert!(space.proposals.is_empty());

    // Other terms and another timelock, with votes of every kind.
    let old = dao.addresses().timelock;
    let new = assembly.another_timelock(25).await?;
    let actions = vec![
        call(
            governor,
            GovernanceDao::setVotingDelayCall {
                newVotingDelay: "12".parse()?,
            },
        ),
        call(
            governor,
            GovernanceDao::setVotingPeriodCall {
                newVotingPeriod: 45,
            },
        ),
        call(
            governor,
            GovernanceDao::setProposalThresholdCall {
                newProposalThreshold: ogpu(200_000),
            },
        ),
        slower(old, 22),
        call(
            governor,
            GovernanceDao::updateTimelockCall { newTimelock: new },
        ),
    ];
    let text = "# Other terms\n\nTwelve seconds, then *forty-five*.\n\n## Why\n\nTo see it.\n";
    let terms = assembly.proposed(&alice, actions, text).await?;
    assembly.index().await?;
    assembly.voting_begins(terms).await?;
    dao.vote(&alice, terms, Support::For, "it is time").await?;
    dao.vote(&bob, terms, Support::Against, "").await?;
    let view = dao.governor();
    let abstain = view.castVoteWithReasonAndParams(
        terms,
        Support::Abstain as u8,
        "all the same".to_owned(),
        Bytes::new(),
    );
    carol.send("voting", abstain).await?;
    let ballot = dao.sign(&dave, terms, Support::For).await?;
    dao.post(anyone, terms, &[ballot]).await?;
    assembly.index().await?;
    assembly.voting_ends(terms).await?;
    assembly.index().await?;
    dao.queue(anyone, terms).await?;
    assembly.index().await?;
    harness.reach(dao.proposal(terms).await?.eta.to()).await?;
    dao.execute(anyone, terms).await?;
    let space = assembly.index().await?;
    let listed = &space.proposals[0];
    assert_eq!(listed.title, "Other terms");
    let body = "Twelve seconds, then *forty-five*.\n\n## Why\n\nTo see it.";
    assert_eq!(listed.body, body);
    let votes = [
        vote(&alice, Support::For, 30, "it is time"),
        vote(&bob, Support::Against, 20, ""),
        vote(&carol, Support::Abstain, 5, "all the same"),
        vote(&dave, Support::For, 10, ""),
    ];
    assert_eq!(listed.votes, votes);
    assert_eq!((space.timelock, space.voting_delay), (new, U256::from(12)));
    assert_eq!(space.delays[&old], U256::from(22));
    assert_eq!(space.delays[&new], U256::from(25));

    // One that is taken back.
    let canceled = assembly.proposed(&alice, vec![slower(new, 1)], "In a line");
    let canceled = canceled.await?;
    dao.cancel(&alice, canceled).await?;
    let space = assembly.index().await?;
    assert!(space.proposals[1].is_canceled);
    assert_eq!(space.proposals[1].title, "In a line");
    assert_eq!(space.proposals[1].body, "");

    // One with a late quorum, which is executed at the timelock itself; one without any, beside it.
    let text = "# Late";
    let late = assembly.proposed(&bob, vec![slower(new, 30)], text).await?;
    let lost = assembly.proposed(&carol, vec![slower(new, 0)], "# Lost");
    let lost = lost.await?;
    let deadline = dao.proposal(late).await?.deadline;
    assembly.pass(deadline - U256::from(9)).await?;
    dao.vote(&carol, lost, Support::For, "").await?;
    for voter in [&alice, &dave] {
        dao.vote(voter, late, Support::For, "").await?;
    }
    assert!(assembly.index().await?.proposals[2].end > deadline);
    assembly.voting_ends(late).await?;
    let space = assembly.index().await?;
    let clock = U256::from(assembly.clock().await?);
    assert_eq!(space.proposals[3].state(clock), ProposalState::Defeated);
    assert_eq!(
        refusal(dao.queue(anyone, lost).await),
        "GovernorUnexpectedProposalState"
    );
    dao.queue(anyone, late).await?;
    harness.reach(dao.proposal(late).await?.eta.to()).await?;
    let action = slower(new, 30);
    let mut salt = keccak256(text);
    for (byte, own) in salt.iter_mut().zip(governor) {
        *byte ^= own;
    }
    let timelock = Timelock::new(new, harness.chain().provider());
    let execute = timelock.executeBatch(
        vec![action.target],
        vec![action.value],
        vec![action.data],
        [0; 32].into(),
        salt,
    );
    anyone.send("executing", execute).await?;
    let space = assembly.index().await?;
    assert!(space.proposals[2].is_executed);
    assert_eq!(space.delays[&new], U256::from(30));

    // Every event is as the standard has it, and there were all that matter here.
    let seen = events(&logs(harness.chain(), vec![governor, old, new]).await?)?;
    let unseen = [
        "VoteCastWithParams(address,uint256,uint8,uint256,string,bytes)",
        "Cancelled(bytes32)",
        "EIP712DomainChanged()",
        "BallotSkipped(uint256,address,uint256,bytes)",
    ];
    for (event, _) in STANDARD {
        assert_eq!(seen.contains(event), !unseen.contains(event), "{event}");
    }
    Ok(())
}

/// What the strategies `erc20-votes` and `contract-call` of Snapshot are told of a token.
const STRATEGIES: [(&str, &str); 2] = [
    (
        "erc20-votes",
        r#"{
            "name": "getVotes", "type": "function", "stateMutability": "view",
            "inputs": [{"name": "account", "type": "address", "internalType": "address"}],
            "outputs": [{"name": "", "type": "uint256", "internalType": "uint256"}]
        }"#,
    ),
    (
        "contract-call",
        r#"{
            "name": "balanceOf", "type": "function", "stateMutability": "view",
            "inputs": [{"name": "account", "type": "address", "internalType": "address"}],
            "outputs": [{"name": "", "type": "uint256", "internalType": "uint256"}]
        }"#,
    ),
];

#[tokio::test]
async fn strategies_read_the_token() -> Result<()> {
    let assembly = Assembly::new().await?;
    let harness = &assembly.harness;
    let (provider, token) = (harness.chain().provider(), harness.market.token());
    let (voter, other) = (assembly.voter(1_234).await?, harness.actor(0).await?);
    let scores = async |strategy: usize, block: u64| -> Result<Vec<String>> {
        let (_, text) = STRATEGIES[strategy];
        let function: Function = serde_json::from_str(text)?;
        let mut scores = Vec::new();
        for account in [&voter, &other] {
            let data = function.abi_encode_input(&[DynSolValue::Address(account.address())])?;
            let request = json!({"to": token.address(), "data": Bytes::from(data)});
            let parameters = (request, BlockId::number(block));
            let answer = provider.raw_request("eth_call".into(), parameters);
            let answer: Bytes = answer.await?;
            let outputs = function.abi_decode_output(&answer)?;
            let (amount, _) = outputs[0].as_uint().expect("a number");
            let decimals = harness.chain().read("", token.decimals()).await?;
            scores.push(format_units(amount, decimals)?);
        }
        Ok(scores)
    };
    let (erc20_votes, contract_call) = (0, 1);
    let (all, none) = ("1234.000000000000000000", "0.000000000000000000");
    let before = provider.get_block_number().await?;
    let half = token.transfer(other.address(), ogpu(617));
    voter.send("sending", half).await?;
    let half = "617.000000000000000000";
    let after = provider.get_block_number().await?;
    for strategy in [erc20_votes, contract_call] {
        let name = STRATEGIES[strategy].0;
        assert_eq!(scores(strategy, before).await?, [all, none], "{name}");
    }
    // Who has not delegated has a balance, and no votes.
    assert_eq!(scores(erc20_votes, after).await?, [half, none]);
    assert_eq!(scores(contract_call, after).await?, [half, half]);
    Ok(())
}
