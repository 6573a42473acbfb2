//! What callers rely on without asking: selectors, topics, interface ids, what malformed calls get.

use alloy_primitives::FixedBytes;
use ogpu_common::namespace::IMPLEMENTATION_SLOT;

use super::*;

#[test]
fn selectors_are_openzeppelins() {
    let known: [([u8; 4], [u8; 4]); 29] = [
        (hex!("248a9ca3"), getRoleAdminCall::SELECTOR),
        (hex!("2f2ff15d"), grantRoleCall::SELECTOR),
        (hex!("91d14854"), hasRoleCall::SELECTOR),
        (hex!("36568abe"), renounceRoleCall::SELECTOR),
        (hex!("d547741f"), revokeRoleCall::SELECTOR),
        (hex!("a217fddf"), DEFAULT_ADMIN_ROLECall::SELECTOR),
        (hex!("01ffc9a7"), supportsInterfaceCall::SELECTOR),
        (hex!("b08e51c0"), CANCELLER_ROLECall::SELECTOR),
        (hex!("07bd0265"), EXECUTOR_ROLECall::SELECTOR),
        (hex!("8f61f4f5"), PROPOSER_ROLECall::SELECTOR),
        (hex!("c4d252f5"), cancelCall::SELECTOR),
        (hex!("134008d3"), executeCall::SELECTOR),
        (hex!("e38335e5"), executeBatchCall::SELECTOR),
        (hex!("f27a0c92"), getMinDelayCall::SELECTOR),
        (hex!("7958004c"), getOperationStateCall::SELECTOR),
        (hex!("d45c4435"), getTimestampCall::SELECTOR),
        (hex!("8065657f"), hashOperationCall::SELECTOR),
        (hex!("b1c5f427"), hashOperationBatchCall::SELECTOR),
        (hex!("31d50750"), isOperationCall::SELECTOR),
        (hex!("2ab0f529"), isOperationDoneCall::SELECTOR),
        (hex!("584b153e"), isOperationPendingCall::SELECTOR),
        (hex!("13bc9f20"), isOperationReadyCall::SELECTOR),
        (hex!("bc197c81"), onERC1155BatchReceivedCall::SELECTOR),
        (hex!("f23a6e61"), onERC1155ReceivedCall::SELECTOR),
        (hex!("150b7a02"), onERC721ReceivedCall::SELECTOR),
        (hex!("01d5062a"), scheduleCall::SELECTOR),
        (hex!("8f2a0bb0"), scheduleBatchCall::SELECTOR),
        (hex!("64d62353"), updateDelayCall::SELECTOR),
        (hex!("4f1ef286"), upgradeToAndCallCall::SELECTOR),
    ];
    for (theirs, ours) in known {
        assert_eq!(theirs, ours);
    }
}

#[test]
fn topics_and_errors_are_openzeppelins() {
    let topics = [
        (
            hex!("bd79b86ffe0ab8e8776151514217cd7cacd52c909f66475c3af44e129f0b00ff"),
            RoleAdminChanged::SIGNATURE_HASH,
        ),
        (
            hex!("2f8788117e7eff1d82e926ec794901d17c78024a50270940304540a733656f0d"),
            RoleGranted::SIGNATURE_HASH,
        ),
        (
            hex!("f6391f5c32d9c69d2a47ea670b442974b53935d1edc7fd64eb21e047a839171b"),
            RoleRevoked::SIGNATURE_HASH,
        ),
        (
            hex!("c2617efa69bab66782fa219543714338489c4e9e178271560a91b82c3f612b58"),
            CallExecuted::SIGNATURE_HASH,
        ),
        (
            hex!("20fda5fd27a1ea7bf5b9567f143ac5470bb059374a27e8f67cb44f946f6d0387"),
            CallSalt::SIGNATURE_HASH,
        ),
        (
            hex!("4cf4410cc57040e44862ef0f45f3dd5a5e02db8eb8add648d4b0e236f1d07dca"),
            CallScheduled::SIGNATURE_HASH,
        ),
        (
            hex!("baa1eb22f2a492ba1a5fea61b8df4d27c6c8b5f3971e63bb58fa14ff72eedb70"),
            Cancelled::SIGNATURE_HASH,
        ),
        (
            hex!("11c24f4ead16507c69ac467fbd5e4eed5fb5c699626d2cc6d66421df253886d5"),
            MinDelayChange::SIGNATURE_HASH,
        ),
    ];
    for (theirs, ours) in topics {
        assert_eq!(theirs, ours.0);
    }
    let errors = [
        (hex!("6697b232"), AccessControlBadConfirmation::SELECTOR),
        (hex!("e2517d3f"), AccessControlUnauthorizedAccount::SELECTOR),
        (hex!("d6bda275"), ogpu_common::FailedCall::SELECTOR),
        (hex!("54336609"), TimelockInsufficientDelay::SELECTOR),
        (hex!("ffb03211"), TimelockInvalidOperationLength::SELECTOR),
        (hex!("e2850c59"), TimelockUnauthorizedCaller::SELECTOR),
        (hex!("90a9a618"), TimelockUnexecutedPredecessor::SELECTOR),
        (hex!("5ead8eb5"), TimelockUnexpectedOperationState::SELECTOR),
        (hex!("4e487b71"), Panic::SELECTOR),
    ];
    for (theirs, ours) in errors {
        assert_eq!(theirs, ours);
    }
}

