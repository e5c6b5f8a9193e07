//! `mrms watch`: tells the person what happens on their records while nobody looks: on the desktop, to a webhook, or to
//! ntfy. Each event once, also after a restart; without names unless the person chose them, and never with what a record
//! is called or says.

use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use mrms_app::audit::watch::{Event, Happening};
use mrms_app::{Actor, Session};
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::ServiceUrl;
use mrms_stacks::client::{ClientSettings, PlainHttp, Repeat, Transport};
use serde_json::json;

use crate::commands::sharing::catch_up;
use crate::config::Settings;
use crate::serving::{self, LogArgs};
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::for_organisation;
use crate::ui::output::Output;
use crate::ui::results::service::ToldEvent;

/// How long one message may take.
const TIMEOUT: Duration = Duration::from_secs(15);

#[derive(Debug, Args)]
#[command(
    after_help = "It unlocks the profile once, when it begins. What happened before the first time counts as \
    known. A message has no name of a record and nothing of its content. Settings of [watch] in mrms.toml hold where an \
    option is not given; an address with a secret in it belongs there, since others on this machine see command \
    lines.\n\n\
    Examples:\n  \
    mrms watch --desktop\n  \
    mrms watch --every 300"
)]
pub(crate) struct WatchArgs {
    /// Look this often, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    every: u64,
    /// Look once, tell what is new, and end.
    #[arg(long)]
    once: bool,
    /// Tell on this machine's desktop, with notify-send.
    #[arg(long)]
    desktop: bool,
    /// Send each event as JSON to this address.
    #[arg(long, value_name = "URL")]
    webhook: Option<ServiceUrl>,
    /// Send each event to this topic of ntfy: the address of the server, and the topic behind it.
    #[arg(long, value_name = "URL")]
    ntfy: Option<ServiceUrl>,
    /// Name people by your own names for them. Whoever runs the way by which you are told reads them.
    #[arg(long)]
    names: bool,
    #[command(flatten)]
    log: LogArgs,
}

/// The ways by which a person is told.
struct Ways {
    desktop: bool,
    webhook: Option<Transport>,
    /// The server, and the topic.
    ntfy: Option<(Transport, String)>,
    names: bool,
}

fn transport(url: &str) -> Result<Transport, Failure> {
    let settings = ClientSettings {
        plain_http: PlainHttp::LoopbackOnly,
        timeout: TIMEOUT,
        ..ClientSettings::default()
    };
    Transport::new(url, settings).map_err(|error| {
        Failure::usage(error).hint("give an address with https://, to which messages are sent")
    })
}

impl Ways {
    fn of(args: &WatchArgs, settings: &Settings) -> Result<Self, Failure> {
        let kept = &settings.watch;
        let webhook = args.webhook.as_ref().or(kept.webhook.as_ref());
        let ntfy = args.ntfy.as_ref().or(kept.ntfy.as_ref());
        let ntfy = ntfy.map(|url| match url.as_str().trim_end_matches('/').rsplit_once('/') {
            Some((server, topic)) if !server.ends_with('/') && !topic.is_empty() => {
                Ok((transport(server)?, topic.to_owned()))
            }
            _ => Err(Failure::usage("an address of ntfy ends in a topic")
                .hint("such as https://ntfy.example/my-secret-topic")),
        });
        Ok(Self {
            desktop: args.desktop || kept.desktop,
            webhook: webhook.map(|url| transport(url.as_str())).transpose()?,
            ntfy: ntfy.transpose()?,
            names: args.names || kept.names,
        })
    }

    const fn are_none(&self) -> bool {
        !self.desktop && self.webhook.is_none() && self.ntfy.is_none()
    }

    /// Tells by every way. Returns why by none of them it could be told.
    fn tell(&self, event: &ToldEvent<'_>) -> Result<(), Failure> {
        let mut failures = Vec::new();
        let mut has_told = false;
        let mut note = |told: Result<(), String>| match told {
            Ok(()) => has_told = true,
            Err(reason) => failures.push(reason),
        };
        if self.desktop {
            note(on_desktop(event.text));
        }
        if let Some(webhook) = &self.webhook {
            note(post(webhook, event));
        }
        if let Some((server, topic)) = &self.ntfy {
            note(post(server, &json!({ "topic": topic, "title": "MRMS", "message": event.text })));
        }
        for reason in &failures {
            tracing::warn!(target: "mrms::watch", "not told: {reason}");
        }
        match (has_told || self.are_none(), failures.into_iter().next()) {
            (false, Some(reason)) => Err(Failure::new(Exit::Unreachable, "not-told", reason)
                .hint("it waits, and is told the next time")),
            _ => Ok(()),
        }
    }
}

fn on_desktop(text: &str) -> Result<(), String> {
    let mut command = Command::new("notify-send");
    command.args(["--app-name=MRMS", "--", "MRMS", text]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("notify-send ended with {status}")),
        Err(error) => Err(format!("notify-send: {error}")),
    }
}

fn post(to: &Transport, message: &impl serde::Serialize) -> Result<(), String> {
    // Whether it arrived is not known where no answer comes, and it must not arrive twice.
    let answer = to.post_json("", message, Repeat::Never).map_err(|error| error.to_string())?;
    match answer.is_success() {
        true => Ok(()),
        false => Err(answer.unexpected().to_string()),
    }
}

