//! Permits and signed delegations. What has to be signed is computed by another implementation of EIP-712.
//!
//! The chain of these tests has no key recovery: each test says what the precompile answers. It gives the last answer that was
//! announced to every input, except that an input announced to fail does fail; so a call that fails for exactly one input has
//! asked with exactly that input.

use super::*;
use crate::errors::Error;
use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain};

sol! {
    struct Permit {
        address owner;
        address spender;
        uint256 value;
        uint256 nonce;
        uint256 deadline;
    }

    struct Delegation {
        address delegatee;
        uint256 nonce;
        uint256 expiry;
    }
}

const ECRECOVER: Address = Address::with_last_byte(1);
const R: B256 = B256::repeat_byte(0x21);
const S: B256 = B256::repeat_byte(0x42);
const V: u8 = 28;
const DEADLINE: U256 = U256::from_limbs([START + 60, 0, 0, 0]);

fn domain(vm: &TestVM) -> Eip712Domain {
    eip712_domain! {
        name: "OGPU",
        version: "1",
        chain_id: 42_161,
        verifying_contract: vm.snapshot().contract_address,
    }
}

fn permit_digest(vm: &TestVM, nonce: u64) -> B256 {
    let nonce = U256::from(nonce);
    let permit = Permit {
        owner: ALICE,
        spender: BOB,
        value: wei(77),
        nonce,
        deadline: DEADLINE,
    };
    permit.eip712_signing_hash(&domain(vm))
}

fn delegation_digest(vm: &TestVM, nonce: u64) -> B256 {
    let nonce = U256::from(nonce);
    let delegation = Delegation {
        delegatee: CAROL,
        nonce,
        expiry: DEADLINE,
    };
    delegation.eip712_signing_hash(&domain(vm))
}

/// What the precompile is asked for a digest.
fn question(digest: B256) -> Vec<u8> {
    [digest, B256::with_last_byte(V), R, S].concat()
}

/// Announces that every digest is signed by an account.
fn everything_is_signed_by(vm: &TestVM, signer: Address) {
    vm.mock_static_call(ECRECOVER, vec![], Ok(signer.into_word().to_vec()));
}

/// Announces that a digest is signed by nobody, whatever else holds.
fn nobody_signed(vm: &TestVM, digest: B256) {
    let answer = vm.snapshot().return_data;
    vm.mock_static_call(ECRECOVER, question(digest), Err(answer));
}

fn permit(token: &mut OgpuToken) -> Result<(), Error> {
    token.permit(ALICE, BOB, wei(77), DEADLINE, V, R, S)
}

fn delegate(token: &mut OgpuToken, nonce: u64) -> Result<(), Error> {
    token.delegate_by_sig(CAROL, U256::from(nonce), DEADLINE, V, R, S)
}

#[test]
fn the_domain_is_that_of_this_chain_and_token() {
    let (vm, token) = token();
    assert_eq!(token.domain_separator(), domain(&vm).separator());
    vm.set_chain_id(421_614);
    assert_ne!(token.domain_separator(), domain(&vm).separator());
    vm.set_chain_id(42_161);
    vm.set_contract_address(BOB);
    assert_eq!(token.domain_separator(), domain(&vm).separator());
}

#[test]
fn permits() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    vm.set_sender(CAROL);
    vm.set_block_timestamp(START + 60);
    assert_eq!(permit(&mut token), Ok(()));
    assert_eq!(token.allowance(ALICE, BOB), wei(77));
    assert_eq!(token.nonces(ALICE), U256::ONE);
    assert_eq!(
        events::<Approval>(&vm),
        [Approval {
            owner: ALICE,
            spender: BOB,
            value: wei(77)
        }]
    );
}

