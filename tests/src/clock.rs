//! How time passes: at once where a chain's clock can be told, by waiting, with a limit, where it cannot.

use std::{
    io::Write as _,
    time::{SystemTime, UNIX_EPOCH},
};

use eyre::{Result, eyre};
use ogpu_client::{Account, Chain};

/// Names the longest single wait on a real clock, in seconds.
const MAX_WAIT: &str = "OGPU_MAX_WAIT";
/// What it is when nothing is named: an hour.
const DEFAULT_MAX_WAIT: u64 = 3_600;
const DAY: u64 = 86_400;

/// A chain's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// It can be told to go forward.
    Told,
    /// It cannot; a single wait may take `longest` seconds.
    Real { longest: u64 },
}

impl Clock {
    /// The clock of a chain that somebody else started.
    pub(crate) async fn of(chain: &Chain) -> Result<Self> {
        if chain.jump(0).await? {
            return Ok(Self::Told);
        }
        let longest = longest(std::env::var(MAX_WAIT).ok().as_deref())?;
        Ok(Self::Real { longest })
    }

    /// What is in the way of waiting `seconds`: how long it is, and how to allow it.
    fn objection(self, seconds: u64) -> Option<String> {
        match self {
            Self::Real { longest } if seconds > longest => Some(format!(
                "a wait of {seconds} s, longer than {longest} s; {MAX_WAIT}={seconds} allows it"
            )),
            _ => None,
        }
    }

    /// Whether a story may wait `seconds` for `what`. If not, says so in one line: the story is to be left out.
    pub(crate) fn may_wait(self, seconds: u64, what: &str) -> bool {
        let objection = self.objection(seconds);
        if let Some(objection) = &objection {
            say(&format!("left out: {what} needs {objection}"));
        }
        objection.is_none()
    }

    /// Lets `account` reach `time`, and says when a wait begins and what is left of it every minute.
    pub(crate) async fn reach(self, account: &Account, time: u64) -> Result<()> {
        let wait = time.saturating_sub(account.chain().now().await?);
        if let Some(objection) = self.objection(wait) {
            return Err(eyre!("the story needs {objection}"));
        }
        let mut begun = false;
        let mut progress = |left: u64| {
            if begun {
                say(&format!("waiting: {left} s left"));
            } else {
                begun = true;
                say(&format!(
                    "waiting {left} s, until {}",
                    utc(unix_time() + left)
                ));
            }
        };
        Ok(account.reach_with(time, &mut progress).await?)
    }
}

/// The longest wait that `value` names.
fn longest(value: Option<&str>) -> Result<u64> {
    match value {
        None | Some("") => Ok(DEFAULT_MAX_WAIT),
        Some(text) => text.parse().map_err(|_| {
            eyre!("{MAX_WAIT}={text} is no number of seconds; write it like {MAX_WAIT}=90000")
        }),
    }
}

/// Prints a line that shows at once, also while the test runner keeps what tests print.
pub fn say(line: &str) {
    // Nobody may be listening, and the story goes on.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Seconds since 1970 by this machine's clock.
fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// `time`, in seconds since 1970, as people write it.
fn utc(time: u64) -> String {
    let leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    let (mut year, mut day) = (1970, time / DAY);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let second = time % DAY;
    format!(
        "{year}-{month:02}-{:02} {:02}:{:02}:{:02} UTC",
        day + 1,
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_limited_on_a_real_clock_only() {
        assert_eq!(Clock::Told.objection(u64::MAX), None);
        let clock = Clock::Real { longest: 3_600 };
        assert_eq!(clock.objection(3_600), None);
        let text = clock.objection(86_400).unwrap();
        assert!(text.contains("86400 s"), "{text}");
        assert!(text.contains("OGPU_MAX_WAIT=86400"), "{text}");
        let clock = Clock::Real { longest: 86_400 };
        assert!(clock.may_wait(86_400, "stake that unbonds"));
    }

    #[test]
    fn the_longest_wait_is_a_number_of_seconds() {
        assert_eq!(longest(None).unwrap(), 3_600);
        assert_eq!(longest(Some("")).unwrap(), 3_600);
        assert_eq!(longest(Some("90000")).unwrap(), 90_000);
        let text = longest(Some("1d")).unwrap_err().to_string();
        assert!(text.contains("OGPU_MAX_WAIT=1d"), "{text}");
    }

    #[test]
    fn times_read_as_people_write_them() {
        for (time, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (1_763_839_445, "2025-11-22 19:24:05 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(time), text);
        }
    }
}
