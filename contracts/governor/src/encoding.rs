//! What a proposal does, as the ABI encodes it: hashed into its id, handed to the timelock, told in events.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256, keccak256};
use ogpu_common::{
    Calldata,
    amount::widen,
    words::{self, word},
};

/// A field of a tuple.
#[derive(Clone, Copy, Debug)]
pub enum Field<'a> {
    /// One that is a word.
    Word(&'a U256),
    /// One of variable length, encoded by a function below.
    Tail(&'a [u8]),
}

/// Encodes a tuple behind what `data` has already, which offsets do not count.
#[inline(never)]
pub fn tuple(mut data: Vec<u8>, fields: &[Field<'_>]) -> Vec<u8> {
    let mut offset = 32 * fields.len();
    for field in fields {
        match field {
            Field::Word(number) => data.extend_from_slice(word(number).as_slice()),
            Field::Tail(tail) => {
                data.extend_from_slice(word(&widen(offset as u128)).as_slice());
                offset += tail.len();
            }
        }
    }
    for field in fields {
        if let Field::Tail(tail) = field {
            data.extend_from_slice(tail);
        }
    }
    data
}

/// Encodes a `bytes` or a `string`.
#[inline(never)]
pub fn text(bytes: &[u8]) -> Vec<u8> {
    let mut data = length(bytes.len());
    data.extend_from_slice(bytes);
    data.resize(data.len().next_multiple_of(32), 0);
    data
}

/// Encodes an array of words.
fn array(length_of: usize, numbers: impl Iterator<Item = B256>) -> Vec<u8> {
    let mut data = length(length_of);
    for number in numbers {
        data.extend_from_slice(number.as_slice());
    }
    data
}

/// Encodes a `bytes[]` or a `string[]`.
fn texts<'a>(items: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<u8> {
    let data = length(items.len());
    let tails: Vec<Vec<u8>> = items.map(text).collect();
    let fields: Vec<Field<'_>> = tails.iter().map(|tail| Field::Tail(tail)).collect();
    tuple(data, &fields)
}

fn length(length: usize) -> Vec<u8> {
    word(&widen(length as u128)).to_vec()
}

/// The calls of a proposal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// Who is called.
    pub targets: Vec<Address>,
    /// With how much ether, in wei.
    pub values: Vec<U256>,
    /// With what.
    pub calldatas: Vec<Calldata>,
}

/// The calls of a proposal, encoded, array by array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    targets: Vec<u8>,
    values: Vec<u8>,
    calldatas: Vec<u8>,
}

impl Actions {
    /// Encodes them.
    #[inline(never)]
    pub fn encode(&self) -> Encoded {
        Encoded {
            targets: array(
                self.targets.len(),
                self.targets.iter().map(Address::into_word),
            ),
            values: array(self.values.len(), self.values.iter().map(word)),
            calldatas: texts(self.calldatas.iter().map(|data| data.0.as_slice())),
        }
    }
}

impl Encoded {
    /// The three arrays and more, as a tuple behind `data`.
    fn with(&self, data: Vec<u8>, more: &[&U256]) -> Vec<u8> {
        let mut fields = Vec::with_capacity(3 + more.len());
        fields.extend([&self.targets, &self.values, &self.calldatas].map(|tail| Field::Tail(tail)));
        fields.extend(more.iter().map(|number| Field::Word(number)));
        tuple(data, &fields)
    }

    /// The id of the proposal.
    pub fn id(&self, description_hash: &B256) -> U256 {
        let data = self.with(Vec::new(), &[&words::number(description_hash)]);
        words::number(&keccak256(data))
    }

    /// What the timelock knows it by, with nothing that has to come before it.
    pub fn operation(&self, salt: &U256) -> U256 {
        words::number(&keccak256(self.call(&[], &[salt])))
    }

    /// A call to the timelock, with nothing that has to come before: the arrays, zero, and more.
    pub fn call(&self, selector: &[u8], more: &[&U256]) -> Vec<u8> {
        let mut words = Vec::with_capacity(1 + more.len());
        words.push(&U256::ZERO);
        words.extend(more);
        self.with(selector.to_vec(), &words)
    }

    /// The data of `ProposalCreated`.
    pub fn created(
        &self,
        id: &U256,
        proposer: &U256,
        start: &U256,
        end: &U256,
        description: &[u8],
    ) -> Vec<u8> {
        let count = self.targets.len() / 32 - 1;
        let signatures = texts((0..count).map(|_| [].as_slice()));
        tuple(
            Vec::new(),
            &[
                Field::Word(id),
                Field::Word(proposer),
                Field::Tail(&self.targets),
                Field::Tail(&self.values),
                Field::Tail(&signatures),
                Field::Tail(&self.calldatas),
                Field::Word(start),
                Field::Word(end),
                Field::Tail(&text(description)),
            ],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use alloy_sol_types::{SolCall, SolEvent, SolValue};
    use proptest::prelude::*;

    use crate::{events::ProposalCreated, siblings::ITimelock};

    proptest! {
        #[test]
        fn encodes_as_the_abi_does(
            calls in proptest::collection::vec((any::<[u8; 20]>(), any::<[u64; 4]>(), proptest::collection::vec(any::<u8>(), 0..70)), 0..4),
            words: [[u64; 4]; 4], description in ".{0,70}",
        ) {
            let [id, start, end, salt] = words.map(U256::from_limbs);
            let targets: Vec<Address> = calls.iter().map(|call| call.0.into()).collect();
            let values: Vec<U256> = calls.iter().map(|call| U256::from_limbs(call.1)).collect();
            let calldatas: Vec<Bytes> = calls.iter().map(|call| call.2.clone().into()).collect();
            let encoded = Actions {
                targets: targets.clone(),
                values: values.clone(),
                calldatas: calls.iter().map(|call| Calldata(call.2.clone())).collect(),
            }
            .encode();

            let hash = B256::from(end);
            let plain = (targets.clone(), values.clone(), calldatas.clone(), hash).abi_encode_params();
            prop_assert_eq!(B256::from(encoded.id(&hash)), keccak256(plain));

            let salt_word = B256::from(salt);
            let plain = (targets.clone(), values.clone(), calldatas.clone(), B256::ZERO, salt_word).abi_encode_params();
            prop_assert_eq!(B256::from(encoded.operation(&salt)), keccak256(plain));

            let call = ITimelock::scheduleBatchCall {
                targets: targets.clone(),
                values: values.clone(),
                payloads: calldatas.clone(),
                predecessor: B256::ZERO,
                salt: salt_word,
                delay: end,
            };
            let selector = ITimelock::scheduleBatchCall::SELECTOR;
            prop_assert_eq!(encoded.call(&selector, &[&salt, &end]), call.abi_encode());

            let proposer = Address::repeat_byte(7);
            let event = ProposalCreated {
                proposalId: id,
                proposer,
                signatures: vec![String::new(); targets.len()],
                targets,
                values,
                calldatas,
                voteStart: start,
                voteEnd: end,
                description: description.clone(),
            };
            let data = encoded.created(&id, &words::address(proposer), &start, &end, description.as_bytes());
            prop_assert_eq!(data, event.encode_data());
        }
    }
}
