use alloy_primitives::b256;
use proptest::prelude::*;

use super::*;

const RESULT: B256 = b256!("ff000000000000000000000000000000000000000000000000000000000000aa");
const COMMITMENT: B256 = b256!("ee00000000000000000000000000000000000000000000000000000000000001");
const VOTE: Vote = Vote {
    result: RESULT,
    latency_ok: true,
};

/// A round of three, drawn at 1,000: commitments until 1,100, reveals until 1,150.
fn drawn() -> Round {
    Round::request(1, 5).drawn(3, 1_000, 100, 50)
}

/// The round after these seats have committed at 1,050.
fn committed(seats: &[u8]) -> Round {
    seats.iter().fold(drawn(), |round, index| {
        round
            .commit(Seat::Drawn(*index), COMMITMENT, 1_050)
            .unwrap()
            .0
    })
}

#[test]
fn the_first_byte_of_a_result_is_kept_too() {
    let round = committed(&[0, 2]);
    let seat = Seat::Committed(2, low(COMMITMENT));
    let (round, seat) = round.reveal(seat, COMMITMENT, VOTE, 1_100).unwrap();
    assert_eq!(
        (round.revealed, round.latency, round.heads[2]),
        (0b100, 0b100, 0xff)
    );
    assert_eq!(round.vote(seat), Some(VOTE));
    assert_eq!(
        Round::unpack(round.pack()).vote(Seat::unpack(seat.pack())),
        Some(VOTE)
    );
    assert_eq!(round.vote(Seat::Drawn(1)), None);
}

#[test]
fn a_commitment_binds_every_part() {
    let make = |task, node, result, latency_ok, salt| {
        let word = B256::with_last_byte;
        let vote = Vote {
            result: word(result),
            latency_ok,
        };
        commitment(&word(task), &word(node), vote, &word(salt))
    };
    let bytes: Vec<u8> = [1u8, 2, 3, 1, 4]
        .iter()
        .flat_map(|byte| B256::with_last_byte(*byte).0)
        .collect();
    let first = make(1, 2, 3, true, 4);
    assert_eq!(first, alloy_primitives::keccak256(bytes));
    for other in [
        make(9, 2, 3, true, 4),
        make(1, 9, 3, true, 4),
        make(1, 2, 9, true, 4),
        make(1, 2, 3, false, 4),
        make(1, 2, 3, true, 9),
    ] {
        assert_ne!(other, first);
    }
}

#[test]
fn commitments_have_their_time() {
    let round = drawn();
    assert_eq!(
        round.commit(Seat::None, COMMITMENT, 1_000),
        Err(VoteError::NotDrawn)
    );
    assert_eq!(
        round.commit(Seat::Drawn(0), COMMITMENT, 1_100),
        Err(VoteError::TooLate(1_100))
    );
    let (round, seat) = round.commit(Seat::Drawn(0), COMMITMENT, 1_099).unwrap();
    assert_eq!(seat, Seat::Committed(0, low(COMMITMENT)));
    assert_eq!(
        round.commit(seat, COMMITMENT, 1_099),
        Err(VoteError::Committed)
    );
    for phase in [Phase::None, Phase::Requested, Phase::Closed, Phase::Planted] {
        let round = Round { phase, ..round };
        assert_eq!(
            round.commit(Seat::Drawn(1), COMMITMENT, 1_000),
            Err(VoteError::Phase(phase))
        );
        assert_eq!(
            round.reveal(seat, COMMITMENT, VOTE, 1_100),
            Err(VoteError::Phase(phase))
        );
    }
}

#[test]
fn reveals_have_their_time() {
    let (round, seat) = (committed(&[0, 1]), Seat::Committed(0, low(COMMITMENT)));
    assert_eq!(
        round.reveal(seat, COMMITMENT, VOTE, 1_099),
        Err(VoteError::TooEarly(1_100))
    );
    assert_eq!(
        round.reveal(seat, COMMITMENT, VOTE, 1_150),
        Err(VoteError::TooLate(1_150))
    );
    assert_eq!(
        round.reveal(seat, RESULT, VOTE, 1_100),
        Err(VoteError::OtherVote)
    );
    assert_eq!(
        round.reveal(Seat::Drawn(2), COMMITMENT, VOTE, 1_100),
        Err(VoteError::NothingToReveal)
    );
    assert_eq!(
        round.reveal(Seat::None, COMMITMENT, VOTE, 1_100),
        Err(VoteError::NotDrawn)
    );
    let (round, seat) = round.reveal(seat, COMMITMENT, VOTE, 1_149).unwrap();
    assert_eq!(
        round.reveal(seat, COMMITMENT, VOTE, 1_149),
        Err(VoteError::NothingToReveal)
    );
}

#[test]
fn nothing_is_revealed_before_enough_is_committed() {
    let round = committed(&[1]);
    let seat = Seat::Committed(1, low(COMMITMENT));
    let refused = Err(VoteError::NoQuorum {
        committed: 1,
        needed: 2,
    });
    assert_eq!(round.reveal(seat, COMMITMENT, VOTE, 1_120), refused);
    assert_eq!(round.due(1_100), Due::Extend);
    let longer = round.extend(1_300);
    assert_eq!(
        (longer.commit_end, longer.reveal_end, longer.extended),
        (1_350, 1_400, true)
    );
    assert_eq!(longer.due(1_349), Due::Wait(1_350));
    assert_eq!(longer.due(1_350), Due::GiveUp);
    assert!(longer.missed(0) && !longer.missed(1) && longer.missed(2));
    let (quorate, _) = longer.commit(Seat::Drawn(0), COMMITMENT, 1_349).unwrap();
    assert!(quorate.reveal(seat, COMMITMENT, VOTE, 1_350).is_ok());
}

