//! The bindings against the committed interfaces: nothing is missing, nothing is made up.

use std::{collections::BTreeSet, path::Path};

use ogpu_client::{
    alloy::{json_abi::JsonAbi, primitives::B256},
    bindings::{
        GovernanceDao::{GovernanceDaoCalls, GovernanceDaoEvents},
        OgpuToken::{OgpuTokenCalls, OgpuTokenEvents},
        Owned::{OwnedCalls, OwnedEvents},
        Pausable::{PausableCalls, PausableEvents},
        PaymentEscrow::{PaymentEscrowCalls, PaymentEscrowEvents},
        ReplicationVerifier::{ReplicationVerifierCalls, ReplicationVerifierEvents},
        ReputationRegistry::{ReputationRegistryCalls, ReputationRegistryEvents},
        StakingVault::{StakingVaultCalls, StakingVaultEvents},
        TaskManager::{TaskManagerCalls, TaskManagerEvents},
        Timelock::{TimelockCalls, TimelockEvents},
        VerificationCommittee::{VerificationCommitteeCalls, VerificationCommitteeEvents},
        Watchdog::{WatchdogCalls, WatchdogEvents},
        errors::Contracts::ContractsErrors,
    },
};

/// The interface of one contract, as the contract's own code gives it.
fn committed(name: &str) -> JsonAbi {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../abi")
        .join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; write it with `cargo xtask snapshots`",
            path.display()
        )
    });
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a contract with the selectors and topics of its bindings; `pausable` where it has something to pause.
fn compare(name: &str, selectors: &[[u8; 4]], topics: &[B256], pausable: bool) {
    compare_with(committed(name), name, selectors, topics, pausable);
}

fn compare_with(abi: JsonAbi, name: &str, selectors: &[[u8; 4]], topics: &[B256], pausable: bool) {
    let mut selectors: BTreeSet<[u8; 4]> = selectors
        .iter()
        .chain(OwnedCalls::SELECTORS)
        .copied()
        .collect();
    let mut topics: BTreeSet<B256> = topics
        .iter()
        .copied()
        .chain(topics_of(OwnedEvents::SELECTORS))
        .collect();
    if pausable {
        selectors.extend(PausableCalls::SELECTORS);
        topics.extend(topics_of(PausableEvents::SELECTORS));
    }
    for function in abi.functions() {
        assert!(
            selectors.remove(&function.selector().0),
            "{name}: {} has no binding",
            function.signature()
        );
    }
    assert!(
        selectors.is_empty(),
        "{name} has no functions with the selectors {selectors:02x?}"
    );
    for event in abi.events() {
        assert!(
            topics.remove(&event.selector()),
            "{name}: the event {} has no binding",
            event.signature()
        );
    }
    assert!(
        topics.is_empty(),
        "{name} has no events with the topics {topics:?}"
    );
    let errors: BTreeSet<[u8; 4]> = ContractsErrors::SELECTORS.iter().copied().collect();
    // Panics are decoded apart from the contracts' own errors.
    for error in abi.errors().filter(|error| error.name != "Panic") {
        assert!(
            errors.contains(&error.selector().0),
            "{name}: the error {} has no sentence",
            error.signature()
        );
    }
}

fn topics_of(topics: &[[u8; 32]]) -> impl Iterator<Item = B256> {
    topics.iter().map(B256::from)
}

macro_rules! bindings_match {
    ($($test:ident: $name:literal, $calls:ident, $events:ident, $pausable:literal;)*) => {$(
        #[test]
        fn $test() {
            let topics: Vec<B256> = topics_of($events::SELECTORS).collect();
            compare($name, $calls::SELECTORS, &topics, $pausable);
        }
    )*};
}

bindings_match! {
    token: "ogpu-token", OgpuTokenCalls, OgpuTokenEvents, false;
    escrow: "payment-escrow", PaymentEscrowCalls, PaymentEscrowEvents, true;
    vault: "staking-vault", StakingVaultCalls, StakingVaultEvents, true;
    registry: "reputation-registry", ReputationRegistryCalls, ReputationRegistryEvents, false;
    task_manager: "task-manager", TaskManagerCalls, TaskManagerEvents, true;
    replication_verifier: "replication-verifier", ReplicationVerifierCalls, ReplicationVerifierEvents, false;
    watchdog: "watchdog", WatchdogCalls, WatchdogEvents, false;
    governor: "governance-dao", GovernanceDaoCalls, GovernanceDaoEvents, false;
    timelock: "timelock", TimelockCalls, TimelockEvents, false;
}

/// The committee is two programs behind one address.
#[test]
fn committee() {
    let mut abi = committed("verification-committee");
    let extension = committed("committee-nodes");
    abi.functions.extend(extension.functions);
    abi.events.extend(extension.events);
    abi.errors.extend(extension.errors);
    let topics: Vec<B256> = topics_of(VerificationCommitteeEvents::SELECTORS).collect();
    let selectors = VerificationCommitteeCalls::SELECTORS;
    compare_with(abi, "verification-committee", selectors, &topics, true);
}
