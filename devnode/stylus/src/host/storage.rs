//! The storage cache of one frame.

use std::collections::HashMap;

use alloy_primitives::B256;

/// A slot in the cache.
#[derive(Clone, Copy, Debug)]
struct Slot {
    key: B256,
    value: B256,
    /// What the EVM has, as far as the frame knows.
    stored: Option<B256>,
}

/// Slots a frame has read or is going to write, in the order it first named them.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlotCache {
    slots: Vec<Slot>,
    index: HashMap<B256, usize>,
    reads: u32,
    writes: u32,
}

impl SlotCache {
    /// Counts a read and gives its surcharge in gas.
    pub fn read_gas(&mut self) -> u64 {
        self.reads += 1;
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// Counts a write and gives its surcharge in gas.
    pub fn write_gas(&mut self) -> u64 {
        self.writes += 1;
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    /// The value of a slot, if the cache has it.
    pub fn get(&self, key: B256) -> Option<B256> {
        self.index.get(&key).map(|&at| self.slots[at].value)
    }

    /// Remembers what the EVM has.
    pub fn loaded(&mut self, key: B256, value: B256) {
        self.index.insert(key, self.slots.len());
        self.slots.push(Slot {
            key,
            value,
            stored: Some(value),
        });
    }

    /// Sets a slot, to be written with the next flush.
    pub fn set(&mut self, key: B256, value: B256) {
        if let Some(&at) = self.index.get(&key) {
            self.slots[at].value = value;
        } else {
            self.index.insert(key, self.slots.len());
            self.slots.push(Slot {
                key,
                value,
                stored: None,
            });
        }
    }

    /// Slots whose value the EVM is not known to have.
    pub fn dirty(&self) -> Vec<(B256, B256)> {
        let dirty = self
            .slots
            .iter()
            .filter(|slot| slot.stored != Some(slot.value));
        dirty.map(|slot| (slot.key, slot.value)).collect()
    }

    /// All slots have been written.
    pub fn flushed(&mut self) {
        for slot in &mut self.slots {
            slot.stored = Some(slot.value);
        }
    }

    /// Forgets all slots, but not how many accesses there were.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.index.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: B256 = B256::repeat_byte(1);

    #[test]
    fn only_what_differs_from_the_chain_is_dirty() {
        let mut cache = SlotCache::default();
        cache.loaded(KEY, B256::repeat_byte(7));
        assert_eq!(cache.dirty(), []);
        cache.set(KEY, B256::repeat_byte(8));
        assert_eq!(cache.dirty(), [(KEY, B256::repeat_byte(8))]);
        cache.set(KEY, B256::repeat_byte(7));
        assert_eq!(cache.dirty(), []);
        cache.set(B256::ZERO, B256::ZERO);
        assert_eq!(
            cache.dirty(),
            [(B256::ZERO, B256::ZERO)],
            "a slot never loaded is written even if it is zero"
        );
        cache.flushed();
        assert_eq!(cache.dirty(), []);
        assert_eq!(cache.get(KEY), Some(B256::repeat_byte(7)));
    }

    #[test]
    fn surcharges_step_up() {
        let mut cache = SlotCache::default();
        let reads: u64 = (0..140).map(|_| cache.read_gas()).sum();
        assert_eq!(reads, 96 * 2 + 12 * 10);
        let writes: u64 = (0..70).map(|_| cache.write_gas()).sum();
        assert_eq!(writes, 56 * 7 + 6 * 10);
        cache.clear();
        assert_eq!(cache.read_gas(), 10);
    }
}