pub(crate) fn run(args: &WatchArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("watch")?;
    args.log.begin();
    let ways = Ways::of(args, settings)?;
    let actor = settings.home.unlock()?;
    if args.once {
        return look(&ways, &actor, settings, output);
    }
    serving::run(async |stop| {
        let mut stop = stop;
        loop {
            let looked = tokio::task::block_in_place(|| look(&ways, &actor, settings, output));
            if let Err(failure) = looked {
                // The next look is soon; a ledger that is away comes back.
                tracing::warn!(target: "mrms::watch", "{}", failure.message);
            }
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = tokio::time::sleep(Duration::from_secs(args.every)) => {}
            }
        }
    })
}

/// Looks once, and tells what is new.
fn look(ways: &Ways, actor: &Actor, settings: &Settings, output: Output) -> Result<(), Failure> {
    let home = settings.home.open()?;
    // Whoever joined without money is looked after here, too.
    if let Err(error) = home.publish_lacking_key(actor) {
        tracing::warn!(target: "mrms::watch", "the key is not published: {error}");
    }
    let session = home.session();
    let names = settings.home.names(Some(actor))?;
    let mut failed = None;
    let growing_up = home.wards_growing_up(&settings.home, actor.principal);
    let growing_up = growing_up.into_iter().map(|(ward, days)| Event {
        what: Happening::GrowsUp,
        who: ward.principal.into(),
        organisation: None,
        record: None,
        mark: days.to_string(),
    });
    for event in session.watch(actor, growing_up.collect(), &mut rng())? {
        let number = number_of_emergency(&session, actor, &event)?;
        if !session.take_event(actor, &event, &mut rng())? {
            // Another watch of this profile tells it.
            continue;
        }
        // The ledger is for others while a message is on its way.
        session.ledger.step_aside();
        let text = words(&event, &names, number, ways.names);
        let told = ToldEvent { event: event.what.into(), text: &text };
        match ways.tell(&told) {
            Ok(()) => output.result(&told, &text)?,
            Err(failure) => {
                session.put_back(actor, event, &mut rng())?;
                failed = Some(failure);
                break;
            }
        }
    }
    // Who reads everything needs the keys of what others added, whether or not anybody was told.
    catch_up::run(&session, actor, &names, output);
    failed.map_or(Ok(()), Err)
}

/// The number of the record on which there is an emergency.
fn number_of_emergency(
    session: &Session<'_>,
    actor: &Actor,
    event: &Event,
) -> Result<Option<u64>, Failure> {
    let is_emergency = matches!(event.what, Happening::Emergency | Happening::OpenedInEmergency);
    let Some(id) = event.record.filter(|_| is_emergency) else { return Ok(None) };
    let records = session.numbered_records_of(&actor.principal())?;
    Ok(records.iter().find(|one| one.id == id).map(|one| one.number))
}

/// An event in a sentence, without the name of a record: an emergency has its number.
fn words(event: &Event, names: &Names, number: Option<u64>, with_names: bool) -> String {
    let record = match number {
        Some(number) => format!("record {number} of yours"),
        None => "a record of yours".to_owned(),
    };
    let who = match with_names {
        true => for_organisation(names, &event.who, event.organisation.as_ref()),
        false => "Somebody".to_owned(),
    };
    match event.what {
        Happening::Opened => format!("{who} opened a record of yours."),
        Happening::Refused => format!("{who} tried to open a record of yours and was refused."),
        Happening::Emergency => format!("{who} declared an emergency on {record}."),
        Happening::OpenedInEmergency => {
            format!("{who} opened {record} in an emergency. Look at the reason.")
        }
        Happening::Sent => format!("{who} sent you a document. It waits for your answer."),
        Happening::ContactAsked => format!(
            "{who} asked to act for you, as a contact whom you named. mrms contacts says from when on they can; mrms contact refuse stops it."
        ),
        Happening::HandOverOffered => format!(
            "All your records were offered to another account: {who}. If that was not you, somebody has your words: mrms hand-over withdraw, at once."
        ),
        Happening::HandedOver => format!(
            "Another account has taken over all your records: {who}. If you did not want that, somebody has your words: docs/families.md says what to do."
        ),
        Happening::GrowsUp => {
            let when = match event.mark.as_str() {
                "0" => "The day has come".to_owned(),
                days => format!("Within {days} days"),
            };
            format!(
                "{when}: a child whose records are kept in this home grows up. mrms ward list says who, and mrms hand-over passes everything to a profile of their own."
            )
        }
        Happening::EndsSoon => match with_names {
            true => format!("The access of {who} to a record of yours ends within a day."),
            false => "Somebody's access to a record of yours ends within a day.".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emergency_is_told_with_the_number_of_its_record_and_no_name() {
        let event = |what| Event {
            what,
            who: "ST000000000000000000002AMW42H".parse().unwrap(),
            organisation: None,
            record: Some(mrms_core::RecordId::new(99)),
            mark: "3".to_owned(),
        };
        let names = Names::new(None, None);
        let said = |what, number| words(&event(what), &names, number, false);
        assert_eq!(
            said(Happening::Emergency, Some(7)),
            "Somebody declared an emergency on record 7 of yours."
        );
        assert!(said(Happening::OpenedInEmergency, Some(7)).contains("record 7 of yours"));
        assert!(said(Happening::Emergency, None).contains("a record of yours"));
    }
}
