//! When something is to end: `--for`, `--until`, `--expiry` or `--forever`. It is never assumed.

use clap::Args;
use mrms_core::{BurnClock, BurnHeight, UnixTime};

use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::times;

/// Seconds of the shortest grant.
const SHORTEST: u64 = 600;

/// The end of what always has one, as a link does.
#[derive(Debug, Args)]
pub(crate) struct EndTimeArgs {
    /// End it after this time: 90min, 12h, 30d, 8w, or "2 weeks".
    #[arg(long = "for", value_name = "DURATION", group = "end_of_it")]
    duration: Option<String>,
    /// End it at this time: tomorrow or friday (the end of that day); the end of a date, such as
    /// 2027-01-31; a local time, such as 2027-01-31T18:00; or a time with its offset or zone, such as
    /// 2027-01-31T18:00+01:00, 2027-01-31T17:00Z or 2027-01-31T18:00[Europe/Berlin].
    #[arg(long, value_name = "TIME", group = "end_of_it")]
    until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    time: EndTimeArgs,
    /// End it at this burn height; at that height it is closed.
    #[arg(long, value_name = "HEIGHT", group = "end_of_it")]
    expiry: Option<BurnHeight>,
    /// Let it hold until you end it.
    #[arg(long, group = "end_of_it")]
    forever: bool,
}

/// A time at which something is to end, as the person said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EndTime {
    /// Seconds.
    After(u64),
    At(UnixTime),
}

/// When something is to end, as the person said.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Time(EndTime),
    Height(BurnHeight),
    Never,
}

impl EndTimeArgs {
    fn said(&self) -> Result<Option<EndTime>, Failure> {
        let now = mrms_home::clock::now();
        match (&self.duration, &self.until) {
            (Some(text), _) => times::grant_duration(text).map(EndTime::After).map(Some),
            (_, Some(text)) => times::grant_end(text, now).map(EndTime::At).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// What the person said. Nothing is refused, with `hint`; `what` is what ends: `the link is good`.
    pub(crate) fn must_be_said(&self, what: &str, hint: &str) -> Result<EndTime, Failure> {
        self.said()?.ok_or_else(|| Failure::usage(format!("say how long {what}")).hint(hint))
    }
}

impl EndArgs {
    pub(crate) fn said(&self) -> Result<Option<End>, Failure> {
        Ok(match (self.time.said()?, self.expiry) {
            (Some(time), _) => Some(End::Time(time)),
            (_, Some(height)) => Some(End::Height(height)),
            _ => self.forever.then_some(End::Never),
        })
    }

    /// What the person said. Nothing is refused; `what` is what ends: `they may open it`.
    pub(crate) fn must_be_said(&self, what: &str) -> Result<End, Failure> {
        self.said()?.ok_or_else(|| {
            Failure::usage(format!("say how long {what}"))
                .hint("--for 30d, --until 2027-01-31, or --forever: until you end it")
        })
    }
}

impl EndTime {
    pub(crate) fn expiry(self, clock: BurnClock) -> Result<BurnHeight, Failure> {
        match self {
            Self::After(seconds) => Ok(clock.expiry_in(seconds)),
            Self::At(time) => times::expiry_until(time, clock),
        }
    }

    /// Says that it can't be as short as the person asked.
    pub(crate) fn tell_shortest(self, output: Output) {
        if matches!(self, Self::After(seconds) if seconds < SHORTEST) {
            output.note("a grant ends in steps of about ten minutes: this one lasts that long");
        }
    }
}

impl End {
    pub(crate) fn expiry(self, clock: BurnClock) -> Result<Option<BurnHeight>, Failure> {
        match self {
            Self::Time(time) => time.expiry(clock).map(Some),
            Self::Height(height) => times::check_expiry(height, clock).map(Some),
            Self::Never => Ok(None),
        }
    }

    pub(crate) fn tell_shortest(self, output: Output) {
        if let Self::Time(time) = self {
            time.tell_shortest(output);
        }
    }
}
