//! Bids that providers sign off chain, and the client hands in.

use market::abi::SignedBid;
use ogpu_common::{AmountTooLarge, Calldata};

use super::*;

fn signed(price: u128) -> SignedBid {
    SignedBid {
        taskId: T,
        providerId: A,
        price: n(price),
        expiry: START + 100,
        nonce: U256::ZERO,
    }
}

/// A signature of this digest, as the precompile that recovers signers sees it.
fn sign(market: &Stage, bid: SignedBid, signer: Address) -> Calldata {
    let digest = market.programs.bids.signed_bid_digest(bid);
    let signature = [[0x11; 32], [0x22; 32]].concat();
    let input = [digest.as_slice(), &n(27).to_be_bytes::<32>(), &signature].concat();
    let precompile = Address::with_last_byte(1);
    market
        .chain
        .answer(precompile, input, Ok(signer.into_word().to_vec()));
    Calldata([signature, vec![27]].concat())
}

#[test]
fn a_signed_bid_is_assigned_in_one_step() {
    let mut market = Stage::open();
    let signature = sign(&market, signed(8_000), ALICE);
    let assign = |bid: fn(u128) -> SignedBid, price, signature: &Calldata| {
        let signature = signature.clone();
        move |m: &mut Programs| m.bids.assign_signed_bid(bid(price), signature)
    };
    refused(
        market.by(STRANGER, assign(signed, 8_000, &signature)),
        NotClient {
            taskId: T,
            caller: STRANGER,
        },
    );
    let forged = InvalidSignature { signer: ALICE };
    refused(market.by(CLIENT, assign(signed, 7_999, &signature)), forged);
    let short = Calldata(signature.0[..64].to_vec());
    let forged = InvalidSignature { signer: ALICE };
    refused(market.by(CLIENT, assign(signed, 8_000, &short)), forged);
    let mut high = signature.0.clone();
    high[32] = 0x80;
    let forged = InvalidSignature { signer: ALICE };
    refused(
        market.by(CLIENT, assign(signed, 8_000, &Calldata(high))),
        forged,
    );
    let above = PriceAboveBudget {
        price: n(10_001),
        budget: n(10_000),
    };
    let dear = sign(&market, signed(10_001), ALICE);
    refused(market.by(CLIENT, assign(signed, 10_001, &dear)), above);
    market
        .by(CLIENT, assign(signed, 8_000, &signature))
        .unwrap();
    assert_eq!(market.last::<ProviderAssigned>().price, n(8_000));
    assert_eq!(market.collateral(A), n(2_000 - 800 - 5));
    refused(
        market.by(CLIENT, assign(signed, 8_000, &signature)),
        WrongStatus {
            taskId: T,
            status: 2,
        },
    );
}

#[test]
fn signed_bids_expire_and_are_revoked() {
    let mut market = Stage::open();
    let signature = sign(&market, signed(8_000), ALICE);
    let assign = |signature: &Calldata| {
        let signature = signature.clone();
        move |m: &mut Programs| m.bids.assign_signed_bid(signed(8_000), signature)
    };
    refused(
        market.by(STRANGER, |m| m.bids.revoke_signed_bids(A)),
        NotProvider {
            providerId: A,
            caller: STRANGER,
        },
    );
    market.by(ALICE, |m| m.bids.revoke_signed_bids(A)).unwrap();
    assert_eq!(market.programs.bids.bid_nonce_of(A), U256::ONE);
    let revoked = BidRevoked {
        providerId: A,
        nonce: U256::ZERO,
        current: U256::ONE,
    };
    refused(market.by(CLIENT, assign(&signature)), revoked);
    market.chain.pass(100);
    let expired = BidExpired {
        expiry: START + 100,
    };
    refused(market.by(CLIENT, assign(&signature)), expired);
}

#[test]
fn a_contract_signs_by_saying_so() {
    let mut market = Stage::open();
    let digest = market.programs.bids.signed_bid_digest(signed(8_000));
    market.chain.vm.set_code(ALICE, vec![0xfe]);
    sol! { function isValidSignature(bytes32 hash, bytes signature); }
    let call = |signature: &[u8]| {
        isValidSignatureCall {
            hash: digest,
            signature: signature.to_vec().into(),
        }
        .abi_encode()
    };
    let mut magic = [0; 32];
    magic[..4].copy_from_slice(&isValidSignatureCall::SELECTOR);
    market
        .chain
        .answer(ALICE, call(b"good"), Ok(magic.to_vec()));
    market.chain.answer(ALICE, call(b"bad"), Ok(vec![0; 32]));
    let assign = |signature: &[u8]| {
        let signature = Calldata(signature.to_vec());
        move |m: &mut Programs| m.bids.assign_signed_bid(signed(8_000), signature)
    };
    for no in [&b"bad"[..], b"unknown"] {
        refused(
            market.by(CLIENT, assign(no)),
            InvalidSignature { signer: ALICE },
        );
    }
    market.by(CLIENT, assign(b"good")).unwrap();
}

#[test]
fn a_signed_bid_is_checked_like_any_other() {
    let mut market = Stage::open();
    let handed = |market: &mut Stage, bid: fn() -> SignedBid, signer| {
        let signature = sign(market, bid(), signer);
        market.by(CLIENT, |m| m.bids.assign_signed_bid(bid(), signature))
    };
    let huge = || SignedBid {
        price: n(1 << 96),
        ..signed(0)
    };
    let error = AmountTooLarge {
        amount: n(1 << 96),
        maximum: n((1 << 96) - 1),
    };
    refused(handed(&mut market, huge, ALICE), error);
    let nobody = || SignedBid {
        providerId: n(9),
        ..signed(8_000)
    };
    let unknown = UnknownProvider { providerId: n(9) };
    refused(handed(&mut market, nobody, Address::ZERO), unknown);

    let patient = || SignedBid {
        expiry: START + 5_000,
        ..signed(8_000)
    };
    market.chain.pass(900);
    let late = TooLate {
        taskId: T,
        until: START + 900,
    };
    refused(handed(&mut market, patient, ALICE), late);
}

#[test]
fn nobody_hands_in_its_own_signed_bid() {
    let mut market = Stage::new();
    market
        .by(ALICE, |m| m.tasks.submit_task("".into(), n(10_000), 400))
        .unwrap();
    let signature = sign(&market, signed(8_000), ALICE);
    refused(
        market.by(ALICE, |m| {
            m.bids.assign_signed_bid(signed(8_000), signature)
        }),
        SelfDealing { account: ALICE },
    );
}
