//! What somebody who wants more than its due tries.

use super::*;

#[test]
fn a_copied_commitment_reveals_nothing() {
    let mut scene = Scene::seated(2);
    scene.commit(A, RESULT).unwrap();
    // B has found nothing, and copies what A commits to; later what A reveals.
    scene.by(B, |v| v.commit(T, sealed(A, RESULT))).unwrap();
    scene.reveal(A, RESULT).unwrap();
    let wrong = WrongReveal {
        taskId: T,
        replica: B,
    };
    assert_eq!(scene.reveal(B, RESULT), because(wrong));
    let committed = AlreadyCommitted {
        taskId: T,
        replica: B,
    };
    assert_eq!(scene.commit(B, RESULT), because(committed));
    scene.chain.pass(REVEAL);
    scene.conclude().unwrap();
    assert_eq!(scene.purse(B), (PURSE - BOND, 0));
    assert_eq!(scene.purse(A), (PURSE, 0));
}

#[test]
fn nothing_is_revealed_before_commitments_end_nor_committed_after() {
    let mut scene = Scene::seated(3);
    scene.commit(A, RESULT).unwrap();
    let from = START + CLAIM + WORK;
    let early = TooEarly { taskId: T, from };
    assert_eq!(scene.reveal(A, RESULT), because(early));
    scene.chain.pass(WORK);
    let late = TooLate {
        taskId: T,
        until: from,
    };
    assert_eq!(scene.commit(B, RESULT), because(late));
    scene.reveal(A, RESULT).unwrap();
    let twice = NothingToReveal {
        taskId: T,
        replica: A,
    };
    assert_eq!(scene.reveal(A, RESULT), because(twice));
}

#[test]
fn a_late_reveal_does_not_count() {
    let mut scene = Scene::seated(3);
    for replica in [A, B, C] {
        scene.commit(replica, RESULT).unwrap();
    }
    scene.reveal(A, RESULT).unwrap();
    scene.reveal(B, RESULT).unwrap();
    let ends = START + CLAIM + REVEAL;
    let early = TooEarly {
        taskId: T,
        from: ends,
    };
    assert_eq!(scene.conclude(), because(early), "C has time left");
    scene.chain.pass(REVEAL);
    let late = TooLate {
        taskId: T,
        until: ends,
    };
    assert_eq!(scene.reveal(C, RESULT), because(late));
    let event = scene.conclude().unwrap();
    assert_eq!((event.resultHash, event.replicas), (RESULT, 2));
    assert_eq!(scene.purse(C), (PURSE - BOND, 0), "right, but silent");
}

#[test]
fn withheld_reveals_cost_the_bond_and_never_pay_the_provider() {
    let mut scene = Scene::seated(3);
    for replica in [A, B, C] {
        scene.commit(replica, RESULT).unwrap();
    }
    scene.reveal(A, RESULT).unwrap();
    scene.chain.pass(REVEAL);
    scene.tells(B256::ZERO);
    let event = scene.conclude().unwrap();
    assert_eq!(event.slashed, U256::from(2 * BOND));
    assert_eq!(scene.purse(A), (PURSE, 0));
    assert_eq!(scene.purse(B), (PURSE - BOND, 0));
    assert_eq!(scene.purse(TREASURY), (2 * BOND, 0));
    assert_eq!(scene.held(), scene.owed());
}

#[test]
fn a_seat_without_a_commitment_costs_the_bond() {
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, RESULT), (B, RESULT)]);
    scene.conclude().unwrap();
    assert_eq!(scene.purse(C), (PURSE - BOND, 0));
    assert_eq!(scene.purse(A), (PURSE + 150, 0));
}

#[test]
fn one_account_is_one_ticket_and_one_seat() {
    let mut scene = Scene::new(3);
    scene.by(A, |v| v.enrol(T)).unwrap();
    let twice = AlreadyEnrolled {
        taskId: T,
        account: A,
    };
    assert_eq!(scene.by(A, |v| v.enrol(T)), because(twice));
    scene.task_is(SUBMITTED);
    scene.by(CLIENT, |v| v.draw(T, SECRET)).unwrap();
    scene.by(A, |v| v.claim(T)).unwrap();
    let twice = AlreadySeated {
        taskId: T,
        account: A,
    };
    assert_eq!(scene.by(A, |v| v.claim(T)), because(twice));
    assert_eq!(scene.verifier.round_of(T).2, 1);
    assert_eq!(scene.purse(A), (PURSE - BOND, BOND));
}

