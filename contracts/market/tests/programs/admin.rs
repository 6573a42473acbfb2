//! Initialisation, parameters, siblings, pauses, collateral.

use super::*;
use ogpu_common::Calldata;
use ogpu_common::{
    EnforcedPause, InvalidInitialization, OwnableUnauthorizedAccount, Pausable,
    UUPSUnauthorizedCallContext, ZeroAddress, ZeroAmount,
};

#[test]
fn it_is_initialised_once_and_only_behind_a_proxy() {
    let mut market = Stage::empty();
    assert_eq!(
        (
            market.programs.admin.current_version(),
            market.programs.admin.parameters(1)
        ),
        (1, parameters())
    );
    refused(
        market.by(OWNER, |m| m.tasks.initialize(OWNER)),
        InvalidInitialization {},
    );
    let direct = Chain::direct();
    let result = direct.call(OWNER, || TaskManager::from(&direct).initialize(OWNER));
    refused(result, UUPSUnauthorizedCallContext {});
}

#[test]
fn running_tasks_keep_their_parameters() {
    let mut market = Stage::open();
    let next = || Parameters {
        feeBps: 300,
        reviewWindow: 7,
        bidBond: U96::from(6),
        ..parameters()
    };
    refused(
        market.by(STRANGER, |m| m.admin.set_parameters(next())),
        OwnableUnauthorizedAccount { account: STRANGER },
    );
    assert_eq!(market.by(OWNER, |m| m.admin.set_parameters(next())), Ok(2));
    assert_eq!(
        market.last::<ParametersSet>(),
        ParametersSet {
            version: 2,
            parameters: next()
        }
    );
    assert_eq!(market.programs.admin.parameters(1), parameters());
    assert_eq!(market.programs.admin.parameters(2), next());
    market
        .by(CLIENT, |m| m.tasks.submit_task("".into(), n(10_000), 400))
        .unwrap();
    assert_eq!(market.programs.admin.task_of(T).unwrap().version, 1);
    assert_eq!(market.programs.admin.task_of(n(2)).unwrap().version, 2);
    market
        .by(ALICE, |m| m.tasks.place_bid(T, A, n(8_000)))
        .unwrap();
    assert_eq!(market.collateral(A), n(1_995));
    market
        .by(ALICE, |m| m.tasks.place_bid(n(2), A, n(8_000)))
        .unwrap();
    assert_eq!(market.collateral(A), n(1_989));
}

#[test]
fn parameters_have_ranges() {
    let mut market = Stage::empty();
    let bad = Parameters {
        feeBps: 2_001,
        ..parameters()
    };
    let error = OutOfRange {
        field: 0,
        value: n(2_001),
        minimum: n(0),
        maximum: n(2_000),
    };
    refused(market.by(OWNER, |m| m.admin.set_parameters(bad)), error);
    let bad = Parameters {
        bidBond: U96::MAX,
        ..parameters()
    };
    let error = OutOfRange {
        field: 4,
        value: n((1 << 96) - 1),
        minimum: n(0),
        maximum: n((1 << 80) - 1),
    };
    refused(market.by(OWNER, |m| m.admin.set_parameters(bad)), error);
}

#[test]
fn the_owner_names_the_siblings() {
    let mut market = Stage::empty();
    assert_eq!(
        market.last::<SiblingsSet>(),
        SiblingsSet {
            escrow: ESCROW,
            vault: VAULT,
            registry: REGISTRY
        }
    );
    assert_eq!(market.programs.admin.siblings(), (ESCROW, VAULT, REGISTRY));
    refused(
        market.by(STRANGER, |m| m.admin.set_siblings(ESCROW, VAULT, REGISTRY)),
        OwnableUnauthorizedAccount { account: STRANGER },
    );
    refused(
        market.by(OWNER, |m| {
            m.admin.set_siblings(ESCROW, Address::ZERO, REGISTRY)
        }),
        ZeroAddress {},
    );
    let mut market = Stage::bare();
    refused(
        market.by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1)),
        SiblingsNotSet {},
    );
    market
        .by(OWNER, |m| m.admin.set_siblings(ESCROW, VAULT, REGISTRY))
        .unwrap();
    refused(
        market.by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1)),
        ParametersNotSet {},
    );
}

