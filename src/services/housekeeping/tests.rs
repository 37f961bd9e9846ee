//! The job by a clock that moves only when nothing else can: what is called when, and what failing costs.

use std::sync::Mutex;

use async_trait::async_trait;
use uuid::Uuid;

use super::*;
use crate::ports::fakes::ManualClock;

fn tenant(number: u128) -> TenantId {
    TenantId::new(Uuid::from_u128(number))
}

/// Three organisations, of which the second always fails.
struct Keeper {
    may: bool,
    anchored: Mutex<Vec<(u64, TenantId)>>,
    retained: Mutex<Vec<(u64, TenantId, Timestamp, bool)>>,
    began: Instant,
}

impl Keeper {
    fn new(may: bool) -> Arc<Self> {
        let (anchored, retained) = (Mutex::default(), Mutex::default());
        Arc::new(Self { may, anchored, retained, began: Instant::now() })
    }
}

#[async_trait]
impl AuditKeeper for Keeper {
    async fn tenants(&self, after: Option<TenantId>, _: u32) -> Result<Vec<TenantId>, StoreError> {
        // Pages of one.
        let next = after.map_or(1, |last| last.as_uuid().as_u128() + 1);
        Ok(if next <= 3 { vec![tenant(next)] } else { Vec::new() })
    }

    async fn anchor(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.anchored.lock().unwrap().push((self.began.elapsed().as_secs(), tenant));
        if tenant == super::tests::tenant(2) { Err(StoreError::Unavailable) } else { Ok(()) }
    }

    fn may_let_go(&self) -> bool {
        self.may
    }

    async fn retain(
        &self,
        tenant: TenantId,
        before: Timestamp,
        trial: bool,
    ) -> Result<Retained, StoreError> {
        let at = self.began.elapsed().as_secs();
        self.retained.lock().unwrap().push((at, tenant, before, trial));
        match tenant.as_uuid().as_u128() {
            1 => Ok(Retained::LetGo(7)),
            2 => Ok(Retained::Broken(3)),
            _ => Ok(Retained::Nothing),
        }
    }

    async fn expire(&self, _: Timestamp) -> Result<u64, StoreError> {
        Ok(5)
    }
}

fn job(keeper: &Arc<Keeper>) -> Housekeeping {
    let clock = ManualClock::at("2026-11-23T00:00:00Z".parse().unwrap());
    Housekeeping { keeper: keeper.clone(), clock: Arc::new(clock), days: 90 }
}

#[tokio::test(start_paused = true)]
async fn chains_are_anchored_each_hour_and_rows_let_go_each_day() {
    let keeper = Keeper::new(true);
    let running = tokio::spawn(job(&keeper).run());
    tokio::time::sleep(Duration::from_secs(26 * 3_600)).await;
    running.abort();
    let of = |wanted: TenantId| -> Vec<u64> {
        let all = keeper.anchored.lock().unwrap();
        all.iter().filter(|(_, t)| *t == wanted).map(|(at, _)| *at).collect()
    };
    let hours: Vec<u64> = (0..26).map(|hour| 60 + hour * 3_600).collect();
    assert_eq!(of(tenant(1)), hours);
    assert_eq!(of(tenant(3)), hours, "one that fails holds nobody up");
    let retained = keeper.retained.lock().unwrap();
    let before = "2026-08-25T00:00:00Z".parse().unwrap();
    let rounds: Vec<_> = retained.iter().filter(|(_, t, ..)| *t == tenant(3)).copied().collect();
    assert_eq!(
        rounds,
        [(300, tenant(3), before, false), (300 + 24 * 3_600, tenant(3), before, false)]
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_without_the_login_of_retention_anchors_only() {
    let keeper = Keeper::new(false);
    let running = tokio::spawn(job(&keeper).run());
    tokio::time::sleep(Duration::from_secs(49 * 3_600)).await;
    running.abort();
    assert_eq!(keeper.retained.lock().unwrap().len(), 0);
    assert_eq!(keeper.anchored.lock().unwrap().len(), 49 * 3);
}

#[tokio::test(start_paused = true)]
async fn a_round_names_what_happened_and_is_clean_only_if_every_chain_holds() {
    let keeper = Keeper::new(true);
    let round = job(&keeper).retain_all(false).await.unwrap();
    let expected = vec![(tenant(1), Ok(Retained::LetGo(7))), (tenant(2), Ok(Retained::Broken(3)))];
    assert_eq!(round, Round { outcomes: expected, expired: 5 });
    assert!(!round.is_clean());
    assert_eq!(job(&keeper).retain_all(true).await.unwrap().expired, 0, "a trial lets nothing go");
    assert_eq!(job(&keeper).anchor_all().await, Err(StoreError::Unavailable));
}
