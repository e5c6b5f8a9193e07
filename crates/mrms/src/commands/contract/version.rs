//! `mrms contract status` and `mrms contract use`: show and choose the records contract of this home.
//! A contract with another interface than this program's is refused.

use mrms_app::Session;
use mrms_contract::state::ContractVersion;
use mrms_contract::{INTERFACE, read};
use mrms_core::ContractId;
use sha2::{Digest, Sha256};

use crate::commands::contract::{Named, deployed};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::contract::{ContractStatus, UsedContract};
use mrms_home::OpenHome;

pub(super) fn status(named: &Named, settings: &Settings, output: Output) -> Result<(), Failure> {
    let home = named.open(settings)?;
    let id = named.id(&home);
    let contract = deployed(&home, &id)?;
    let matches = contract.source == mrms_contract::SOURCE;
    let source_hash: [u8; 32] = Sha256::digest(&contract.source).into();
    let known = mrms_contract::release_of(&source_hash);
    let network = home.session().ledger.network();
    let hash = hex::encode(source_hash);
    // Any contract can be shown; only a records contract has a version.
    let version = version(&home, &id).ok();
    if known.is_none() && named.contract.is_none() {
        let failure = match version {
            Some(version) if version.interface != INTERFACE => other_interface(&id, &version),
            _ => {
                let message = format!("{id} has another source than the one in this binary");
                Failure::new(Exit::Integrity, "source-differs", message).hint(
                    "use the version of mrms that deployed it; mrms contract source prints it",
                )
            }
        };
        return Err(failure.detail(|details| {
            details.contract_id = Some(id);
            details.source_sha256 = Some(hash);
            details.source_matches = Some(false);
        }));
    }
    let interface = version.as_ref().map(|version| version.interface);
    let release = version.map(|version| version.release);
    output.result(
        &ContractStatus {
            contract_id: &id,
            deployed: true,
            txid: contract.txid,
            block_height: contract.block_height,
            clarity_version: contract.clarity_version.as_deref(),
            chain_id: network.chain_id.to_string(),
            interface,
            release: release.as_deref(),
            source_sha256: &hash,
            source_matches: matches,
            source_release: known,
        },
        &format!(
            "{id}\n  deployed in block {} on the {} (chain {})\n  {}\n  {}",
            contract.block_height,
            home.session().ledger.name(),
            network.chain_id,
            match (interface, &release) {
                (Some(interface), Some(release)) =>
                    format!("release {release}, interface {interface}"),
                _ => "it is no records contract".to_owned(),
            },
            match known {
                _ if matches => "its source is the one in this binary, byte for byte".to_owned(),
                Some(known) => format!(
                    "its source is release {known}, byte for byte, which this binary knows; it would deploy {} (mrms contract deploy, then mrms contract use)",
                    mrms_contract::RELEASE
                ),
                None => "its source is not one that this binary knows".to_owned(),
            },
        ),
    )
}

/// What to do with a contract whose source is not the one in this program.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OtherSource {
    Accept,
    Refuse,
}

pub(super) fn switch(
    id: &ContractId,
    other: OtherSource,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("contract use")?;
    let former = settings.home.contract_known()?;
    let home = OpenHome::open_for(&settings.home, id.clone())?;
    let source = deployed(&home, id)?.source;
    let version = version(&home, id)?;
    let known = mrms_contract::release_of(&Sha256::digest(&source).into());
    // What a former release lacks is known, so its interface is spoken, too.
    if known.is_none() && version.interface != INTERFACE {
        return Err(other_interface(id, &version));
    }
    if known.is_none() && other == OtherSource::Refuse {
        let message = format!("{id} has another source than the one in this binary");
        return Err(Failure::new(Exit::Integrity, "source-differs", message).hint(
            "who wrote it decides over your records: read it (mrms contract source), and take it with --accept-other-source",
        ));
    }
    settings.home.folder().use_contract(home.session().ledger.network(), id)?;
    let mut text = format!(
        "new records go to {id} from now on\n  mrms key publish, by each profile, lets others share with it there"
    );
    if let Some(former) = former.as_ref().filter(|former| *former != id) {
        text.push_str(&format!("\n  records at the former one: MRMS_CONTRACT={former}"));
    }
    output.result(
        &UsedContract {
            contract_id: id,
            former_contract_id: former.as_ref(),
            interface: version.interface,
            release: &version.release,
        },
        &text,
    )
}

fn version(home: &OpenHome, id: &ContractId) -> Result<ContractVersion, Failure> {
    let session = Session { contract: id, ..home.session() };
    session.ask(&read::contract_version()).map_err(|_| {
        Failure::new(Exit::Failed, "no-records-contract", format!("{id} is no records contract"))
            .hint("mrms contract source prints what it is")
    })
}

fn other_interface(id: &ContractId, version: &ContractVersion) -> Failure {
    let ContractVersion { interface, release } = version;
    let message = format!(
        "{id} is release {release} with interface {interface}; this binary speaks interface {INTERFACE}"
    );
    Failure::new(Exit::Failed, "other-interface", message)
        .hint("use a version of mrms that speaks it")
        .detail(|details| details.interface = Some(*interface))
}