#[test]
fn the_owner_slashes_free_collateral() {
    let mut market = Stage::new();
    refused(
        market.by(STRANGER, |m| m.admin.slash_provider(A, n(10), CLIENT)),
        OwnableUnauthorizedAccount { account: STRANGER },
    );
    refused(
        market.by(OWNER, |m| m.admin.slash_provider(A, n(2_001), CLIENT)),
        CollateralTooLow {
            free: n(2_000),
            required: n(2_001),
        },
    );
    refused(
        market.by(OWNER, |m| m.admin.slash_provider(n(9), n(1), CLIENT)),
        UnknownProvider { providerId: n(9) },
    );
    market.calling(
        OWNER,
        VAULT,
        Siblings::slashCall {
            account: ALICE,
            amount: n(1_500),
            injured: CLIENT,
        },
        n(1_500).abi_encode(),
        |m| m.admin.slash_provider(A, n(1_500), CLIENT),
    );
    assert_eq!(market.collateral(A), n(500));
    assert_eq!(
        market.last::<ProviderSlashed>(),
        ProviderSlashed {
            providerId: A,
            amount: n(1_500),
            injured: CLIENT
        }
    );
}

#[test]
fn unknown_calls_go_to_extensions() {
    let mut market = Stage::bare();
    let extension = Address::repeat_byte(0x77);
    let selectors = || Calldata([[1, 2, 3, 4], [5, 6, 7, 8]].concat());
    refused(
        market.by(STRANGER, |m| m.tasks.set_extension(extension, selectors())),
        OwnableUnauthorizedAccount { account: STRANGER },
    );
    refused(
        market.by(OWNER, |m| m.tasks.set_extension(extension, selectors())),
        InvalidExtension { extension },
    );
    market.chain.vm.set_code(extension, vec![0xef]);
    market
        .by(OWNER, |m| m.tasks.set_extension(extension, selectors()))
        .unwrap();
    assert_eq!(
        market.last::<ExtensionSet>(),
        ExtensionSet {
            extension,
            selectors: selectors().0.into()
        }
    );
    for (selector, found) in [
        ([1, 2, 3, 4], extension),
        ([5, 6, 7, 8], extension),
        ([2, 3, 4, 5], Address::ZERO),
    ] {
        let admin = &market.programs.admin;
        assert_eq!(admin.extension_of(selector.into()), found);
    }
    let unknown = market.chain.call(STRANGER, || {
        market.programs.tasks.fallback(&[2, 3, 4, 5, 6])
    });
    let error = UnknownSelector {
        selector: [2, 3, 4, 5].into(),
    };
    assert_eq!(unknown, Err(error.abi_encode()));

    market
        .by(OWNER, |m| m.tasks.set_extension(Address::ZERO, selectors()))
        .unwrap();
    let admin = &market.programs.admin;
    assert_eq!(admin.extension_of([1, 2, 3, 4].into()), Address::ZERO);
}

#[test]
fn a_pause_stops_entries_and_no_exits() {
    let mut market = Stage::with_bids();
    let until = START + 7_000;
    market.by(OWNER, |m| Ok(m.admin.pause(until)?)).unwrap();
    assert_eq!(market.programs.admin.paused_until(), until);
    refused(
        market.by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1)),
        EnforcedPause { until },
    );
    refused(
        market.by(ALICE, |m| m.tasks.place_bid(T, A, n(7_000))),
        EnforcedPause { until },
    );
    refused(
        market.by(ALICE, |m| m.admin.deposit_collateral(A, n(1))),
        EnforcedPause { until },
    );
    // what a pause shares a slot with is untouched
    assert_eq!(
        (
            market.programs.admin.task_count(),
            market.programs.admin.current_version()
        ),
        (T, 1)
    );
    assert_eq!(market.programs.admin.siblings().0, ESCROW);

    market.by(BOB, |m| m.bids.withdraw_bid(T, B)).unwrap();
    market
        .by(BOB, |m| m.admin.withdraw_collateral(B, n(2_000)))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.assign_provider(T, A))
        .unwrap();
    let seal = market.programs.admin.seal_of(T, A, HASH);
    market
        .by(ALICE, |m| m.tasks.submit_result(T, seal))
        .unwrap();
    market
        .by(CLIENT, |m| m.tasks.verify_completion(T, HASH))
        .unwrap();
    market.chain.pass(500);
    market
        .by(STRANGER, |m| m.tasks.finalize_payment(T))
        .unwrap();
    assert_eq!(market.status(), 7);
    market.chain.pass(6_500);
    market
        .by(CLIENT, |m| m.tasks.submit_task("".into(), n(1), 1))
        .unwrap();
}

