//! Votes that are signed off the chain.

use eyre::Result;
use ogpu_client::{
    Account, ClientError, Receipt,
    alloy::{
        primitives::{U256, hex},
        sol_types::{SolError, SolEvent as _},
    },
    bindings::{
        GovernanceDao::BallotSkipped,
        PaymentEscrow,
        errors::Contracts::{GovernorInvalidSignature, InvalidAccountNonce},
    },
    governance::{Proposal, SignedBallot, Support, skipped_in, votes_in},
    programs::creation_code,
};
use ogpu_tests::{ogpu, refusal};

use super::{Assembly, call};
use crate::verifiers::create;

#[tokio::test]
async fn signed_ballots_are_posted_together_and_a_bad_one_costs_the_others_nothing() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let mut voters: Vec<Account> = vec![];
    for whole in [1_000, 2_000, 3_000, 4_000] {
        voters.push(assembly.voter(whole).await?);
    }
    let nothing = call(
        harness.market.addresses().escrow,
        PaymentEscrow::setTreasuryCall {
            treasury: harness.treasury.address(),
        },
    );
    let proposal = Proposal {
        actions: vec![nothing],
        description: "# Ballots".to_owned(),
    };
    let (id, _) = dao.propose(&harness.owner, &proposal).await?;
    assembly.pass(dao.proposal(id).await?.snapshot).await?;
    let mut ballots = vec![];
    for (voter, support) in voters.iter().zip([
        Support::For,
        Support::Against,
        Support::Abstain,
        Support::For,
    ]) {
        let ballot = dao.sign(voter, id, support).await?;
        assert_eq!(dao.check(&ballot).await?, None);
        ballots.push(ballot);
    }
    // The last says another thing than was signed.
    ballots[3].support = Support::Against;
    assert!(dao.check(&ballots[3]).await?.is_some());
    let receipt = dao.post(&harness.treasury, id, &ballots).await?;
    let counted: Vec<_> = votes_in(&receipt).iter().map(|vote| vote.voter).collect();
    assert_eq!(
        counted,
        voters[..3].iter().map(Account::address).collect::<Vec<_>>()
    );
    let view = dao.proposal(id).await?;
    assert_eq!(
        [view.for_votes, view.against_votes, view.abstain_votes],
        [1_000, 2_000, 3_000].map(ogpu)
    );
    // What was counted is not counted again; who was not can still vote.
    let again = dao.post(&harness.treasury, id, &ballots[..3]).await?;
    assert!(votes_in(&again).is_empty());
    dao.vote(&voters[3], id, Support::For, "late").await?;
    assert_eq!(dao.proposal(id).await?.for_votes, ogpu(5_000));
    let twice: Result<_, ClientError> = dao.vote(&voters[0], id, Support::For, "").await;
    assert_eq!(refusal(twice), "GovernorAlreadyCastVote");
    Ok(())
}

/// Whether one ballot was posted and skipped, for this reason.
fn is_skipped<E: SolError>(receipt: &Receipt) -> bool {
    let logs = receipt.logs().iter();
    let skipped = logs.filter_map(|log| BallotSkipped::decode_log(&log.inner).ok());
    let reasons: Vec<_> = skipped.map(|log| log.data.reason).collect();
    votes_in(receipt).is_empty() && reasons.len() == 1 && reasons[0].starts_with(&E::SELECTOR)
}

/// Wallets in EVM code, by how they answer whether they have signed: yes, always; with all the gas there is; with 128 kB of zeros;
/// with 128 kB of reasons why not.
const WALLETS: [&[u8]; 4] = [
    &hex!("631626ba7e60e01b5f5260205ff3"),
    &hex!("5b5f56"),
    &hex!("620200005ff3"),
    &hex!("620200005ffd"),
];