#[test]
fn it_says_what_it_is() {
    setup();
    let supports = |id| {
        view(supportsInterfaceCall {
            interfaceId: FixedBytes(id),
        })
    };
    for id in ["01ffc9a7", "7965db0b", "4e2312e0"] {
        assert!(supports(hex::decode_to_array(id).unwrap()), "{id}");
    }
    for id in ["ffffffff", "00000000", "150b7a02", "cdbdfcee", "01ffc9a6"] {
        assert!(!supports(hex::decode_to_array(id).unwrap()), "{id}");
    }
    assert_eq!(view(DEFAULT_ADMIN_ROLECall {}), B256::ZERO);
    assert_eq!(view(PROPOSER_ROLECall {}), keccak256("PROPOSER_ROLE"));
    assert_eq!(view(EXECUTOR_ROLECall {}), keccak256("EXECUTOR_ROLE"));
    assert_eq!(view(CANCELLER_ROLECall {}), keccak256("CANCELLER_ROLE"));
}

#[test]
fn it_takes_tokens_and_ether() {
    setup();
    let (operator, from, data) = (STRANGER, STRANGER, Bytes::from(vec![7; 33]));
    let one = onERC721ReceivedCall {
        operator,
        from,
        tokenId: U256::ONE,
        data: data.clone(),
    };
    assert_eq!(by(TARGET, one).unwrap(), onERC721ReceivedCall::SELECTOR);
    let some = onERC1155ReceivedCall {
        operator,
        from,
        id: U256::ONE,
        value: U256::MAX,
        data: data.clone(),
    };
    assert_eq!(by(TARGET, some).unwrap(), onERC1155ReceivedCall::SELECTOR);
    let many = onERC1155BatchReceivedCall {
        operator,
        from,
        ids: vec![U256::ONE; 2],
        values: vec![U256::MAX; 2],
        data,
    };
    assert_eq!(
        by(TARGET, many).unwrap(),
        onERC1155BatchReceivedCall::SELECTOR
    );

    world::fund(STRANGER, 9);
    assert_eq!(send(STRANGER, TIMELOCK, U256::from(9), &[]), Ok(vec![]));
    assert_eq!(send(STRANGER, TIMELOCK, U256::ZERO, &[]), Ok(vec![]));
    assert_eq!(world::balance(TIMELOCK), U256::from(9));
    assert!(world::logs().is_empty());
}

#[test]
fn what_is_no_call_fails_without_a_word() {
    setup();
    world::fund(PROPOSER, 9);
    let nothing = Err(Vec::new());
    let op = Op::single(TARGET, 0, vec![1, 2, 3]);
    let schedule = op.schedule_data(DELAY);

    for unknown in [&[0x01][..], &[1, 2, 3], &[1, 2, 3, 4], &[0; 100]] {
        assert_eq!(send(PROPOSER, TIMELOCK, U256::ZERO, unknown), nothing);
    }
    assert_eq!(
        send(PROPOSER, TIMELOCK, U256::ONE, &[1, 2, 3, 4]),
        nothing,
        "nor with value"
    );
    for short in [4, 36, schedule.len() - 64] {
        assert_eq!(
            send(PROPOSER, TIMELOCK, U256::ZERO, &schedule[..short]),
            nothing
        );
    }
    let mut dirty = schedule.clone();
    dirty[4] = 1;
    assert_eq!(
        send(PROPOSER, TIMELOCK, U256::ZERO, &dirty),
        nothing,
        "an address of more than 20 bytes"
    );
    let mut far = schedule.clone();
    far[4 + 64..4 + 96].fill(0xff);
    assert_eq!(
        send(PROPOSER, TIMELOCK, U256::ZERO, &far),
        nothing,
        "data beyond the end"
    );
    assert_eq!(
        send(PROPOSER, TIMELOCK, U256::ONE, &schedule),
        nothing,
        "with value where none is taken"
    );
    assert_eq!(op.state(), State::Unset);
    assert_eq!(
        world::balance(PROPOSER),
        U256::from(9),
        "and the value is back"
    );
    send(PROPOSER, TIMELOCK, U256::ZERO, &schedule).unwrap();
    assert_eq!(op.state(), State::Waiting);
}

#[test]
fn only_execution_takes_value() {
    setup_with(&[Address::ZERO], PROPOSER);
    world::fund(PROPOSER, 100);
    let id = Op::single(TARGET, 0, vec![]).ready().id();
    let account = STRANGER;
    let role = PROPOSER_ROLE;
    let calls = [
        cancelCall { id }.abi_encode(),
        grantRoleCall { role, account }.abi_encode(),
        revokeRoleCall { role, account }.abi_encode(),
        renounceRoleCall {
            role,
            callerConfirmation: PROPOSER,
        }
        .abi_encode(),
        getMinDelayCall {}.abi_encode(),
    ];
    for data in calls {
        assert_eq!(send(PROPOSER, TIMELOCK, U256::ONE, &data), Err(vec![]));
        send(PROPOSER, TIMELOCK, U256::ZERO, &data).unwrap();
    }
}

#[test]
fn an_encoding_with_gaps_names_the_same_operation() {
    setup();
    let op = Op::single(TARGET, 0, vec![1, 2, 3]);
    let mut data = op.schedule_data(DELAY);
    // the bytes stand one word further
    let at = 4 + 6 * 32;
    data[4 + 3 * 32 - 1] += 32;
    data.splice(at..at, [0xee; 32]);
    send(PROPOSER, TIMELOCK, U256::ZERO, &data).unwrap();
    assert_eq!(op.state(), State::Waiting);
}

#[test]
fn the_implementation_says_where_its_successor_stands() {
    setup();
    let ask = proxiableUUIDCall {}.abi_encode();
    assert_eq!(
        world::query(IMPLEMENTATION, &ask).unwrap(),
        IMPLEMENTATION_SLOT.abi_encode()
    );
    refused(
        world::query(TIMELOCK, &ask),
        ogpu_common::UUPSUnauthorizedCallContext {},
    );
}