#[test]
fn collateral_is_locked_in_the_vault() {
    let mut market = Stage::empty();
    market.standing(A, ALICE, 6_200);
    let lock = Vault::lockCall {
        account: ALICE,
        amount: n(700),
    };
    market.calling(ALICE, VAULT, lock, Vec::new(), |m| {
        m.admin.deposit_collateral(A, n(700))
    });
    assert_eq!(
        market.last::<CollateralDeposited>(),
        CollateralDeposited {
            providerId: A,
            owner: ALICE,
            amount: n(700)
        }
    );
    assert_eq!(market.programs.admin.card_of(A), (ALICE, n(6_200), n(700)));

    let unlock = Siblings::unlockCall {
        account: ALICE,
        amount: n(300),
    };
    market.calling(ALICE, VAULT, unlock, Vec::new(), |m| {
        m.admin.withdraw_collateral(A, n(300))
    });
    assert_eq!(
        market.last::<CollateralWithdrawn>(),
        CollateralWithdrawn {
            providerId: A,
            owner: ALICE,
            amount: n(300)
        }
    );
    assert_eq!(market.collateral(A), n(400));
    refused(
        market.by(ALICE, |m| m.admin.withdraw_collateral(A, n(401))),
        CollateralTooLow {
            free: n(400),
            required: n(401),
        },
    );
    refused(
        market.by(BOB, |m| m.admin.withdraw_collateral(A, n(1))),
        NotProvider {
            providerId: A,
            caller: BOB,
        },
    );
    refused(
        market.by(BOB, |m| m.admin.withdraw_collateral(B, n(1))),
        UnknownProvider { providerId: B },
    );
    refused(
        market.by(ALICE, |m| m.admin.withdraw_collateral(A, n(0))),
        ZeroAmount {},
    );
}

#[test]
fn only_registered_owners_deposit() {
    let mut market = Stage::empty();
    market.standing(A, ALICE, 5_000);
    refused(
        market.by(BOB, |m| m.admin.deposit_collateral(A, n(1))),
        NotProvider {
            providerId: A,
            caller: BOB,
        },
    );
    market.standing(B, Address::ZERO, 0);
    refused(
        market.by(BOB, |m| m.admin.deposit_collateral(B, n(1))),
        UnknownProvider { providerId: B },
    );
    // an id that would be another one's if it were cut to 32 bits
    let long = A + n(1 << 32);
    market.standing(long, ALICE, 5_000);
    refused(
        market.by(ALICE, |m| m.admin.deposit_collateral(long, n(1))),
        UnknownProvider { providerId: long },
    );
    let most = (1 << 80) - 1;
    market
        .by(ALICE, |m| m.admin.deposit_collateral(A, n(most)))
        .unwrap();
    refused(
        market.by(ALICE, |m| m.admin.deposit_collateral(A, n(1))),
        CollateralTooHigh {
            amount: n(1 << 80),
            maximum: n(most),
        },
    );
    // a registry that names another owner later does not hand over the stake of the first
    market.standing(A, BOB, 5_000);
    refused(
        market.by(BOB, |m| m.admin.deposit_collateral(A, n(1))),
        NotProvider {
            providerId: A,
            caller: BOB,
        },
    );
}

#[test]
fn anyone_refreshes_a_score() {
    let mut market = Stage::new();
    market.standing(A, ALICE, 7_000);
    market
        .by(STRANGER, |m| m.admin.refresh_provider(A))
        .unwrap();
    assert_eq!(
        market.programs.admin.card_of(A),
        (ALICE, n(7_000), n(2_000))
    );
    let event = ProviderRefreshed {
        providerId: A,
        trust: n(7_000),
        collateral: n(2_000),
    };
    assert_eq!(market.last::<ProviderRefreshed>(), event);
    refused(
        market.by(STRANGER, |m| m.admin.refresh_provider(n(3))),
        UnknownProvider { providerId: n(3) },
    );
    market.standing(A, ALICE, 70_000);
    market
        .by(STRANGER, |m| m.admin.refresh_provider(A))
        .unwrap();
    assert_eq!(market.programs.admin.card_of(A).1, n(10_000));
}
