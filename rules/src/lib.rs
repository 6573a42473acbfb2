//! The rules of the market: plain functions over plain values, without a host, storage or a clock.
//!
//! Amounts are wei of oGPU, times are seconds since 1970, shares are basis points (10,000 = all).
#![cfg_attr(not(test), no_std)]

pub mod score;
