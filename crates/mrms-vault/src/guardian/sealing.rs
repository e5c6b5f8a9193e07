//! Seals shares, pair headers and salts for the database, under the key of their slot. Each is bound to its row, so that
//! no row can stand for another.

use mrms_core::Version;
use mrms_crypto::at_rest::SlotKey;
use rand_core::CryptoRng;

use super::key_slots::KeySlotId;
use crate::protocol::{DepositedVersion, Hex, Split};

const SHARE: &[u8] = b"mrms/vault-share/v1";
const HEADER: &[u8] = b"mrms/vault-pair-header/v1";
const SALT: &[u8] = b"mrms/vault-salt/v1";
const NOTE: &[u8] = b"mrms/vault-reader-note/v1";

/// Deposit id ‖ threshold ‖ count ‖ place ‖ wrap ‖ share.
const SHARE_LENGTH: usize = 16 + 3 + 32 + 48;

/// A share with what is needed to use it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeptShare {
    pub(crate) deposit_id: Hex<16>,
    pub(crate) split: Split,
    pub(crate) wrap: Hex<32>,
    pub(crate) share: Hex<48>,
}

/// Seals and opens rows of one slot.
pub(crate) struct Sealer<'a> {
    pub(crate) id: KeySlotId,
    pub(crate) key: &'a SlotKey,
}

impl Sealer<'_> {
    fn share_place(&self, version: Version, epoch: u64) -> Vec<u8> {
        let (version, epoch) = (version.number().to_be_bytes(), epoch.to_be_bytes());
        [SHARE, &self.id.0, &version, &epoch].concat()
    }

    fn header_place(&self, epoch: u64) -> Vec<u8> {
        [HEADER, &self.id.0, &epoch.to_be_bytes()].concat()
    }

    fn salt_place(&self, version: Version) -> Vec<u8> {
        [SALT, &self.id.0, &version.number().to_be_bytes()].concat()
    }

    pub(crate) fn seal_share(
        &self,
        epoch: u64,
        deposit_id: &Hex<16>,
        split: Split,
        one: &DepositedVersion,
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        let shape = [split.threshold, split.count, split.place];
        let plain = [&deposit_id.0[..], &shape, &one.wrap.0, &one.share.0].concat();
        self.key.seal(&self.share_place(one.version, epoch), &plain, rng)
    }

    /// Opens a share; `None` if the key or the row is another one.
    pub(crate) fn open_share(
        &self,
        version: Version,
        epoch: u64,
        sealed: &[u8],
    ) -> Option<KeptShare> {
        let plain = self.key.open(&self.share_place(version, epoch), sealed).ok()?;
        let plain: &[u8; SHARE_LENGTH] = plain.as_slice().try_into().ok()?;
        let (deposit_id, rest) = plain.split_first_chunk()?;
        let ([threshold, count, place], rest) = rest.split_first_chunk::<3>()?;
        let (wrap, rest) = rest.split_first_chunk()?;
        let (share, _) = rest.split_first_chunk()?;
        Some(KeptShare {
            deposit_id: Hex(*deposit_id),
            split: Split { threshold: *threshold, count: *count, place: *place },
            wrap: Hex(*wrap),
            share: Hex(*share),
        })
    }

    pub(crate) fn seal_header(
        &self,
        epoch: u64,
        header: &Hex<1152>,
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        self.key.seal(&self.header_place(epoch), &header.0, rng)
    }

    pub(crate) fn open_header(&self, epoch: u64, sealed: &[u8]) -> Option<Hex<1152>> {
        let plain = self.key.open(&self.header_place(epoch), sealed).ok()?;
        Some(Hex(plain.as_slice().try_into().ok()?))
    }

    pub(crate) fn seal_salt(
        &self,
        version: Version,
        salt: &Hex<32>,
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        self.key.seal(&self.salt_place(version), &salt.0, rng)
    }

    pub(crate) fn seal_note(&self, whole: &[u8], rng: &mut dyn CryptoRng) -> Vec<u8> {
        self.key.seal(&[NOTE, &self.id.0].concat(), whole, rng)
    }

    /// Opens a note; `None` if the key or the row is another one.
    pub(crate) fn open_note(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let plain = self.key.open(&[NOTE, &self.id.0].concat(), sealed).ok()?;
        Some(plain.to_vec())
    }

    pub(crate) fn open_salt(&self, version: Version, sealed: &[u8]) -> Option<Hex<32>> {
        let plain = self.key.open(&self.salt_place(version), sealed).ok()?;
        Some(Hex(plain.as_slice().try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn a_row_passes_for_no_other() {
        let mut rng = StdRng::seed_from_u64(1);
        let key = SlotKey::generate(&mut rng);
        let sealer = Sealer { id: KeySlotId([1; 16]), key: &key };
        let elsewhere = Sealer { id: KeySlotId([2; 16]), key: &key };
        let one =
            DepositedVersion { version: Version::FIRST, wrap: Hex([3; 32]), share: Hex([4; 48]) };
        let split = Split { threshold: 2, count: 3, place: 1 };
        let sealed = sealer.seal_share(7, &Hex([5; 16]), split, &one, &mut rng);
        assert!(sealer.open_share(Version::FIRST.next(), 7, &sealed).is_none());
        assert!(sealer.open_share(Version::FIRST, 8, &sealed).is_none());
        assert!(elsewhere.open_share(Version::FIRST, 7, &sealed).is_none());
        let kept = sealer.open_share(Version::FIRST, 7, &sealed).unwrap();
        assert_eq!((kept.deposit_id, kept.split), (Hex([5; 16]), split));
        assert_eq!((kept.wrap, kept.share), (one.wrap, one.share));
        let salt = sealer.seal_salt(Version::FIRST, &Hex([6; 32]), &mut rng);
        assert!(sealer.open_salt(Version::FIRST.next(), &salt).is_none());
        assert!(sealer.open_header(0, &salt).is_none());
        assert_eq!(sealer.open_salt(Version::FIRST, &salt), Some(Hex([6; 32])));
    }
}
