//! Block time: the wall clock, moved by what a test asks for.

use std::time::{SystemTime, UNIX_EPOCH};

use super::error::ChainError;

/// Gives each block its timestamp, in seconds since 1970: the wall clock plus an offset, never earlier than the last block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    offset: i64,
    next: Option<u64>,
}

impl Clock {
    /// What a block mined now, after one at `last`, would be stamped with.
    pub fn peek(&self, last: u64) -> u64 {
        self.next
            .unwrap_or_else(|| wall().saturating_add_signed(self.offset))
            .max(last)
    }

    /// The timestamp for the block after one at `last`; uses up [`Self::set_next`].
    pub fn take(&mut self, last: u64) -> u64 {
        let now = self.peek(last);
        if self.next.take().is_some() {
            self.offset = offset_to(now);
        }
        now
    }

    /// Moves the clock forward by `seconds` and returns the whole offset from the wall clock.
    pub fn advance(&mut self, seconds: u64) -> i64 {
        self.offset = self.offset.saturating_add_unsigned(seconds);
        self.next = self.next.map(|next| next.saturating_add(seconds));
        self.offset
    }

    /// Sets the clock to `timestamp` and returns the whole offset from the wall clock.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooLow`] if it is before `last`, the newest block.
    pub fn set(&mut self, timestamp: u64, last: u64) -> Result<i64, ChainError> {
        check(timestamp, last)?;
        self.offset = offset_to(timestamp);
        self.next = None;
        Ok(self.offset)
    }

    /// Fixes the timestamp of the next block; the clock runs on from there.
    ///
    /// # Errors
    /// [`ChainError::TimestampTooLow`] if it is before `last`, the newest block.
    pub fn set_next(&mut self, timestamp: u64, last: u64) -> Result<(), ChainError> {
        check(timestamp, last)?;
        self.next = Some(timestamp);
        Ok(())
    }
}

fn check(timestamp: u64, last: u64) -> Result<(), ChainError> {
    // Beyond i64 no offset from the wall clock can be kept.
    if timestamp < last || i64::try_from(timestamp).is_err() {
        return Err(ChainError::TimestampTooLow { timestamp, last });
    }
    Ok(())
}

fn offset_to(timestamp: u64) -> i64 {
    i64::try_from(timestamp)
        .unwrap_or(i64::MAX)
        .saturating_sub_unsigned(wall())
}

fn wall() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_earlier_than_the_last_block() {
        let mut clock = Clock::default();
        let last = wall() + 1_000;
        assert_eq!(clock.take(last), last);
        assert_eq!(
            clock.set_next(last - 1, last).unwrap_err().to_string(),
            format!(
                "timestamp {} is not allowed: give one from the latest block's, {last}, to 2^63 - 1",
                last - 1
            )
        );
    }

    #[test]
    fn runs_on_from_a_timestamp_that_was_set() {
        let mut clock = Clock::default();
        let target = wall() + 1_000_000;
        clock.set_next(target, 0).unwrap();
        assert_eq!(clock.peek(0), target);
        assert_eq!(clock.take(0), target);
        assert!((target..target + 5).contains(&clock.take(target)));
        clock.advance(50);
        assert!((target + 50..target + 55).contains(&clock.take(target)));
    }
}
