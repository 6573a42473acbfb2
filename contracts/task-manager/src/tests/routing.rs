//! The router of words does what the SDK's router does.

use super::*;
use crate::{
    abi::{BidView, TaskView, Terms},
    router::Words,
};
use stylus_sdk::{
    abi::{Router, router_entrypoint},
    host::VM,
};

mod interface {
    use super::super::Parameters as Params;
    use super::*;

    sol! {
        struct Parameters { uint16 a; uint16 b; uint16 c; uint16 d; uint96 e; uint96 f; uint32 g; uint32 h; uint32 i; uint32 j; uint32 k; uint32 l; uint16 m; }
        struct Terms { string metadata; uint256 budget; uint64 duration; uint64 biddingWindow; uint16 minTrust; uint256 minCollateral; uint16 trustWeight; }

        /// The functions as the architecture lists them.
        interface Functions {
            function initialize(address owner, Parameters parameters);
            function setSiblings(address escrow, address vault, address registry);
            function setParameters(Parameters parameters) returns (uint16);
            function depositCollateral(uint256 providerId, uint256 amount);
            function withdrawCollateral(uint256 providerId, uint256 amount);
            function refreshProvider(uint256 providerId);
            function submitTask(string taskMetadata, uint256 budget, uint64 duration) returns (uint256);
            function submitTaskWithTerms(Terms terms) returns (uint256);
            function placeBid(uint256 taskId, uint256 providerId, uint256 price);
            function withdrawBid(uint256 taskId, uint256 providerId);
            function assignProvider(uint256 taskId, uint256 providerId);
            function submitResult(uint256 taskId, bytes32 resultSeal);
            function verifyCompletion(uint256 taskId, bytes32 resultHash);
            function finalizePayment(uint256 taskId);
            function cancelTask(uint256 taskId);
            function expireTask(uint256 taskId);
            function failTask(uint256 taskId);
            function openDispute(uint256 taskId);
            function resolveDispute(uint256 taskId, uint16 providerBps, uint256 slashAmount);
            function taskOf(uint256 taskId);
            function bidOf(uint256 taskId, uint256 providerId);
            function cardOf(uint256 providerId);
            function taskCount();
            function parameters(uint16 version);
            function currentVersion();
            function siblings();
            function sealOf(uint256 taskId, uint256 providerId, bytes32 resultHash);
            function owner();
            function transferOwnership(address newOwner);
            function renounceOwnership();
            function guardian();
            function setGuardian(address guardian);
            function pause(uint64 until);
            function unpause();
            function pausedUntil();
            function proxiableUUID();
            function upgradeToAndCall(address newImplementation, bytes data);
            function UPGRADE_INTERFACE_VERSION();
        }
    }

    impl From<Params> for Parameters {
        fn from(p: Params) -> Self {
            Self::abi_decode(&p.to_words().map(|word| word.to_be_bytes::<32>()).concat()).unwrap()
        }
    }
}
use interface::Functions::*;

/// What a call answered, and the storage and the logs it left.
type Traces = (
    Result<Vec<u8>, Vec<u8>>,
    Vec<(U256, B256)>,
    Vec<(Vec<B256>, Vec<u8>)>,
);

fn traces<R: Router<TaskManager>>(market: &Market, sender: Address, data: &[u8]) -> Traces
where
    TaskManager: core::borrow::BorrowMut<R::Storage>,
{
    let before = market.chain.vm.get_emitted_logs().len();
    let result = market.chain.call(sender, || {
        let host = VM {
            host: Box::new(market.chain.clone()),
        };
        router_entrypoint::<R, TaskManager>(data.to_vec(), host)
    });
    let mut storage: Vec<_> = market.chain.vm.snapshot().storage.into_iter().collect();
    storage.sort();
    (
        result,
        storage,
        market.chain.vm.get_emitted_logs().split_off(before),
    )
}

/// Sends the same calldata through both routers of two markets that are alike.
#[track_caller]
fn alike(make: fn() -> Market, sender: Address, data: &[u8]) -> Traces {
    let ours = traces::<Words>(&make(), sender, data);
    let theirs = traces::<TaskManager>(&make(), sender, data);
    assert_eq!(ours, theirs);
    ours
}

fn terms() -> interface::Terms {
    interface::Terms {
        metadata: "what is to be done, in more than a word of text".into(),
        budget: n(10_000),
        duration: 400,
        biddingWindow: 50,
        minTrust: 5_000,
        minCollateral: n(900),
        trustWeight: 8_000,
    }
}

fn seal() -> B256 {
    Market::empty().manager.seal_of(T, A, HASH)
}

fn matured() -> Market {
    let market = Market::verified();
    market.chain.pass(500);
    market.outcome(true, 5_100);
    market
}

