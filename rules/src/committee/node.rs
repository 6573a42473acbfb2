//! An account of the committee: a verification node, or whoever else is owed something.
//!
//! ```text
//! | standing u8 | since u40 | id u32 | bond u80 | owed u96 |
//! ```

use alloy_primitives::B256;

use crate::{MAX_AMOUNT, MAX_COLLATERAL, word};

/// What a node may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Standing {
    /// No node.
    #[default]
    None = 0,
    /// May be drawn.
    Active = 1,
    /// Is not drawn any more; its bond matures and stays slashable until it is withdrawn.
    Leaving = 2,
    /// As [`Standing::Leaving`], by the owner's will, and can never join again.
    Removed = 3,
}

/// Why an account cannot do what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeError {
    /// Its standing does not allow it.
    Standing(Standing),
    /// The bond would be out of range.
    Bond {
        /// What the bond would be.
        bond: u128,
        /// The least bond.
        min: u128,
    },
    /// There is nothing to take out.
    Nothing {
        /// When the bond can be taken out (seconds since 1970); 0 if it is not maturing.
        matures_at: u64,
    },
}

/// An account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// What it may do.
    pub standing: Standing,
    /// Since when it can be drawn while [`Standing::Active`]; when its bond matures afterwards. Below 2^40.
    pub since: u64,
    /// Its number among the nodes, from 1; 0 if it has none.
    pub id: u32,
    /// What it can lose, in wei, below 2^80.
    pub bond: u128,
    /// What it can take out at any time, in wei, below 2^96.
    pub owed: u128,
}

impl Node {
    /// Reads the word.
    pub fn unpack(word: B256) -> Self {
        Self {
            standing: match word::small::<1>(&word, 0) {
                1 => Standing::Active,
                2 => Standing::Leaving,
                3 => Standing::Removed,
                _ => Standing::None,
            },
            since: word::small::<5>(&word, 1),
            id: word::small::<4>(&word, 6) as u32,
            bond: word::large::<10>(&word, 10),
            owed: word::large::<12>(&word, 20),
        }
    }

    /// Writes the word.
    pub fn pack(self) -> B256 {
        let mut word = B256::ZERO;
        word::put::<1>(&mut word, 0, self.standing as u128);
        word::put::<5>(&mut word, 1, self.since as u128);
        word::put::<4>(&mut word, 6, self.id as u128);
        word::put::<10>(&mut word, 10, self.bond);
        word::put::<12>(&mut word, 20, self.owed);
        word
    }

    /// Adds to the bond and makes the account a node that can be drawn, or keeps it one. A node without a number gets `id`.
    ///
    /// Whoever could not be drawn before is new: it takes part in no draw whose randomness may be known already.
    ///
    /// # Errors
    /// [`NodeError::Standing`] if it was removed, [`NodeError::Bond`].
    pub fn join(self, amount: u128, min_bond: u128, id: u32, now: u64) -> Result<Self, NodeError> {
        if self.standing == Standing::Removed {
            return Err(NodeError::Standing(self.standing));
        }
        let bond = self.bond.saturating_add(amount);
        if bond < min_bond || bond > MAX_COLLATERAL {
            return Err(NodeError::Bond {
                bond,
                min: min_bond,
            });
        }
        let stays = self.standing == Standing::Active && self.bond >= min_bond;
        Ok(Self {
            standing: Standing::Active,
            since: if stays { self.since } else { now },
            id: if self.id == 0 { id } else { self.id },
            bond,
            ..self
        })
    }

    /// Starts unbonding.
    ///
    /// # Errors
    /// [`NodeError::Standing`] if it is not active.
    pub fn leave(self, matures_at: u64) -> Result<Self, NodeError> {
        if self.standing != Standing::Active {
            return Err(NodeError::Standing(self.standing));
        }
        Ok(Self {
            standing: Standing::Leaving,
            since: matures_at,
            ..self
        })
    }

    /// Shuts the account out for good; its bond unbonds, from now on if it did not before.
    ///
    /// # Errors
    /// [`NodeError::Standing`] if it is shut out already.
    pub fn remove(self, matures_at: u64) -> Result<Self, NodeError> {
        let since = match self.standing {
            Standing::Removed => return Err(NodeError::Standing(self.standing)),
            Standing::Leaving => self.since,
            _ => matures_at,
        };
        Ok(Self {
            standing: Standing::Removed,
            since,
            ..self
        })
    }

    /// Takes out what is owed, and the bond if it has matured, in which case the number becomes free: the account, the amount, and
    /// that number or 0.
    ///
    /// # Errors
    /// [`NodeError::Nothing`].
    pub fn withdraw(self, now: u64) -> Result<(Self, u128, u32), NodeError> {
        let unbonding =
            matches!(self.standing, Standing::Leaving | Standing::Removed) && self.id != 0;
        let matured = unbonding && now >= self.since;
        let amount = self.owed + if matured { self.bond } else { 0 };
        if amount == 0 && !matured {
            return Err(NodeError::Nothing {
                matures_at: if unbonding { self.since } else { 0 },
            });
        }
        let mut left = Self { owed: 0, ..self };
        let mut freed = 0;
        if matured {
            freed = self.id;
            left = Self {
                standing: match self.standing {
                    Standing::Removed => Standing::Removed,
                    _ => Standing::None,
                },
                ..Self::default()
            };
        }
        Ok((left, amount, freed))
    }

