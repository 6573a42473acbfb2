use proptest::prelude::*;

use super::*;
use crate::replication::BOND_UNIT;

const NOW: u64 = 1_000;
const CLAIMED: u64 = NOW + 900;
const COMMITTED: u64 = CLAIMED + 3_600;
const REVEALED: u64 = COMMITTED + 1_800;

/// Three replicas with an hour to work, and so many seats taken.
fn drawn(seated: u8) -> Round {
    let plan = Plan::new(3, 60, BOND_UNIT, &B256::ZERO).unwrap();
    let round = Round::default().draw(&plan, NOW).unwrap();
    Round { seated, ..round }
}

#[test]
fn windows_follow_one_another() {
    let round = drawn(3);
    assert_eq!(
        (round.claim_end, round.commit_end, round.reveal_end),
        (CLAIMED, COMMITTED, REVEALED)
    );
    let plan = Plan::new(2, 1, BOND_UNIT, &B256::ZERO).unwrap();
    let again = Err(RoundError::Stage(RoundStage::Drawn));
    assert_eq!(round.draw(&plan, NOW), again);

    assert_eq!(round.check_claim(CLAIMED - 1), Ok(()));
    assert_eq!(
        round.check_claim(CLAIMED),
        Err(RoundError::TooLate(CLAIMED))
    );
    assert_eq!(
        round.commit(CLAIMED - 1),
        Err(RoundError::TooEarly(CLAIMED))
    );
    let round = round.commit(CLAIMED).unwrap().commit(COMMITTED - 1);
    let round = round.unwrap();
    assert_eq!(round.commit(COMMITTED), Err(RoundError::TooLate(COMMITTED)));
    assert_eq!(
        round.reveal(COMMITTED - 1),
        Err(RoundError::TooEarly(COMMITTED))
    );
    let round = round.reveal(COMMITTED).unwrap();
    assert_eq!(round.reveal(REVEALED), Err(RoundError::TooLate(REVEALED)));
    assert_eq!((round.committed, round.revealed), (2, 1));
    assert_eq!(
        round.close(REVEALED - 1),
        Err(RoundError::TooEarly(REVEALED))
    );
    assert_eq!(round.close(REVEALED).unwrap().stage, RoundStage::Closed);
}

#[test]
fn the_last_commitment_begins_the_reveals_and_the_last_reveal_ends_them() {
    let round = drawn(2).commit(CLAIMED).unwrap();
    assert!(round.reveal(CLAIMED).is_err());
    let round = round.commit(CLAIMED + 5).unwrap();
    assert_eq!(
        (round.commit_end, round.reveal_end),
        (CLAIMED + 5, CLAIMED + 5 + 1_800)
    );
    let round = round.reveal(CLAIMED + 5).unwrap();
    assert_eq!(
        round.close(CLAIMED + 6),
        Err(RoundError::TooEarly(CLAIMED + 5 + 1_800))
    );
    let round = round.reveal(CLAIMED + 6).unwrap();
    let closed = round.close(CLAIMED + 6).unwrap();
    let error = RoundError::Stage(RoundStage::Closed);
    assert_eq!(closed.close(REVEALED), Err(error));
    assert_eq!(closed.commit(CLAIMED), Err(error));
    assert_eq!(closed.reveal(COMMITTED), Err(error));
    assert_eq!(closed.check_claim(NOW), Err(error));
}

#[test]
fn rounds_without_enough_replicas_end_early() {
    let short = drawn(1);
    assert!(short.is_short() && !drawn(2).is_short());
    assert_eq!(short.close(CLAIMED - 1), Err(RoundError::TooEarly(CLAIMED)));
    assert!(short.close(CLAIMED).is_ok());
    // Nobody has committed: there is nothing to reveal.
    assert_eq!(
        drawn(3).close(COMMITTED - 1),
        Err(RoundError::TooEarly(COMMITTED))
    );
    assert!(drawn(3).close(COMMITTED).is_ok());
    let none = Round::default();
    let error = RoundError::Stage(RoundStage::None);
    assert_eq!(none.close(NOW), Err(error));
    assert_eq!(none.commit(NOW), Err(error));
}

#[test]
fn purses_move_no_more_than_they_have() {
    let purse = Purse::default().credit(10);
    assert_eq!(purse.debit(11), None);
    assert_eq!(purse.lock(11), None);
    let bonded = purse.lock(7).unwrap();
    assert_eq!((bonded.free, bonded.locked), (3, 7));
    assert_eq!(bonded.debit(4), None, "what is locked stays");
    assert_eq!(bonded.unlock(7), purse);
    assert_eq!(bonded.slash(7), Purse { free: 3, locked: 0 });
}

proptest! {
    #[test]
    fn words_come_back(
        stage in 0_u8..3, counts: [u8; 4], ends in [0_u64..1 << 40, 0..1 << 40, 0..1 << 40], done in 0_u8..5, seat: u8,
        amounts in [0..=MAX_AMOUNT, 0..=MAX_AMOUNT, 0..=MAX_AMOUNT],
    ) {
        let stages = [RoundStage::None, RoundStage::Drawn, RoundStage::Closed];
        let [ordered, seated, committed, revealed] = counts;
        let [claim_end, commit_end, reveal_end] = ends;
        let stage = stages[stage as usize];
        let round = Round { stage, ordered, seated, committed, revealed, claim_end, commit_end, reveal_end };
        prop_assert_eq!(Round::unpack(&round.pack()), round);
        use CandidateStage::*;
        let candidate = Candidate { stage: [None, Enrolled, Seated, Committed, Revealed][done as usize], seat, bond: amounts[0] };
        prop_assert_eq!(Candidate::unpack(&candidate.pack()), candidate);
        let purse = Purse { free: amounts[1], locked: amounts[2] };
        prop_assert_eq!(Purse::unpack(&purse.pack()), purse);
    }

    #[test]
    fn bonds_are_locked_and_freed_to_the_wei(free in 0..=MAX_AMOUNT / 2, bond in 0..=MAX_AMOUNT / 2) {
        let purse = Purse { free, locked: 5 };
        match purse.lock(bond) {
            Some(locked) => {
                prop_assert_eq!(locked.free + locked.locked, free + 5);
                prop_assert_eq!(locked.unlock(bond), purse);
                prop_assert_eq!(locked.slash(bond), Purse { free: free - bond, locked: 5 });
            }
            None => prop_assert!(bond > free),
        }
    }
}
