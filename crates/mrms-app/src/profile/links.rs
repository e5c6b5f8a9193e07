//! What a profile keeps of the links that its person made: sealed under the person's own key.
//!
//! It has the key and the address of each link, so that the person can show the link again, and the words of its account, so
//! that it can be deposited again. All of it is wiped when the link is destroyed.

use std::fmt;

use mrms_core::{BurnHeight, Principal, RecordId, UnixTime, Version};
use mrms_crypto::RecordRoot;
use mrms_links::{Flags, LinkKey, Shlink};
use mrms_people::Person;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{ProfileError, ProfileFolder};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "links.sealed";

/// The name of a link at its host: the beginning of the SHA-256 of the secret in its address. Whoever lists the host's
/// folder or its log does not learn the address.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LinkId(String);

/// A text is no name of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a link's name has 32 hexadecimal digits")]
pub struct NotALinkId;

impl LinkId {
    /// The name of the link with this secret in its address.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(hex::encode(&Sha256::digest(secret.as_bytes())[..16]))
    }

    /// The name, 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LinkId {
    type Error = NotALinkId;

    fn try_from(text: String) -> Result<Self, NotALinkId> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == 32 && text.bytes().all(is_digit) {
            true => Ok(Self(text)),
            false => Err(NotALinkId),
        }
    }
}

impl From<LinkId> for String {
    fn from(id: LinkId) -> Self {
        id.0
    }
}

/// A version of a record that a file has, and so what the link's account enters before the file is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GivenVersion {
    /// The record.
    pub record: RecordId,
    /// The version.
    pub version: Version,
}

/// Which kind of link it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkKind {
    /// A SMART Health Link, which any viewer opens.
    Shl,
    /// One with a single bundle, as clinics of the United States scan it.
    Ktc,
}

/// How far a link has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkState {
    /// It was begun, and not granted yet: it opens nothing.
    Begun,
    /// It was granted.
    Armed,
    /// Its access was ended; it can be armed again.
    Paused,
    /// Its destruction was begun, and goes on when it is repeated.
    Destroying,
    /// It is gone: host and profile have no key of it.
    Destroyed,
}

/// Who the patient is, as a link of the kind KTC says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkPatient {
    /// Their name.
    pub name: String,
    /// Their day of birth, such as `1980-02-29`.
    pub birth_date: Option<String>,
}

/// A host that is not of this home.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteHost {
    /// Its address, without a slash at its end.
    pub url: String,
    /// The key with which it takes links.
    pub deposit_key: Zeroizing<String>,
}

impl fmt::Debug for RemoteHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteHost").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A link as its person's profile keeps it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptLink {
    /// Its number among this person's links, from 1.
    pub number: u32,
    /// Its name at the host.
    pub id: LinkId,
    /// The contract on which it was granted.
    pub contract: String,
    /// Its own account.
    pub principal: Principal,
    /// Which kind.
    pub kind: LinkKind,
    /// How far it has come.
    pub state: LinkState,
    /// What the person calls it, which viewers show.
    pub label: Option<String>,
    /// Who it says the patient is; `None` unless it is of the kind KTC.
    pub patient: Option<LinkPatient>,
    /// The address of the viewer that its person named for it.
    pub viewer: Option<String>,
    /// What it gives.
    pub gives: Vec<GivenVersion>,
    /// What viewers are told of it.
    pub flags: Flags,
    /// When it was made.
    pub made: UnixTime,
    /// First burn height at which its grants are closed.
    pub expiry: BurnHeight,
    /// When that is, as the link says it.
    pub expires: UnixTime,
    /// How often it can be used; `None` for any number.
    pub most_uses: Option<u32>,
    /// The host that answers for it; `None` for the one of this home.
    pub host: Option<RemoteHost>,
    /// Its address; empty once it is destroyed.
    pub url: Zeroizing<String>,
    /// Its key; empty once it is destroyed.
    pub(crate) key: Zeroizing<String>,
    /// The secret with which its host is told of it, also once it is destroyed.
    pub(crate) manager: Zeroizing<String>,
    /// The words of its account; empty once it is destroyed.
    pub(crate) words: Zeroizing<String>,
    /// Its passcode, so that it can be told again.
    pub passcode: Option<Zeroizing<String>>,
}

