//! Calls whose arguments hang together: what somebody signed, and what leaves a system the one it is.

use alloy_primitives::{Address, B256, U256};
use ogpu_token::eip712;

use super::{Generator, Scene};
use crate::{
    abi::{Value, word},
    chain::{CHAIN_ID, Chain, Program, sign},
    world::{
        COPIES, ESCROW, MARKET, OTHER_OWNER, OWNER, REGISTRY, System, TOKEN, VAULT, World, ask,
        program_at,
    },
};

impl Generator<'_> {
    /// All arguments of a call, for functions where each depends on the others; `harmless` asks for a call of the owner after which
    /// everything is as before.
    pub(super) fn whole(
        &mut self,
        world: &mut World,
        scene: &Scene<'_>,
        harmless: bool,
    ) -> Option<Vec<Value>> {
        let name = scene.entry.function.name.as_str();
        if harmless {
            return self.harmless(scene, name);
        }
        if self.chance(5) {
            return None;
        }
        if let Some(arguments) = self.whole_verdict(scene) {
            return Some(arguments);
        }
        let deadline = world.chain.time + scene.wait + self.rng.u64(0..1_000);
        match name {
            "permit" => {
                let (owner, spender) = (self.person(), self.person());
                let value = U256::from(self.rng.u128(..));
                let signed = permit(&mut world.chain, owner, spender, value, deadline);
                let parties = [owner, spender].map(|address| Value::Word(address.into_word()));
                Some([&parties[..], &signed].concat())
            }
            "depositWithPermit" | "stakeWithPermit" => {
                let spender = if name == "stakeWithPermit" {
                    VAULT
                } else {
                    ESCROW
                };
                let value = U256::from(self.rng.u128(1..1 << 70));
                Some(permit(
                    &mut world.chain,
                    scene.from,
                    spender,
                    value,
                    deadline,
                ))
            }
            "delegateBySig" => {
                let (signer, delegatee) = (self.person(), self.person());
                let nonce = nonce(&mut world.chain, signer);
                let expiry = U256::from(deadline);
                let delegation = eip712::delegation_hash(delegatee, nonce, expiry);
                let (v, r, s) = sign(signer, digest(delegation));
                let words = [delegatee.into_word(), nonce.into(), expiry.into()];
                let signature = [word(v.into()), r, s];
                Some(
                    [words, signature]
                        .concat()
                        .into_iter()
                        .map(Value::Word)
                        .collect(),
                )
            }
            "assignSignedBid" => self.signed_bid(world, scene, deadline),
            _ => None,
        }
    }

    /// A bid that its provider signed.
    fn signed_bid(
        &mut self,
        world: &mut World,
        scene: &Scene<'_>,
        expiry: u64,
    ) -> Option<Vec<Value>> {
        let task = world.model.market.task(scene.task)?;
        let price = (task.budget - task.verifier_fee) * self.rng.u128(30..=100) / 100;
        let owner = world.model.registry.provider(scene.provider)?.owner;
        let provider = word(scene.provider.into());
        let functions = |name: &str| {
            let mut entries = self.catalogue.entries().iter();
            entries.find(|entry| entry.function.name == name)
        };
        let nonce_of = functions("bidNonceOf")?.function.selector;
        let digest_of = functions("signedBidDigest")?.function.selector;
        let mut question = nonce_of.to_vec();
        question.extend_from_slice(provider.as_slice());
        let nonce = B256::try_from(&world.chain.query(MARKET, question).ok()?[..]).ok()?;
        let words = [
            word(scene.task.into()),
            provider,
            word(price),
            word(expiry.into()),
            nonce,
        ];
        let mut question = digest_of.to_vec();
        question.extend(words.concat());
        let digest = B256::try_from(&world.chain.query(MARKET, question).ok()?[..]).ok()?;
        let (v, r, s) = sign(owner, digest);
        let signature = [r.as_slice(), s.as_slice(), &[v]].concat();
        Some(vec![
            Value::Tuple(words.map(Value::Word).into()),
            Value::Bytes(signature),
        ])
    }

    /// What the owner can do to the system and have the same one afterwards.
    fn harmless(&mut self, scene: &Scene<'_>, name: &str) -> Option<Vec<Value>> {
        let address = |address: Address| Value::Word(address.into_word());
        let copy = self.rng.u8(0..COPIES);
        if scene.entry.program == Program::VerificationCommittee {
            return self.harmless_to_committee(name, copy);
        }
        Some(match name {
            "setSiblings" => [ESCROW, VAULT, REGISTRY].map(address).into(),
            "setTaskManager" => vec![address(MARKET)],
            "transferOwnership" => vec![address(self.one_of(&[OWNER, OTHER_OWNER]))],
            "upgradeToAndCall" => {
                let implementation = program_at(scene.entry.program, copy);
                vec![address(implementation), Value::Bytes(vec![])]
            }
            "setExtension" => {
                let extensions = Program::ALL.iter();
                let extensions: Vec<_> = extensions
                    .filter(|p| p.host() == Some(Program::TaskManager))
                    .collect();
                let extension = *self.one_of(&extensions);
                let selectors = self
                    .catalogue
                    .selectors
                    .get(&extension)
                    .cloned()
                    .unwrap_or_default();
                vec![
                    address(program_at(extension, copy)),
                    Value::Bytes(selectors),
                ]
            }
            _ => return None,
        })
    }
}

impl Generator<'_> {
    /// What the owner can do to the committee and have the same one afterwards.
    fn harmless_to_committee(&mut self, name: &str, copy: u8) -> Option<Vec<Value>> {
        let address = |address: Address| Value::Word(address.into_word());
        Some(match name {
            "setSiblings" => [MARKET, ESCROW].map(address).into(),
            "setExtension" => vec![address(program_at(Program::CommitteeNodes, copy))],
            "transferOwnership" => vec![address(self.one_of(&[OWNER, OTHER_OWNER]))],
            "upgradeToAndCall" => {
                let implementation = program_at(Program::VerificationCommittee, copy);
                vec![address(implementation), Value::Bytes(vec![])]
            }
            _ => return None,
        })
    }
}

/// A permit: value, deadline, and the signature.
fn permit(
    chain: &mut Chain,
    owner: Address,
    spender: Address,
    value: U256,
    deadline: u64,
) -> Vec<Value> {
    let (nonce, deadline) = (nonce(chain, owner), U256::from(deadline));
    let hash = eip712::permit_hash(owner, spender, value, nonce, deadline);
    let (v, r, s) = sign(owner, digest(hash));
    let words = [value.into(), deadline.into(), word(v.into()), r, s];
    words.map(Value::Word).into()
}

fn digest(struct_hash: B256) -> B256 {
    eip712::digest(eip712::domain_separator(CHAIN_ID, TOKEN), struct_hash)
}

fn nonce(chain: &mut Chain, signer: Address) -> U256 {
    let question = System::noncesCall { owner: signer };
    ask(chain, TOKEN, question).unwrap_or_default()
}