fn overdue() -> Market {
    let market = Market::assigned();
    market.chain.pass(400);
    market.outcome(false, 4_900);
    let slash = Siblings::slashCall {
        account: ALICE,
        amount: n(400),
        injured: CLIENT,
    };
    market
        .chain
        .answer(VAULT, slash.abi_encode(), Ok(n(400).abi_encode()));
    market
}

fn unsold() -> Market {
    let market = Market::open();
    market.chain.pass(600);
    market
}

fn paused() -> Market {
    let mut market = Market::new();
    market
        .by(OWNER, |m| Ok(ogpu_common::Pausable::pause(m, START + 5)?))
        .unwrap();
    market
}

fn uninitialised() -> Market {
    let chain = Chain::new();
    let manager = TaskManager::from(&chain);
    Market { chain, manager }
}

/// A call: from which market, by whom, with what.
type Case = (fn() -> Market, Address, Vec<u8>);

/// A call of every function that succeeds.
fn calls() -> Vec<Case> {
    let new = Address::repeat_byte(0x42);
    vec![
        (
            uninitialised,
            OWNER,
            initializeCall {
                owner: OWNER,
                parameters: parameters().into(),
            }
            .abi_encode(),
        ),
        (
            Market::new,
            OWNER,
            setSiblingsCall {
                escrow: new,
                vault: VAULT,
                registry: REGISTRY,
            }
            .abi_encode(),
        ),
        (
            Market::new,
            OWNER,
            setParametersCall {
                parameters: parameters().into(),
            }
            .abi_encode(),
        ),
        (
            Market::new,
            ALICE,
            depositCollateralCall {
                providerId: A,
                amount: n(9),
            }
            .abi_encode(),
        ),
        (
            Market::new,
            ALICE,
            withdrawCollateralCall {
                providerId: A,
                amount: n(9),
            }
            .abi_encode(),
        ),
        (
            Market::new,
            STRANGER,
            refreshProviderCall { providerId: A }.abi_encode(),
        ),
        (
            Market::new,
            CLIENT,
            submitTaskCall {
                taskMetadata: "text".into(),
                budget: n(7),
                duration: 9,
            }
            .abi_encode(),
        ),
        (
            Market::new,
            CLIENT,
            submitTaskWithTermsCall { terms: terms() }.abi_encode(),
        ),
        (
            Market::open,
            ALICE,
            placeBidCall {
                taskId: T,
                providerId: A,
                price: n(8_000),
            }
            .abi_encode(),
        ),
        (
            Market::with_bids,
            ALICE,
            withdrawBidCall {
                taskId: T,
                providerId: A,
            }
            .abi_encode(),
        ),
        (
            Market::with_bids,
            CLIENT,
            assignProviderCall {
                taskId: T,
                providerId: B,
            }
            .abi_encode(),
        ),
        (
            Market::assigned,
            ALICE,
            submitResultCall {
                taskId: T,
                resultSeal: seal(),
            }
            .abi_encode(),
        ),
        (
            Market::submitted,
            CLIENT,
            verifyCompletionCall {
                taskId: T,
                resultHash: HASH,
            }
            .abi_encode(),
        ),
        (
            matured,
            STRANGER,
            finalizePaymentCall { taskId: T }.abi_encode(),
        ),
        (
            Market::open,
            CLIENT,
            cancelTaskCall { taskId: T }.abi_encode(),
        ),
        (unsold, STRANGER, expireTaskCall { taskId: T }.abi_encode()),
        (overdue, STRANGER, failTaskCall { taskId: T }.abi_encode()),
        (
            Market::rejected,
            ALICE,
            openDisputeCall { taskId: T }.abi_encode(),
        ),
        (
            Market::disputed,
            OWNER,
            resolveDisputeCall {
                taskId: T,
                providerBps: 5_000,
                slashAmount: n(0),
            }
            .abi_encode(),
        ),
        (
            Market::with_bids,
            STRANGER,
            taskOfCall { taskId: T }.abi_encode(),
        ),
        (
            Market::submitted,
            STRANGER,
            bidOfCall {
                taskId: T,
                providerId: A,
            }
            .abi_encode(),
        ),
        (
            Market::new,
            STRANGER,
            cardOfCall { providerId: A }.abi_encode(),
        ),
        (Market::open, STRANGER, taskCountCall {}.abi_encode()),
        (
            Market::new,
            STRANGER,
            parametersCall { version: 1 }.abi_encode(),
        ),
        (Market::new, STRANGER, currentVersionCall {}.abi_encode()),
        (Market::new, STRANGER, siblingsCall {}.abi_encode()),
        (
            Market::new,
            STRANGER,
            sealOfCall {
                taskId: T,
                providerId: A,
                resultHash: HASH,
            }
            .abi_encode(),
        ),
        (Market::new, STRANGER, ownerCall {}.abi_encode()),
        (
            Market::new,
            OWNER,
            transferOwnershipCall { newOwner: new }.abi_encode(),
        ),
        (Market::new, OWNER, renounceOwnershipCall {}.abi_encode()),
        (Market::new, STRANGER, guardianCall {}.abi_encode()),
        (
            Market::new,
            OWNER,
            setGuardianCall { guardian: new }.abi_encode(),
        ),
        (
            Market::new,
            OWNER,
            pauseCall { until: START + 5 }.abi_encode(),
        ),
        (paused, OWNER, unpauseCall {}.abi_encode()),
        (paused, STRANGER, pausedUntilCall {}.abi_encode()),
        (direct, STRANGER, proxiableUUIDCall {}.abi_encode()),
        (
            upgrade,
            OWNER,
            upgradeToAndCallCall {
                newImplementation: new,
                data: HASH.to_vec().into(),
            }
            .abi_encode(),
        ),
        (
            Market::new,
            STRANGER,
            UPGRADE_INTERFACE_VERSIONCall {}.abi_encode(),
        ),
    ]
}

