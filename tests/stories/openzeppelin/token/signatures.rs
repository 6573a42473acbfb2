//! Calls with signatures: those of the right signer for the right contract, and others.

use ogpu_client::{
    Account,
    alloy::{
        primitives::{Address, B256, Bytes, Signature, U256},
        sol,
        sol_types::{Eip712Domain, SolCall, SolStruct},
    },
};

use super::Tokens;
use crate::openzeppelin::{
    Order, World,
    contracts::Token::{delegateBySigCall, permitCall},
};

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

/// secp256k1's order.
const ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);

/// How a signature is not as it should be: in which of ten ways, if any, and a word for it.
#[derive(Clone, Copy)]
pub struct Spoilt(usize, B256);

impl Spoilt {
    /// It is as it should be.
    pub const NOT: Self = Self(usize::MAX, B256::ZERO);

    /// In each of the ways.
    pub fn all(word: B256) -> impl Iterator<Item = Self> {
        (0..10).map(move |way| Self(way, word))
    }

    /// Seldom it is not.
    fn random(world: &mut World) -> Self {
        Self(world.random.below(24), world.random.word().into())
    }
}

impl Tokens {
    /// A time until which something is good: mostly later than now, else just so, or no longer.
    fn deadline(&self, world: &mut World) -> U256 {
        let now = U256::from(world.now);
        match world.random.below(8) {
            0 => now,
            1 => now - U256::ONE,
            2 => U256::ZERO,
            3 => U256::MAX,
            _ => now + U256::from(1_000),
        }
    }

    /// The next nonce of `account`, or seldom another.
    fn nonce(&self, world: &mut World, account: Address) -> U256 {
        let nonce = self.nonces.get(&account).copied().unwrap_or_default();
        match world.random.below(12) {
            0 => nonce + U256::ONE,
            1 => nonce.saturating_sub(U256::ONE),
            _ => nonce,
        }
    }
    /// A permit of one of the keys.
    pub fn permit(&self, world: &mut World) -> Order {
        let key = world.key();
        let owner = match world.random.below(12) {
            0 => world.anybody(self.token),
            _ => key.address(),
        };
        let spender = match world.random.below(3) {
            0 => world.anybody(self.token),
            _ => world.actor(),
        };
        let permit = Permit {
            owner,
            spender,
            value: self.amount(world, owner),
            nonce: self.nonce(world, owner),
            deadline: self.deadline(world),
        };
        let spoilt = Spoilt::random(world);
        self.permit_by(world, &key, permit, spoilt)
    }

    /// A call with a permit that `key` signs.
    pub fn permit_by(&self, world: &World, key: &Account, theirs: Permit, spoilt: Spoilt) -> Order {
        let ours = Permit {
            owner: world.ours(theirs.owner),
            spender: world.ours(theirs.spender),
            ..theirs.clone()
        };
        let [theirs, ours] = self
            .sign(key, [theirs, ours], spoilt)
            .map(|(permit, (v, r, s))| permitCall {
                owner: permit.owner,
                spender: permit.spender,
                value: permit.value,
                deadline: permit.deadline,
                v,
                r,
                s,
            });
        self.order(&theirs).ours(ours.abi_encode())
    }

    /// A delegation by one of the keys.
    pub fn delegation(&self, world: &mut World) -> Order {
        let key = world.key();
        let delegation = Delegation {
            delegatee: world.anybody(self.token),
            nonce: self.nonce(world, key.address()),
            expiry: self.deadline(world),
        };
        let spoilt = Spoilt::random(world);
        self.delegation_by(world, &key, delegation, spoilt)
    }

    /// A call with a delegation that `key` signs.
    pub fn delegation_by(
        &self,
        world: &World,
        key: &Account,
        theirs: Delegation,
        spoilt: Spoilt,
    ) -> Order {
        let ours = Delegation {
            delegatee: world.ours(theirs.delegatee),
            ..theirs.clone()
        };
        let [theirs, ours] =
            self.sign(key, [theirs, ours], spoilt)
                .map(|(delegation, (v, r, s))| delegateBySigCall {
                    delegatee: delegation.delegatee,
                    nonce: delegation.nonce,
                    expiry: delegation.expiry,
                    v,
                    r,
                    s,
                });
        self.order(&theirs).ours(ours.abi_encode())
    }

    /// Signs for theirs and for ours.
    fn sign<T: SolStruct>(
        &self,
        key: &Account,
        messages: [T; 2],
        Spoilt(way, word): Spoilt,
    ) -> [(T, (u8, B256, B256)); 2] {
        let mut domains = self.domains.each_ref();
        if way == 0 {
            domains.reverse(); // signed for the other contract
        }
        let mut domains = domains.into_iter();
        messages.map(|message| {
            let domain = domains.next().expect("there are two");
            let signature = key
                .sign_digest(message.eip712_signing_hash(domain))
                .expect("a key signs");
            let (r, s) = (
                B256::from_slice(&signature[..32]),
                B256::from_slice(&signature[32..64]),
            );
            let v = signature[64];
            let signature = match way {
                1 => (55 - v, r, B256::from(ORDER - U256::from_be_bytes(s.0))),
                2 => (55 - v, r, s),
                3 => (v - 27, r, s),
                4 => (29, r, s),
                5 => (v, B256::ZERO, s),
                6 => (v, r, B256::ZERO),
                7 => (v, r, word),
                8 => (v, word, s),
                9 => (v, r, B256::from(ORDER >> 1)),
                _ => (v, r, s),
            };
            (message, signature)
        })
    }

    /// Whoever a signature is recovered to, theirs and ours: a signature for something else than what is asked recovers to
    /// addresses that are nobody's, and are not the same as the domains are not.
    pub fn recover(&self, world: &mut World, order: &Order) {
        let ours = order.ours.clone().unwrap_or_default();
        let of = |data: &Bytes, domain: &Eip712Domain| -> Option<(Address, B256)> {
            let (digest, v, r, s) = if let Ok(call) = permitCall::abi_decode(data) {
                let nonce = self.nonces.get(&call.owner).copied().unwrap_or_default();
                let permit = Permit {
                    owner: call.owner,
                    spender: call.spender,
                    value: call.value,
                    nonce,
                    deadline: call.deadline,
                };
                (permit.eip712_signing_hash(domain), call.v, call.r, call.s)
            } else {
                let call = delegateBySigCall::abi_decode(data).ok()?;
                let delegation = Delegation {
                    delegatee: call.delegatee,
                    nonce: call.nonce,
                    expiry: call.expiry,
                };
                (
                    delegation.eip712_signing_hash(domain),
                    call.v,
                    call.r,
                    call.s,
                )
            };
            let signature = Signature::from_scalars_and_parity(r, s, v == 28);
            Some((signature.recover_address_from_prehash(&digest).ok()?, s))
        };
        let recovered = (
            of(&order.theirs, &self.domains[0]),
            of(&ours, &self.domains[1]),
        );
        if let (Some(theirs), Some(ours)) = recovered {
            if !world.people().contains(&theirs.0) {
                world.same(theirs.0, ours.0);
            }
            world.same(theirs.1, ours.1); // which a refusal may tell
        }
    }
}
