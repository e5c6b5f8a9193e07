//! `mrms revoke`: ends other accounts' access to records.

use clap::Args;
use mrms_app::Actor;
use mrms_app::session::Sending;
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::not_shown::What;
use mrms_app::sharing::revoke::{Revoked, StandingAccess, revoking};
use mrms_contract::ContractError;
use mrms_contract::call;
use mrms_core::{Powers, Principal, RecordId};
use mrms_home::{Names, OpenHome};

use super::and_yet::Left;
use super::grant::versions_words;
use super::several::{Tally, records_and_people};
use super::unasked::{by_what, must_not_come, tell_unknown, unanswered};
use super::{all_records, catch_up, unasked};
use crate::commands::contract::sign::SignArgs;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::columns::wrap;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::output::Output;
use crate::ui::reasons::refusal_failure;
use crate::ui::record_ref::RecordRef;

use crate::ui::results::sharing::Revoked as RevokedResult;
use crate::ui::someone::{Someone, names_to_end};
use crate::ui::{news, outcome};

#[derive(Debug, Args)]
#[command(
    after_help = "The vaults delete what they kept for that account. A revoke takes nothing \
    back: what was opened or saved before stays with them. mrms stop NAME ends all that somebody can \
    open. With -o, --chain, --nonce and --fee one is signed without a ledger.\n\n\
    Examples:\n  \
    mrms revoke 5 --from 'Clinic B'\n  \
    mrms revoke 5 7-9 --from 'Clinic A'"
)]
pub(crate) struct RevokeArgs {
    /// The records, of your own: numbers in mrms list, ranges such as 7-9, all, labels, or ids.
    /// Without --from the last one names the person.
    #[arg(value_name = "RECORD", required_unless_present = "all_records")]
    records: Vec<String>,
    /// End their access to all your records and to later ones, as mrms grant --all-records gave it.
    /// Grants on single records stay; mrms stop ends everything.
    #[arg(long)]
    all_records: bool,
    /// Whose access ends: a name among your people, or a principal; may be given more than once.
    #[arg(long, value_name = "NAME")]
    from: Vec<Someone>,
    #[command(flatten)]
    sign: SignArgs,
}

/// What it means that there was nothing to end of a record.
#[derive(Clone, Copy)]
pub(super) enum Absent<'a> {
    /// Nothing: the person meant whatever was shared.
    Expected,
    /// A failure, but of these, which only this profile remembers.
    Tell(&'a [RecordId]),
}

/// Whoever ends access: what all of it has in common.
pub(super) struct Ending<'e> {
    pub(super) settings: &'e Settings,
    pub(super) output: Output,
    pub(super) actor: &'e Actor,
    pub(super) home: &'e OpenHome,
    pub(super) names: &'e Names,
    pub(super) record_names: &'e RecordNames,
}

