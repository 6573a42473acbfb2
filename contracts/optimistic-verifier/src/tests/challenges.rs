//! What a challenge needs, what it does, and how it ends.

use super::*;

#[test]
fn a_challenge_takes_a_bond_and_sends_the_task_into_dispute() {
    let mut scene = Scene::proposed();
    let no_verdict = verifyCompletionCall {
        taskId: T,
        resultHash: B256::ZERO,
    };
    scene.asks(MARKET, no_verdict, CHALLENGER, |v| v.challenge(T));
    let payment = withdrawToCall {
        to: scene.chain.contract(),
        amount: n(FEE),
    };
    scene.asks(ESCROW, payment, CHALLENGER, |v| v.challenge(T));
    assert_eq!(
        (scene.stage(T), scene.held()),
        (1, 0),
        "refusals change nothing"
    );
    scene.challenge(CHALLENGER, T).unwrap();
    let event = Challenged {
        taskId: T,
        challenger: CHALLENGER,
        bond: n(BOND),
        fee: n(FEE),
        ends: START + ARBITRATION,
    };
    assert_eq!(scene.chain.last_event::<Challenged>(), event);
    assert_eq!(scene.held(), BOND + FEE);
    let proposal = (
        2,
        KEEPER,
        RESULT,
        START + ARBITRATION,
        CHALLENGER,
        n(BOND),
        n(FEE),
    );
    assert_eq!(scene.verifier.proposal_of(T), proposal);

    let twice = WrongStage {
        taskId: T,
        stage: 2,
        required: 1,
    };
    assert_eq!(scene.challenge(CLIENT, T), Err(twice.clone().into()));
    scene.chain.pass(PERIOD);
    assert_eq!(scene.by(KEEPER, |v| v.conclude(T)), Err(twice.into()));
}

#[test]
fn the_last_second_is_the_challengers() {
    let mut scene = Scene::proposed();
    scene.chain.pass(PERIOD - 1);
    assert!(scene.by(KEEPER, |v| v.conclude(T)).is_err());
    scene.challenge(CHALLENGER, T).unwrap();

    let mut scene = Scene::proposed();
    scene.chain.pass(PERIOD);
    let late = TooLate {
        taskId: T,
        until: START + PERIOD,
    };
    assert_eq!(scene.challenge(CHALLENGER, T), Err(late.into()));
    scene.by(KEEPER, |v| v.conclude(T)).unwrap();
}

#[test]
fn some_challenges_are_refused() {
    let mut scene = Scene::proposed();
    let own = SelfDealing { account: PROVIDER };
    assert_eq!(scene.challenge(PROVIDER, T), Err(own.into()));
    let none = WrongStage {
        taskId: n(2),
        stage: 0,
        required: 1,
    };
    assert_eq!(scene.challenge(CHALLENGER, n(2)), Err(none.into()));
    let this = scene.chain.contract();
    scene
        .chain
        .token
        .borrow_mut()
        .allowances
        .insert((CHALLENGER, this), BOND - 1);
    assert!(
        scene.challenge(CHALLENGER, T).is_err(),
        "too little is allowed"
    );
    scene.chain.token.borrow_mut().fee = 1;
    let fee = TokenTookFee {
        token: TOKEN,
        sent: n(BOND),
        received: n(BOND - 1),
    };
    assert_eq!(scene.challenge(CLIENT, T), shared(fee));
    scene.chain.token.borrow_mut().fee = 0;

    // Another verifier's task, or one that the market has gone on with.
    scene.market_says(T, delivered(T, KEEPER));
    assert!(matches!(
        scene.challenge(CHALLENGER, T),
        Err(Error::OtherVerifier(_))
    ));
    let disputed = verificationOfReturn {
        status: 6,
        ..delivered(T, this)
    };
    scene.market_says(T, disputed);
    assert!(matches!(
        scene.challenge(CHALLENGER, T),
        Err(Error::WrongStatus(_))
    ));
    assert_eq!((scene.stage(T), scene.held()), (1, 0));
}

