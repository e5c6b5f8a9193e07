//! `mrms fhir`: serves the records of the profile as FHIR R4, to programs of this machine that have its token. `mrms portal` and
//! `mrms up --portal` do the same in their own process, where `--fhir` names a port.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::{Args, ValueEnum};
use mrms_core::{Purpose, visible};
use mrms_fhir_server::{FhirServer, Grants, ServerSettings, Token};
use mrms_http::{Gate, Listener, Reach};
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::serving::token_file::{new_token, token_in};
use crate::serving::{self, LogArgs};
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::service::ServedFhir;

/// How long the person may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

#[derive(Debug, Args)]
#[command(
    after_help = "Programs send the token with each request: Authorization: Bearer TOKEN. They can search what is \
    there without opening anything. A read of a Binary opens a version, with an entry in the record's log first. \
    docs/fhir.md says what each resource is.\n\n\
    Examples:\n  \
    mrms fhir --token-file fhir.token --purpose treatment\n  \
    mrms fhir --grants ask"
)]
pub(crate) struct FhirArgs {
    /// Listen on this address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20447")]
    listen: SocketAddr,
    /// Keep the token in this file, which you alone can read: the one that is there, or a new one. Without it: a new
    /// token is shown once.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Tell patients what their records are opened for, such as treatment. Without it: they are not told.
    #[arg(long)]
    purpose: Option<Purpose>,
    /// What becomes of a Consent that lets somebody open more than before: refuse it, ask (you answer at this terminal),
    /// or allow it. Ending access is always done.
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = GrantsArg::Refuse, hide_possible_values = true)]
    grants: GrantsArg,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GrantsArg {
    /// It is refused.
    Refuse,
    /// The person at the terminal is asked.
    Ask,
    /// Whoever has the token may grant.
    Allow,
}

pub(crate) fn run(args: &FhirArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    args.log.begin();
    let grants = match args.grants {
        GrantsArg::Refuse => Grants::Refuse,
        GrantsArg::Allow => Grants::Allow,
        GrantsArg::Ask if io::stdin().is_terminal() => asking(),
        GrantsArg::Ask => {
            return Err(Failure::usage("--grants ask asks at a terminal, and there is none")
                .hint("run it at a terminal, or choose --grants refuse or --grants allow"));
        }
    };
    let prepared = PreparedFace::unlock(args.token_file.as_deref(), settings)?;
    serving::run(async |stop| {
        let terms = FaceTerms { listen: args.listen, purpose: args.purpose, grants };
        prepared.bind(terms, settings, output).await?.run(stop).await;
        Ok(())
    })
}

/// The face in the process of another service.
#[derive(Debug, Args)]
#[command(next_help_heading = "FHIR")]
pub(crate) struct BesideArgs {
    /// Also serve the profile's records to other health software, as mrms fhir does, on this address and port; port 0
    /// takes a free one. It asks for the passphrase at the start. Without it: not served.
    #[arg(long, value_name = "ADDRESS:PORT")]
    fhir: Option<SocketAddr>,
    /// Keep the token of the FHIR clients in this file, which you alone can read: the one that is there, or a new one.
    /// Without it: a new token is shown once.
    #[arg(long, value_name = "FILE", requires = "fhir")]
    fhir_token_file: Option<PathBuf>,
    /// Tell patients what FHIR clients open their records for, such as treatment. Without it: they are not told.
    #[arg(long, value_name = "PURPOSE", requires = "fhir")]
    fhir_purpose: Option<Purpose>,
}

impl BesideArgs {
    /// Whether the face is asked for.
    pub(crate) const fn is_asked(&self) -> bool {
        self.fhir.is_some()
    }

    /// Unlocks the profile, where the face is asked for. Consents that let somebody open more are refused: there are the
    /// pages for that.
    pub(crate) fn unlock(&self, settings: &Settings) -> Result<Option<Beside>, Failure> {
        let Some(listen) = self.fhir else { return Ok(None) };
        let prepared = PreparedFace::unlock(self.fhir_token_file.as_deref(), settings)?;
        let terms = FaceTerms { listen, purpose: self.fhir_purpose, grants: Grants::Refuse };
        Ok(Some(Beside { prepared, terms }))
    }
}

/// A face that is to be served beside something else.
pub(crate) struct Beside {
    prepared: PreparedFace,
    terms: FaceTerms,
}