pub(crate) fn revoke(
    args: &RevokeArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    if args.all_records && settings.acting_for.is_some() {
        return Err(Failure::usage("access to all records is the patient's own to end")
            .hint("name records, or all: those that are there now"));
    }
    if args.all_records {
        return all_records::revoke(&args.records, &args.from, &args.sign, settings, output);
    }
    let (records, people) = records_and_people(&args.records, &args.from, "--from")?;
    // As it was typed: without a ledger there is no list, and names may be locked.
    if let ([record], [person]) = (records.as_slice(), people.as_slice())
        && let (Some(id), Some(user)) = (record.id(), person.principal())
    {
        let call = |_: &_| Ok(call::revoke_record_access(id, &user));
        if args.sign.sign_without_ledger(settings, output, call)?.is_some() {
            return Ok(());
        }
    }
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let names = names_to_end(&people, &actor, settings, output)?;
    let mut users = Vec::new();
    for one in &people {
        let user = one.resolve(&names)?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let session = home.session();
    let acting = Acting::of(settings, &session, Some(&actor), Some(Powers::SHARE), output)?;
    let meant = acting
        .find(&records, session, Some(&actor))
        .and_then(|ids| Ok((ids, session.numbered_records_of(&acting.patient)?)));
    let (ids, numbered) = match meant {
        Err(failure)
            if unasked::may_be_hidden(&failure) && !acting.is_other() && is_sent(settings) =>
        {
            tell_unknown(&session, &actor, output);
            let who = (&actor, &home, &names);
            return unasked::revoke(&records, &users, failure, who, (settings, output));
        }
        meant => meant?,
    };
    args.sign.must_be_one(ids.len() * users.len())?;
    tell_unknown(&session, &actor, output);
    home.fund(&actor)?;
    if !acting.is_other() {
        news::tell(&session, Some(&actor), &numbered, output);
        catch_up::run_with(&session, Some(&actor), &numbered, &names, output);
    }
    let meant: Vec<_> = numbered.into_iter().filter(|one| ids.contains(&one.id)).collect();
    let record_names = acting.record_names(&session, Some(&actor), &meant)?;
    let ending = Ending {
        settings,
        output,
        actor: &actor,
        home: &home,
        names: &names,
        record_names: &record_names,
    };
    let is_all = records.iter().any(RecordRef::is_all);
    if let ([id], [user], false) = (ids.as_slice(), users.as_slice(), is_all) {
        return match one(args, &ending, *id, user) {
            // A number was taken for an id, since the node hides the record that has the number.
            Err(failure)
                if failure.code == "record-not-found" && ending.is_sent() && !acting.is_other() =>
            {
                let who = (&actor, &home, &names);
                unasked::revoke(&records, &users, failure, who, (settings, output))
            }
            ended => ended,
        };
    }
    let absent = if is_all { Absent::Expected } else { Absent::Tell(&[]) };
    let mut tally = Tally::new(ids.len() * users.len(), "revoking", output);
    for user in &users {
        let (failed, says) = (tally.failures(), by_what(&home, &actor, user));
        let ended = ending.several(user, &ids, StandingAccess::Leave, absent, &mut tally)?;
        if let (Some(ended), true) = (ended, is_all && tally.failures() == failed) {
            match acting.is_other() {
                true => ending.tell_nothing(user, ended, "")?,
                false => ending.tell_rest(user, ended, &says)?,
            }
        }
    }
    home.watch_own_vault();
    tally.end(Exit::Failed, "revoke-incomplete", "revokes were not made")?;
    if ending.is_sent() { must_not_come(&session, &users) } else { Ok(()) }
}

fn is_sent(settings: &Settings) -> bool {
    settings.home.settings().sending == Sending::Send
}

/// One revoke, which may have been begun by an earlier command.
fn one(
    args: &RevokeArgs,
    ending: &Ending<'_>,
    id: RecordId,
    user: &Principal,
) -> Result<(), Failure> {
    let Ending { actor, home, output, .. } = *ending;
    let session = home.session();
    let revoked = match home.finished(&revoking(id, user)) {
        // An earlier command had begun this very revoke, and it was finished when the home was opened.
        Some(txid) => session.revoked_before(actor, id, user, txid)?,
        None => {
            let revoked = match session.revoke(actor, id, user) {
                Err(error)
                    if ending.is_sent() && matches!(error, ShareError::Ask(_))
                        || ending.is_hidden(error.refusal(), id, user) =>
                {
                    let leave = StandingAccess::Leave;
                    return Err(ending.several_unasked(user, &[id], leave, &error.into()));
                }
                revoked => revoked?,
            };
            let Some(revoked) = args.sign.done(revoked, output)? else { return Ok(()) };
            revoked
        }
    };
    home.watch_own_vault();
    ending.tell(id, user, &revoked)?;
    ending.tell_unwritten(user, &[id]);
    must_not_come(&session, std::slice::from_ref(user))
}

impl Ending<'_> {
    /// Ends a person's access to several records, and tells each. How many have ended; `None` where they were only planned, or
    /// failed together.
    pub(super) fn several(
        &self,
        user: &Principal,
        ids: &[RecordId],
        standing: StandingAccess,
        absent: Absent<'_>,
        tally: &mut Tally,
    ) -> Result<Option<usize>, Failure> {
        let session = self.home.session();
        let ended = match session.revoke_several(self.actor, ids, user, standing) {
            Ok(ended) => ended,
            Err(error) => {
                let is_several = ids.len() + usize::from(standing == StandingAccess::End) > 1;
                let is_sent = self.is_sent();
                if is_several && is_sent && error.is_of_one_transaction() {
                    return self.one_by_one(user, ids, standing, absent, tally);
                }
                if let (ShareError::Ask(_), true) = (&error, is_sent) {
                    let failure = self.several_unasked(user, ids, standing, &error.into());
                    return tally.none_of(ids, user, failure).map(|()| None);
                }
                return tally.none_of(ids, user, error.into()).map(|()| None);
            }
        };
        let Some(ended) = outcome::done(ended, self.output)? else { return Ok(None) };
        let mut count = 0;
        for (id, ended) in ended {
            let told = self.told(id, user);
            let ended = match ended {
                Ok(revoked) => {
                    count += 1;
                    self.tell(id, user, &revoked)
                }
                Err(ContractError::NoSuchGrant) if self.may_be_absent(absent, id, &told) => Ok(()),
                Err(refusal) if self.is_hidden(Some(refusal), id, user) => {
                    let leave = StandingAccess::Leave;
                    Err(self.several_unasked(user, &[id], leave, &refusal_failure(refusal)))
                }
                Err(refusal) => Err(refusal_failure(refusal)),
            };
            tally.ended(id, user, ended, &told)?;
        }
        self.tell_unwritten(user, ids);
        Ok(Some(count))
    }

    /// Says what somebody has yet whose access to each record by name has ended. `says` is by whose word there was nothing.
    pub(super) fn tell_rest(
        &self,
        user: &Principal,
        ended: usize,
        says: &str,
    ) -> Result<(), Failure> {
        let who = as_subject(self.names, user);
        let session = self.home.session();
        let left = Left::to(&session, self.actor, user);
        match left.sentence(who.trim_end_matches(',')) {
            None => self.tell_nothing(user, ended, says),
            Some(left) => {
                self.tell_nothing(user, ended, " by itself")?;
                self.output.note(&left);
                Ok(())
            }
        }
    }

    fn tell_nothing(&self, user: &Principal, ended: usize, how: &str) -> Result<(), Failure> {
        if ended > 0 || self.output.is_json() {
            return Ok(());
        }
        let whom = as_subject(self.names, user);
        let whom = whom.trim_end_matches(',');
        self.output.text(&format!("no record is shared with {whom}{how}: there is nothing to end"))
    }

    /// Says that this machine has no note of ends that blocks have: its disk is full, for example.
    fn tell_unwritten(&self, user: &Principal, ids: &[RecordId]) {
        let what = ids.iter().copied().map(What::Record).collect();
        // It is not written down as ended then, and told as that.
        if !self.home.session().perhaps_given_to(user).is_ok_and(|all| all.is_empty()) {
            return;
        }
        let left = self.home.session().not_yet_ended(self.actor, user, what);
        if left.is_ok_and(|left| !left.is_empty()) && self.is_sent() {
            self.output.note(
                "the ledger has the end, and this machine could not write it down: make room on its disk",
            );
        }
    }

    fn is_sent(&self) -> bool {
        is_sent(self.settings)
    }

    /// Whether a node says of a record that it is not there, or not this person's, before anything was sent, and this profile
    /// knows that it gave it: then it may hide it, and the end goes out all the same.
    fn is_hidden(&self, refusal: Option<ContractError>, id: RecordId, user: &Principal) -> bool {
        let says_so =
            matches!(refusal, Some(ContractError::RecordNotFound | ContractError::NotPatient));
        let session = self.home.session();
        self.is_sent() && says_so && session.remembers_grant(self.actor, id, user)
    }

    /// The same without a question to the ledger, which did not answer. What is still to be said of it.
    pub(super) fn several_unasked(
        &self,
        user: &Principal,
        ids: &[RecordId],
        standing: StandingAccess,
        failure: &Failure,
    ) -> Failure {
        self.output.note("the ledger does not answer: what is to end is ended without asking it");
        match self.unasked(user, What::named(ids, standing)) {
            Ok(_) => unanswered(failure).hint("that has ended. What it was used for is not known: repeat the command on another connection"),
            Err(failure) => failure,
        }
    }

    /// The same one after the other, where the node did not take all of it together.
    fn one_by_one(
        &self,
        user: &Principal,
        ids: &[RecordId],
        standing: StandingAccess,
        absent: Absent<'_>,
        tally: &mut Tally,
    ) -> Result<Option<usize>, Failure> {
        self.output.note("the ledger did not take all of it together: each is ended by itself");
        let (each, all) = self.home.session().revoke_each(self.actor, ids, user, standing);
        let mut count = 0;
        for (id, ended) in each {
            let told = self.told(id, user);
            let ended = match ended {
                Ok(revoked) => {
                    count += 1;
                    self.tell(id, user, &revoked)
                }
                Err(error)
                    if error.refusal() == Some(ContractError::NoSuchGrant)
                        && self.may_be_absent(absent, id, &told) =>
                {
                    Ok(())
                }
                Err(error) => Err(error.into()),
            };
            tally.one_of_several(id, user, ended, &told)?;
        }
        all?;
        Ok(Some(count))
    }

    fn told(&self, id: RecordId, user: &Principal) -> String {
        format!("{} to {}", self.record_names.words(id), self.names.shown(user))
    }

    /// Whether that there was nothing to end of a record is no failure.
    fn may_be_absent(&self, absent: Absent<'_>, id: RecordId, told: &str) -> bool {
        match absent {
            Absent::Expected => true,
            Absent::Tell(not_shown) if not_shown.contains(&id) => {
                self.output.note(&format!("the contract had no access to end for {told}"));
                true
            }
            Absent::Tell(_) => false,
        }
    }

    /// Tells a revoke, and what the access was used for.
    fn tell(&self, id: RecordId, user: &Principal, revoked: &Revoked) -> Result<(), Failure> {
        let who = as_subject(self.names, user);
        let acts = self.home.session().sees_as_delegate(id, user)?;
        let mut text = words(&who, &self.record_names.words(id), revoked, acts);
        if self.settings.details {
            text.push_str(&format!(
                "\n  account      {user}\n  record       {id}\n  transaction  {}",
                revoked.txid
            ));
        }
        self.output.result(
            &RevokedResult {
                record_id: id,
                number: self.record_names.number(id),
                user,
                user_name: self.names.name_of(user),
                expiry: (),
                expires_at: (),
                txid: revoked.txid,
                versions_opened: &revoked.opened,
                versions_written: &revoked.written,
                versions_exposed: &revoked.exposed,
                versions_closed: &revoked.closed,
                sees_as_delegate: acts,
            },
            &text,
        )
    }
}