#[test]
fn a_challenger_that_was_right_gets_bond_and_fee() {
    let mut scene = Scene::challenged();
    let stranger = OwnableUnauthorizedAccount {
        account: CHALLENGER,
    };
    let result = scene.by(CHALLENGER, |v| v.resolve_challenge(T, true));
    assert_eq!(result, shared(stranger));
    scene.by(OWNER, |v| v.resolve_challenge(T, true)).unwrap();
    let event = ChallengeResolved {
        taskId: T,
        outcome: 1,
        toChallenger: n(BOND + FEE),
        toProposer: U256::ZERO,
        toClient: U256::ZERO,
        toTreasury: U256::ZERO,
    };
    assert_eq!(scene.chain.last_event::<ChallengeResolved>(), event);
    scene.everybody_is_owed(&[(CHALLENGER, BOND + FEE)]);

    // Nothing is given up while the token refuses.
    scene.chain.token.borrow_mut().refuses = true;
    let failed = ogpu_common::TokenCallFailed { token: TOKEN };
    let refused = scene.by(KEEPER, |v| v.withdraw(CHALLENGER));
    assert_eq!(refused, shared(failed));
    scene.chain.token.borrow_mut().refuses = false;
    scene.everybody_is_owed(&[(CHALLENGER, BOND + FEE)]);

    // Anybody may send it, to no one else.
    scene.by(KEEPER, |v| v.withdraw(CHALLENGER)).unwrap();
    let event = Withdrawn {
        account: CHALLENGER,
        amount: n(BOND + FEE),
    };
    assert_eq!(scene.chain.last_event::<Withdrawn>(), event);
    assert_eq!(scene.held(), 0);
    assert_eq!(
        scene.chain.token.borrow().balance(CHALLENGER),
        1_000_000 + FEE
    );
    let nothing = NothingOwed {
        account: CHALLENGER,
    };
    assert_eq!(
        scene.by(KEEPER, |v| v.withdraw(CHALLENGER)),
        Err(nothing.into())
    );
}

#[test]
fn a_challenger_that_was_wrong_loses_the_bond() {
    let mut scene = Scene::challenged();
    scene.by(OWNER, |v| v.resolve_challenge(T, false)).unwrap();
    scene.everybody_is_owed(&[(TREASURY, BOND), (KEEPER, FEE)]);
    for right in [true, false] {
        let closed = WrongStage {
            taskId: T,
            stage: 3,
            required: 2,
        };
        let again = scene.by(OWNER, |v| v.resolve_challenge(T, right));
        assert_eq!(again, Err(closed.into()));
    }
    scene.chain.pass(ARBITRATION);
    assert!(scene.by(CHALLENGER, |v| v.release_challenge(T)).is_err());
    scene.everybody_is_owed(&[(TREASURY, BOND), (KEEPER, FEE)]);
}

#[test]
fn a_silent_owner_costs_nobody_anything() {
    let mut scene = Scene::challenged();
    scene.chain.pass(ARBITRATION - 1);
    let early = TooEarly {
        taskId: T,
        from: START + ARBITRATION,
    };
    let result = scene.by(CHALLENGER, |v| v.release_challenge(T));
    assert_eq!(result, Err(early.into()));
    scene.chain.pass(1);
    scene.by(KEEPER, |v| v.release_challenge(T)).unwrap();
    scene.everybody_is_owed(&[(CHALLENGER, BOND), (CLIENT, FEE)]);
    assert!(scene.by(OWNER, |v| v.resolve_challenge(T, false)).is_err());
    assert!(scene.by(KEEPER, |v| v.release_challenge(T)).is_err());
}

#[test]
fn running_periods_and_bonds_keep_their_terms() {
    let mut scene = Scene::challenged();
    let longer = |v: &mut OptimisticVerifier| v.set_parameters(2_000, 200_000, 5_000, n(9_000));
    scene.by(OWNER, longer).unwrap();
    scene.chain.pass(ARBITRATION);
    scene.by(KEEPER, |v| v.release_challenge(T)).unwrap();
    scene.everybody_is_owed(&[(CHALLENGER, BOND), (CLIENT, FEE)]);

    let mut scene = Scene::proposed();
    scene.by(OWNER, longer).unwrap();
    scene.chain.pass(PERIOD);
    scene.by(KEEPER, |v| v.conclude(T)).unwrap();
}
