//! When something is to end: `--for`, `--until`, `--expiry` or `--forever`. It is never assumed.

use clap::Args;
use mrms_core::{BurnClock, BurnHeight, UnixTime};

use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::times;

/// Seconds of the shortest grant.
const SHORTEST: u64 = 600;

#[derive(Debug, Args)]
pub(crate) struct EndArgs {
    /// End it after this time: 90min, 12h, 30d, 8w, or \"2 weeks\".
    #[arg(long = "for", value_name = "DURATION", group = "end_of_it")]
    pub(crate) duration: Option<String>,
    /// End it at this time: tomorrow or friday (the end of that day); the end of a date, such as
    /// 2027-01-31; or a local time, such as 2027-01-31T18:00.
    #[arg(long, value_name = "TIME", group = "end_of_it")]
    pub(crate) until: Option<String>,
    /// End it at this burn height; at that height it is closed.
    #[arg(long, value_name = "HEIGHT", group = "end_of_it")]
    pub(crate) expiry: Option<BurnHeight>,
    /// Let it hold until you end it.
    #[arg(long, group = "end_of_it")]
    pub(crate) forever: bool,
}

/// When something is to end, as the person said.
pub(crate) enum End {
    /// Seconds.
    After(u64),
    At(UnixTime),
    Height(BurnHeight),
    Never,
}

impl End {
    pub(crate) fn of(args: &EndArgs, what: &str) -> Result<Self, Failure> {
        Self::said(&args.duration, &args.until, args.expiry, args.forever, what)
    }

    /// What was said with each of the four. `what` is what ends: `they may open it`.
    pub(crate) fn said(
        duration: &Option<String>,
        until: &Option<String>,
        expiry: Option<BurnHeight>,
        forever: bool,
        what: &str,
    ) -> Result<Self, Failure> {
        match (duration, until, expiry, forever) {
            (Some(text), ..) => times::grant_duration(text).map(Self::After),
            (_, Some(text), ..) => times::grant_end(text, mrms_home::clock::now()).map(Self::At),
            (_, _, Some(height), _) => Ok(Self::Height(height)),
            (_, _, _, true) => Ok(Self::Never),
            _ => Err(Failure::usage(format!("say how long {what}"))
                .hint("--for 30d, --until 2027-01-31, or --forever: until you revoke it")),
        }
    }

    pub(crate) fn expiry(&self, clock: BurnClock) -> Result<Option<BurnHeight>, Failure> {
        match *self {
            Self::After(seconds) => Ok(Some(clock.expiry_in(seconds))),
            Self::At(time) => times::expiry_until(time, clock).map(Some),
            Self::Height(height) => times::check_expiry(height, clock).map(Some),
            Self::Never => Ok(None),
        }
    }

    /// Says that it can't be as short as the person asked.
    pub(crate) fn tell_shortest(&self, output: Output) {
        if matches!(self, Self::After(seconds) if *seconds < SHORTEST) {
            output.note("a grant ends in steps of about ten minutes: this one lasts that long");
        }
    }
}
