//! Shared services: one pair for everybody, as long as anybody needs it, and no longer.

use std::collections::HashSet;
use std::path::Path;

use autopilot_launcher::{Error, Lease, Options, Services, SharedServices, Silent};

use crate::child::shared_options;
use crate::support::{Known, Owner, eventually, folder, kill, sql, stop};

fn acquire(target: &Path) -> (Lease, Known) {
    let lease = SharedServices::acquire_with(&shared_options(target), &mut Silent).unwrap();
    let known = Known::of(lease.folder(), lease.postgres(), lease.redis());
    (lease, known)
}

fn gone(known: &Known) {
    eventually("the last user left and the services stop", || known.both_are_gone());
}

#[test]
fn eight_processes_at_once_share_one_pair_that_ends_after_them() {
    let target = folder();
    let mut users: Vec<Owner> = (0..8).map(|_| Owner::spawn("share", target.path())).collect();
    let known: HashSet<String> =
        users.iter_mut().map(|user| format!("{:?}", user.known())).collect();
    assert_eq!(known.len(), 1, "{known:?}");
    let (lease, known) = acquire(target.path());
    assert!(known.both_answer());
    // Half leave, half are killed; the one that is left notices nothing.
    while let Some(user) = users.pop() {
        if users.len().is_multiple_of(2) { user.kill() } else { user.leave() }
    }
    assert!(known.both_answer());
    drop(lease);
    gone(&known);
}

#[test]
fn users_one_after_the_other_find_the_same_pair() {
    let target = folder();
    let mut first = Owner::spawn("share", target.path());
    let known = first.known();
    let postmaster = known.postmaster();
    first.leave();
    let mut second = Owner::spawn("share", target.path());
    assert_eq!(second.known(), known);
    assert_eq!(known.postmaster(), postmaster, "the cluster was restarted between two users");
    second.kill();
    gone(&known);
}

#[test]
fn after_the_last_user_everything_is_new() {
    let target = folder();
    let (lease, old) = acquire(target.path());
    sql(&old.postgres, "CREATE TABLE leftover ()").unwrap();
    drop(lease);
    gone(&old);
    let (lease, new) = acquire(target.path());
    assert!(
        sql(&new.postgres, "SELECT * FROM leftover").is_err(),
        "data of an earlier run is still there"
    );
    drop(lease);
    gone(&new);
}

#[test]
fn a_killed_guard_is_replaced_under_its_living_users() {
    let target = folder();
    let (first, known) = acquire(target.path());
    sql(&known.postgres, "CREATE TABLE in_use ()").unwrap();
    let guard = known.guard();
    kill(guard);
    eventually("the guard is gone", || !Path::new(&format!("/proc/{guard}/cwd")).exists());
    let (second, again) = acquire(target.path());
    assert_eq!(again, known);
    assert!(
        sql(&known.postgres, "SELECT * FROM in_use").is_ok(),
        "the cluster was replaced under its user"
    );
    drop(second);
    assert!(known.both_answer(), "the new guard does not see the old user");
    drop(first);
    gone(&known);
}

#[test]
fn a_dead_server_is_started_again_where_its_users_expect_it() {
    let target = folder();
    let (first, known) = acquire(target.path());
    sql(&known.postgres, "CREATE TABLE in_use ()").unwrap();
    kill(known.postmaster());
    kill(known.redis_server());
    eventually("both are dead", || known.both_are_gone());
    let (second, again) = acquire(target.path());
    assert_eq!(again, known);
    assert!(known.both_answer());
    assert!(sql(&known.postgres, "SELECT * FROM in_use").is_ok());
    drop((first, second));
    gone(&known);
}

#[test]
fn the_remains_of_a_crashed_machine_are_replaced() {
    let target = folder();
    let mut user = Owner::spawn("share", target.path());
    let old = user.known();
    for pid in [old.guard(), old.postmaster(), old.redis_server(), user.pid()] {
        kill(pid);
    }
    eventually("everything is dead", || old.both_are_gone());
    let (lease, new) = acquire(target.path());
    assert!(new.both_answer());
    assert_ne!(new.redis, old.redis, "a stale password was used again");
    drop(lease);
    gone(&new);
}

#[test]
fn a_starter_killed_half_way_does_not_stop_the_next() {
    let target = folder();
    let mut starter = Owner::spawn("share-stuck", target.path());
    starter.hear("stuck");
    let mut waiting: Vec<Owner> = (0..3).map(|_| Owner::spawn("share", target.path())).collect();
    starter.kill();
    let known: HashSet<String> =
        waiting.iter_mut().map(|user| format!("{:?}", user.known())).collect();
    assert_eq!(known.len(), 1, "{known:?}");
    let (lease, known) = acquire(target.path());
    assert!(known.both_answer());
    waiting.into_iter().for_each(Owner::leave);
    drop(lease);
    gone(&known);
}

#[test]
fn a_starter_killed_half_way_and_not_followed_leaves_nothing_behind() {
    let target = folder();
    let mut starter = Owner::spawn("share-stuck", target.path());
    starter.hear("stuck");
    let half = Known {
        folder: target.path().join("private-services"),
        postgres: String::new(),
        redis: String::new(),
    };
    assert!(!half.both_are_gone(), "PostgreSQL should be up by now");
    starter.kill();
    gone(&half);
}

#[test]
fn the_folder_of_shared_services_has_no_other_owner() {
    let target = folder();
    let (lease, known) = acquire(target.path());
    let refused = Services::start(&Options::durable(&known.folder), &mut Silent).unwrap_err();
    assert!(
        matches!(&refused, Error::FolderInUse { holder, .. } if *holder == known.guard().to_string()),
        "{refused}"
    );
    assert!(known.both_answer());
    drop(lease);
    gone(&known);
}

#[test]
fn a_removed_folder_takes_its_servers_along_and_spares_those_of_the_next() {
    let target = folder();
    let (old_lease, old) = acquire(target.path());
    let doomed = [old.postmaster(), old.redis_server(), old.guard()];
    // What `cargo clean` does.
    std::fs::remove_dir_all(&old.folder).unwrap();
    let (lease, new) = acquire(target.path());
    assert_ne!(new, old);
    drop(old_lease);
    eventually("the servers of the removed folder and their guard end", || {
        doomed.iter().all(|pid| !Path::new(&format!("/proc/{pid}/cwd")).exists())
    });
    assert!(new.both_answer(), "the guard of the removed folder stopped its successor's servers");
    drop(lease);
    gone(&new);
}

#[test]
fn a_server_that_hangs_is_replaced_too() {
    let target = folder();
    let (first, known) = acquire(target.path());
    let hanging = known.postmaster();
    stop(hanging);
    let (second, again) = acquire(target.path());
    assert_eq!(again, known);
    assert_ne!(known.postmaster(), hanging);
    assert!(known.both_answer());
    drop((first, second));
    gone(&known);
}
