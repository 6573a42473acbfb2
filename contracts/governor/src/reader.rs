//! Arguments, read out of calldata.
//!
//! The SDK's decoder is written anew for each list of arguments; that of the functions with arrays would be half of the program. This one
//! is written once. It takes what Solidity's takes: offsets may point anywhere in the calldata, and what follows the arguments does not
//! matter.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use ogpu_common::{Calldata, words::number};

use crate::Error;

/// Reads arguments one after the other. Every failure is a revert without data.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// From the place on which offsets count.
    data: &'a [u8],
    /// Where the next word stands.
    position: usize,
}

impl<'a> Reader<'a> {
    /// Reads calldata without its selector.
    pub const fn new(data: &'a [u8]) -> Self {
        Self { data, position: 0 }
    }

    /// The next word.
    ///
    /// # Errors
    /// If there is none.
    #[inline(never)]
    pub fn word(&mut self) -> Result<B256, Error> {
        let rest = self.data.get(self.position..).and_then(<[u8]>::first_chunk);
        self.position += 32;
        rest.map(|word| B256::new(*word)).ok_or_else(malformed)
    }

    /// The next number.
    ///
    /// # Errors
    /// If there is none.
    pub fn number(&mut self) -> Result<U256, Error> {
        self.word().map(|word| number(&word))
    }

    /// The next number, of at most so many bits, which are at most 64.
    ///
    /// # Errors
    /// If there is none, or a larger one.
    #[inline(never)]
    pub fn narrow(&mut self, bits: u32) -> Result<u64, Error> {
        match self.number()?.into_limbs() {
            [number, 0, 0, 0] if bits == 64 || number >> bits == 0 => Ok(number),
            _ => Err(malformed()),
        }
    }

    /// The next number of 8 bits.
    ///
    /// # Errors
    /// If there is none, or a larger one.
    pub fn small(&mut self) -> Result<u8, Error> {
        self.narrow(8).map(|number| number as u8)
    }

    /// The next address.
    ///
    /// # Errors
    /// If there is none, or a larger number.
    #[inline(never)]
    pub fn address(&mut self) -> Result<Address, Error> {
        let word = self.word()?;
        if word[..12] == [0; 12] {
            Ok(Address::from_word(word))
        } else {
            Err(malformed())
        }
    }

    /// The next `bytes` or `string`.
    ///
    /// # Errors
    /// If there is none.
    #[inline(never)]
    pub fn bytes(&mut self) -> Result<Vec<u8>, Error> {
        let (length, tail) = self.tail()?;
        tail.data
            .get(..length)
            .map(<[u8]>::to_vec)
            .ok_or_else(malformed)
    }

    /// The next array, each entry of which `read` reads.
    fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let (length, mut tail) = self.tail()?;
        if length > tail.data.len() / 32 {
            return Err(malformed());
        }
        let mut entries = Vec::with_capacity(length);
        for _ in 0..length {
            entries.push(read(&mut tail)?);
        }
        Ok(entries)
    }

    /// The next `address[]`.
    ///
    /// # Errors
    /// If there is none.
    #[inline(never)]
    pub fn addresses(&mut self) -> Result<Vec<Address>, Error> {
        self.list(Self::address)
    }

    /// The next `uint256[]`.
    ///
    /// # Errors
    /// If there is none.
    #[inline(never)]
    pub fn numbers(&mut self) -> Result<Vec<U256>, Error> {
        self.list(Self::number)
    }

    /// The next `uint8[]`.
    ///
    /// # Errors
    /// If there is none.
    #[inline(never)]
    pub fn smalls(&mut self) -> Result<Vec<u8>, Error> {
        self.list(Self::small)
    }

    /// The next `bytes[]` or `string[]`.
    ///
    /// # Errors
    /// If there is none.
    #[inline(never)]
    pub fn texts(&mut self) -> Result<Vec<Calldata>, Error> {
        self.list(|reader| reader.bytes().map(Calldata))
    }

    /// The length of what the next word points to, and a reader of what follows that.
    #[inline(never)]
    fn tail(&mut self) -> Result<(usize, Self), Error> {
        let offset = self.narrow(32)? as usize;
        let data = self.data.get(offset..).ok_or_else(malformed)?;
        let mut reader = Self::new(data);
        let length = reader.narrow(32)? as usize;
        Ok((length, Self::new(&data[32..])))
    }
}

fn malformed() -> Error {
    Error(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Bytes;
    use alloy_sol_types::SolValue;
    use proptest::prelude::*;

    /// Reads one of each.
    type Read = (
        Vec<Address>,
        U256,
        Vec<Calldata>,
        Address,
        u8,
        Vec<u8>,
        Vec<U256>,
        Vec<u8>,
    );

    fn read(data: &[u8]) -> Result<Read, Error> {
        let mut reader = Reader::new(data);
        Ok((
            reader.addresses()?,
            reader.number()?,
            reader.texts()?,
            reader.address()?,
            reader.small()?,
            reader.bytes()?,
            reader.numbers()?,
            reader.smalls()?,
        ))
    }

    proptest! {
        #[test]
        fn reads_what_the_abi_writes(
            addresses: Vec<[u8; 20]>, limbs: [u64; 4], texts: Vec<Vec<u8>>, address: [u8; 20], small: u8, bytes: Vec<u8>,
            numbers: Vec<[u64; 4]>, smalls: Vec<u8>, cut: usize,
        ) {
            let addresses: Vec<Address> = addresses.into_iter().map(Into::into).collect();
            let numbers: Vec<U256> = numbers.into_iter().map(U256::from_limbs).collect();
            let (number, address) = (U256::from_limbs(limbs), Address::from(address));
            let plain = (
                addresses.clone(), number, texts.iter().cloned().map(Bytes::from).collect::<Vec<_>>(), address, U256::from(small),
                Bytes::from(bytes.clone()), numbers.clone(), smalls.iter().map(|small| U256::from(*small)).collect::<Vec<_>>(),
            );
            let data = plain.abi_encode_params();
            let texts = texts.into_iter().map(Calldata).collect();
            let expected = (addresses, number, texts, address, small, bytes, numbers, smalls);
            prop_assert_eq!(read(&data), Ok(expected.clone()));
            // Less is refused, or what is missing was padding of the last text; nothing panics.
            if let Ok(read) = read(&data[..cut % data.len()]) {
                prop_assert_eq!(read, expected);
            }
        }

        #[test]
        fn takes_no_nonsense(data in proptest::collection::vec(prop_oneof![Just(0u8), Just(0x20), any::<u8>()], 0..800)) {
            let _ = read(&data);
        }
    }

    #[test]
    fn numbers_and_addresses_have_no_more_bits_than_they_may() {
        let word = B256::from(U256::from(256));
        assert!(Reader::new(word.as_slice()).small().is_err());
        assert_eq!(Reader::new(word.as_slice()).narrow(9), Ok(256));
        let word = B256::from(U256::from(1) << 160);
        assert!(Reader::new(word.as_slice()).address().is_err());
        assert!(Reader::new(word.as_slice()).number().is_ok());
        assert!(Reader::new(&word[1..]).number().is_err());
    }
}
