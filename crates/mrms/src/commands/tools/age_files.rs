//! `mrms encrypt` and `mrms decrypt`: encrypt and decrypt any file, in the format and with the flags of
//! age.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_crypto::Workers;
use mrms_crypto::age_file::{
    self, Encoding, EncryptedFile, Identity, Protection, Recipient, Recipients, SealedFor, Unlock,
    WorkFactor,
};
use mrms_files::{Existing, Unfinished};
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::progress;
use crate::ui::reasons::{cannot, decryption_failure};
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "Give -r, -R or -p. Encrypting needs no home. Other age programs can decrypt the file.\n\n\
    Examples:\n  \
    mrms encrypt -p letter.pdf -o letter.pdf.age\n  \
    mrms encrypt -R recipients.txt letter.pdf -o letter.pdf.age"
)]
pub(crate) struct EncryptArgs {
    /// Encrypt to this recipient (age1pq1…, age1…); may be given more than once.
    #[arg(short, long = "recipient", value_name = "RECIPIENT")]
    recipients: Vec<Recipient>,
    /// Encrypt to the recipients in this file, one on each line; may be given more than once.
    #[arg(short = 'R', long, value_name = "FILE")]
    recipients_file: Vec<PathBuf>,
    /// Encrypt with a passphrase, in place of recipients.
    #[arg(short, long, conflicts_with_all = ["recipients", "recipients_file"])]
    passphrase: bool,
    /// Write text (PEM) in place of bytes, for a mail, say.
    #[arg(short, long)]
    armor: bool,
    #[command(flatten)]
    ends: Ends,
}

#[derive(Debug, Args)]
#[command(after_help = "If the file was encrypted with a passphrase, mrms asks for it.\n\n\
    Example:\n  mrms decrypt letter.pdf.age -o letter.pdf")]
pub(crate) struct DecryptArgs {
    /// Decrypt with the identities in this file; may be given more than once. Without it: with this
    /// profile's own.
    #[arg(short, long = "identity", value_name = "IDENTITY-FILE")]
    identities: Vec<PathBuf>,
    #[command(flatten)]
    ends: Ends,
}

#[derive(Debug, Args)]
struct Ends {
    /// File to write, replaced if it exists. Without it, or with -: standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// File to read. Without it, or with -: standard input.
    file: Option<PathBuf>,
}

pub(crate) fn encrypt(args: &EncryptArgs, settings: &Settings) -> Result<(), Failure> {
    let protection = match args.passphrase {
        true => Kind::Passphrase(settings.passphrase.choose("this file")?),
        false => Kind::Recipients(gather(args)?),
    };
    let work = WorkFactor::new(settings.work_factor).unwrap_or_default();
    let protection = match &protection {
        Kind::Passphrase(passphrase) => Protection::Passphrase(passphrase, work),
        Kind::Recipients(recipients) => Protection::Recipients(recipients),
    };
    let encoding = if args.armor { Encoding::Armored } else { Encoding::Binary };
    if !args.armor && args.ends.writes_stdout() && io::stdout().is_terminal() {
        return Err(Failure::usage("ciphertext is bytes and would garble this terminal")
            .hint("write a file with -o, or text with -a"));
    }
    let input = args.ends.input()?;
    args.ends.write(|writer| {
        age_file::encrypt(&protection, encoding, input, writer, Workers::available(), &mut rng())
            .map(drop)
            .map_err(|error| Failure::new(Exit::Failed, "encrypt", chain(&error)))
    })
}

enum Kind {
    Passphrase(age_file::Passphrase),
    Recipients(Recipients),
}

fn gather(args: &EncryptArgs) -> Result<Recipients, Failure> {
    let mut recipients = args.recipients.clone();
    for path in &args.recipients_file {
        let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
        recipients.extend(
            age_file::parse_recipients(&text).map_err(|error| {
                Failure::usage(format!("{}: {}", path.display(), chain(&error)))
            })?,
        );
    }
    Recipients::new(recipients).map_err(|error| {
        Failure::usage(error).hint("name one with -r RECIPIENT; mrms key show prints yours")
    })
}

pub(crate) fn decrypt(args: &DecryptArgs, settings: &Settings) -> Result<(), Failure> {
    let mut given = Vec::new();
    for path in &args.identities {
        let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
        let text = Zeroizing::new(text);
        given.extend(
            age_file::parse_identities(&text).map_err(|error| {
                Failure::usage(format!("{}: {}", path.display(), chain(&error)))
            })?,
        );
    }
    let file =
        EncryptedFile::read(args.ends.input()?).map_err(|error| decryption_failure(&error))?;
    if file.sealed_for() == SealedFor::Passphrase {
        let passphrase = settings.passphrase.ask("this file")?;
        return args.ends.write(|writer| {
            let unlock = Unlock::Passphrase(&passphrase);
            file.decrypt(&unlock, writer, Workers::available())
                .map(drop)
                .map_err(|error| decryption_failure(&error))
        });
    }
    if given.is_empty() {
        let actor = settings.home.unlock()?;
        let own = actor.identities();
        let own = own.map_err(|error| Failure::new(Exit::Failed, "no-key", chain(&error)))?;
        given.extend(own.into_iter().map(Identity::from));
    }
    args.ends.write(|writer| {
        let unlock = Unlock::Identities(&given);
        file.decrypt(&unlock, writer, Workers::available())
            .map(drop)
            .map_err(|error| decryption_failure(&error))
    })
}

impl Ends {
    fn writes_stdout(&self) -> bool {
        self.output.as_deref().is_none_or(|path| path == Path::new("-"))
    }

    fn input(&self) -> Result<Box<dyn Read + Send>, Failure> {
        match self.file.as_deref() {
            Some(path) if path != Path::new("-") => {
                let file = File::open(path).map_err(|error| cannot("read", path, &error))?;
                let length = file.metadata().map_or(0, |metadata| metadata.len());
                Ok(Box::new(progress::bar(length, "reading").wrap_read(file)))
            }
            _ => Ok(Box::new(io::stdin())),
        }
    }

    fn write(
        &self,
        work: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let stdout = Path::new("standard output");
        match self.output.as_deref().filter(|_| !self.writes_stdout()) {
            Some(path) => {
                let failed = |error| cannot("write", path, &error);
                let mut file = Unfinished::beside(path).map_err(failed)?;
                work(file.as_file_mut())?;
                // Replaces the file, as age does; the old content stays until the new one is complete.
                file.finish(path, Existing::Replace).map_err(failed)
            }
            None => {
                // As with age, a pipe gets each chunk as soon as it is verified; the exit code tells
                // whether the end was reached.
                work(&mut io::stdout())?;
                io::stdout().flush().map_err(|error| cannot("write", stdout, &error))
            }
        }
    }
}
