//! The servers end with their owner, however it ends, and the folder can be used again.

use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use autopilot_launcher::{Options, Services, Silent, Step};

use crate::support::{Known, Owner, eventually, folder, kill, sql};

fn known(services: &Services) -> Known {
    Known::of(services.folder(), services.postgres.params(), services.redis.params())
}

#[test]
fn kill_9_of_the_owners_process_group_stops_the_servers() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut owner = Owner::spawn("own", &data);
    let crashed = owner.known();
    sql(&crashed.postgres, "CREATE TABLE kept AS SELECT 1 AS v").unwrap();
    owner.kill();
    // Started at once: the new owner waits for the guard of the old one.
    let mut steps = Vec::new();
    let services =
        Services::start(&Options::durable(&data), &mut |step: Step| steps.push(step)).unwrap();
    assert!(steps.contains(&Step::WaitingForFolder), "{steps:?}");
    assert!(!steps.contains(&Step::CleaningUp), "the guard left servers behind: {steps:?}");
    assert_eq!(
        sql(&known(&services).postgres, "SELECT v FROM kept").unwrap().as_deref(),
        Some("1")
    );
    services.stop().unwrap();
}

#[test]
fn an_owner_that_is_killed_and_not_followed_leaves_nothing_behind() {
    let folder = folder();
    let mut owner = Owner::spawn("own", &folder.path().join("data"));
    let crashed = owner.known();
    assert!(crashed.both_answer());
    owner.kill();
    eventually("the servers stop", || crashed.both_are_gone());
}

#[test]
fn servers_whose_owner_and_guard_were_both_killed_are_replaced() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut owner = Owner::spawn("own", &data);
    let crashed = owner.known();
    sql(&crashed.postgres, "CREATE TABLE kept AS SELECT 1 AS v").unwrap();
    let (postmaster, redis) = (crashed.postmaster(), crashed.redis_server());
    kill(crashed.guard());
    owner.kill();
    assert!(crashed.both_answer(), "nobody is there to stop them");
    let mut steps = Vec::new();
    let services =
        Services::start(&Options::durable(&data), &mut |step: Step| steps.push(step)).unwrap();
    assert!(steps.contains(&Step::CleaningUp), "{steps:?}");
    let known = known(&services);
    assert_ne!((known.postmaster(), known.redis_server()), (postmaster, redis));
    assert_eq!(sql(&known.postgres, "SELECT v FROM kept").unwrap().as_deref(), Some("1"));
}

#[test]
fn a_machine_that_lost_power_leaves_a_stale_process_id_that_does_not_matter() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut owner = Owner::spawn("own", &data);
    let crashed = owner.known();
    sql(&crashed.postgres, "CREATE TABLE kept AS SELECT 1 AS v").unwrap();
    let pid_file = crashed.folder.join("postgres/data/postmaster.pid");
    let stale = std::fs::read_to_string(&pid_file).unwrap();
    kill(crashed.guard());
    kill(crashed.postmaster());
    kill(crashed.redis_server());
    owner.kill();
    eventually("the backends are gone", || crashed.both_are_gone());
    // The worst case: the number in the file now belongs to a living stranger of the servers' user.
    let mut stranger =
        Command::new("sleep").arg("600").current_dir("/").uid(owner_of(&pid_file)).spawn().unwrap();
    let rest = stale.split_once('\n').unwrap().1;
    std::fs::write(&pid_file, format!("{}\n{rest}", stranger.id())).unwrap();
    let services = Services::start(&Options::durable(&data), &mut Silent).unwrap();
    assert_eq!(
        sql(&known(&services).postgres, "SELECT v FROM kept").unwrap().as_deref(),
        Some("1")
    );
    assert!(stranger.try_wait().unwrap().is_none(), "a stranger was ended");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

fn owner_of(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().uid()
}

#[test]
fn an_owner_killed_while_starting_leaves_nothing_behind() {
    let folder = folder();
    let data = folder.path().join("data");
    let mut owner = Owner::spawn("own-stuck", &data);
    owner.hear("stuck");
    let half = Known {
        folder: data.canonicalize().unwrap(),
        postgres: String::new(),
        redis: String::new(),
    };
    assert!(!half.both_are_gone(), "PostgreSQL should be up by now");
    owner.kill();
    eventually("the half-started services stop", || half.both_are_gone());
    assert!(known(&Services::start(&Options::durable(&data), &mut Silent).unwrap()).both_answer());
}

#[test]
fn throw_away_data_goes_also_when_its_owner_is_killed() {
    let folder = folder();
    let mut owner = Owner::spawn("throw-away", &folder.path().join("data"));
    let crashed = owner.known();
    assert!(crashed.folder.join("postgres/data").is_dir());
    owner.kill();
    eventually("the data is removed", || {
        !crashed.folder.join("postgres").exists() && !crashed.folder.join("redis").exists()
    });
    assert!(crashed.both_are_gone());
}
