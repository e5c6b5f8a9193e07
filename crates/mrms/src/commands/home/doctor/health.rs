//! `mrms doctor --service`: asks services whether they can work now, for health checks of containers and monitors.
//!
//! Opens no home, and asks each service once.

use std::time::Duration;

use mrms_core::visible;
use mrms_stacks::client::{ClientSettings, Transport};

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::home::Check;

/// How long a service may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Where vault, sponsor, index and the link host tell, and where a node does, as nodes of Stacks do.
const PATHS: [&str; 2] = ["/v1/health", "/v3/health"];
/// The status of a path that a service does not have.
const NO_SUCH_PATH: u16 = 404;

/// Asks the services at these addresses, and fails if one of them can't work.
pub(super) fn run(urls: &[String], settings: &Settings, output: Output) -> Result<(), Failure> {
    let mut unwell = 0_usize;
    for url in urls {
        let asked = ask(url, settings);
        let (ok, message) = match &asked {
            Ok(()) => (true, format!("{url} can work")),
            Err(reason) => (false, format!("{url}: {reason}")),
        };
        let message = visible::lines(&message).into_owned();
        let hint = (!ok).then_some("look at its log; mrms doctor in its home tells more");
        let mark = if ok { "ok     " } else { "TROUBLE" };
        let told = Check { check: "service", ok, message: &message, hint };
        output.result(&told, &format!("{mark}  {:<10} {message}", "service"))?;
        unwell += usize::from(!ok);
    }
    match unwell {
        0 => Ok(()),
        some => Err(Failure::new(
            Exit::Unreachable,
            "service-unwell",
            format!("{some} of {} services cannot work now", urls.len()),
        )
        .hint("look at the log of each")),
    }
}

/// Asks one service.
pub(super) fn ask(url: &str, settings: &Settings) -> Result<(), String> {
    let plain_http = settings.home.settings().remote.plain_http;
    let asking =
        ClientSettings { plain_http, timeout: TIMEOUT, attempts: 1, ..ClientSettings::default() };
    let transport = Transport::new(url, asking).map_err(|error| chain(&error))?;
    for path in PATHS {
        let answer = transport.get(path).map_err(|error| chain(&error))?;
        if answer.is_success() {
            return Ok(());
        }
        if answer.status != NO_SUCH_PATH {
            return Err(chain(&answer.unexpected()));
        }
    }
    Err("no service of mrms answers there".to_owned())
}
