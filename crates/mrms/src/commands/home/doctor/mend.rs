//! `mrms doctor --fix`: mends what it may in the files of the home, and tells each before and after.
//!
//! What may be mended, and how, is decided by [`mrms_home::mending`]. Permissions of what the system keeps for a service of
//! this home, its passphrase and its unit, are looked at here.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use mrms_app::session::Sending;
use mrms_home::mending::{Flaw, damaged, flaws};

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::home::Mended;

/// Passphrases of services: for root alone.
const SECRETS: [&str; 2] = ["etc/mrms/passphrase", "etc/mrms/sponsor.passphrase"];
/// Where units lie that an administrator or `mrms clinic setup --install` put there.
const UNITS: &str = "etc/systemd/system";

/// What can be mended, in the home and of its services.
pub(super) fn found(settings: &Settings) -> Result<Vec<Flaw>, Failure> {
    let mut found = flaws(settings.home.folder())?;
    for flaw in memory(settings) {
        if !found.iter().any(|one| one.path() == flaw.path()) {
            found.push(flaw);
        }
    }
    found.extend(of_services(Path::new("/")));
    Ok(found)
}

/// What the profile that acts remembers and is damaged: what is sealed, too, where the profile is unlocked.
pub(super) fn memory(settings: &Settings) -> Vec<Flaw> {
    let actor = settings.home.unlock_quietly().ok().flatten();
    let root = actor.and_then(|actor| actor.keyring.record_root().ok());
    damaged(&settings.home.folder().profile(settings.home.profile()), root.as_ref())
}

/// Secrets that others may read, and units that others may change, below a root folder.
fn of_services(root: &Path) -> Vec<Flaw> {
    let mut found = Vec::new();
    let mut look = |path: PathBuf, most: u32| {
        // Who may not look there may not mend there either.
        let Ok(about) = fs::symlink_metadata(&path) else { return };
        let mode = about.permissions().mode() & 0o7777;
        if about.is_file() && mode & !most != 0 {
            found.push(Flaw::Open { path, mode: mode & most });
        }
    };
    SECRETS.iter().for_each(|secret| look(root.join(secret), 0o600));
    let units = fs::read_dir(root.join(UNITS)).into_iter().flatten().flatten();
    let mut units: Vec<_> = units.map(|unit| unit.path()).collect();
    units.sort_unstable();
    for unit in units {
        let name = unit.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("mrms-") && name.ends_with(".service") {
            look(unit, 0o644);
        }
    }
    found
}

/// Mends these, each told before and after. With `--dry-run` it only tells. Returns how many could not be mended.
pub(super) fn mend(flaws: &[Flaw], settings: &Settings, output: Output) -> Result<usize, Failure> {
    let rehearses = settings.home.settings().sending == Sending::DryRun;
    let mut left = 0_usize;
    for flaw in flaws {
        let what = flaw.to_string();
        if !output.is_json() {
            output.text(&format!("MENDING  {what}"))?;
        }
        let (done, trouble) = match rehearses {
            true => (false, None),
            false => match flaw.mend() {
                Ok(()) => (true, None),
                Err(error) => (false, Some(Failure::from(error).message)),
            },
        };
        left += usize::from(!done);
        let words = match (&trouble, rehearses) {
            (Some(trouble), _) => format!("NOT MENDED  {trouble}"),
            (None, true) => "not mended: this is a dry run".to_owned(),
            (None, false) => "mended".to_owned(),
        };
        let told = Mended { path: flaw.path(), what: &what, mended: done, trouble };
        output.result(&told, &format!("         {words}"))?;
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_services_are_for_root_alone_and_units_are_not_for_others_to_change() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str, mode: u32| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path
        };
        let passphrase = put("etc/mrms/passphrase", 0o644);
        let unit = put("etc/systemd/system/mrms-clinic.service", 0o666);
        put("etc/mrms/sponsor.passphrase", 0o400);
        put("etc/systemd/system/mrms-vault.service", 0o644);
        put("etc/systemd/system/other.service", 0o666);
        let found = of_services(root.path());
        let expected = [
            Flaw::Open { path: passphrase.clone(), mode: 0o600 },
            Flaw::Open { path: unit, mode: 0o644 },
        ];
        assert_eq!(found, expected);
        found.iter().for_each(|flaw| flaw.mend().unwrap());
        assert_eq!(of_services(root.path()), []);
        assert_eq!(fs::metadata(passphrase).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
