//! Services of one owner: started, reached, broken, restarted, found again.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use autopilot_launcher::{Durability, Error, Options, Services, Silent, Step};
use secrecy::ExposeSecret;

use crate::support::{Known, eventually, folder, redis, sql};

fn start(options: &Options) -> Services {
    Services::start(options, &mut Silent).unwrap()
}

fn known(services: &Services) -> Known {
    Known::of(services.folder(), services.postgres.params(), services.redis.params())
}

#[test]
fn both_answer_to_their_password_only_and_are_gone_after_stop() {
    let folder = folder();
    let services = start(&Options::throw_away(folder.path().join("data")));
    let known = known(&services);
    assert!(known.both_answer());
    let password = services.postgres.params().password.expose_secret();
    assert!(sql(&known.postgres.replace(password, "guess"), "SELECT 1").is_err());
    let password = services.redis.params().password.expose_secret();
    assert!(redis(&known.redis.replace(password, "guess"), "PING").unwrap().starts_with("-NOAUTH"));
    services.stop().unwrap();
    assert!(known.both_are_gone());
    assert!(!known.folder.exists(), "throw-away data was kept");
}

#[test]
fn dropping_the_services_stops_them() {
    let folder = folder();
    let services = start(&Options::throw_away(folder.path().join("data")));
    let known = known(&services);
    drop(services);
    assert!(known.both_are_gone());
}