fn direct() -> Market {
    let chain = Chain::direct();
    let manager = TaskManager::from(&chain);
    Market { chain, manager }
}

fn upgrade() -> Market {
    let market = Market::new();
    let slot = ogpu_common::namespace::IMPLEMENTATION_SLOT.abi_encode();
    market.chain.answer(
        Address::repeat_byte(0x42),
        proxiableUUIDCall {}.abi_encode(),
        Ok(slot),
    );
    market
}

#[test]
fn both_routers_know_every_function() {
    assert_eq!(calls().len(), 38);
    for (make, sender, data) in calls() {
        let (result, ..) = alike(make, sender, &data);
        assert!(result.is_ok(), "{:02x?}", &data[..4]);
        // refused for another reason than decoding, or allowed
        let _ = alike(make, Address::repeat_byte(0x13), &data);
    }
}

#[test]
fn both_routers_refuse_value() {
    for (make, sender, data) in calls() {
        let with_value = |router: fn(&Market, Address, &[u8]) -> Traces| {
            let market = make();
            market.chain.vm.set_value(n(1));
            router(&market, sender, &data)
        };
        let ours = with_value(traces::<Words>);
        assert_eq!(ours, with_value(traces::<TaskManager>));
        assert_eq!(
            ours.0.is_ok(),
            data.starts_with(&upgradeToAndCallCall::SELECTOR)
        );
    }
}

#[test]
fn both_routers_refuse_what_is_cut_short() {
    for (make, sender, data) in calls() {
        for length in [data.len() - 1, data.len().saturating_sub(32), 4, 3, 0] {
            if length < data.len() {
                let _ = alike(make, sender, &data[..length]);
            }
        }
    }
}

#[test]
fn both_routers_refuse_numbers_that_do_not_fit() {
    for (make, sender, data) in calls() {
        for place in (4..data.len()).step_by(32) {
            let mut dirty = data.clone();
            dirty[place] = 1;
            let _ = alike(make, sender, &dirty);
            let mut longer = data.clone();
            longer[place + 31] = 0x7f;
            let _ = alike(make, sender, &longer);
        }
    }
}

#[test]
fn a_text_may_be_any_bytes() {
    let mut data = submitTaskCall {
        taskMetadata: "text".into(),
        budget: n(7),
        duration: 9,
    }
    .abi_encode();
    data[4 + 32 * 4] = 0xff;
    let market = Market::new();
    assert_eq!(
        traces::<Words>(&market, CLIENT, &data).0,
        Ok(T.abi_encode())
    );
}

#[test]
fn views_are_encoded_as_their_structs() {
    let task = traces::<Words>(
        &Market::with_bids(),
        STRANGER,
        &taskOfCall { taskId: T }.abi_encode(),
    )
    .0
    .unwrap();
    let view = TaskView::abi_decode(&task).unwrap();
    assert_eq!(
        (view.client, view.providerId, view.runnerUpId),
        (CLIENT, A, B)
    );
    let bid = bidOfCall {
        taskId: T,
        providerId: B,
    }
    .abi_encode();
    let bid = traces::<Words>(&Market::with_bids(), STRANGER, &bid)
        .0
        .unwrap();
    assert_eq!(
        BidView::abi_decode(&bid),
        Ok(BidView {
            price: n(9_000),
            resultSeal: B256::ZERO
        })
    );
    let terms = Terms::abi_decode(&terms().abi_encode()).unwrap();
    assert_eq!((terms.minTrust, terms.trustWeight), (5_000, 8_000));
}