impl Beside {
    /// Listens, and tells where.
    pub(crate) async fn bind(
        self,
        settings: &Settings,
        output: Output,
    ) -> Result<ListeningFace, Failure> {
        self.prepared.bind(self.terms, settings, output).await
    }
}

/// How the face is served.
struct FaceTerms {
    listen: SocketAddr,
    purpose: Option<Purpose>,
    grants: Grants,
}

/// A face whose profile is unlocked.
struct PreparedFace {
    phrase: Zeroizing<String>,
    token: Token,
    token_file: Option<PathBuf>,
}

impl PreparedFace {
    /// Also finds out whether the profile can work now.
    fn unlock(token_file: Option<&Path>, settings: &Settings) -> Result<Self, Failure> {
        let home = &settings.home;
        let words = match home.face().unlocked_words() {
            Some(words) => words,
            None => home.words_by_passphrase()?,
        };
        let token = match token_file {
            Some(path) => token_in(path, "mrms fhir")?,
            None => new_token()?,
        };
        let token_file = token_file.map(Path::to_owned);
        Ok(Self { phrase: words.to_phrase(), token, token_file })
    }

    async fn bind(
        self,
        terms: FaceTerms,
        settings: &Settings,
        output: Output,
    ) -> Result<ListeningFace, Failure> {
        let Self { phrase, token, token_file } = self;
        let home = &settings.home;
        let listener = Listener::bind(terms.listen, Reach::Loopback).await;
        let listener = listener.map_err(|error| match &error {
            mrms_http::ListenError::NotLoopback { .. } => {
                Failure::new(Exit::Usage, "exposed", chain(&error)).hint(
                    "the FHIR face is for programs of this machine: let it listen on 127.0.0.1",
                )
            }
            _ => serving::listen_failure("mrms fhir", &error),
        })?;
        let listener = listener.behind(Gate::default()).saying(mrms_fhir_server::wording());
        let base = format!("http://{}/fhir", listener.address());
        let served = ServerSettings {
            base: base.clone(),
            version: env!("CARGO_PKG_VERSION"),
            since: mrms_home::clock::now(),
            purpose: terms.purpose,
            grants: terms.grants,
            inline_limit: settings.inline_limit,
        };
        let server =
            FhirServer::new(home.folder().clone(), home.settings().clone(), phrase, &token, served);
        tracing::info!(target: "mrms::fhir", url = %base, "serving records");
        tell(&base, &token, token_file.as_deref(), output)?;
        Ok(ListeningFace { listener, server })
    }
}

/// A face that listens, and has told where.
pub(crate) struct ListeningFace {
    listener: Listener,
    server: FhirServer,
}

impl ListeningFace {
    /// Serves until `stop` is ready.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        self.listener.serve(mrms_fhir_server::router(self.server), stop).await;
    }
}

fn tell(base: &str, token: &Token, file: Option<&Path>, output: Output) -> Result<(), Failure> {
    let (shown, text) = match file {
        Some(file) => {
            (None, format!("the records are served at {base}\nthe token is in {}", file.display()))
        }
        None => (
            Some(token.expose()),
            format!(
                "the records are served at {base}\nthe token, which is shown this once:\n  {}",
                token.expose()
            ),
        ),
    };
    let token_file = file.map(|file| file.display().to_string());
    output.result(&ServedFhir { url: base, token: shown, token_file }, &text)
}

/// Asks at the terminal. One question at a time; without an answer in two minutes it is a no.
fn asking() -> Grants {
    let (send, lines) = channel();
    // It ends with the program: nothing can call a thread back from a terminal.
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if send.send(line).is_err() {
                return;
            }
        }
    });
    let lines = Mutex::new(lines);
    Grants::Ask(Arc::new(move |question| {
        let lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        asked(question, &lines)
    }))
}

fn asked(question: &str, lines: &Receiver<String>) -> bool {
    // What was typed before the question is no answer to it.
    while lines.try_recv().is_ok() {}
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "{} [y/N] ", visible::lines(question));
    let _ = stderr.flush();
    drop(stderr);
    let answer = lines.recv_timeout(ANSWER_WITHIN).unwrap_or_default();
    matches!(answer.trim(), "y" | "Y" | "yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_to_the_question_counts() {
        let (send, lines) = channel();
        send.send("y".to_owned()).unwrap();
        let typing = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(200));
            send.send("no".to_owned()).unwrap();
        });
        assert!(!asked("Let them?", &lines), "the yes was typed before");
        typing.join().unwrap();
        assert!(!asked("Let them?", &lines), "nobody is there any more");
    }
}