#[test]
fn a_provider_is_not_its_own_replica() {
    let mut scene = Scene::new(3);
    // Nobody knows yet who the provider will be.
    scene.by(PROVIDER, |v| v.enrol(T)).unwrap();
    scene.task_is(ASSIGNED);
    let own = SelfDealing { account: PROVIDER };
    scene.by(PROVIDER, |v| v.leave(T)).unwrap();
    assert_eq!(scene.by(PROVIDER, |v| v.enrol(T)), because(own.clone()));
    scene.task_is(OPEN);
    scene.by(PROVIDER, |v| v.enrol(T)).unwrap();
    scene.task_is(SUBMITTED);
    scene.by(CLIENT, |v| v.draw(T, SECRET)).unwrap();
    assert_eq!(scene.by(PROVIDER, |v| v.claim(T)), because(own));
    scene.by(PROVIDER, |v| v.leave(T)).unwrap();
    assert_eq!(scene.purse(PROVIDER), (PURSE, 0));
}

#[test]
fn nobody_enrols_once_the_seal_is_known() {
    let mut scene = Scene::drawn(3, &[A]);
    let late = WrongStatus {
        taskId: T,
        status: SUBMITTED,
    };
    assert_eq!(scene.by(B, |v| v.enrol(T)), because(late));
    let stranger = NotEnrolled {
        taskId: T,
        account: B,
    };
    assert_eq!(scene.by(B, |v| v.claim(T)), because(stranger));
}

#[test]
fn without_a_seat_nobody_votes() {
    let mut scene = Scene::drawn(2, &REPLICAS);
    let mut by_ticket = REPLICAS.to_vec();
    by_ticket.sort_by_key(|account| scene.verifier.ticket_of(T, *account));
    for account in by_ticket.iter().rev() {
        scene.by(*account, |v| v.claim(T)).unwrap();
    }
    scene.chain.pass(CLAIM);
    let displaced = by_ticket[3];
    let error = NotSeated {
        taskId: T,
        account: displaced,
    };
    assert_eq!(scene.commit(displaced, RESULT), because(error.clone()));
    assert_eq!(scene.reveal(displaced, RESULT), because(error));
}

#[test]
fn a_sybil_minority_decides_nothing() {
    // A provider that delivered rubbish holds one seat of three: with its own voice two of four.
    let mut scene = Scene::seated(3);
    let rubbish = verificationOfReturn {
        seal: seal(T, PROVIDER_ID, OTHER),
        ..scene.said(SUBMITTED)
    };
    scene.market_says(rubbish.clone());
    scene.vote(&[(A, OTHER), (B, RESULT), (C, RESULT)]);
    scene.tells(B256::ZERO);
    scene.conclude().unwrap();

    // Of four, one seat more does: that is what the number of replicas buys.
    let mut scene = Scene::seated(4);
    scene.market_says(rubbish);
    scene.vote(&[(A, OTHER), (B, RESULT), (C, RESULT), (D, RESULT)]);
    assert_eq!(scene.conclude().unwrap().resultHash, RESULT);
    assert_eq!(scene.purse(A), (PURSE - BOND, 0));
}

#[test]
fn a_locked_bond_stays() {
    let mut scene = Scene::seated(2);
    let all = InsufficientPurse {
        account: A,
        available: U256::from(PURSE - BOND),
        requested: U256::from(PURSE),
    };
    assert_eq!(scene.by(A, |v| v.withdraw(U256::from(PURSE))), because(all));
    scene
        .by(A, |v| v.withdraw(U256::from(PURSE - BOND)))
        .unwrap();
    assert_eq!(scene.purse(A), (0, BOND));
    assert!(scene.by(A, |v| v.leave(T)).is_err());
    scene.chain.pass(WORK);
    scene.conclude().unwrap();
    assert_eq!(scene.purse(A), (0, 0), "it said nothing");
    assert_eq!(scene.purse(TREASURY), (2 * BOND, 0));
}

#[test]
fn a_result_of_zero_is_none() {
    let mut scene = Scene::seated(2);
    scene.commit(A, B256::ZERO).unwrap();
    scene.commit(B, RESULT).unwrap();
    assert_eq!(scene.reveal(A, B256::ZERO), because(ZeroResult {}));
}
