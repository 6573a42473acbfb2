//! The way of a task, from the draw to the verdict.

use super::*;

#[test]
fn the_clients_secret_draws_once_and_in_time() {
    let mut scene = Scene::new(3);
    for status in (0..12).filter(|status| *status != SUBMITTED) {
        scene.task_is(status);
        let error = WrongStatus { taskId: T, status };
        assert_eq!(scene.by(CLIENT, |v| v.draw(T, SECRET)), because(error));
    }
    scene.task_is(SUBMITTED);
    let wrong = scene.by(CLIENT, |v| v.draw(T, SALT));
    assert_eq!(wrong, because(WrongSecret { taskId: T }));
    let near = verificationOfReturn {
        deadline: DEADLINE - 1,
        ..scene.said(SUBMITTED)
    };
    scene.market_says(near);
    let error = DeadlineTooNear {
        taskId: T,
        deadline: DEADLINE - 1,
        needed: DEADLINE,
    };
    assert_eq!(scene.by(CLIENT, |v| v.draw(T, SECRET)), because(error));
    scene.task_is(SUBMITTED);
    // Anybody who knows the secret.
    scene.by(STRANGER, |v| v.draw(T, SECRET)).unwrap();
    let seed = keccak256((T, SECRET, seal(T, PROVIDER_ID, RESULT)).abi_encode());
    let event = Drawn {
        taskId: T,
        seed,
        replicas: 3,
        claimEnd: START + CLAIM,
        commitEnd: START + CLAIM + WORK,
        revealEnd: DEADLINE - MARGIN,
    };
    assert_eq!(scene.chain.last_event::<Drawn>(), event);
    let ticket = keccak256((seed, A).abi_encode());
    assert_eq!(scene.verifier.ticket_of(T, A), ticket);
    let again = WrongStage {
        taskId: T,
        stage: 1,
    };
    assert_eq!(scene.by(CLIENT, |v| v.draw(T, SECRET)), because(again));
}

#[test]
fn the_lowest_tickets_sit_in_whatever_order_they_come() {
    let mut by_ticket = REPLICAS.to_vec();
    let scene = Scene::drawn(2, &REPLICAS);
    by_ticket.sort_by_key(|account| scene.verifier.ticket_of(T, *account));
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2]] {
        let mut scene = Scene::drawn(2, &REPLICAS);
        for account in order.map(|index| REPLICAS[index]) {
            let _ = scene.by(account, |v| v.claim(T));
        }
        let mut seated = [0, 1].map(|seat| scene.verifier.replica_at(T, seat));
        seated.sort_by_key(|account| scene.verifier.ticket_of(T, *account));
        assert_eq!(seated, by_ticket[..2]);
        for (index, account) in by_ticket.iter().enumerate() {
            assert_eq!(scene.verifier.candidate_of(T, *account).1, index < 2);
        }
        assert_eq!(scene.verifier.round_of(T).2, 2);
        // Who has no seat goes, and tries no more.
        let highest = scene.verifier.ticket_of(T, by_ticket[1]);
        let ticket = scene.verifier.ticket_of(T, by_ticket[2]);
        let error = NoSeat {
            taskId: T,
            ticket,
            highest,
        };
        assert_eq!(scene.by(by_ticket[2], |v| v.claim(T)), because(error));
        scene.by(by_ticket[2], |v| v.leave(T)).unwrap();
        assert_eq!(scene.purse(by_ticket[2]), (PURSE, 0));
        let seated = AlreadySeated {
            taskId: T,
            account: by_ticket[0],
        };
        assert_eq!(
            scene.by(by_ticket[0], |v| v.leave(T)),
            because(seated.clone())
        );
        assert_eq!(scene.by(by_ticket[0], |v| v.claim(T)), because(seated));
    }
}

#[test]
fn a_displaced_replica_is_named() {
    let mut scene = Scene::drawn(2, &REPLICAS);
    let mut by_ticket = REPLICAS.to_vec();
    by_ticket.sort_by_key(|account| scene.verifier.ticket_of(T, *account));
    for account in by_ticket.iter().rev() {
        scene.by(*account, |v| v.claim(T)).unwrap();
    }
    let event: Seated = scene.chain.last_event();
    assert_eq!(
        (event.replica, event.displaced),
        (by_ticket[0], by_ticket[2])
    );
}

