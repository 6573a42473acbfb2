//! Compiled programs and the block's list of recent ones.

use revm::primitives::B256;

/// Compiled modules by code hash.
///
/// A pure cache: everything in it follows from account code, so it may be shared between threads, blocks and forks of the
/// state, and dropped at any time. Cloning shares it.
#[derive(Clone, Debug, Default)]
pub struct Programs {}

/// The code hashes a block has called last, at most 32. From ArbOS 60 a program among them starts at the cached price.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecentPrograms {
    hashes: Vec<B256>,
}

impl RecentPrograms {
    /// How many code hashes are remembered.
    pub const CAPACITY: usize = 32;

    /// Notes a call of `hash`; says whether it was there already.
    pub fn touch(&mut self, hash: B256) -> bool {
        let known = self.hashes.iter().position(|h| *h == hash);
        if let Some(at) = known {
            self.hashes.remove(at);
        } else if self.hashes.len() == Self::CAPACITY {
            self.hashes.remove(0);
        }
        self.hashes.push(hash);
        known.is_some()
    }
}
