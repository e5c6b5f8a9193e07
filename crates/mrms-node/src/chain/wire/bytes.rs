//! Reads and writes big-endian numbers, lengths, names and addresses. Knows nothing of transactions.

use clarity::vm::Value;
use clarity::vm::representations::{ClarityName, ContractName};
use clarity::vm::types::{QualifiedContractIdentifier, StandardPrincipalData};

use super::WireError;
use crate::chain::identifiers::{ContractId, MAX_ADDRESS_VERSION, Principal, unspellable_version};

/// Reads fields from the front of a byte slice.
pub(crate) struct ByteReader<'a> {
    rest: &'a [u8],
}

impl<'a> ByteReader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn take(
        &mut self,
        count: usize,
        field: &'static str,
    ) -> Result<&'a [u8], WireError> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or(WireError::Truncated { field })?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<[u8; N], WireError> {
        let (taken, rest) =
            self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated { field })?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, WireError> {
        Ok(self.array::<1>(field)?[0])
    }

    pub(crate) fn u16(&mut self, field: &'static str) -> Result<u16, WireError> {
        Ok(u16::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u32(&mut self, field: &'static str) -> Result<u32, WireError> {
        Ok(u32::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u64(&mut self, field: &'static str) -> Result<u64, WireError> {
        Ok(u64::from_be_bytes(self.array(field)?))
    }

    pub(crate) fn u128(&mut self, field: &'static str) -> Result<u128, WireError> {
        Ok(u128::from_be_bytes(self.array(field)?))
    }

    /// Reads a `u32` length, then that many bytes.
    pub(crate) fn long(&mut self, field: &'static str) -> Result<&'a [u8], WireError> {
        let length = self.u32(field)?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX), field)
    }

    /// Reads a `u8` length, then a name of the Clarity language.
    pub(crate) fn clarity_name(&mut self, field: &'static str) -> Result<String, WireError> {
        let name = self.short_text(field)?;
        ClarityName::try_from(name.clone()).map_err(|_| WireError::BadName { field })?;
        Ok(name)
    }

    pub(crate) fn contract_name(&mut self, field: &'static str) -> Result<ContractName, WireError> {
        ContractName::try_from(self.short_text(field)?).map_err(|_| WireError::BadName { field })
    }

    fn short_text(&mut self, field: &'static str) -> Result<String, WireError> {
        let length = self.u8(field)?;
        let bytes = self.take(usize::from(length), field)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| WireError::BadName { field })
    }

    fn address(&mut self, field: &'static str) -> Result<StandardPrincipalData, WireError> {
        let version = self.u8(field)?;
        if version > MAX_ADDRESS_VERSION {
            return Err(WireError::BadAddressVersion { version });
        }
        Ok(StandardPrincipalData(version, self.array(field)?))
    }

    /// Reads an address version, then 20 bytes of hash.
    pub(crate) fn account(&mut self, field: &'static str) -> Result<Principal, WireError> {
        Ok(Principal::from_vm(self.address(field)?.into()))
    }

    /// Reads an address, then a contract name.
    pub(crate) fn contract(&mut self, field: &'static str) -> Result<ContractId, WireError> {
        let issuer = self.address(field)?;
        let name = self.contract_name(field)?;
        Ok(ContractId::from_vm(QualifiedContractIdentifier::new(issuer, name)))
    }

    /// Reads one Clarity value in its canonical encoding, and returns its bytes unchanged.
    pub(crate) fn value(&mut self, field: &'static str) -> Result<Vec<u8>, WireError> {
        let start = self.rest;
        let value = Value::deserialize_read(&mut self.rest, None, false)
            .map_err(|error| WireError::BadValue { field, detail: error.to_string() })?;
        if let Some(version) = unspellable_version(&value) {
            return Err(WireError::BadAddressVersion { version });
        }
        let bytes = &start[..start.len() - self.rest.len()];
        let again = value
            .serialize_to_vec()
            .map_err(|error| WireError::BadValue { field, detail: format!("{error:?}") })?;
        if again == bytes { Ok(again) } else { Err(WireError::NotCanonical { field }) }
    }

    pub(crate) fn finish(self) -> Result<(), WireError> {
        match self.rest.len() {
            0 => Ok(()),
            count => Err(WireError::TrailingBytes { count }),
        }
    }
}

/// Appends fields to a byte vector.
#[derive(Default)]
pub(crate) struct ByteWriter {
    bytes: Vec<u8>,
}

impl ByteWriter {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(crate) fn u8(&mut self, number: u8) -> &mut Self {
        self.raw(&[number])
    }

    pub(crate) fn u16(&mut self, number: u16) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u32(&mut self, number: u32) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u64(&mut self, number: u64) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    pub(crate) fn u128(&mut self, number: u128) -> &mut Self {
        self.raw(&number.to_be_bytes())
    }

    /// Writes a `u32` length, then the bytes. Lengths here are below 2 MiB, so they fit.
    pub(crate) fn long(&mut self, bytes: &[u8]) -> &mut Self {
        self.u32(u32::try_from(bytes.len()).unwrap_or(u32::MAX)).raw(bytes)
    }

    /// Writes a `u8` length, then the text. Names are at most 128 bytes, so they fit.
    pub(crate) fn short(&mut self, text: &str) -> &mut Self {
        self.u8(u8::try_from(text.len()).unwrap_or(u8::MAX)).raw(text.as_bytes())
    }

    /// Writes the address version and hash of an account, or of the account that deployed a contract.
    pub(crate) fn account(&mut self, principal: &Principal) -> &mut Self {
        use clarity::vm::types::PrincipalData;
        let address = match principal.as_vm() {
            PrincipalData::Standard(address) => address,
            PrincipalData::Contract(contract) => &contract.issuer,
        };
        self.u8(address.0).raw(&address.1)
    }

    pub(crate) fn contract(&mut self, contract: &ContractId) -> &mut Self {
        self.account(&contract.deployer()).short(contract.name())
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
