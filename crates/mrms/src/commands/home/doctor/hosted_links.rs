//! What `mrms doctor` says of the links that this home hosts: somebody has to answer for them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mrms_home::clock::now;

use super::health;
use crate::config::Settings;
use crate::ui::amounts::counted;

/// What was found: that they are answered, or what is wrong and how to mend it. `None` if no link waits for viewers.
pub(super) fn look(settings: &Settings) -> Option<Result<String, (String, String)>> {
    let host = settings.home.hosted_links();
    let waiting = match host.waiting(now()) {
        Ok(0) => return None,
        Ok(waiting) => counted(waiting as u64, "link", "links"),
        Err(error) => {
            let hint = "look at the disk of the home folder, and at whom its files belong to";
            return Some(Err((error.to_string(), hint.to_owned())));
        }
    };
    let restart = "start mrms link serve again with its options, or look at the log of its service";
    let Some(listens) = host.listens().and_then(|address| address.parse().ok()) else {
        // A program that was started before this one noted only its public address.
        if host.url().is_some() {
            return None;
        }
        let told = format!("nobody answers for this home's {waiting}");
        return Some(Err((told, restart.to_owned())));
    };
    let local = format!("http://{}", reachable(listens));
    Some(match health::ask(&local, settings) {
        Ok(()) => {
            let url = host.url().unwrap_or(local);
            Ok(format!("{waiting} of this home answered at {url}"))
        }
        Err(reason) => {
            let told = format!("the host of this home's {waiting} at {listens}: {reason}");
            Err((told, restart.to_owned()))
        }
    })
}

/// The address to ask where something listens on all of them.
fn reachable(listens: SocketAddr) -> SocketAddr {
    let ip = match listens.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listens.port())
}
