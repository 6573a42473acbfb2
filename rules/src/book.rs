//! The two best bids of a task.
//!
//! ```text
//! rank, 48 bits:     | fit u16 | free collateral in units of 2^60 wei, u32 |
//! book, 160 bits:    | leader's rank 48 | runner-up's rank 48 | runner-up's id u32 | leader's id u32 |
//! ```
//!
//! A higher rank wins; of two equal ranks the earlier one. More than two are never remembered, so a bid costs the same whatever the number
//! of bids. When one of the two leaves, the second place stays empty until somebody bids (again); bids that had fallen out of the book can
//! still be chosen by the client, by id.

/// The best two bids. An id of 0 is an empty place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Book {
    /// Provider with the best bid.
    pub leader: u32,
    /// Provider with the second best bid.
    pub runner_up: u32,
    /// The leader's rank, 48 bits.
    pub leader_rank: u64,
    /// The runner-up's rank, 48 bits.
    pub runner_up_rank: u64,
}

/// The rank of a bid with this fit (see [`crate::fit::fit`]) by a provider with this free collateral in wei.
pub const fn rank(fit: u16, free_collateral: u128) -> u64 {
    let units = free_collateral >> 60;
    let units = if units > u32::MAX as u128 {
        u32::MAX as u64
    } else {
        units as u64
    };
    (fit as u64) << 32 | units
}

impl Book {
    /// Enters a bid, or moves the one that the provider has.
    pub const fn place(self, provider: u32, rank: u64) -> Self {
        let book = self.remove(provider);
        if book.leader == 0 || rank > book.leader_rank {
            Self {
                leader: provider,
                leader_rank: rank,
                runner_up: book.leader,
                runner_up_rank: book.leader_rank,
            }
        } else if book.runner_up == 0 || rank > book.runner_up_rank {
            Self {
                runner_up: provider,
                runner_up_rank: rank,
                ..book
            }
        } else {
            book
        }
    }

    /// Takes a provider's bid out; the runner-up follows a leader.
    pub const fn remove(self, provider: u32) -> Self {
        if provider == self.leader {
            Self {
                leader: self.runner_up,
                leader_rank: self.runner_up_rank,
                runner_up: 0,
                runner_up_rank: 0,
            }
        } else if provider == self.runner_up {
            Self {
                runner_up: 0,
                runner_up_rank: 0,
                ..self
            }
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ranks_by_fit_then_stake() {
        assert!(rank(2, 0) > rank(1, u128::MAX));
        assert!(rank(1, 1 << 61) > rank(1, 1 << 60));
        assert_eq!(rank(1, (1 << 60) - 1), 1 << 32);
        assert_eq!(rank(u16::MAX, u128::MAX), (1 << 48) - 1);
    }

    #[test]
    fn of_equals_the_earlier_leads() {
        let book = Book::default().place(7, 5).place(8, 5).place(9, 5);
        assert_eq!((book.leader, book.runner_up), (7, 8));
    }

    #[test]
    fn a_leader_that_leaves_gives_way() {
        let book = Book::default()
            .place(7, 9)
            .place(8, 8)
            .place(9, 7)
            .remove(7);
        assert_eq!((book.leader, book.runner_up), (8, 0));
        let book = book.place(9, 7);
        assert_eq!((book.leader, book.runner_up), (8, 9));
        assert_eq!(book.remove(8).remove(9), Book::default());
    }

    #[test]
    fn a_runner_up_that_leaves_is_gone() {
        let alone = Book::default().place(7, 9);
        assert_eq!(alone.place(8, 8).remove(8), alone);
    }

    #[test]
    fn a_leader_that_falls_behind_becomes_runner_up() {
        let book = Book::default().place(7, 9).place(8, 8).place(7, 3);
        assert_eq!(
            (book.leader, book.runner_up, book.runner_up_rank),
            (8, 7, 3)
        );
    }

    proptest! {
        /// Whatever the order of bids: without withdrawals the book holds the two best, the earlier first among equals.
        #[test]
        fn holds_the_two_best(ranks in proptest::collection::vec(0u64..20, 1..40)) {
            let mut book = Book::default();
            for (index, rank) in ranks.iter().enumerate() {
                book = book.place(index as u32 + 1, *rank);
            }
            let mut order: Vec<_> = ranks.iter().enumerate().map(|(i, r)| (std::cmp::Reverse(*r), i as u32 + 1)).collect();
            order.sort();
            prop_assert_eq!(book.leader, order[0].1);
            prop_assert_eq!(book.runner_up, order.get(1).map_or(0, |o| o.1));
        }

        /// No sequence of bids, repeated bids and withdrawals puts a provider in twice or an empty place first.
        #[test]
        fn never_holds_one_twice(steps in proptest::collection::vec((1u32..5, 0u64..5, any::<bool>()), 0..60)) {
            let mut book = Book::default();
            for (provider, rank, place) in steps {
                book = if place { book.place(provider, rank) } else { book.remove(provider) };
                prop_assert!(book.leader != book.runner_up || book.leader == 0);
                prop_assert!(book.leader != 0 || book.runner_up == 0);
                prop_assert!(book.leader_rank >= book.runner_up_rank);
            }
        }
    }
}
