//! Which user the servers run as.
//!
//! A normal user runs them as himself. Root must not: `initdb` and `postgres` refuse it, and a user
//! id without a passwd entry is refused as well, so root drops to `postgres` if that user exists,
//! else to `nobody`. Commands built here start with an empty environment: settings meant for
//! another server never leak in.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// The user and group that servers are started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceUser {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Who the launcher is, and whom its servers run as.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// `None`: the servers run as the launcher's own user.
    drop_to: Option<ServiceUser>,
}

impl Identity {
    /// Looks at the effective user id of this process and, for root, at the passwd file.
    pub(crate) fn of_this_process() -> Result<Self, Error> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self { drop_to: None });
        }
        let passwd = Path::new("/etc/passwd");
        let text = fs::read_to_string(passwd).map_err(Error::folder("read", passwd))?;
        let user = service_user(&text).ok_or(Error::NoServiceUser)?;
        Ok(Self { drop_to: Some(user) })
    }

    /// The user id the servers run with.
    pub(crate) fn uid(&self) -> u32 {
        self.drop_to.as_ref().map_or_else(own_uid, |user| user.uid)
    }

    /// True when the servers run as another user than the launcher.
    pub(crate) fn drops(&self) -> bool {
        self.drop_to.is_some()
    }

    /// A command run as the service user: empty environment but for `PATH`, the C locale and UTC;
    /// own process group, so that Ctrl-C in the caller's terminal does not reach it; current folder
    /// `/`.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C")
            .env("TZ", "UTC");
        command.current_dir("/").process_group(0).stdin(Stdio::null());
        if let Some(user) = &self.drop_to {
            command.uid(user.uid).gid(user.gid);
        }
        command
    }

    /// Hands a file or folder that this process has just created to the service user.
    pub(crate) fn give(&self, path: &Path) -> io::Result<()> {
        match &self.drop_to {
            Some(user) => std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid)),
            None => Ok(()),
        }
    }

    /// Whether the service user can enter `folder`. Asked of the kernel, because mode bits alone
    /// miss access lists, mount options and security modules.
    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        if !self.drops() {
            return true;
        }
        let mut probe = self.command(Path::new("/bin/sh"));
        probe.arg("-c").arg("cd -- \"$1\"").arg("sh").arg(folder);
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}

/// The effective user id of this process.
pub(crate) fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// `postgres` if the passwd text has it, else `nobody`; never a user with id 0.
fn service_user(passwd: &str) -> Option<ServiceUser> {
    let named = |name: &str| passwd.lines().find_map(|line| parse(line, name));
    named("postgres").or_else(|| named("nobody"))
}

fn parse(line: &str, name: &str) -> Option<ServiceUser> {
    let mut fields = line.split(':');
    if fields.next() != Some(name) {
        return None;
    }
    let uid = fields.nth(1)?.parse().ok().filter(|uid| *uid != 0)?;
    let gid = fields.next()?.parse().ok()?;
    Some(ServiceUser { uid, gid })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "root:x:0:0:root:/root:/bin/bash\n";
    const NOBODY: &str = "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";

    #[test]
    fn postgres_is_preferred_over_nobody() {
        let text = format!("{ROOT}{NOBODY}postgres:x:101:104::/var/lib/postgresql:/bin/bash\n");
        assert_eq!(service_user(&text), Some(ServiceUser { uid: 101, gid: 104 }));
        assert_eq!(
            service_user(&format!("{ROOT}{NOBODY}")),
            Some(ServiceUser { uid: 65534, gid: 65534 })
        );
    }

    #[test]
    fn nothing_of_the_callers_environment_reaches_a_server() {
        let identity = Identity::of_this_process().unwrap();
        let output = identity.command(Path::new("/usr/bin/env")).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut names: Vec<&str> = text.lines().filter_map(|line| line.split('=').next()).collect();
        names.sort_unstable();
        assert_eq!(names, ["LC_ALL", "PATH", "TZ"]);
    }

    #[test]
    fn a_user_with_id_zero_or_a_broken_line_is_not_dropped_to() {
        assert_eq!(service_user("postgres:x:0:0::/:/bin/sh\n"), None);
        assert_eq!(service_user("nobody:x:abc:1::/:/bin/sh\n"), None);
        assert_eq!(service_user("nobody2:x:5:5::/:/bin/sh\n"), None);
        assert_eq!(service_user("nobody:x\n"), None);
    }
}
