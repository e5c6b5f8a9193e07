//! `mrms invite`: makes an invitation from one's own settings, for somebody to join.

use clap::Args;
use mrms_home::clock::{now, rng};
use mrms_home::joining::making::OwnAddresses;
use mrms_home::joining::published::publish;
use mrms_people::{Card, Invitation, ServiceUrl, SignedDocument};

use crate::config::Settings;
use crate::ui::document::{ShowDocument, show_document};
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::times;

/// The longest time for which an invitation is good, in seconds: two years.
const LONGEST: u64 = 2 * 366 * 86_400;

#[derive(Debug, Args)]
#[command(
    after_help = "An invitation has your card, and says how to reach your node, your vaults and your sponsor. \
    Whoever gets it runs mrms init --join with it. Where your sponsor takes vouchers, each invitation brings a new \
    one, which is good for the first account that shows it: make an invitation for each person.\n\n\
    Examples:\n  \
    mrms invite --qr\n  \
    mrms invite --publish --for 365d"
)]
pub(crate) struct InviteArgs {
    /// Time for which it can be taken, such as 12h, 30d or 8w.
    #[arg(long = "for", value_name = "DURATION", default_value = "30d")]
    lasts: String,
    /// Show it at the addresses of your node and vault as well, without a voucher, so that the address
    /// is enough to join. It replaces the one that was shown there.
    #[arg(long)]
    publish: bool,
    #[command(flatten)]
    reached: AddressArgs,
    #[command(flatten)]
    how: ShowDocument,
}

/// By which addresses others reach the services of this home.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct AddressArgs {
    /// Address by which others reach your node. Without it: node_url under [serve] of mrms.toml, else the
    /// ledger of your settings, else where your node listens now.
    #[arg(long, value_name = "URL")]
    pub(crate) node_url: Option<ServiceUrl>,
    /// Address by which others reach this home's vault. Without it: vault_url under [serve], else where
    /// it listens now. Not for vaults that are named in the settings.
    #[arg(long, value_name = "URL")]
    pub(crate) vault_url: Option<ServiceUrl>,
    /// Address by which others reach your sponsor. Without it: sponsor_url under [serve], else the
    /// sponsor of your settings.
    #[arg(long, value_name = "URL")]
    pub(crate) sponsor_url: Option<ServiceUrl>,
}

impl AddressArgs {
    /// These, and those of the settings where none is given.
    pub(crate) fn over(&self, settings: &OwnAddresses) -> OwnAddresses {
        let given = self.clone();
        OwnAddresses {
            node: given.node_url.or_else(|| settings.node.clone()),
            vault: given.vault_url.or_else(|| settings.vault.clone()),
            sponsor: given.sponsor_url.or_else(|| settings.sponsor.clone()),
        }
    }
}

pub(crate) fn run(args: &InviteArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("invite")?;
    args.how.must_be_free()?;
    let lasts = lasting(&args.lasts)?;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let card = session.own_card(&actor, now(), &mut rng())?.card;
    let offer = settings.home.offer(&session, &args.reached.over(&settings.serving.own))?;
    // What everybody gets has no voucher.
    let list = settings.sponsored.vouchers.as_deref().filter(|_| !args.publish);
    let (voucher, is_near) = (offer.voucher(list)?, offer.is_near());
    let invitation = settings.home.invitation(&session, &actor, card, offer, voucher, lasts)?;
    if args.publish {
        publish(settings.home.folder(), &invitation)?;
    }
    tell(&invitation, args.publish, is_near, output);
    show_document(&invitation.to_bytes(), &args.how, output)
}

/// Reads how long an invitation is good, in seconds.
pub(crate) fn lasting(text: &str) -> Result<u64, Failure> {
    let lasts = times::parse_duration(text, times::LetterM::Unclear)?;
    if lasts > LONGEST {
        return Err(Failure::usage("an invitation is good for two years at most")
            .hint("give a shorter time: --for 365d"));
    }
    Ok(lasts)
}

/// Says what an invitation is good for, beside the invitation itself.
pub(crate) fn tell(
    invitation: &SignedDocument<Invitation>,
    is_published: bool,
    is_near: bool,
    output: Output,
) {
    let named = invitation.document();
    let card: &Card = named.card();
    let until = times::local(named.valid_until);
    let has_voucher = named.sponsor.as_ref().is_some_and(|sponsor| sponsor.voucher.is_some());
    let whom = if has_voucher { "one person" } else { "everybody who gets it" };
    let mut text = format!("“{}” invites {whom}, until {until}", card.name);
    if has_voucher {
        text.push_str("\nIt brings a voucher, so send it as you would send a password.");
    }
    if is_published {
        text.push_str(&format!(
            "\nIt is shown where your node and vault are: mrms init --join {}",
            named.node
        ));
    }
    if is_near {
        text.push_str(
            "\nIts addresses lead to this machine alone. Name those by which others reach it:\n  --node-url, --vault-url, --sponsor-url",
        );
    }
    output.note(&text);
}
