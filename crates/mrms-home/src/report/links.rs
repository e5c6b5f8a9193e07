//! Who is behind the lines of links: what their patient calls each, and who is said to have used it.
//!
//! Whoever opens a link says themselves who they are. Nobody checks it, so the report writes "said to be".

use std::collections::{BTreeMap, BTreeSet};

use mrms_app::audit::disclosures::Accounting;
use mrms_app::links::host::LinkHost;
use mrms_app::profile::links::KeptLink;
use mrms_app::{Actor, Session};
use mrms_core::{Principal, RecordId, TxId, visible};

/// What finds the host of a link.
pub type HostOf<'h> = &'h dyn Fn(&KeptLink) -> Box<dyn LinkHost>;

/// The patient's own links among the readers of a report.
#[derive(Default)]
pub(super) struct UsedLinks {
    labels: BTreeMap<Principal, Option<String>>,
    /// Who is said to have made an opening.
    said: BTreeMap<TxId, String>,
    /// Who is said to have opened a record by a link.
    said_of: BTreeMap<(Principal, RecordId), BTreeSet<String>>,
}

impl UsedLinks {
    pub(super) fn of(
        session: &Session<'_>,
        actor: &Actor,
        accounting: &Accounting,
        hosts: HostOf<'_>,
    ) -> Self {
        let readers: BTreeSet<&Principal> = accounting.lines.iter().map(|one| &one.actor).collect();
        let said = session.said_to_be(actor, &readers, hosts);
        let links = session.links(actor).unwrap_or_default().into_iter();
        let labels = links.map(|link| (link.principal, link.label)).collect();
        let openings = accounting
            .lines
            .iter()
            .filter_map(|line| Some((line.actor.clone(), line.record_id, line.txid?)));
        Self::new(labels, said, openings)
    }

    fn new(
        labels: BTreeMap<Principal, Option<String>>,
        said: BTreeMap<TxId, String>,
        openings: impl Iterator<Item = (Principal, RecordId, TxId)>,
    ) -> Self {
        let mut said_of: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for (link, record, txid) in openings.filter(|(link, ..)| labels.contains_key(link)) {
            if let Some(who) = said.get(&txid) {
                said_of.entry((link, record)).or_default().insert(who.clone());
            }
        }
        Self { labels, said, said_of }
    }

    /// What a line about a record says of a reader: the name, and for a link its label and all who are said to have opened
    /// the record by it.
    pub(super) fn reader(
        &self,
        account: &Principal,
        record: RecordId,
        name: Option<String>,
    ) -> Option<String> {
        let said = self.said_of.get(&(account.clone(), record));
        self.words(account, name, said.into_iter().flatten())
    }

    /// The same of one entry.
    pub(super) fn actor(
        &self,
        account: &Principal,
        txid: Option<TxId>,
        name: Option<String>,
    ) -> Option<String> {
        self.words(account, name, txid.and_then(|txid| self.said.get(&txid)).into_iter())
    }

    fn words<'s>(
        &self,
        account: &Principal,
        name: Option<String>,
        said: impl Iterator<Item = &'s String>,
    ) -> Option<String> {
        let Some(label) = self.labels.get(account) else { return name };
        let quoted = |text: &String| format!("“{}”", visible::line(text));
        let mut words = name.unwrap_or_else(|| "a link".to_owned());
        if let Some(label) = label {
            words.push_str(&format!(" ({})", quoted(label)));
        }
        let said: Vec<_> = said.map(quoted).collect();
        if !said.is_empty() {
            words.push_str(&format!(", said to be {}", said.join(" or ")));
        }
        Some(words)
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::StandardPrincipal;

    use super::*;

    #[test]
    fn line_of_a_link_says_its_label_and_who_is_said_to_have_used_it() {
        let account = |byte| Principal::from(StandardPrincipal::new(26, [byte; 20]).unwrap());
        let (link, doctor, record) = (account(1), account(2), RecordId::new(7));
        let txid = |byte: u8| TxId::from_bytes([byte; 32]);
        let labels = BTreeMap::from([(link.clone(), Some("For the school".to_owned()))]);
        let said = BTreeMap::from([
            (txid(1), "Clinic\nNord".to_owned()),
            (txid(2), "Dr Example".to_owned()),
            (txid(3), "nobody".to_owned()),
        ]);
        let openings = [(link.clone(), record, txid(1)), (link.clone(), record, txid(2))];
        let used = UsedLinks::new(labels, said, openings.into_iter());
        let name = || Some("link 1".to_owned());
        assert_eq!(
            used.reader(&link, record, name()).unwrap(),
            "link 1 (“For the school”), said to be “Clinic\\nNord” or “Dr Example”"
        );
        assert_eq!(
            used.actor(&link, Some(txid(2)), name()).unwrap(),
            "link 1 (“For the school”), said to be “Dr Example”"
        );
        assert_eq!(
            used.reader(&link, RecordId::new(8), name()).unwrap(),
            "link 1 (“For the school”)"
        );
        assert_eq!(used.actor(&doctor, Some(txid(3)), None), None, "no link of this person");
    }
}
