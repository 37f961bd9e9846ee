//! The rolling hour on a real Redis: never over budget, closed when unknown.
//! Keys carry the tenant, so tests share one server.

use autopilot::store::ledger::RedisLedger;
use autopilot::store::redis_pool;
use autopilot_domain::ids::TenantId;
use autopilot_domain::units::Bytes;
use autopilot_gate::ports::{BudgetLedger as _, Reservation, WindowEntry};
use autopilot_gate::receipt::JobId;
use uuid::Uuid;

use crate::support::TestDb;

fn job(n: u64) -> JobId {
    JobId(format!("job_{n}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hour_is_never_exceeded_and_closed_when_unknown() {
    let test = TestDb::new().await;
    let pool = redis_pool::open(&test.redis_url, &tokio::runtime::Handle::current()).unwrap();
    let tenant = TenantId::new(Uuid::new_v4());
    let ledger = RedisLedger::new(pool.clone(), "ap", tenant);
    assert_eq!(
        ledger.reserve(&job(0), Bytes(1), Bytes(100)).await.unwrap(),
        Reservation::NotLoaded
    );
    assert_eq!(ledger.used().await.unwrap(), None);

    ledger.rebuild(&[]).await.unwrap();
    let asks = (0..50).map(|n| {
        let ledger = ledger.clone();
        async move { ledger.reserve(&job(n), Bytes(7), Bytes(100)).await.unwrap() }
    });
    let answers = futures_util::future::join_all(asks).await;
    let granted =
        answers.iter().filter(|answer| matches!(answer, Reservation::Granted { .. })).count();
    assert_eq!((granted, ledger.used().await.unwrap()), (14, Some(Bytes(98))));

    let held =
        answers.iter().position(|answer| matches!(answer, Reservation::Granted { .. })).unwrap();
    let held = job(u64::try_from(held).unwrap());
    assert_eq!(
        ledger.reserve(&held, Bytes(7), Bytes(100)).await.unwrap(),
        Reservation::Granted { used_before: Bytes(91) }
    );
    assert_eq!(
        ledger.reserve(&held, Bytes(10), Bytes(100)).await.unwrap(),
        Reservation::Refused { used: Bytes(91) }
    );
    // With room, the same job again holds the larger amount, and a smaller ask does not shrink it.
    for ask in [Bytes(10), Bytes(3)] {
        assert_eq!(
            ledger.reserve(&held, ask, Bytes(101)).await.unwrap(),
            Reservation::Granted { used_before: Bytes(91) }
        );
        assert_eq!(ledger.used().await.unwrap(), Some(Bytes(101)));
    }
    ledger.settle(&held, Bytes(2)).await.unwrap();
    assert_eq!(ledger.used().await.unwrap(), Some(Bytes(93)));
    ledger.release(&held).await.unwrap();
    assert_eq!(ledger.used().await.unwrap(), Some(Bytes(91)));

    let entry = |n, age_seconds| WindowEntry { job_id: job(n), bytes: Bytes(10), age_seconds };
    ledger.rebuild(&[entry(1, 3_590), entry(2, 3_601)]).await.unwrap();
    assert_eq!(ledger.used().await.unwrap(), Some(Bytes(10)), "an hour is 3,600 seconds");

    let mut connection = pool.get().await.unwrap();
    let times = format!("autopilot:{{ap:{tenant}}}:budget:at");
    let _: () = redis::cmd("DEL").arg(times).query_async(&mut *connection).await.unwrap();
    assert_eq!(ledger.used().await.unwrap(), None, "an evicted key is no empty hour");
    assert_eq!(
        ledger.reserve(&job(9), Bytes(1), Bytes(100)).await.unwrap(),
        Reservation::NotLoaded
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn p2_09_sliding_window_correctness() {
    let test = TestDb::new().await;
    let pool = redis_pool::open(&test.redis_url, &tokio::runtime::Handle::current()).unwrap();
    let ledger = RedisLedger::new(pool, "ap", TenantId::new(Uuid::new_v4()));
    let aged = |age_seconds| [WindowEntry { job_id: job(1), bytes: Bytes(90), age_seconds }];
    // What was reserved just within the hour still counts, whatever full hour the clock shows.
    for (age, granted) in [(0, false), (1_800, false), (3_590, false), (3_600, true), (3_601, true)]
    {
        ledger.rebuild(&aged(age)).await.unwrap();
        let answer = ledger.reserve(&job(2), Bytes(11), Bytes(100)).await.unwrap();
        let expected = if granted {
            Reservation::Granted { used_before: Bytes(0) }
        } else {
            Reservation::Refused { used: Bytes(90) }
        };
        assert_eq!(answer, expected, "reserved {age} seconds ago");
        // What settles later keeps the time of its reservation.
        if !granted {
            ledger.settle(&job(1), Bytes(80)).await.unwrap();
            assert_eq!(ledger.used().await.unwrap(), Some(Bytes(80)), "{age}");
        }
    }
}