#[test]
fn asks_who_signed_the_permit_of_the_next_nonce() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    nobody_signed(&vm, permit_digest(&vm, 0));
    assert_eq!(permit(&mut token), Err(ECDSAInvalidSignature {}.into()));
    vm.clear_mocks();
    everything_is_signed_by(&vm, ALICE);
    nobody_signed(&vm, permit_digest(&vm, 1));
    assert_eq!(permit(&mut token), Ok(()));
    assert_eq!(permit(&mut token), Err(ECDSAInvalidSignature {}.into()));
    assert_eq!(token.nonces(ALICE), U256::ONE);
}

#[test]
fn refuses_a_permit_of_another_signer() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, BOB);
    let refused = ERC2612InvalidSigner {
        signer: BOB,
        owner: ALICE,
    };
    assert_eq!(permit(&mut token), Err(refused.into()));
    assert_eq!(token.allowance(ALICE, BOB), U256::ZERO);
    assert_eq!(token.nonces(ALICE), U256::ZERO);
}

#[test]
fn refuses_a_permit_that_ran_out() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    vm.set_block_timestamp(START + 61);
    assert_eq!(
        permit(&mut token),
        Err(ERC2612ExpiredSignature { deadline: DEADLINE }.into())
    );
}

#[test]
fn refuses_a_permit_for_nobody() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    assert_eq!(
        token.permit(ALICE, Address::ZERO, wei(1), DEADLINE, V, R, S),
        Err(ERC20InvalidSpender {
            spender: Address::ZERO
        }
        .into())
    );
}

#[test]
fn refuses_what_nobody_signed() {
    let (vm, mut token) = token();
    // the precompile answers with nothing, and, as no chain does, with zero
    assert_eq!(permit(&mut token), Err(ECDSAInvalidSignature {}.into()));
    everything_is_signed_by(&vm, Address::ZERO);
    assert_eq!(
        token.permit(Address::ZERO, BOB, wei(77), DEADLINE, V, R, S),
        Err(ECDSAInvalidSignature {}.into())
    );
}

#[test]
fn refuses_the_upper_half_of_signatures() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    let half = hex!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
    let above = hex!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1");
    for s in [above.into(), B256::repeat_byte(0xff)] {
        assert_eq!(
            token.permit(ALICE, BOB, wei(77), DEADLINE, V, R, s),
            Err(ECDSAInvalidSignatureS { s }.into())
        );
    }
    assert_eq!(
        token.permit(ALICE, BOB, wei(77), DEADLINE, V, R, half.into()),
        Ok(())
    );
}

#[test]
fn delegates_by_signature() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    vm.set_sender(BOB);
    vm.set_block_timestamp(START + 60);
    assert_eq!(delegate(&mut token, 0), Ok(()));
    assert_eq!(token.delegates(ALICE), CAROL);
    assert_eq!(token.get_votes(CAROL), wei(SUPPLY));
    assert_eq!(token.nonces(ALICE), U256::ONE);
    let refused = InvalidAccountNonce {
        account: ALICE,
        currentNonce: U256::ONE,
    };
    assert_eq!(delegate(&mut token, 0), Err(refused.into()));
    nobody_signed(&vm, delegation_digest(&vm, 1));
    assert_eq!(
        delegate(&mut token, 1),
        Err(ECDSAInvalidSignature {}.into())
    );
}

#[test]
fn refuses_delegations_that_are_late_or_forged() {
    let (vm, mut token) = token();
    everything_is_signed_by(&vm, ALICE);
    let s = B256::repeat_byte(0xff);
    assert_eq!(
        token.delegate_by_sig(CAROL, U256::ZERO, DEADLINE, V, R, s),
        Err(ECDSAInvalidSignatureS { s }.into())
    );
    let refused = InvalidAccountNonce {
        account: ALICE,
        currentNonce: U256::ZERO,
    };
    assert_eq!(delegate(&mut token, 1), Err(refused.into()));
    vm.set_block_timestamp(START + 61);
    assert_eq!(
        delegate(&mut token, 0),
        Err(VotesExpiredSignature { expiry: DEADLINE }.into())
    );
    assert_eq!(token.delegates(ALICE), Address::ZERO);
}