impl KeptLink {
    /// The text for programs; behind the address of a viewer where its person named one.
    ///
    /// # Errors
    ///
    /// [`mrms_links::LinkError`], also for a link that was destroyed.
    pub fn text(&self) -> Result<Zeroizing<String>, mrms_links::LinkError> {
        let text = self.shlink()?.to_text()?;
        Ok(match &self.viewer {
            Some(viewer) => mrms_links::page::behind(viewer, &text),
            None => text,
        })
    }

    pub(crate) fn shlink(&self) -> Result<Shlink, mrms_links::LinkError> {
        Ok(Shlink {
            url: self.url.to_string(),
            key: LinkKey::parse(&self.key)?,
            expires: Some(self.expires.seconds()),
            flags: self.flags,
            label: self.label.clone(),
        })
    }

    /// What this person reads of it: `link 3`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("link {}", self.number)
    }

    /// The number in such a name.
    #[must_use]
    pub fn number_in(name: &str) -> Option<u32> {
        name.strip_prefix("link ")?.parse().ok()
    }

    /// The secret with which its host is told of it.
    #[must_use]
    pub fn manager(&self) -> Zeroizing<String> {
        self.manager.clone()
    }

    /// The link without anything that opens it.
    pub(crate) fn destroyed(self) -> Self {
        Self {
            state: LinkState::Destroyed,
            url: Zeroizing::default(),
            key: Zeroizing::default(),
            words: Zeroizing::default(),
            passcode: None,
            ..self
        }
    }

    /// Whether it may give something, or may have been given.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        !matches!(self.state, LinkState::Destroyed)
    }
}

impl fmt::Debug for KeptLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptLink")
            .field("number", &self.number)
            .field("principal", &self.principal)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// The links of one person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Links {
    pub(crate) links: Vec<KeptLink>,
}

/// Whether a person is a link to records, of this profile or of one that handed over to it: `link 3`. A link has no card.
#[must_use]
pub fn is_link(person: &Person) -> bool {
    let name = person.own_name.as_ref().filter(|_| person.card.is_none());
    name.is_some_and(|name| KeptLink::number_in(name.as_str()).is_some())
}

impl ProfileFolder {
    /// The links that this person made, by their numbers.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Damaged`] also when somebody without this person's words wrote the file.
    pub fn links(&self, root: &RecordRoot) -> Result<Vec<KeptLink>, ProfileError> {
        Ok(self.load_sealed::<Links>(root, NAME)?.links)
    }

    /// Keeps a new link under the next number. A number that another profile handed over with a link's name is taken, too.
    pub(crate) fn add_link(
        &self,
        root: &RecordRoot,
        rng: &mut dyn CryptoRng,
        make: impl FnOnce(u32) -> KeptLink,
    ) -> Result<KeptLink, ProfileError> {
        let people = self.people(root)?;
        let names = people.all().iter().filter_map(|person| person.own_name.as_ref());
        let named = names.filter_map(|name| KeptLink::number_in(name.as_str())).max();
        self.change_sealed(root, NAME, rng, |kept: &mut Links| {
            let last = kept.links.iter().map(|link| link.number).max().max(named);
            let link = make(last.unwrap_or_default().saturating_add(1));
            kept.links.push(link.clone());
            link
        })
    }

    /// Changes what is kept of a link.
    pub(crate) fn change_link(
        &self,
        root: &RecordRoot,
        number: u32,
        rng: &mut dyn CryptoRng,
        change: impl FnOnce(&mut KeptLink),
    ) -> Result<(), ProfileError> {
        self.change_sealed(root, NAME, rng, |kept: &mut Links| {
            if let Some(link) = kept.links.iter_mut().find(|link| link.number == number) {
                change(link);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_of_a_link_is_no_path() {
        for text in ["", "..", "../../../../etc/passwd0000000000", &"g".repeat(32), &"A".repeat(32)]
        {
            assert_eq!(LinkId::try_from(text.to_owned()), Err(NotALinkId), "{text}");
        }
        assert!(LinkId::try_from(LinkId::of("secret").as_str().to_owned()).is_ok());
    }
}
