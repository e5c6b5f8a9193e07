//! How far a plaintext is padded, so that its length tells little.
//!
//! Up to 8 KiB, to the next power of two, at least 256 bytes: all short notes look alike. Above, by
//! PADMÉ (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
//! PURBs", 2019): a length of L bytes leaks O(log log L) bits and costs at most 12 %.

const SHORTEST: u64 = 256;
const POWERS_BELOW: u64 = 8 * 1024;

/// The length that this many bytes are padded to; never less, and itself a padded length.
pub(super) const fn padded_length(length: u64) -> u64 {
    if length <= SHORTEST {
        return SHORTEST;
    }
    if length <= POWERS_BELOW {
        return length.next_power_of_two();
    }
    // The exponent's own length in bits is how many leading bits the length keeps.
    let exponent = length.ilog2();
    let kept = exponent.ilog2() + 1;
    let step = 1 << (exponent - kept);
    match length.checked_next_multiple_of(step) {
        Some(padded) => padded,
        None => length,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn padded_lengths_are_the_published_ones() {
        let expected = [
            (0, 256),
            (256, 256),
            (257, 512),
            (4_097, 8_192),
            (8_192, 8_192),
            (8_193, 8_704),
            (9_000, 9_216),
            (65_537, 67_584),
            (1_000_000, 1_015_808),
            (u64::MAX, u64::MAX),
        ];
        for (length, padded) in expected {
            assert_eq!(padded_length(length), padded, "{length}");
        }
    }

    proptest! {
        #[test]
        fn padding_costs_at_most_an_eighth_and_is_stable(length in 8_193u64..1 << 50) {
            let padded = padded_length(length);
            prop_assert!(padded >= length && padded - length <= length / 8);
            prop_assert_eq!(padded_length(padded), padded);
            prop_assert!(padded_length(length + 1) >= padded);
        }
    }
}
