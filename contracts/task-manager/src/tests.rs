//! Each function allowed and refused.