#[test]
fn when_all_have_committed_reveals_begin() {
    let round = committed(&[0, 1, 2]);
    assert_eq!((round.commit_end, round.reveal_end), (1_050, 1_100));
    assert_eq!(round.due(1_050), Due::Wait(1_100));
    let seat = Seat::Committed(0, low(COMMITMENT));
    assert!(round.reveal(seat, COMMITMENT, VOTE, 1_050).is_ok());
}

#[test]
fn votes_are_counted_when_they_are_there() {
    let reveal = |round: Round, index| {
        let seat = Seat::Committed(index, low(COMMITMENT));
        round.reveal(seat, COMMITMENT, VOTE, 1_110).unwrap().0
    };
    let one = reveal(committed(&[0, 1]), 0);
    assert_eq!(one.due(1_149), Due::Wait(1_150));
    assert_eq!(one.due(1_150), Due::Extend);
    assert_eq!(
        reveal(one, 1).due(1_110),
        Due::Count,
        "nobody else can vote"
    );
    let longer = one.extend(1_200);
    assert_eq!((longer.commit_end, longer.reveal_end), (1_100, 1_250));
    assert_eq!(
        longer.commit(Seat::Drawn(2), COMMITMENT, 1_201),
        Err(VoteError::TooLate(1_100))
    );
    assert_eq!(
        (longer.due(1_249), longer.due(1_250)),
        (Due::Wait(1_250), Due::GiveUp)
    );
    assert!(!longer.missed(0) && longer.missed(1) && longer.missed(2));

    let two = reveal(
        reveal(
            Round {
                commit_end: 1_100,
                reveal_end: 1_150,
                ..committed(&[0, 1, 2])
            },
            0,
        ),
        1,
    );
    assert_eq!(
        (two.due(1_149), two.due(1_150)),
        (Due::Wait(1_150), Due::Count)
    );
    assert!(two.missed(2));
}

/// What a member does.
#[derive(Clone, Debug)]
enum Step {
    Commit(u8),
    Reveal(u8),
    Tally,
    Pass(u64),
}

proptest! {
    #[test]
    fn a_round_comes_back_as_it_was(
        bytes in prop::array::uniform5(any::<u8>()), phase in 0usize..5, extended: bool, version: u16, beacon: u32,
        times in prop::array::uniform2(0u64..1 << 40), heads: [u8; 7], rest: [u8; 32], index in 0u8..7,
    ) {
        let [size, committed, revealed, latency, attempts] = bytes;
        let phase = [Phase::None, Phase::Requested, Phase::Voting, Phase::Closed, Phase::Planted][phase];
        let [commit_end, reveal_end] = times;
        let round = Round { phase, size, extended, committed, revealed, latency, version, attempts, beacon, commit_end, reveal_end, heads };
        prop_assert_eq!(Round::unpack(round.pack()), round);
        let rest = low(rest.into());
        for seat in [Seat::None, Seat::Drawn(index), Seat::Committed(index, rest), Seat::Revealed(index, rest)] {
            prop_assert_eq!(Seat::unpack(seat.pack()), seat);
        }
    }

    /// Whatever members do, a round ends: by a time known in advance if somebody tallies, and only with a quorum is it counted.
    #[test]
    fn every_round_ends(size in prop::sample::select(vec![3u8, 5, 7]), steps in prop::collection::vec(prop_oneof![
        (0u8..7).prop_map(Step::Commit), (0u8..7).prop_map(Step::Reveal), Just(Step::Tally), (0u64..60).prop_map(Step::Pass),
    ], 0..60)) {
        let mut now = 1_000;
        let mut round = Round::request(1, 1).drawn(size, now, 100, 50);
        let mut seats: Vec<Seat> = (0..size).map(Seat::Drawn).collect();
        for step in steps {
            let before = round;
            let moved = match step {
                Step::Commit(index) if index < size => round.commit(seats[index as usize], COMMITMENT, now).map(|moved| (index, moved)),
                Step::Reveal(index) if index < size => round.reveal(seats[index as usize], COMMITMENT, VOTE, now).map(|moved| (index, moved)),
                Step::Tally => {
                    if round.due(now) == Due::Extend {
                        round = round.extend(now);
                        prop_assert!(!before.extended);
                    }
                    continue;
                }
                Step::Pass(seconds) => {
                    now += seconds;
                    continue;
                }
                _ => continue,
            };
            if let Ok((index, (next, seat))) = moved {
                prop_assert_ne!(seats[index as usize], seat);
                (round, seats[index as usize]) = (next, seat);
            }
            prop_assert_eq!(round.revealed & !round.committed, 0, "who reveals has committed");
            prop_assert!(round.revealed == 0 || count(round.committed) >= quorum(size));
            prop_assert!(round.committed == before.committed || round.revealed == 0, "nobody commits after a reveal");
        }
        let mut rests = 0;
        while let due @ (Due::Wait(_) | Due::Extend) = round.due(now) {
            rests += 1;
            prop_assert!(rests <= 5);
            match due {
                Due::Wait(until) => now = until,
                _ => round = round.extend(now),
            }
        }
        let counted = round.due(now) == Due::Count;
        prop_assert_eq!(counted, count(round.revealed) >= quorum(size));
    }
}