/// What a revoke ended, and what the access was used for.
fn words(who: &str, record: &str, revoked: &Revoked, acts: bool) -> String {
    let Revoked { opened, written, exposed, closed, .. } = revoked;
    let ended = match acts {
        true => format!(
            "what {who} was granted of {record} has ended; AND YET {who} can open it, as a delegate: mrms delegate NAME --end ends that, or mrms stop NAME all of it"
        ),
        false if !written.is_empty() => format!(
            "{who} can no longer open {record}, but for {}, which they wrote: their own keys open that for good",
            versions_words(written)
        ),
        false => format!("{who} can no longer open {record}"),
    };
    let mut lines = vec![wrap(&ended, 2)];
    lines.push(match opened.as_slice() {
        [] => "  they opened no version of it".to_owned(),
        opened => {
            format!("  they opened {}; what they saved, they may keep", versions_words(opened))
        }
    });
    if !exposed.is_empty() {
        lines.push(wrap(
            &format!(
                "  the key of {} is on chain for them (direct sharing): they could still decrypt that from the public chain",
                versions_words(exposed)
            ),
            4,
        ));
    }
    if !closed.is_empty() && !acts {
        lines.push(wrap(
            &format!(
                "  {} they could have opened and did not; it is closed to them now",
                versions_words(closed)
            ),
            4,
        ));
    }
    if !acts {
        lines.push("  versions added from now on are closed to them".to_owned());
    }
    lines.join("\n")
}
