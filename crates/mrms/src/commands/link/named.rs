//! The link host that an option or the settings name: of this home under another address, or elsewhere, with its deposit
//! key from a file.

use std::io::Read as _;
use std::path::Path;

use mrms_app::profile::links::RemoteHost;
use mrms_portal::LinkHosts;
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::input;
use crate::ui::reasons::cannot;

/// What a message calls the host of the settings.
pub(crate) const HOST_SETTING: &str = "host under [links] of mrms.toml, or MRMS_LINK_HOST,";
/// The longest file of a deposit key that is read, in bytes.
const MOST_KEY: u64 = 1_024;

/// A host that was named.
pub(crate) struct NamedHost {
    /// Its address, without a slash at its end; `None` where none was named.
    pub(crate) url: Option<String>,
    /// The host, where it is not of this home.
    pub(crate) elsewhere: Option<RemoteHost>,
}

impl NamedHost {
    /// The host at this address, with the deposit key in this file. `named_by` is what a message calls the address.
    pub(crate) fn of(
        url: Option<&String>,
        key_file: Option<&Path>,
        named_by: &str,
    ) -> Result<Self, Failure> {
        let Some(url) = url else {
            return match key_file {
                None => Ok(Self { url: None, elsewhere: None }),
                Some(_) => {
                    Err(Failure::usage("a deposit key belongs to a host, and none is named")
                        .hint("give its address: --host https://links.example.org"))
                }
            };
        };
        let url = url.trim_end_matches('/').to_owned();
        must_be_web(&url, named_by)?;
        let elsewhere = match key_file {
            None => None,
            Some(path) => Some(RemoteHost { url: url.clone(), deposit_key: deposit_key(path)? }),
        };
        Ok(Self { url: Some(url), elsewhere })
    }
}

/// The hosts that the pages make links with.
pub(crate) fn for_portal(settings: &Settings) -> Result<LinkHosts, Failure> {
    let kept = &settings.links;
    let named = NamedHost::of(kept.host.as_ref(), kept.host_key_file.as_deref(), HOST_SETTING)?;
    if let Some(viewer) = kept.viewer.address() {
        must_be_web(viewer, "viewer under [links] of mrms.toml, or MRMS_LINK_VIEWER,")?;
    }
    Ok(LinkHosts {
        // The address of a host elsewhere is none of this home's own.
        own_url: named.url.filter(|_| named.elsewhere.is_none()),
        elsewhere: named.elsewhere,
        viewer: kept.viewer.clone(),
    })
}

/// The key with which a host takes links, on the first line of a file.
fn deposit_key(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    input::open(path)?
        .take(MOST_KEY)
        .read_to_string(&mut text)
        .map_err(|error| cannot("read", path, &error))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned()))
}

/// Refuses an address that is not encrypted, unless it is on this machine. `named_by` is what a message calls it.
pub(crate) fn must_be_web(url: &str, named_by: &str) -> Result<(), Failure> {
    let is_near = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let is_encrypted = url.starts_with("https://");
    let is_plain = url.bytes().all(|byte| byte.is_ascii_graphic());
    match is_plain && (is_encrypted || is_near.iter().any(|near| url.starts_with(near))) {
        true => Ok(()),
        false => Err(Failure::usage(format!("{named_by} is an address that begins with https://"))
            .hint("only a host on this machine may be asked without encryption, for trying out")),
    }
}
