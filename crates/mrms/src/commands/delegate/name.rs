//! `mrms delegate`: lets somebody act for you, or ends that.

use std::io::{self, IsTerminal};
use std::slice::from_ref;

use clap::{Args, ValueEnum};
use mrms_app::Actor;
use mrms_app::sharing::of_all::{TermsOfAll, WhatTheyGranted};
use mrms_contract::read;
use mrms_core::{BurnClock, BurnHeight, Powers, Principal};
use mrms_home::{Names, OpenHome};

use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::end::EndArgs;
use crate::commands::sharing::tending;
use crate::commands::sharing::unasked::{must_not_come, unanswered};
use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::columns::wrap;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::as_subject;
use crate::ui::output::{Output, confirm, typed};
use crate::ui::powers::powers_words;
use crate::ui::results::delegates::{DelegationBefore, EndedDelegate, NamedDelegate};
use crate::ui::someone::{Someone, names_to_end};
use crate::ui::{short_times, times};

#[derive(Debug, Args)]
#[command(
    after_help = "You must say what they may do (--may or --preset) and how long. Naming somebody again \
    replaces both. Whoever may see gets the keys of everything that is there, and of what comes \
    later; if that is interrupted, the next command goes on with it. A delegate names no delegates \
    and gives no more than they have.\n\n\
    Presets, by what they are often used for; they are names, not law:\n  \
    full        see, share, add: somebody who cares for you\n  \
    reader      see: somebody who only looks\n  \
    adolescent  add: a parent of somebody who keeps their records to themselves\n\n\
    Examples:\n  \
    mrms delegate 'My daughter' --preset full --for 365d\n  \
    mrms delegate 'My brother' --may see --until 2027-01-31\n  \
    mrms delegate 'My brother' --end"
)]
pub(crate) struct DelegateArgs {
    /// Who: a name among your people, or a principal.
    #[arg(value_name = "NAME")]
    who: Someone,
    /// What they may do, with commas: see (every record), share (let others open records, and end
    /// that; with see), add (records and versions).
    #[arg(long, value_name = "POWERS", value_parser = powers_of, group = "powers")]
    may: Option<Powers>,
    /// The same by a name.
    #[arg(long, value_enum, group = "powers")]
    preset: Option<Preset>,
    #[command(flatten)]
    ends: EndArgs,
    /// End their delegation now.
    #[arg(long, conflicts_with_all = ["may", "preset", "duration", "until", "expiry", "forever"])]
    end: bool,
    /// With --end: whom they let in may open what they were given, until their own end. Without it or
    /// --end-grants: the command asks at a terminal.
    #[arg(long, requires = "end", conflicts_with = "end_grants")]
    keep_grants: bool,
    /// With --end: what they granted ends with them, as if you revoked each of it. Also later, for
    /// somebody whose delegation has ended.
    #[arg(long, requires = "end")]
    end_grants: bool,
    /// Trust their new key if it changed since you last shared with them; compare the fingerprint
    /// with them first. Without it: the command shows both fingerprints and asks.
    #[arg(long)]
    accept_changed_key: bool,
    #[command(flatten)]
    sign: SignArgs,
}

/// Powers by what they are often used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Preset {
    Full,
    Reader,
    Adolescent,
}

impl DelegateArgs {
    /// Whether it ends something that somebody was given.
    pub(crate) const fn ends(&self) -> bool {
        self.end
    }
}

impl Preset {
    const fn powers(self) -> Powers {
        match self {
            Self::Full => Powers::ALL,
            Self::Reader => Powers::SEE,
            Self::Adolescent => Powers::ADD,
        }
    }
}

fn powers_of(text: &str) -> Result<Powers, String> {
    let mut found: Option<Powers> = None;
    for word in text.split([',', '+']).map(str::trim) {
        let power = match word {
            "see" => Powers::SEE,
            "share" => Powers::SHARE,
            "add" => Powers::ADD,
            _ => return Err(format!("{word:?} is no power: see, share and add are, with commas")),
        };
        found = Some(found.map_or(power, |found| found.with(power)));
    }
    found.ok_or_else(|| "say see, share or add".to_owned())
}

