//! What commands print with `--json`: a struct for each object, in a file per topic.
//!
//! Decides the name, type and meaning of every field that scripts read. Does not know how a command
//! comes to its result, or what people read in its place. A test renders `docs/json-output.md` from
//! these structs: the doc comment of a field is its row in that page, so it says what the field is,
//! in which unit and shape, and when it is null.

pub(crate) mod audit;
pub(crate) mod contacts;
pub(crate) mod contract;
pub(crate) mod delegates;
pub(crate) mod error;
pub(crate) mod health_data;
pub(crate) mod home;
pub(crate) mod import;
pub(crate) mod joining;
pub(crate) mod key;
pub(crate) mod links;
pub(crate) mod node;
pub(crate) mod people;
pub(crate) mod profile;
pub(crate) mod record;
pub(crate) mod service;
pub(crate) mod sharing;
pub(crate) mod staff;
pub(crate) mod succession;
#[cfg(test)]
mod tests;
pub(crate) mod transaction;
pub(crate) mod vault;
pub(crate) mod wards;
pub(crate) mod who;

use serde::Serialize;

/// An object that a command prints with `--json`. Only the list below implements it.
pub(crate) trait ResultObject: Serialize + sealed::Sealed {}

mod sealed {
    /// What is not in the list can't be printed as a result.
    pub(crate) trait Sealed {}
}

/// The objects by topic: each with the commands that print it and, where these print others too,
/// what this one is for.
macro_rules! results {
    ($($topic:literal { $($type:ty => [$($command:literal),*] $($what:literal)?;)+ })+) => {
        $($(
            impl sealed::Sealed for $type {}
            impl ResultObject for $type {}
        )+)+

        /// What the page is rendered from.
        #[cfg(test)]
        fn entries() -> Vec<tests::Entry> {
            vec![$($(tests::Entry {
                topic: $topic,
                commands: &[$($command),*],
                what: concat!("" $(, $what)?),
                schema: tests::schema_of::<$type>(),
            }),+),+]
        }
    };
}

