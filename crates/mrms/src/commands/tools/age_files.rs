//! `mrms encrypt` and `mrms decrypt`: encrypt and decrypt any file, in the format and with the flags of
//! age.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_crypto::Workers;
use mrms_crypto::age_file::{
    self, Encoding, EncryptedFile, Identity, Protection, Recipient, Recipients, SealedFor, Unlock,
    WorkFactor,
};
use mrms_files::Target;
use zeroize::Zeroizing;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::reasons::{decryption_failure, encryption_failure, not_decrypted};
use crate::ui::target::{self, Shown};
use crate::ui::{input, progress};
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
    /// File, pipe or device to write to. Without it, or with -: standard output.
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Replace the file of -o if it exists. Without it: the command stops.
    #[arg(long)]
    force: bool,
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
    let target = args.ends.target()?;
    if !args.armor && target.is_terminal() {
        return Err(Failure::usage("ciphertext is bytes and would garble this terminal")
            .hint("write a file with -o, or text with -a"));
    }
    let input = args.ends.input()?;
    write(target, |writer, name| {
        age_file::encrypt(&protection, encoding, input, writer, Workers::available(), &mut rng())
            .map(drop)
            .map_err(|error| encryption_failure(&error, name))
    })
}

enum Kind {
    Passphrase(age_file::Passphrase),
    Recipients(Recipients),
}

fn gather(args: &EncryptArgs) -> Result<Recipients, Failure> {
    let mut recipients = args.recipients.clone();
    for path in &args.recipients_file {
        let text = input::read_text(path)?;
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
        let text = Zeroizing::new(input::read_text(path)?);
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
        return decrypt_to(args.ends.target()?, file, &Unlock::Passphrase(&passphrase));
    }
    if given.is_empty() {
        let actor = settings.home.unlock()?;
        let own = actor.identities();
        let own = own.map_err(|error| Failure::new(Exit::Failed, "no-key", chain(&error)))?;
        given.extend(own.into_iter().map(Identity::from));
    }
    decrypt_to(args.ends.target()?, file, &Unlock::Identities(&given))
}

fn decrypt_to(target: Target, file: EncryptedFile<'_>, unlock: &Unlock<'_>) -> Result<(), Failure> {
    write(target, |writer, name| {
        file.decrypt(unlock, writer, Workers::available())
            .map(drop)
            .map_err(|error| not_decrypted(&error, name))
    })
}

impl Ends {
    fn target(&self) -> Result<Target, Failure> {
        target::open(self.output.as_deref().unwrap_or(Path::new("-")), self.force)
    }

    fn input(&self) -> Result<Box<dyn Read + Send>, Failure> {
        match self.file.as_deref() {
            Some(path) if path != Path::new("-") => {
                let file = input::open(path)?;
                let length = file.metadata().map_or(0, |metadata| metadata.len());
                Ok(Box::new(progress::bar(length, "reading").wrap_read(file)))
            }
            _ => Ok(Box::new(io::stdin())),
        }
    }
}

/// Has `work` write to the target, which it knows by a name for failures. As with age, a pipe gets
/// each chunk as soon as it is verified; the exit code tells whether the end was reached. A file
/// appears when it is complete.
fn write(
    mut target: Target,
    work: impl FnOnce(&mut (dyn Write + Send), &Path) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = target::name_of(&target).to_owned();
    if target.is_terminal() {
        let mut writer = Shown::new(target.as_write());
        work(&mut writer, &name)?;
        writer.end().map_err(|error| crate::ui::reasons::not_written(&name, &error))?;
    } else {
        work(target.as_write(), &name)?;
    }
    target::finish(target)
}
