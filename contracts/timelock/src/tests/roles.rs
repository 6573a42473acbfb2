//! Initialisation, and who may give and take what.

use ogpu_common::{
    InvalidInitialization, UUPSUnauthorizedCallContext, initializable::Initialized,
    ownable::OwnershipTransferred,
};

use super::*;

const ROLES: [B256; 4] = [
    DEFAULT_ADMIN_ROLE,
    PROPOSER_ROLE,
    EXECUTOR_ROLE,
    CANCELLER_ROLE,
];
const EVERYBODY: [Address; 8] = [
    Address::ZERO,
    TIMELOCK,
    IMPLEMENTATION,
    PROPOSER,
    EXECUTOR,
    ADMIN,
    STRANGER,
    DEPLOYER,
];

/// Who has which role.
fn members() -> Vec<(B256, Address)> {
    let all = ROLES
        .into_iter()
        .flat_map(|role| EVERYBODY.map(|account| (role, account)));
    all.filter(|(role, account)| has(*role, *account)).collect()
}

fn initialize() -> initializeCall {
    initializeCall {
        minDelay: DELAY,
        proposers: vec![PROPOSER, OTHER],
        executors: vec![EXECUTOR, Address::ZERO],
        admin: ADMIN,
    }
}

fn granted(role: B256, account: Address, sender: Address) -> world::Log {
    event(RoleGranted {
        role,
        account,
        sender,
    })
}

#[test]
fn initialisation_grants_exactly_these_roles() {
    setup();
    assert_eq!(
        members(),
        [
            (DEFAULT_ADMIN_ROLE, TIMELOCK),
            (PROPOSER_ROLE, PROPOSER),
            (EXECUTOR_ROLE, EXECUTOR),
            (CANCELLER_ROLE, PROPOSER),
        ]
    );
    assert_eq!(
        world::words(TIMELOCK),
        4 + 4,
        "the roles; besides the implementation, the version, the owner and the delay"
    );
    assert_eq!(view(getMinDelayCall {}), DELAY);
    assert_eq!(view(ownerCall {}), TIMELOCK);
    for role in ROLES {
        assert_eq!(view(getRoleAdminCall { role }), DEFAULT_ADMIN_ROLE);
    }
}

#[test]
fn initialisation_tells_what_it_does() {
    world::reset();
    world::install(IMPLEMENTATION, Code::Timelock);
    world::install_proxy(TIMELOCK, IMPLEMENTATION);
    let call = initializeCall {
        proposers: vec![PROPOSER, OTHER, PROPOSER],
        ..initialize()
    };
    by(DEPLOYER, call).unwrap();
    let expected = [
        event(Initialized { version: 1 }),
        event(OwnershipTransferred {
            previousOwner: Address::ZERO,
            newOwner: TIMELOCK,
        }),
        granted(DEFAULT_ADMIN_ROLE, TIMELOCK, DEPLOYER),
        granted(DEFAULT_ADMIN_ROLE, ADMIN, DEPLOYER),
        granted(PROPOSER_ROLE, PROPOSER, DEPLOYER),
        granted(CANCELLER_ROLE, PROPOSER, DEPLOYER),
        granted(PROPOSER_ROLE, OTHER, DEPLOYER),
        granted(CANCELLER_ROLE, OTHER, DEPLOYER),
        granted(EXECUTOR_ROLE, EXECUTOR, DEPLOYER),
        granted(EXECUTOR_ROLE, Address::ZERO, DEPLOYER),
        event(MinDelayChange {
            oldDuration: U256::ZERO,
            newDuration: DELAY,
        }),
    ];
    assert_eq!(world::logs(), expected);
}

#[test]
fn nobody_initialises_it_again() {
    setup_with(&[EXECUTOR], ADMIN);
    for account in EVERYBODY {
        refused(by(account, initialize()), InvalidInitialization {});
    }
    let again = Op::own(initialize()).ready();
    refused(again.execute(EXECUTOR), InvalidInitialization {});
    assert!(!has(PROPOSER_ROLE, OTHER));
}

