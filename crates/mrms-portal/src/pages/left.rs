//! How long something still lasts: in words, and as a bar that drains.

use maud::{Markup, html};
use mrms_app::audit::shares::{KeyOnChain, Openings};
use mrms_core::{BurnHeight, Lasting, UnixTime};

use crate::times;
use crate::words::Words;

/// The time that is left, in words: `18 days left`.
pub(crate) fn words_left(words: &Words, now: UnixTime, end: UnixTime) -> String {
    let (key, count) = match Lasting::of(end.seconds().saturating_sub(now.seconds())) {
        Lasting::Over => return words.say("left-ended"),
        Lasting::Minutes(minutes) => ("left-minutes", minutes),
        Lasting::Hours(hours) => ("left-hours", hours),
        Lasting::Days(days) => ("left-days", days),
    };
    words.with(key, &[("count", count.into())])
}

/// The end of something: how long it lasts, and the day.
pub(crate) fn until(words: &Words, now: UnixTime, end: Option<UnixTime>) -> Markup {
    since(words, now, None, end)
}

/// The same of something whose beginning is known: with a bar of how much of it is left.
pub(crate) fn since(
    words: &Words,
    now: UnixTime,
    begun: Option<UnixTime>,
    end: Option<UnixTime>,
) -> Markup {
    let Some(end) = end else {
        return html! { span.until { (words.say("record-until-stopped")) } };
    };
    let left = end.seconds().saturating_sub(now.seconds());
    let whole = begun.map(|begun| end.seconds().saturating_sub(begun.seconds()).max(1));
    let said = words_left(words, now, end);
    html! {
        span.until {
            @if let Some(whole) = whole {
                meter min="0" max=(whole) value=(left.min(whole)) aria-label=(said) {}
            }
            (said) ", "
            time datetime=(times::machine(end)) {
                (words.with("record-until", &[("end", (&times::end(words, end)).into())]))
            }
        }
    }
}

/// The same with how often they asked for it besides, and got no key.
pub(crate) fn with_without_key(words: &Words, said: String, openings: &Openings) -> String {
    match openings.without_key {
        0 => said,
        count => format!("{said} {}", words.with("opened-without-key", &[("count", count.into())])),
    }
}

/// What somebody did with access that has ended.
pub(crate) fn opened_before(
    words: &Words,
    openings: &Openings,
    time_of: impl Fn(BurnHeight) -> UnixTime,
) -> String {
    let said = match openings.last.filter(|_| openings.count > 0) {
        None => words.say("stopped-never-opened"),
        Some(last) => {
            let (count, day) = (openings.count.into(), times::day(words, time_of(last)));
            words.with("stopped-opened", &[("count", count), ("day", (&day).into())])
        }
    };
    let said = with_without_key(words, said, openings);
    match openings.key_on_chain {
        KeyOnChain::Opens => format!("{said} {}", words.say("stopped-key-on-chain")),
        KeyOnChain::Unknown => format!("{said} {}", words.say("stopped-key-perhaps")),
        KeyOnChain::Nothing => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    const HOUR: u64 = 3_600;
    const DAY: u64 = 24 * HOUR;

    #[test]
    fn time_that_is_left_is_said_in_the_unit_that_fits() {
        let words = Words::of(Language::English);
        let now = UnixTime::from_seconds(1_000_000);
        let left = |seconds| words_left(&words, now, UnixTime::from_seconds(1_000_000 + seconds));
        assert_eq!(left(0), "ended");
        assert_eq!(left(60), "1 minute left");
        assert_eq!(left(HOUR), "1 hour left");
        assert_eq!(left(2 * HOUR), "2 hours left");
        assert_eq!(left(18 * DAY + HOUR), "18 days left");
        assert_eq!(left(30 * DAY - 60), "30 days left", "a minute after it was shared for 30 days");
        let opened = |count, key_on_chain| {
            let last = Some(BurnHeight::new(1));
            let openings = Openings { count, last, key_on_chain, ..Openings::default() };
            opened_before(&words, &openings, |_| now)
        };
        use KeyOnChain::{Nothing, Opens, Unknown};
        assert!(
            opened(2, Nothing).contains("2 times, last on 12 January 1970"),
            "{}",
            opened(2, Nothing)
        );
        assert!(opened(0, Nothing).starts_with("They never opened it"));
        assert!(opened(0, Opens).contains("key is in the ledger"));
        assert!(opened(0, Unknown).contains("may open it or not"));
        assert!(until(&words, now, None).into_string().contains("until you stop it"));
        let time = |seconds| Some(UnixTime::from_seconds(seconds));
        assert!(!until(&words, now, time(1_003_600)).into_string().contains("meter"));
        let half = since(&words, now, time(996_400), time(1_003_600)).into_string();
        assert!(half.contains("max=\"7200\" value=\"3600\""), "{half}");
    }
}
