//! Inviting others to one's node, vaults and sponsor, and joining those of somebody else.

mod bring;
pub(crate) mod invite;
pub(crate) mod join;
mod oneself;
mod shown;

use mrms_home::joining::Kept;

use mrms_home::joining::answers;
use mrms_people::name::quotable;

use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::failure::Failure;
use crate::ui::times;

/// How records are reached that stayed on this home's own ledger when it joined somebody; `None` where there are none.
pub(crate) fn earlier_records(settings: &Settings) -> Option<String> {
    settings.home.settings().ledger.as_ref()?;
    let left = Kept::load(settings.home.folder()).ok().flatten()?.left_records;
    if left == 0 {
        return None;
    }
    let records = counted(left, "record", "records");
    Some(format!(
        "{records} from before you joined stayed on this machine's own ledger: mrms join --bring-records brings them along"
    ))
}

/// Whom a home joined, and when their node last answered, for a failure that says whose node is away.
pub(crate) struct JoinedNode {
    inviter: String,
    last: Option<String>,
}

impl JoinedNode {
    /// The node that a command with these settings works with; `None` where that is nobody's whom the home joined.
    pub(crate) fn of(settings: &Settings) -> Option<Self> {
        let taken = Kept::load(settings.home.folder()).ok().flatten()?.taken().ok()?;
        let node = settings.home.settings().ledger.as_deref()?;
        if node != taken.document().node.as_str() {
            return None;
        }
        let inviter = quotable(taken.document().card().name.as_str());
        let last = answers::last(settings.home.folder()).map(times::local);
        Some(Self { inviter, last })
    }

    /// A failure of a node that is away, in words that say whose it is, since when, and what a person can do meanwhile.
    pub(crate) fn explain(&self, mut failure: Failure) -> Failure {
        if failure.code != "ledger-unreachable" {
            return failure;
        }
        let Self { inviter, last } = self;
        let since = match last {
            Some(last) => format!("it last answered on {last}"),
            None => "it has not answered yet".to_owned(),
        };
        failure.message = format!(
            "the node of “{inviter}”, whom you joined, does not answer; {since}\n({})",
            failure.message
        );
        failure.hint(format!(
            "tell “{inviter}”, or try again later: nothing is lost. What works without it: the files that you opened before, mrms decrypt, mrms key words, mrms people, mrms card show"
        ))
    }
}
