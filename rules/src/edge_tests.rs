//! What the other tests take for granted: limits, numbers of states, fields that only other steps read.

use super::*;
use alloy_primitives::{Address, B256};

#[test]
fn limits_are_what_the_documentation_says() {
    assert_eq!(MAX_AMOUNT, 79_228_162_514_264_337_593_543_950_335);
    assert_eq!(MAX_COLLATERAL, 1_208_925_819_614_629_174_706_175);
    assert_eq!(MAX_TIME, 1_099_511_627_775);
    assert_eq!(lease::MAX_RATE, 4_722_366_482_869_645_213_695);
    assert_eq!(lease::MAX_SECONDS, 15_552_000);
    // so that a lease at the highest rate costs an amount
    assert!(lease::MAX_RATE * u128::from(lease::MAX_SECONDS) <= MAX_AMOUNT);
}

#[test]
fn the_state_of_a_lease_is_read_as_it_was_written() {
    let states = [
        LeaseStatus::None,
        LeaseStatus::Pending,
        LeaseStatus::Active,
        LeaseStatus::Ending,
        LeaseStatus::Closed,
        LeaseStatus::Cancelled,
    ];
    for (number, status) in states.into_iter().enumerate() {
        let lease = Lease {
            status,
            ..Lease::default()
        };
        let mut word = B256::ZERO;
        word[2] = number as u8;
        assert_eq!(lease.pack(), word);
        assert_eq!(Lease::unpack(word), lease);
    }
    let mut unknown = B256::ZERO;
    unknown[2] = 6;
    assert_eq!(Lease::unpack(unknown), Lease::default());
}

#[test]
fn a_step_of_a_lease_leaves_nothing_of_the_step_before() {
    let rented = Lease::rent(3, 7, 7_200, 1_000).unwrap();
    let expected = Lease {
        status: LeaseStatus::Pending,
        version: 3,
        provider: 7,
        metered: 0,
        heartbeat: 0,
        until: 1_000 + 1_800,
        due: 0,
        left: 7_200,
    };
    assert_eq!(rented, expected);
    let started = Lease {
        status: LeaseStatus::Active,
        metered: 1_100,
        heartbeat: 1_100,
        until: 0,
        ..expected
    };
    assert_eq!(rented.start(1_100), Ok(started));
    let cancelled = Lease {
        status: LeaseStatus::Cancelled,
        left: 0,
        ..expected
    };
    assert_eq!(rented.cancel(Party::Provider, 1_100), Ok(cancelled));
    let beaten = Lease {
        metered: 1_400,
        heartbeat: 1_400,
        due: 300,
        ..started
    };
    assert_eq!(started.beat(1_400), Ok(beaten));
    let end = beaten.end();
    assert_eq!(end, 1_400 + 7_200 - 300);
    let closed = Lease {
        status: LeaseStatus::Closed,
        metered: 2_000,
        due: 0,
        left: 0,
        ..beaten
    };
    let closing = lease::Closing {
        lease: closed,
        paid: 900,
        left: 7_200,
        dead: false,
    };
    assert_eq!(beaten.close(end), Ok(closing));
}

#[test]
fn a_lease_holds_a_share_of_a_days_rent() {
    let agreement = Agreement {
        client: Address::ZERO,
        rate: 1_000,
        fee_bps: 250,
        verifier: 0,
    };
    assert_eq!(agreement.collateral(1_000), 8_640_000);
    assert_eq!(agreement.collateral(0), 0);
    assert_eq!(agreement.price(10), 10_000);
    assert_eq!(agreement.split(10), (9_750, 250));
}

#[test]
fn only_the_client_is_the_client() {
    let client = Address::repeat_byte(1);
    let slot = ClientSlot {
        client,
        ..ClientSlot::default()
    };
    assert_eq!(slot.party(client), Party::Client);
    assert_eq!(slot.party(Address::repeat_byte(2)), Party::Anyone);
}

#[test]
fn a_nodes_bond_has_two_ends() {
    let join = |amount| committee::Node::default().join(amount, 5, 1, 9);
    assert_eq!(join(5).map(|node| node.bond), Ok(5));
    assert_eq!(
        join(MAX_COLLATERAL).map(|node| node.bond),
        Ok(MAX_COLLATERAL)
    );
    for bond in [4, MAX_COLLATERAL + 1] {
        let error = committee::node::NodeError::Bond { bond, min: 5 };
        assert_eq!(join(bond), Err(error));
    }
}

#[test]
fn a_node_that_is_shut_out_waits_for_its_bond() {
    let node = committee::Node::default().join(5, 5, 1, 9).unwrap();
    assert_eq!(node.remove(100).map(|node| node.since), Ok(100));
    let leaving = node.leave(50).unwrap();
    assert_eq!(leaving.remove(100).map(|node| node.since), Ok(50));
}

#[test]
fn a_beacon_exists_once_it_opened() {
    assert!(!committee::Beacon::default().exists());
    assert!(committee::Beacon::open(1, 3, 9, 60).exists());
}

#[test]
fn a_seat_knows_its_index() {
    use committee::Seat;
    assert_eq!(Seat::None.index(), None);
    for seat in [
        Seat::Drawn(2),
        Seat::Committed(2, B256::ZERO),
        Seat::Revealed(2, B256::ZERO),
    ] {
        assert_eq!(seat.index(), Some(2));
    }
}

#[test]
fn a_round_is_asked_for_and_closed() {
    use committee::{Phase, Round};
    let round = Round::request(3, 7);
    let expected = Round {
        phase: Phase::Requested,
        version: 3,
        attempts: 1,
        beacon: 7,
        ..Round::default()
    };
    assert_eq!(round, expected);
    let closed = Round {
        phase: Phase::Closed,
        reveal_end: 99,
        ..expected
    };
    assert_eq!(round.closed(99), closed);
}

#[test]
fn a_vote_is_read_from_its_seat() {
    use committee::{Round, Seat, Vote};
    let mut heads = [0; committee::MAX_SIZE];
    heads[1] = 0xab;
    let round = Round {
        latency: 0b10,
        heads,
        ..Round::default()
    };
    let result = |first| {
        let mut result = B256::repeat_byte(7);
        result[0] = first;
        result
    };
    for (index, first, latency_ok) in [(0, 0, false), (1, 0xab, true)] {
        let vote = Vote {
            result: result(first),
            latency_ok,
        };
        assert_eq!(round.vote(Seat::Revealed(index, result(0))), Some(vote));
    }
    assert_eq!(round.vote(Seat::Drawn(1)), None);
}