#[test]
fn secrets_are_in_private_files_and_in_no_argument() {
    let folder = folder();
    let services = start(&Options::throw_away(folder.path().join("data")));
    let known = known(&services);
    let secrets = [&services.postgres.params().password, &services.redis.params().password]
        .map(ExposeSecret::expose_secret);
    for pid in [known.postmaster(), known.redis_server(), known.guard()] {
        let arguments = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap();
        assert!(secrets.iter().all(|secret| !arguments.contains(secret)), "{arguments}");
    }
    for file in ["superuser.password", "redis.conf", "launcher.lock", "postgres.log", "redis.log"] {
        assert_eq!(mode(&known.folder.join(file)), 0o600, "{file}");
    }
    for home in ["postgres", "postgres/data", "redis"] {
        assert_eq!(mode(&known.folder.join(home)), 0o700, "{home}");
    }
    let listening = format!("{services:?}");
    assert!(secrets.iter().all(|secret| !listening.contains(secret)), "Debug shows a password");
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn root_runs_the_servers_as_another_user() {
    let folder = folder();
    let services = start(&Options::throw_away(folder.path().join("data")));
    let owner = |pid: u32| fs::metadata(format!("/proc/{pid}")).unwrap().uid();
    let me = owner(std::process::id());
    let known = known(&services);
    for pid in [known.postmaster(), known.redis_server()] {
        assert_eq!(owner(pid) == me, me != 0, "process {pid} runs as {}", owner(pid));
    }
}

#[test]
fn profiles_and_connections_reach_the_server() {
    let folder = folder();
    let mut options =
        Options { max_connections: 33, ..Options::throw_away(folder.path().join("data")) };
    for (durability, fsync) in [(Durability::Fast, "off"), (Durability::Durable, "on")] {
        options.durability = durability;
        let services = start(&options);
        let show =
            |name: &str| sql(&known(&services).postgres, &format!("SHOW {name}")).unwrap().unwrap();
        assert_eq!((show("fsync").as_str(), show("full_page_writes").as_str()), (fsync, fsync));
        assert_eq!(show("synchronous_commit"), "on");
        assert_eq!(
            (show("max_connections").as_str(), show("server_encoding").as_str()),
            ("33", "UTF8")
        );
        assert_eq!(
            (show("TimeZone").as_str(), show("listen_addresses").as_str()),
            ("UTC", "127.0.0.1")
        );
    }
}

#[test]
fn a_killed_postgres_comes_back_on_its_port_with_what_was_committed() {
    let folder = folder();
    let mut services = start(&Options::throw_away(folder.path().join("data")));
    let url = known(&services).postgres;
    sql(&url, "CREATE TABLE kept AS SELECT 'x'::text AS v").unwrap();
    services.postgres.kill().unwrap();
    assert!(!services.postgres.is_running());
    assert!(sql(&url, "SELECT 1").is_err());
    services.postgres.restart().unwrap();
    assert_eq!(sql(&url, "SELECT v FROM kept").unwrap().as_deref(), Some("x"));
    services.postgres.stop().unwrap();
    assert_eq!(services.postgres.pid(), None);
    services.postgres.restart().unwrap();
    let before = services.postgres.pid();
    services.postgres.restart().unwrap();
    assert_ne!(services.postgres.pid(), before, "a restart of a running server is a new process");
    assert_eq!(sql(&url, "SELECT v FROM kept").unwrap().as_deref(), Some("x"));
}

#[test]
fn a_killed_redis_comes_back_empty_on_its_port() {
    let folder = folder();
    let mut services = start(&Options::throw_away(folder.path().join("data")));
    let url = known(&services).redis;
    assert_eq!(redis(&url, "SET key value").as_deref(), Some("+OK"));
    services.redis.kill().unwrap();
    assert_eq!(redis(&url, "PING"), None);
    services.redis.restart().unwrap();
    assert_eq!(redis(&url, "EXISTS key").as_deref(), Some(":0"));
    assert_eq!(redis(&url, "SET key value").as_deref(), Some("+OK"));
    services.redis.stop().unwrap();
    services.redis.restart().unwrap();
    assert_eq!(redis(&url, "EXISTS key").as_deref(), Some(":0"), "a stopped Redis saved its data");
}

#[test]
fn a_port_taken_meanwhile_is_named() {
    let folder = folder();
    let mut services = start(&Options::throw_away(folder.path().join("data")));
    services.postgres.stop().unwrap();
    services.redis.stop().unwrap();
    let (postgres, redis) = (services.postgres.params().port, services.redis.params().port);
    let _strangers = [postgres, redis].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    let taken = services.postgres.restart().unwrap_err();
    assert!(matches!(taken, Error::PortTaken { port, .. } if port == postgres), "{taken}");
    let taken = services.redis.restart().unwrap_err();
    assert!(matches!(taken, Error::PortTaken { port, .. } if port == redis), "{taken}");
}

#[test]
fn a_kept_folder_is_found_again_with_data_and_password() {
    let folder = folder();
    let options = Options::durable(folder.path().join("data"));
    let services = start(&options);
    let password = services.postgres.params().password.expose_secret().to_owned();
    sql(&known(&services).postgres, "CREATE TABLE kept AS SELECT 7 AS v").unwrap();
    services.stop().unwrap();
    let mut steps = Vec::new();
    let services = Services::start(&options, &mut |step: Step| steps.push(step)).unwrap();
    assert!(!steps.contains(&Step::CreatingCluster), "{steps:?}");
    assert_eq!(services.postgres.params().password.expose_secret(), password);
    assert_eq!(
        sql(&known(&services).postgres, "SELECT v FROM kept").unwrap().as_deref(),
        Some("7")
    );
}

#[test]
fn a_folder_in_use_is_refused_and_its_owner_undisturbed() {
    let folder = folder();
    let options = Options::durable(folder.path().join("data"));
    let services = start(&options);
    let refused = Services::start(&options, &mut Silent).unwrap_err();
    assert!(
        matches!(&refused, Error::FolderInUse { holder, .. } if *holder == std::process::id().to_string()),
        "{refused}"
    );
    assert!(known(&services).both_answer());
}

#[test]
fn a_cluster_of_another_version_or_without_password_is_left_alone() {
    let folder = folder();
    let options = Options::durable(folder.path().join("data"));
    let services = start(&options);
    let root = services.folder().to_path_buf();
    services.stop().unwrap();
    let version = root.join("postgres/data/PG_VERSION");
    let right = fs::read_to_string(&version).unwrap();
    fs::write(&version, "9\n").unwrap();
    let refused = Services::start(&options, &mut Silent).unwrap_err();
    assert!(matches!(refused, Error::ClusterVersion { created_by: 9, .. }), "{refused}");
    fs::write(&version, right).unwrap();
    fs::remove_file(root.join("superuser.password")).unwrap();
    let refused = Services::start(&options, &mut Silent).unwrap_err();
    assert!(matches!(refused, Error::PasswordLost { .. }), "{refused}");
    assert!(root.join("postgres/data/base").is_dir(), "the data was touched");
}

#[test]
fn a_failed_start_leaves_nothing_running() {
    let folder = folder();
    let options = Options::durable(folder.path().join("data"));
    let services = start(&options);
    let known = known(&services);
    services.stop().unwrap();
    // A setting no server accepts.
    let settings = known.folder.join("postgres/data/postgresql.conf");
    let good = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("{good}\nno_such_setting = 1\n")).unwrap();
    let failed = Services::start(&options, &mut Silent).unwrap_err();
    assert!(matches!(failed, Error::Start { .. }), "{failed}");
    assert!(
        !failed.to_string().contains("no_such_setting"),
        "the server's words belong in the log: {failed}"
    );
    eventually("nothing runs", || known.both_are_gone());
    fs::write(&settings, good).unwrap();
    assert!(self::known(&start(&options)).both_answer());
}
