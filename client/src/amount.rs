//! Amounts of oGPU as people write them: `12.5` is 12,500,000,000,000,000,000 wei.

use alloy::primitives::{
    U256,
    utils::{format_units, parse_units},
};

use crate::ClientError;

/// Decimals of the token.
pub const DECIMALS: u8 = 18;

/// The largest amount the contracts take: 2^96 − 1 wei, some 79 billion oGPU.
pub const MAX: U256 = U256::from_limbs([u64::MAX, 0xffff_ffff, 0, 0]);

/// Reads a decimal amount of oGPU as wei.
///
/// # Errors
/// [`ClientError::Amount`] when the text is no non-negative decimal number with at most 18 decimals, or is above [`MAX`].
pub fn parse(text: &str) -> Result<U256, ClientError> {
    let refuse = |why: &str| ClientError::Amount {
        text: text.to_owned(),
        why: why.to_owned(),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if whole.is_empty() || !digits(whole) || !digits(decimals) || text.ends_with('.') {
        return Err(refuse("write it as a decimal number of oGPU, like 12.5"));
    }
    if decimals.len() > usize::from(DECIMALS) {
        return Err(refuse("oGPU has 18 decimals"));
    }
    let wei = parse_units(text, DECIMALS)
        .map_err(|_| refuse("it is too large"))?
        .get_absolute();
    if wei > MAX {
        return Err(refuse(
            "it is above 2^96 - 1 wei, the most the contracts take",
        ));
    }
    Ok(wei)
}

/// Writes wei as oGPU, without trailing zeros.
pub fn format(wei: U256) -> String {
    let text = format_units(wei, DECIMALS).unwrap_or_else(|_| wei.to_string());
    match text.split_once('.') {
        Some((whole, decimals)) => match decimals.trim_end_matches('0') {
            "" => whole.to_owned(),
            decimals => format!("{whole}.{decimals}"),
        },
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in [
            "0",
            "1",
            "12.5",
            "0.000000000000000001",
            "79228162514.264337593543950335",
        ] {
            assert_eq!(format(parse(text).unwrap()), text);
        }
        assert_eq!(
            parse("12.50").unwrap(),
            U256::from(12_500_000_000_000_000_000_u128)
        );
        assert_eq!(parse("79228162514.264337593543950335").unwrap(), MAX);
    }

    #[test]
    fn refuses_what_is_no_amount() {
        for text in [
            "",
            ".",
            "-1",
            "+1",
            "1e3",
            "1_000",
            "1.",
            ".5",
            "0x10",
            "1.0000000000000000001",
            "79228162514.264337593543950336",
        ] {
            assert!(parse(text).is_err(), "{text} was taken");
        }
    }
}