#[tokio::test]
async fn wallets_vote_by_signature_and_a_hostile_one_spoils_only_its_own() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let (first, last) = (assembly.voter(1_000).await?, assembly.voter(2_000).await?);
    let mut wallets = vec![];
    for (code, whole) in WALLETS.into_iter().zip([100, 200, 300, 400]) {
        let wallet = create(&harness.owner, creation_code(code)).await?;
        let holder = harness.actor(whole).await?;
        let call = harness.market.token();
        holder.send("delegating", call.delegate(wallet)).await?;
        wallets.push(wallet);
    }
    harness.advance(1).await?;
    let proposal = Proposal {
        actions: vec![call(
            harness.market.addresses().escrow,
            PaymentEscrow::setTreasuryCall {
                treasury: harness.treasury.address(),
            },
        )],
        description: "# Wallets".to_owned(),
    };
    let (id, _) = dao.propose(&harness.owner, &proposal).await?;
    assembly.pass(dao.proposal(id).await?.snapshot).await?;

    let mut ballots = vec![dao.sign(&first, id, Support::For).await?];
    for wallet in &wallets {
        ballots.push(SignedBallot {
            voter: *wallet,
            ..ballots[0].clone()
        });
    }
    ballots.push(dao.sign(&last, id, Support::Against).await?);
    let receipt = dao.post(&harness.treasury, id, &ballots).await?;
    let counted: Vec<_> = votes_in(&receipt).iter().map(|vote| vote.voter).collect();
    assert_eq!(counted, [first.address(), wallets[0], last.address()]);
    let skipped = skipped_in(&receipt);
    let reasons: Vec<_> = skipped
        .iter()
        .map(|(position, why)| (*position, why.name()))
        .collect();
    let why = Some("GovernorInvalidSignature");
    assert_eq!(reasons, [(2, why), (3, why), (4, why)]);
    let view = dao.proposal(id).await?;
    assert_eq!(
        [view.for_votes, view.against_votes],
        [1_100, 2_000].map(ogpu)
    );
    // Each of the three costs the poster no more than what a wallet may take.
    assert!(receipt.gas_used < 3 * 600_000, "{} gas", receipt.gas_used);
    Ok(())
}

#[tokio::test]
async fn a_ballot_is_for_one_governor_on_one_chain_once() -> Result<()> {
    let assembly = Assembly::new().await?;
    let (harness, dao) = (&assembly.harness, &assembly.dao);
    let other = assembly.another_governor().await?;
    let voter = assembly.voter(1_000).await?;
    let nothing = call(
        harness.market.addresses().escrow,
        PaymentEscrow::setTreasuryCall {
            treasury: harness.treasury.address(),
        },
    );
    let proposal = Proposal {
        actions: vec![nothing],
        description: "# The same at both".to_owned(),
    };
    // The same number at both governors, and the same nonce.
    let (id, _) = dao.propose(&harness.owner, &proposal).await?;
    other.propose(&harness.owner, &proposal).await?;
    assembly.pass(dao.proposal(id).await?.snapshot).await?;

    let good = dao.sign(&voter, id, Support::For).await?;
    let mut foreign = SignedBallot {
        chain_id: harness.chain().id() + 1,
        ..good.clone()
    };
    foreign.signature = voter.sign_digest(foreign.digest())?;
    let anyone = &harness.treasury;
    for (dao, ballot) in [(&other, &good), (dao, &foreign)] {
        let governor = dao.governor();
        let signature = ballot.signature.clone();
        let call = governor.castVoteBySig(id, Support::For as u8, voter.address(), signature);
        let refused = anyone.send("voting", call).await;
        assert_eq!(refusal(refused), "GovernorInvalidSignature");
        let receipt = dao.post(anyone, id, std::slice::from_ref(ballot)).await?;
        assert!(is_skipped::<GovernorInvalidSignature>(&receipt));
        assert!(dao.check(ballot).await?.is_some());
        let nonce = governor.nonces(voter.address());
        assert_eq!(harness.chain().read("", nonce).await?, U256::ZERO);
        assert_eq!(dao.proposal(id).await?.for_votes, U256::ZERO);
    }

    let receipt = dao.post(anyone, id, std::slice::from_ref(&good)).await?;
    assert_eq!(votes_in(&receipt).len(), 1);
    let receipt = dao.post(anyone, id, &[good]).await?;
    assert!(is_skipped::<InvalidAccountNonce>(&receipt));
    assert_eq!(dao.proposal(id).await?.for_votes, ogpu(1_000));
    assert_eq!(other.proposal(id).await?.for_votes, U256::ZERO);
    Ok(())
}