pub(crate) fn run(args: &DelegateArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let wanted = match (args.end, args.may.or(args.preset.map(Preset::powers))) {
        (true, _) => None,
        (false, Some(powers)) => Some((powers, args.ends.must_be_said("they may act for you")?)),
        (false, None) => {
            return Err(Failure::usage("say what they may do")
                .hint("--may see,share,add or --preset full; --end ends their delegation"));
        }
    };
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let names = match args.end {
        true => names_to_end(from_ref(&args.who), &actor, settings, output)?,
        false => settings.home.names(Some(&actor))?,
    };
    let user = args.who.resolve(&names)?;
    let naming = Naming { args, settings, output, actor, home, names, user };
    match wanted {
        Some((powers, end)) => {
            let clock = naming.home.session().ledger.tip()?.clock();
            end.tell_shortest(output);
            let expiry = end.expiry(clock)?;
            naming.name(powers, expiry, clock)
        }
        None => naming.end(),
    }
}

/// One command about one person.
struct Naming<'n> {
    args: &'n DelegateArgs,
    settings: &'n Settings,
    output: Output,
    actor: Actor,
    home: OpenHome,
    names: Names,
    user: Principal,
}

impl Naming<'_> {
    fn name(
        &self,
        powers: Powers,
        expiry: Option<BurnHeight>,
        clock: BurnClock,
    ) -> Result<(), Failure> {
        let Self { args, settings, output, actor, home, user, .. } = self;
        let (output, session) = (*output, home.session());
        let who = as_subject(&self.names, user);
        let mut changed_key = mrms_app::sharing::recipients::ChangedKey::Refuse;
        if powers.include(Powers::SEE) {
            home.must_be_reached_by(user, &settings.home)?;
            let consent = Consent::of_flag(args.accept_changed_key);
            changed_key = changed_key::settle(&session, Some(actor), user, consent, output)?;
        }
        home.fund(actor)?;
        let terms = TermsOfAll { allows: powers, expiry, changed_key };
        let named = session.name_delegate(actor, user, terms)?;
        let Some(named) = args.sign.done(named, output)? else { return Ok(()) };
        if let Some(fingerprint) = named.first_seen {
            output.note(&format!(
                "their key is new to this profile: compare {fingerprint} with mrms key show of theirs"
            ));
        }
        let keys = match powers.include(Powers::SEE) {
            true => tending::everything(&session, actor, &self.names, output)?,
            false => tending::Served::default(),
        };
        let mut lines = vec![
            wrap(&format!("{who} acts for you now: {}", powers_words(powers)), 2),
            format!("  {}", times::expiry_words(expiry, clock)),
        ];
        if let Some(before) = named.before {
            let old = powers_words(before.powers);
            let until = short_times::until(before.expiry, clock);
            lines.push(wrap(&format!("  before: {old}, {until}"), 10));
            let new = powers_words(powers);
            let until = short_times::until(expiry, clock);
            lines.push(wrap(&format!("  now:    {new}, {until}"), 10));
        }
        if powers.include(Powers::SEE) {
            lines.push(wrap(&format!("  {}", keys.words()), 4));
        }
        lines.push(
            "  they act with: mrms as NAME COMMAND, where NAME is what they call you".to_owned(),
        );
        if settings.details {
            lines.push(format!("  account      {user}\n  transaction  {}", named.txid));
        }
        output.result(
            &NamedDelegate {
                user,
                user_name: self.names.name_of(user),
                powers,
                expiry,
                expires_at: times::expires_at(expiry, clock),
                txid: named.txid,
                before: named.before.map(|before| DelegationBefore {
                    powers: before.powers,
                    expiry: before.expiry,
                    expires_at: times::expires_at(before.expiry, clock),
                }),
                keys_left: keys.records,
                keys_to_do: keys.to_do,
            },
            &lines.join("\n"),
        )
    }

    fn end(&self) -> Result<(), Failure> {
        let Self { args, settings, output, actor, home, user, .. } = self;
        let (output, session) = (*output, home.session());
        let who = as_subject(&self.names, user);
        let granted = match (args.keep_grants, args.end_grants) {
            (true, _) => WhatTheyGranted::Stays,
            (_, true) => WhatTheyGranted::Ends,
            _ => {
                // They may think about it.
                session.ledger.step_aside();
                asked(&who)?
            }
        };
        // A ledger that does not answer that keeps nothing from ending.
        let shown = session.ask(&read::delegate(&actor.principal(), user));
        let may_have = |found: Option<_>| {
            found.is_some_and(|found: mrms_contract::state::Delegation| {
                found.powers.include(Powers::SHARE)
            })
        };
        if shown.map_or(true, may_have) && granted == WhatTheyGranted::Ends {
            confirm(
                &format!("End all that {who} granted for you?"),
                settings.yes || args.end_grants,
            )?;
        }
        home.fund(actor)?;
        let ended = session.end_delegate(actor, user, granted)?;
        let Some(txid) = args.sign.done(ended, output)? else { return Ok(()) };
        home.watch_own_vault();
        let rest = match granted {
            WhatTheyGranted::Stays => {
                "whom they let in stays until their own end: mrms shared shows who, mrms delegate NAME --end --end-grants ends that, too"
            }
            WhatTheyGranted::Ends => "all that they granted has ended with it",
        };
        let (open, failed) = match self.still_open() {
            Ok(open) => (open, None),
            Err(failure) => (0, Some(failure)),
        };
        let still = match open {
            0 => String::new(),
            _ => format!(
                "\n{}",
                wrap(
                    &format!(
                        "  {who} can still open {} of yours, by grants to themselves: mrms stop ends that",
                        counted(open as u64, "record", "records")
                    ),
                    4
                )
            ),
        };
        let text = format!(
            "{}\n{}{still}\n  what they opened or saved before, they may keep",
            wrap(&format!("{who} no longer acts for you"), 2),
            wrap(&format!("  {rest}"), 4)
        );
        output.result(
            &EndedDelegate {
                user,
                user_name: self.names.name_of(user),
                granted_ends: granted == WhatTheyGranted::Ends,
                still_open: open,
                txid,
            },
            &text,
        )?;
        if let Some(failure) = failed {
            return Err(unanswered(&failure).hint(
                "their delegation has ended. What else they can open is not known: mrms stop NAME ends it",
            ));
        }
        must_not_come(&session, from_ref(user))
    }

    /// How many of the patient's records this delegate can open by a grant, after the delegation has ended.
    fn still_open(&self) -> Result<usize, Failure> {
        let (session, me) = (self.home.session(), self.actor.principal());
        let records = session.own_records(&me, session.numbered_records_of(&me)?)?;
        let shares = session.shares(&me, &records)?;
        let share = shares.iter().find(|share| share.user == self.user);
        Ok(share.map_or(0, |share| match share.standing {
            Some(_) => records.len(),
            None => share.by_name().count(),
        }))
    }
}

/// Asks what becomes of what they granted.
fn asked(who: &str) -> Result<WhatTheyGranted, Failure> {
    let question = format!(
        "{who} may have let others open your records. What becomes of that?\n  keep  whom they let in stays, until their own end\n  end   it ends with the delegation, as if you revoked each of it\nkeep or end?"
    );
    let not_said = || {
        Failure::new(
            Exit::Failed,
            "not-confirmed",
            "nothing was done: say what becomes of what they granted",
        )
        .hint("--keep-grants keeps what they granted, --end-grants ends it")
    };
    if !io::stdin().is_terminal() {
        return Err(not_said());
    }
    match typed(&question, "--keep-grants or --end-grants")?.as_str() {
        "keep" => Ok(WhatTheyGranted::Stays),
        "end" => Ok(WhatTheyGranted::Ends),
        _ => Err(not_said()),
    }
}