    /// Takes up to `amount` of the bond: the account, and how much that was.
    pub fn slash(self, amount: u128) -> (Self, u128) {
        let taken = amount.min(self.bond);
        let bond = self.bond - taken;
        (Self { bond, ..self }, taken)
    }

    /// Owes it `amount` more. All that is owed is below the token's supply, so it never reaches 2^96.
    pub fn credit(self, amount: u128) -> Self {
        let owed = self.owed.saturating_add(amount).min(MAX_AMOUNT);
        Self { owed, ..self }
    }

    /// Whether it takes part in draws by a beacon that opened at this time.
    pub fn can_be_drawn(&self, min_bond: u128, opened_at: u64) -> bool {
        self.standing == Standing::Active && self.bond >= min_bond && self.since < opened_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn node() -> Node {
        Node::default().join(100, 100, 7, 50).unwrap()
    }

    #[test]
    fn joins_with_a_bond() {
        let expected = Node {
            standing: Standing::Active,
            since: 50,
            id: 7,
            bond: 100,
            owed: 0,
        };
        assert_eq!(node(), expected);
        let low = NodeError::Bond { bond: 99, min: 100 };
        assert_eq!(Node::default().join(99, 100, 7, 50), Err(low));
        let high = NodeError::Bond {
            bond: MAX_COLLATERAL + 1,
            min: 100,
        };
        assert_eq!(node().join(MAX_COLLATERAL - 99, 100, 7, 50), Err(high));
        assert_eq!(
            node().join(5, 100, 9, 60),
            Ok(Node {
                bond: 105,
                ..expected
            })
        );
    }

    #[test]
    fn who_could_not_be_drawn_is_new() {
        let short = Node { bond: 60, ..node() };
        assert!(!short.can_be_drawn(100, 1_000));
        assert_eq!(
            short.join(40, 100, 9, 80),
            Ok(Node {
                since: 80,
                ..node()
            })
        );
        let leaving = node().leave(500).unwrap();
        assert!(!leaving.can_be_drawn(100, 1_000));
        assert_eq!(
            leaving.join(0, 100, 9, 90),
            Ok(Node {
                since: 90,
                ..node()
            })
        );
        assert!(node().can_be_drawn(100, 51) && !node().can_be_drawn(100, 50));
    }

    #[test]
    fn the_bond_leaves_when_it_has_matured() {
        let leaving = node().credit(5).leave(500).unwrap();
        assert_eq!(
            leaving.leave(600),
            Err(NodeError::Standing(Standing::Leaving))
        );
        let (waiting, amount, freed) = leaving.withdraw(499).unwrap();
        assert_eq!(
            (amount, freed, waiting),
            (5, 0, Node { owed: 0, ..leaving })
        );
        assert_eq!(
            waiting.withdraw(499),
            Err(NodeError::Nothing { matures_at: 500 })
        );
        assert_eq!(leaving.withdraw(500), Ok((Node::default(), 105, 7)));
        assert_eq!(
            node().withdraw(999),
            Err(NodeError::Nothing { matures_at: 0 })
        );
        // a bond slashed to nothing still gives its number back
        let (bare, taken) = leaving.slash(1_000);
        assert_eq!((taken, bare.bond), (100, 0));
        assert_eq!(
            waiting.slash(100).0.withdraw(500),
            Ok((Node::default(), 0, 7))
        );
    }

    #[test]
    fn who_is_removed_stays_out() {
        let removed = node().remove(500).unwrap();
        assert_eq!(
            removed.remove(900),
            Err(NodeError::Standing(Standing::Removed))
        );
        assert_eq!(
            removed.join(9, 1, 9, 60),
            Err(NodeError::Standing(Standing::Removed))
        );
        let out = Node {
            standing: Standing::Removed,
            ..Node::default()
        };
        assert_eq!(removed.withdraw(500), Ok((out, 100, 7)));
        assert_eq!(out.withdraw(900), Err(NodeError::Nothing { matures_at: 0 }));
        let leaving = node().leave(300).unwrap();
        assert_eq!(
            leaving.remove(500).unwrap().since,
            300,
            "no exit is put off"
        );
    }

    proptest! {
        #[test]
        fn comes_back_as_it_was(standing in 0u8..4, since in 0u64..1 << 40, id: u32, bond in 0..=MAX_COLLATERAL, owed in 0..=MAX_AMOUNT) {
            let standing = [Standing::None, Standing::Active, Standing::Leaving, Standing::Removed][standing as usize];
            let node = Node { standing, since, id, bond, owed };
            prop_assert_eq!(Node::unpack(node.pack()), node);
        }
    }
}