#[test]
fn nobody_initialises_the_implementation() {
    setup();
    let data = initialize().abi_encode();
    refused(
        send(STRANGER, IMPLEMENTATION, U256::ZERO, &data),
        UUPSUnauthorizedCallContext {},
    );
    assert_eq!(world::words(IMPLEMENTATION), 0);
    let op = Op::single(TARGET, 0, vec![]);
    refused(
        send(
            STRANGER,
            IMPLEMENTATION,
            U256::ZERO,
            &op.schedule_data(U256::ZERO),
        ),
        unauthorized(STRANGER, PROPOSER_ROLE),
    );
    refused(
        send(STRANGER, IMPLEMENTATION, U256::ZERO, &op.execute_data()),
        unauthorized(STRANGER, EXECUTOR_ROLE),
    );
}

#[test]
fn an_administrator_gives_and_takes_roles() {
    setup_with(&[EXECUTOR], ADMIN);
    let custom = B256::repeat_byte(0xcc);
    let account = STRANGER;
    for role in ROLES.into_iter().chain([custom]) {
        by(ADMIN, grantRoleCall { role, account }).unwrap();
        assert!(has(role, account));
        assert_eq!(world::logs(), [granted(role, account, ADMIN)]);
        by(ADMIN, grantRoleCall { role, account }).unwrap();
        assert!(has(role, account));
        assert_eq!(world::logs(), [], "it has it already");

        by(ADMIN, revokeRoleCall { role, account }).unwrap();
        assert!(!has(role, account));
        let sender = ADMIN;
        let revoked = RoleRevoked {
            role,
            account,
            sender,
        };
        assert_eq!(world::logs(), [event(revoked)]);
        by(ADMIN, revokeRoleCall { role, account }).unwrap();
        assert_eq!(world::logs(), [], "it has it no more");
    }
}

#[test]
fn nobody_else_gives_or_takes_roles() {
    setup();
    let account = STRANGER;
    for role in ROLES {
        for caller in [PROPOSER, EXECUTOR, ADMIN, STRANGER, DEPLOYER, Address::ZERO] {
            let needed = unauthorized(caller, DEFAULT_ADMIN_ROLE);
            refused(by(caller, grantRoleCall { role, account }), needed.clone());
            let account = PROPOSER;
            refused(by(caller, revokeRoleCall { role, account }), needed);
        }
    }
    assert_eq!(members().len(), 4);
}

#[test]
fn a_role_is_renounced_by_its_holder() {
    setup_with(&[EXECUTOR], ADMIN);
    let role = DEFAULT_ADMIN_ROLE;
    let renounce = |caller, callerConfirmation| {
        by(
            caller,
            renounceRoleCall {
                role,
                callerConfirmation,
            },
        )
    };
    refused(renounce(STRANGER, ADMIN), AccessControlBadConfirmation {});
    refused(renounce(ADMIN, STRANGER), AccessControlBadConfirmation {});
    renounce(STRANGER, STRANGER).unwrap();
    assert_eq!(world::logs(), [], "which has none");
    renounce(ADMIN, ADMIN).unwrap();
    let (account, sender) = (ADMIN, ADMIN);
    assert_eq!(
        world::logs(),
        [event(RoleRevoked {
            role,
            account,
            sender
        })]
    );
    refused(
        by(ADMIN, grantRoleCall { role, account }),
        unauthorized(ADMIN, role),
    );
}

#[test]
fn the_timelock_administers_itself() {
    setup();
    let (role, account) = (PROPOSER_ROLE, STRANGER);
    Op::own(grantRoleCall { role, account }).done();
    assert!(has(role, account));
    let op = Op::single(TARGET, 0, vec![]);
    op.schedule(STRANGER, DELAY).unwrap();
    Op::own(revokeRoleCall { role, account }).done();
    assert!(!has(role, account));
    assert_eq!(op.state(), State::Ready, "what it scheduled stays");
}

#[test]
fn a_proposer_can_lose_only_the_right_to_cancel() {
    setup_with(&[EXECUTOR], ADMIN);
    let (role, account) = (CANCELLER_ROLE, PROPOSER);
    by(ADMIN, revokeRoleCall { role, account }).unwrap();
    let op = Op::single(TARGET, 0, vec![]);
    op.schedule(PROPOSER, DELAY).unwrap();
    refused(
        by(PROPOSER, cancelCall { id: op.id() }),
        unauthorized(PROPOSER, role),
    );
}
