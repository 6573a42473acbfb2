//! Going back to an earlier state of the whole chain.

use super::{Chain, block::Transaction, clock::Clock, state::Version};

/// Where the chain was.
#[derive(Debug)]
pub(super) struct Snapshot {
    id: u64,
    blocks: usize,
    state: Version,
    clock: Clock,
    l1_number: u64,
    pool: Vec<Transaction>,
}

impl Chain {
    /// Remembers where the chain is and returns the number to come back by.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        self.snapshots.push(Snapshot {
            id,
            blocks: self.blocks.len(),
            state: self.state.version(),
            clock: self.clock,
            l1_number: self.l1_number,
            pool: self.pool.clone(),
        });
        id
    }

    /// Goes back to a snapshot and uses it up, with all later ones. Says whether there was such a snapshot.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(index) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let Some(snapshot) = self.snapshots.drain(index..).next() else {
            return false;
        };
        for block in self.blocks.drain(snapshot.blocks..) {
            self.by_hash.remove(&block.header.hash());
            for mined in &block.transactions {
                self.transactions.remove(mined.transaction.hash());
            }
        }
        self.state.revert_to(snapshot.state);
        self.clock = snapshot.clock;
        self.l1_number = snapshot.l1_number;
        self.pool = snapshot.pool;
        true
    }
}