results! {
    "Records" {
        record::Written => ["create", "amend"] "a version";
        record::WrittenBefore<'_> => ["create"] "a file that is on record already";
        record::AmendedBefore<'_> => ["amend"] "what is on record already";
        record::NotWritten<'_> => ["create"] "a file of several that is not on record";
        import::Imported<'_> => ["import"] "a file";
        import::ImportedAll<'_> => ["import"] "the whole, last";
        record::Listed<'_> => ["list"];
        record::Shared<'_> => ["list --shared-with-me", "list --organisation"];
        record::OwnOpening<'_> => ["openings"];
        record::Shown<'_> => ["show"];
        record::Viewed<'_> => ["view"];
        record::Opened<'_> => ["access"];
        record::Exported<'_> => ["export"] "a version";
        record::ExportedBefore<'_> => ["export"] "a version that was there already";
        health_data::ExportedHealthData<'_> => ["export"] "a file for other health software, with `--format`";
        record::NotExported<'_> => ["export"] "a version that is missing";
        record::Erased<'_> => ["erase"];
    }
    "Sharing" {
        sharing::Granted<'_> => ["grant"];
        sharing::Revoked<'_> => ["revoke", "stop"] "a record";
        sharing::NotDone<'_> => ["grant", "revoke", "stop"] "one of several that failed";
        sharing::SharedWith<'_> => ["shared"];
        sharing::Stopped<'_> => ["stop"] "a person";
        links::ShownLink<'_> => ["link create", "link list", "link rearm"];
        links::ShownLinkUses<'_> => ["link show"];
        links::EndedLink<'_> => ["link pause", "link destroy"];
        links::ServedLinks<'_> => ["link serve"];
        links::OpenedFile<'_> => ["open"];
        delegates::GrantedAllRecords<'_> => ["grant --all-records"];
        delegates::RevokedAllRecords<'_> => ["revoke --all-records"];
        sharing::MadeRequest<'_> => ["request"];
        sharing::Sent<'_> => ["send"] "a record that is sent";
        sharing::SentBefore<'_> => ["send"] "one that was sent already";
        sharing::Offered<'_> => ["inbox"] "something that was sent to you, or to your organisation";
        sharing::WithdrawnOffer<'_> => ["send --withdraw", "inbox"] "an offer that was taken back";
        sharing::AcceptedOffer<'_> => ["accept"];
        sharing::RefusedOffer<'_> => ["refuse"];
    }
    "Staff" {
        staff::NamedMember<'_> => ["staff add"];
        staff::EndedMember<'_> => ["staff remove"];
        staff::ListedMember<'_> => ["staff list"] "a member";
        staff::JoinedStaff<'_> => ["staff list", "staff join", "staff leave"] "an organisation";
    }
    "Acting for others" {
        delegates::NamedDelegate<'_> => ["delegate"] "somebody who acts for you now";
        delegates::EndedDelegate<'_> => ["delegate"] "the end of it";
        delegates::ListedDelegate<'_> => ["delegates"];
    }
    "Audit" {
        audit::TrailLine<'_> => ["audit"];
        who::Looked<'_> => ["who"] "a look";
        who::ComparedLogs => ["who"] "the comparison with the vaults";
        audit::MadeReport<'_> => ["report disclosures"];
        audit::Reconciled<'_> => ["audit --reconcile"];
        audit::AuditEvent<'_> => ["audit --fhir"];
        audit::VerifiedRecord => ["verify"] "a record";
        audit::VerifiedTrail<'_> => ["verify"] "a trail";
        audit::VerifiedEvidence<'_> => ["verify"] "evidence";
        audit::WrittenEvidence<'_> => ["evidence"];
    }
    "Profiles and keys" {
        home::MadeProfile<'_> => ["init", "init --join", "profile add", "profile add --join", "key recover", "key recover --join", "key join"];
        profile::ListedProfile<'_> => ["profile list"];
        profile::UsedProfile<'_> => ["profile use"];
        profile::IgnoredPatients<'_> => ["profile ignore"];
        key::ShownKey<'_> => ["key show"];
        key::RecoveredProfile<'_> => ["key recover", "key recover --join", "key join"];
        key::PublishedKey<'_> => ["key publish"];
        key::RotatedKey<'_> => ["key rotate"];
        key::TrustedKey<'_> => ["key trust"];
        key::Unlocked<'_> => ["key unlock"];
        key::ChangedPassphrase<'_> => ["key passphrase"];
        key::Locked => ["key lock"];
        key::SplitWords<'_> => ["key split"];
        key::AnsweredShare<'_> => ["key share"];
        key::OneTimeKey<'_> => ["key receive"];
    }
    "Handing over, and contacts" {
        succession::OfferedHandOver<'_> => ["hand-over offer"];
        succession::TakenOver<'_> => ["hand-over accept"];
        succession::WithdrawnHandOver<'_> => ["hand-over withdraw"];
        succession::OffersWereMine<'_> => ["hand-over was-me"];
        succession::ShownHandOver<'_> => ["hand-over show"];
        contacts::NamedContact<'_> => ["contact"] "somebody who was named";
        contacts::RemovedContact<'_> => ["contact", "contact refuse"] "somebody who is no contact any more";
        contacts::AskedToAct<'_> => ["contact ask"];
        contacts::BecameDelegate<'_> => ["contact accept"];
        contacts::ListedContact<'_> => ["contacts"];
        wards::MadeWard<'_> => ["ward add"];
        wards::ListedWard<'_> => ["ward list"];
    }
    "People" {
        people::ShownCard<'_> => ["card show", "card set"];
        people::KnownPerson<'_> => ["people add", "people list", "people rename"];
        people::ShownPerson<'_> => ["people show"];
        people::RemovedPerson<'_> => ["people remove"];
        people::MadeDirectory<'_> => ["directory make"];
        people::KnownDirectory<'_> => ["directory add", "directory list"];
        people::UpdatedDirectory<'_> => ["directory update"];
        people::RemovedDirectory<'_> => ["directory remove"];
        people::ShownDocument<'_> => ["invite"];
    }
    "Joining" {
        joining::Joined<'_> => ["join", "join --update", "init --join", "profile add --join", "key recover --join"];
        joining::NothingNewer => ["join --update"];
        joining::BroughtRecord<'_> => ["join --bring-records"];
        joining::BroughtRecords => ["join --bring-records"];
        joining::SetUpClinic<'_> => ["clinic setup"];
        joining::NewVault<'_> => ["vault join"];
    }
    "The home folder" {
        home::WrittenBackup<'_> => ["backup"];
        home::VerifiedBackup<'_> => ["backup --verify"];
        home::RestoredHome<'_> => ["restore"];
        home::Check<'_> => ["doctor", "clinic setup"] "a check";
        home::Mended<'_> => ["doctor"] "what --fix mended";
        home::DemoStep<'_> => ["demo"] "a step";
        home::EndedDemo => ["demo"] "the end";
        home::NoCommand => ["mrms"];
    }
    "The vault" {
        vault::ServedVault<'_> => ["vault run"];
        vault::VaultStatus<'_> => ["vault status"];
        vault::CheckedVault => ["vault check"];
        vault::LogLine<'_> => ["vault log"];
        vault::Anchored<'_> => ["vault anchor"];
        vault::CopiedVault<'_> => ["vault backup"];
        vault::RestoredVault<'_> => ["vault restore"];
        vault::SyncStep<'_> => ["vault sync", "join --update"];
        vault::TrustedVault<'_> => ["vault trust"];
    }
    "The ledger" {
        service::ServedHome<'_> => ["up"];
        service::ServedPortal<'_> => ["portal", "portal link", "up --portal"] "the pages";
        service::ServedFhir<'_> => ["fhir", "portal", "up --portal"] "the records as FHIR; beside the pages with `--fhir`";
        service::ToldEvent<'_> => ["watch"];
        service::ServedIndex<'_> => ["index"];
        node::ServedNode => ["node run"];
        node::Heights => ["node advance", "node mining"];
        node::MadeBlock => ["node mine"];
        node::FundedAccount => ["node faucet"];
        node::SavedSnapshot<'_> => ["node snapshot"];
        node::RevertedLedger => ["node revert"];
        node::CheckedLedger => ["node fsck"];
        node::ScrubbedLedger => ["node scrub"];
        node::AcceptedLoss => ["node accept-loss"];
        node::ExportedLedger<'_> => ["node export"];
        node::ImportedLedger<'_> => ["node import"];
        service::ServedSponsor<'_> => ["sponsor"];
    }
    "Contracts and transactions" {
        contract::ContractStatus<'_> => ["contract status"];
        contract::DeployedContract<'_> => ["contract deploy"];
        contract::UsedContract<'_> => ["contract use"];
        contract::CalledFunction => ["contract call"];
        contract::ReadFunction => ["contract read"];
        contract::FunctionCost<'_> => ["contract costs"];
        transaction::ListedTransaction<'_> => ["tx list"];
        transaction::DroppedOperation<'_> => ["tx drop"];
        transaction::WaitingTransaction => ["tx show"] "not in a block";
        transaction::IncludedTransaction => ["tx show", "tx wait", "tx send", "tx pay", "tx bump"] "in a block";
    }
    "Nothing is sent" {
        transaction::SignedTransaction<'_> => ["-o OUT"];
        transaction::Planned<'_> => ["--dry-run"];
    }
    "Errors" {
        error::ErrorResult<'_> => [];
    }
}
