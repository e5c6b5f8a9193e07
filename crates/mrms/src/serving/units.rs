//! Units for systemd: a service with a user of its own, the passphrase as a credential, and no rights that it does not
//! need.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ui::failure::{Exit, Failure};
use crate::ui::reasons::cannot;

/// Where a passphrase lies that a unit hands to its service, unless another file is named.
pub(crate) const PASSPHRASE: &str = "/etc/mrms/passphrase";

/// What every unit forbids its service. `lower_thread_priority` of the node needs no more than this leaves.
const HARDENING: &str = "\
UMask=0077
LimitCORE=0
MemorySwapMax=0
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
PrivateMounts=yes
PrivateUsers=yes
DevicePolicy=closed
KeyringMode=private
RemoveIPC=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
";

/// A service of a home.
pub(crate) struct Unit<'a> {
    /// The name of the service and of its user.
    pub(crate) name: &'static str,
    /// What it does, in a sentence.
    pub(crate) description: &'a str,
    /// The home folder.
    pub(crate) home: &'a Path,
    /// The command after `mrms`.
    pub(crate) command: &'static str,
    /// The file with the passphrase, where the service needs one.
    pub(crate) passphrase: Option<&'a Path>,
}

impl Unit<'_> {
    /// The name of the unit's file.
    pub(crate) fn file(&self) -> String {
        format!("{}.service", self.name)
    }

    /// The unit, for a program at this path.
    pub(crate) fn text(&self, program: &Path) -> Result<String, Failure> {
        let (home, program) = (word(self.home)?, word(program)?);
        let mut text = format!(
            "[Unit]\nDescription={}\nWants=network-online.target\nAfter=network-online.target time-sync.target\n\n",
            self.description.replace('%', "%%"),
        );
        // Writing to a `String` never fails.
        let _ = write!(
            text,
            "[Service]\nType=exec\nUser={0}\nGroup={0}\nEnvironment=\"MRMS_HOME={home}\"\nReadWritePaths=\"{home}\"\n",
            self.name
        );
        let mut flags = "--log json".to_owned();
        if let Some(passphrase) = self.passphrase {
            let _ = writeln!(text, "LoadCredential=passphrase:{}", word(passphrase)?);
            flags.push_str(" --passphrase-file %d/passphrase");
        }
        let _ = write!(
            text,
            "ExecStart=\"{program}\" {} {flags}\nRestart=on-failure\nRestartSec=5\n{HARDENING}\n[Install]\nWantedBy=multi-user.target\n",
            self.command
        );
        Ok(text)
    }

    /// The user of the service, for systemd-sysusers.
    pub(crate) fn sysusers(&self) -> Result<String, Failure> {
        Ok(format!("u {} - \"MRMS\" \"{}\"\n", self.name, word(self.home)?))
    }

    /// Writes the unit and its user's line into a folder, and replaces what an earlier setup wrote there.
    pub(crate) fn write_into(&self, folder: &Path, program: &Path) -> Result<PathBuf, Failure> {
        fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
        let unit = folder.join(self.file());
        put(&unit, &self.text(program)?)?;
        put(&folder.join(format!("{}.conf", self.name)), &self.sysusers()?)?;
        Ok(unit)
    }

    /// Installs the unit below `root`. In place, it also makes the user, gives the home to it, and starts the service.
    pub(crate) fn install(&self, root: &Path, program: &Path) -> Result<PathBuf, Failure> {
        let in_place = root == Path::new("/");
        if in_place && !rustix::process::geteuid().is_root() {
            return Err(Failure::new(Exit::Failed, "not-root", "only root can install services")
                .hint("run it with sudo; or leave out --install, and the units are written into a folder"));
        }
        let hidden = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];
        if in_place && hidden.iter().any(|one| self.home.starts_with(one)) {
            return Err(Failure::usage(format!("a service does not see {}", self.home.display()))
                .hint("set it up in a folder such as --home /var/lib/mrms-clinic"));
        }
        let units = root.join("etc/systemd/system");
        let users = root.join("etc/sysusers.d");
        for folder in [&units, &users] {
            fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
        }
        let (unit, user) = (units.join(self.file()), users.join(format!("{}.conf", self.name)));
        put(&user, &self.sysusers()?)?;
        put(&unit, &self.text(program)?)?;
        if in_place {
            run("systemd-sysusers", &[&user.to_string_lossy()])?;
            // The whole folder, and links as links.
            let owner = format!("{0}:{0}", self.name);
            run("chown", &["-R", "-h", &owner, &self.home.to_string_lossy()])?;
            run("systemctl", &["daemon-reload"])?;
            run("systemctl", &["enable", "--now", &self.file()])?;
        }
        Ok(unit)
    }
}

fn put(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| cannot("write", path, &error))
}

/// A path as a word of a unit.
fn word(path: &Path) -> Result<String, Failure> {
    let text = path.to_str().filter(|text| {
        path.is_absolute()
            && !text.contains(['"', '\\', '\'', '$', '%'])
            && !text.contains(char::is_control)
    });
    text.map(ToOwned::to_owned).ok_or_else(|| {
        Failure::usage(format!("{} cannot stand in a unit of systemd", path.display()))
            .hint("use a folder whose whole name has letters, digits and simple signs")
    })
}

fn run(program: &str, arguments: &[&str]) -> Result<(), Failure> {
    let line = format!("{program} {}", arguments.join(" "));
    let failed = |message: String| {
        Failure::new(Exit::Failed, "install", message)
            .hint("the units are written; do this step by hand, or repeat the command")
    };
    match Command::new(program).args(arguments).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(format!("{line}: {status}"))),
        Err(error) => Err(failed(format!("{line}: {error}"))),
    }
}
