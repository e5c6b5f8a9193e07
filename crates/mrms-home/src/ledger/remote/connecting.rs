//! Reaches the node of the settings, and makes sure that it is of the chain that the profile knows.

use std::sync::Arc;
use std::time::Duration;

use mrms_app::ledger::{Ledger as _, LedgerError};
use mrms_app::profile::chains::KnownChain;
use mrms_stacks::client::{ClientSettings, Hurry, NodeInfo, RpcClient, SponsorClient};
use mrms_stacks::network::Network;

use super::{RemoteLedger, delivery, ledger_error, sponsor_error};
use crate::face::{Face, Notice};
use crate::ledger::known::KnownLedgers;
use crate::settings::RemoteSettings;

/// How long a question of what ends something may take, and how often it is asked; the first time for a moment, after which
/// the person is told.
const END_TIME: Duration = Duration::from_secs(10);
const END_ATTEMPTS: u32 = 3;
const END_FIRST: Duration = Duration::from_secs(5);
/// How long a sponsor may take for an answer. The account can sign nothing else meanwhile.
const SPONSOR_TIME: Duration = Duration::from_secs(15);
/// How often a sponsor is asked.
const SPONSOR_ATTEMPTS: u32 = 2;

/// The chain of which a node says that it is.
pub(super) fn named(info: &NodeInfo) -> KnownChain {
    KnownChain::new(Network::of(info.chain_id).chain_id, info.genesis.as_deref())
}

/// The same, asked.
pub(super) fn chain_of(client: &RpcClient) -> Result<KnownChain, LedgerError> {
    Ok(named(&client.info().map_err(ledger_error)?))
}

impl RemoteLedger {
    /// Reaches the node and asks which network it is on. To end something, the next of the settings is reached where it does
    /// not answer, and where it is none that the profile knows and a later one is.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn connect(
        url: &str,
        settings: RemoteSettings,
        known: &KnownLedgers,
        face: Arc<dyn Face>,
    ) -> Result<Self, LedgerError> {
        if !settings.ending {
            return Self::connect_to(url, settings, known, face);
        }
        let all: Vec<String> =
            std::iter::once(url.to_owned()).chain(settings.witnesses.clone()).collect();
        let (mut failed, mut stranger) = (None, None);
        for (place, one) in all.iter().enumerate() {
            // Those before it do not answer.
            let others = all[place + 1..].to_vec();
            // The key is for the first address alone.
            let api_key = settings.api_key.clone().filter(|_| place == 0);
            let settings = RemoteSettings { witnesses: others, api_key, ..settings.clone() };
            match Self::connect_to(one, settings, known, Arc::clone(&face)) {
                Err(error) => {
                    if place + 1 < all.len() {
                        face.notice(&Notice::NextNode { url: one, error: &error });
                    }
                    failed.get_or_insert(error);
                }
                Ok(connected) if known.may_have(&connected.chain()) => {
                    return Ok(connected.without_strangers());
                }
                Ok(connected) => {
                    stranger.get_or_insert(connected);
                }
            }
        }
        if let Some(stranger) = stranger {
            return Ok(stranger.without_strangers());
        }
        let nobody = || LedgerError::Address { reason: "there is none".to_owned() };
        Err(failed.unwrap_or_else(nobody))
    }

    fn connect_to(
        url: &str,
        settings: RemoteSettings,
        known: &KnownLedgers,
        face: Arc<dyn Face>,
    ) -> Result<Self, LedgerError> {
        let mut client_settings =
            ClientSettings { plain_http: settings.plain_http, ..ClientSettings::default() };
        if settings.ending {
            let face = Arc::clone(&face);
            let tell = move |url: &str| face.notice(&Notice::StillAsking { url });
            client_settings = ClientSettings {
                timeout: END_TIME,
                attempts: END_ATTEMPTS,
                hurry: Some(Hurry { first: END_FIRST, tell: Arc::new(tell) }),
                ..client_settings
            };
        }
        let node_settings = ClientSettings {
            api_key: settings.api_key.clone(),
            reach: settings.reach,
            ..client_settings.clone()
        };
        let sponsor = |timeout, attempts| {
            let client_settings = ClientSettings { timeout, attempts, ..client_settings.clone() };
            let voucher = settings.sponsor_voucher.clone();
            let url = settings.sponsor.as_deref();
            let sponsor = url.map(|url| SponsorClient::new(url, client_settings, voucher));
            Ok::<_, LedgerError>(sponsor.transpose().map_err(sponsor_error)?.map(Arc::new))
        };
        let hasty_sponsor = sponsor(delivery::GLANCE, 1)?;
        let sponsor = sponsor(SPONSOR_TIME, SPONSOR_ATTEMPTS)?;
        let witness = |url: &String| {
            // The key is for the first address alone.
            RpcClient::new(url, ClientSettings { api_key: None, ..client_settings.clone() })
        };
        let witnesses: Vec<_> = settings
            .witnesses
            .iter()
            .map(witness)
            .collect::<Result<_, _>>()
            .map_err(ledger_error)?;
        let client = RpcClient::new(url, node_settings).map_err(ledger_error)?;
        let info = client.info().map_err(ledger_error)?;
        let network = Network::of(info.chain_id);
        let told = named(&info);
        if let Some(was) = known.contradict(client.url(), &told) {
            let (who, is) = (client.url().to_owned(), told.to_string());
            return Err(LedgerError::OtherChain { who, is, was });
        }
        let connected = Self {
            client: Arc::new(client),
            witnesses: Arc::new(witnesses),
            same_source: Arc::default(),
            sponsor,
            hasty_sponsor,
            genesis: info.genesis.clone(),
            known: Arc::default(),
            proven: Arc::default(),
            network,
            name: network.chain_id.name(),
            settings,
            memory: None,
            backends: Arc::default(),
            sent: Arc::default(),
            glances: Arc::default(),
            told: Arc::default(),
            has_told_doubt: Arc::default(),
            silent: Arc::default(),
            face,
        };
        // Twice, so that several servers behind the address show.
        if !connected.is_embedded() {
            connected.backends.note(&info);
            connected.info()?;
        }
        Ok(connected)
    }

    /// The chain of which the node said that it is.
    fn chain(&self) -> KnownChain {
        KnownChain::new(self.network().chain_id, self.genesis().as_deref())
    }

    /// For what ends something, where nothing may be held up: a node of another chain is left out, and told. One that does not
    /// answer now is not waited for again, where others answer.
    fn without_strangers(mut self) -> Self {
        let here = self.chain();
        let all = std::mem::take(&mut self.witnesses);
        // Nobody else has them yet.
        let mut witnesses = Arc::into_inner(all).unwrap_or_default();
        witnesses.retain(|witness| match chain_of(witness) {
            Ok(there) if there == here => true,
            Ok(there) => {
                self.disagree(LedgerError::Disagreement {
                    what: "the network".to_owned(),
                    answers: format!("{} says {here}, {} says {there}", self.url(), witness.url()),
                });
                false
            }
            Err(error) => {
                if matches!(error, LedgerError::Unreachable { .. }) {
                    self.is_silent(witness);
                }
                true
            }
        });
        Self { witnesses: Arc::new(witnesses), ..self }
    }
}
