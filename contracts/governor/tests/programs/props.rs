//! Properties of any number of ballots in any order.

use super::*;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Vote(usize, u8),
    Signed(usize, u8, u64),
    Batch(Vec<(usize, u8, u64)>),
    Pass(u64),
    Move(usize, usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let one = || (0usize..3, 0u8..4, 0u64..3);
    prop_oneof![
        (0usize..3, 0u8..4).prop_map(|(voter, support)| Step::Vote(voter, support)),
        one().prop_map(|(voter, support, nonce)| Step::Signed(voter, support, nonce)),
        proptest::collection::vec(one(), 0..5).prop_map(Step::Batch),
        (1u64..400).prop_map(Step::Pass),
        (0usize..3, 0usize..3, 0u64..50)
            .prop_map(|(from, to, amount)| Step::Move(from, to, amount)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn votes_count_once_and_add_up(steps in proptest::collection::vec(step(), 1..12)) {
        let world = World::new();
        let proposal = Proposal::plain("Anything");
        let id = world.proposed(&proposal);
        let mut nonces = [0; 3];
        for step in steps {
            let voter = |index: usize| SHARES[index].0;
            match step {
                Step::Vote(index, support) => {
                    let _ = world.vote(voter(index), id, support);
                }
                Step::Signed(index, support, nonce) => {
                    let signature = signed(&ballot(id, support, voter(index), nonce), voter(index));
                    let message = Dao::castVoteBySigCall { proposalId: id, support, voter: voter(index), signature };
                    let _ = world.by(STRANGER, message);
                }
                Step::Batch(ballots) => {
                    let message = Dao::castVoteBySigBatchCall {
                        proposalId: id,
                        voters: ballots.iter().map(|ballot| voter(ballot.0)).collect(),
                        support: ballots.iter().map(|ballot| ballot.1).collect(),
                        nonces: ballots.iter().map(|ballot| n(ballot.2)).collect(),
                        signatures: ballots.iter().map(|(index, support, nonce)| {
                            signed(&super::ballot(id, *support, voter(*index), *nonce), voter(*index))
                        }).collect(),
                    };
                    let _ = world.by(STRANGER, message);
                }
                Step::Pass(seconds) => pass(seconds),
                Step::Move(from, to, amount) => {
                    let transfer = Token::transferCall { to: voter(to), value: n(amount) };
                    let _ = world.at(TOKEN, voter(from), transfer);
                }
            }
            let cast = events::<VoteCast>();
            let sum = |support| cast.iter().filter(|vote| vote.support == support).map(|vote| vote.weight.to::<u64>()).sum::<u64>();
            prop_assert_eq!(world.votes(id), (sum(AGAINST), sum(FOR), sum(ABSTAIN)));
            for (index, (account, share)) in SHARES.into_iter().enumerate() {
                let own: Vec<_> = cast.iter().filter(|vote| vote.voter == account).collect();
                prop_assert!(own.len() <= 1);
                prop_assert!(own.iter().all(|vote| vote.weight == n(share)));
                prop_assert_eq!(world.ask(Admin::hasVotedCall { id, account }), own.len() == 1);
                let nonce = world.nonce(account);
                prop_assert!(nonce >= nonces[index] && nonce <= own.len() as u64);
                nonces[index] = nonce;
            }
            let quorum = sum(FOR) + sum(ABSTAIN) >= 500;
            let state = world.state(&proposal);
            let deadline = world.ask(Admin::proposalDeadlineCall { id });
            let expected = match (n(host::time()) <= deadline, quorum && sum(FOR) > sum(AGAINST)) {
                (true, _) => ACTIVE,
                (false, true) => SUCCEEDED,
                (false, false) => DEFEATED,
            };
            prop_assert_eq!(state, expected);
        }
    }
}