#[test]
fn agreement_is_the_providers_acceptance() {
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, RESULT), (B, RESULT), (C, RESULT)]);
    scene.tells(RESULT);
    // What it asks the escrow for is the fee.
    let call = withdrawCall {
        amount: U256::from(FEE),
    };
    let reason = Refused {}.abi_encode();
    scene
        .chain
        .answer(ESCROW, call.abi_encode(), Err(reason.clone()));
    assert_eq!(scene.by(STRANGER, |v| v.conclude(T)), Err(Error(reason)));
    scene
        .chain
        .answer(ESCROW, call.abi_encode(), Ok(Vec::new()));

    let event = Concluded {
        taskId: T,
        resultHash: RESULT,
        replicas: 3,
        told: true,
        fee: U256::from(FEE),
        slashed: U256::ZERO,
    };
    assert_eq!(scene.conclude(), Ok(event));
    for replica in [A, B, C] {
        assert_eq!(scene.purse(replica), (PURSE + 100, 0));
    }
    assert_eq!(scene.purse(TREASURY), (1, 0), "what three cannot share");
    assert_eq!(scene.held(), scene.owed());
    let closed = WrongStage {
        taskId: T,
        stage: 2,
    };
    assert_eq!(scene.conclude(), because(closed));
    scene
        .by(A, |v| v.withdraw(U256::from(PURSE + 100)))
        .unwrap();
}

#[test]
fn replicas_that_agree_on_something_else_reject() {
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, OTHER), (B, OTHER), (C, OTHER)]);
    scene.tells(OTHER);
    assert_eq!(scene.conclude().unwrap().resultHash, OTHER);
    assert_eq!(scene.purse(A), (PURSE + 100, 0));
}

#[test]
fn a_minority_loses_its_bond_to_the_treasury() {
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, RESULT), (B, OTHER), (C, RESULT)]);
    let event = scene.conclude().unwrap();
    assert_eq!((event.resultHash, event.replicas), (RESULT, 2));
    assert_eq!(event.slashed, U256::from(BOND));
    assert_eq!(scene.purse(B), (PURSE - BOND, 0));
    assert_eq!(scene.purse(A), (PURSE + 150, 0));
    assert_eq!(scene.purse(TREASURY), (BOND + 1, 0));
    assert_eq!(scene.held(), scene.owed());
}

#[test]
fn disagreement_is_no_verdict_and_costs_nobody_a_bond() {
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, RESULT), (B, OTHER), (C, SALT)]);
    scene.tells(B256::ZERO);
    let event = scene.conclude().unwrap();
    assert_eq!((event.resultHash, event.replicas), (B256::ZERO, 0));
    for replica in [A, B, C] {
        assert_eq!(scene.purse(replica), (PURSE, 0));
    }
    assert_eq!(scene.purse(CLIENT), (PURSE + FEE, 0), "nothing was found");
    assert_eq!(scene.held(), scene.owed());
}

#[test]
fn too_few_seats_end_the_round_when_claims_end() {
    let mut scene = Scene::drawn(4, &REPLICAS);
    for account in [A, B] {
        scene.by(account, |v| v.claim(T)).unwrap();
    }
    scene.chain.pass(CLAIM - 1);
    let early = TooEarly {
        taskId: T,
        from: START + CLAIM,
    };
    assert_eq!(scene.conclude(), because(early));
    scene.chain.pass(1);
    let late = TooLate {
        taskId: T,
        until: START + CLAIM,
    };
    assert_eq!(scene.by(C, |v| v.claim(T)), because(late));
    scene.tells(B256::ZERO);
    assert_eq!(scene.conclude().unwrap().slashed, U256::ZERO);
    assert_eq!(scene.purse(A), (PURSE, 0));
    scene.by(C, |v| v.leave(T)).unwrap();
    assert_eq!(scene.purse(C), (PURSE, 0));
}

#[test]
fn what_the_market_does_not_wait_for_is_only_ended() {
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, RESULT), (B, RESULT), (C, OTHER)]);
    scene.task_is(DISPUTED);
    for result in [RESULT, B256::ZERO] {
        let call = verifyCompletionCall {
            taskId: T,
            resultHash: result,
        };
        let reason = Err(Refused {}.abi_encode());
        scene.chain.answer(MARKET, call.abi_encode(), reason);
    }
    let event = scene.conclude().unwrap();
    assert_eq!(
        (event.resultHash, event.told, event.fee),
        (B256::ZERO, false, U256::ZERO)
    );
    for replica in [A, B, C] {
        assert_eq!(scene.purse(replica), (PURSE, 0));
    }
    assert_eq!(scene.held(), scene.owed());

    // The market's deadline has passed: no verdict, whatever was found.
    let mut scene = Scene::seated(3);
    scene.vote(&[(A, OTHER), (B, OTHER), (C, OTHER)]);
    scene
        .chain
        .pass(DEADLINE - scene.chain.vm.block_timestamp());
    assert!(!scene.conclude().unwrap().told);
}
