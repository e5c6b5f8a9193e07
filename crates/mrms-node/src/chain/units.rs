//! Quantities on the chain, each with its unit: [`MicroStx`], [`BlockHeight`], [`BurnHeight`], [`UnixTime`],
//! [`Sequence`].
//!
//! Rules for calculating with them are elsewhere: `clock` has those for burn heights, the VM those for
//! balances.

use std::fmt;

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name($inner);

        impl $name {
            /// Wraps a number.
            #[must_use]
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// Returns the number, in the type's unit.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

quantity! {
    /// An amount of STX.
    ///
    /// Unit: micro-STX, a millionth of an STX (SIP-005). `u128`, because Clarity uses `u128` for STX.
    MicroStx(u128)
}
quantity! {
    /// Height of a block of this ledger; genesis is 0.
    ///
    /// Unit: blocks. Source: Clarity `block-height`. Never comparable with a [`BurnHeight`].
    BlockHeight(u32)
}
quantity! {
    /// Height of a Bitcoin block as contracts see it.
    ///
    /// Unit: blocks of ten minutes each. Source: Clarity `burn-block-height`. On this ledger the node's burn
    /// clock makes it, see [`super::clock`].
    BurnHeight(u32)
}
quantity! {
    /// A point in time. Unit: whole seconds since 1970-01-01T00:00:00Z, without leap seconds.
    UnixTime(u64)
}
quantity! {
    /// Position of a transaction in the whole chain, counted from 0 at genesis. Lists are paged by it.
    Sequence(u64)
}
