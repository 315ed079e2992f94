use tollgate_canary::Percent;
use tollgate_gateway::definition::{Deployment, Protocol};
use tollgate_releases::analysis::AnalysisPlan;
use tollgate_releases::{About, Deploy, Error, Settings, Start};

use super::*;

/// A store, who judges its canaries, and what is served.
struct Place {
    _folder: tempfile::TempDir,
    store: Store,
    judge: Judge,
    definition: Definition,
    placed: Placed,
    now: Instant,
}

impl Place {
    /// A stage that serves a deployment, and has a canary that is judged. Nothing of that is served yet.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path());
        let mut place = Self {
            _folder: folder,
            judge: Judge::of(store.clone()),
            store,
            definition: Definition::default(),
            placed: Placed::default(),
            now: Instant::now(),
        };
        place.deploy("prod");
        place.take_up();
        let plan = AnalysisPlan { steps: vec![Percent(50.0)], ..AnalysisPlan::default() };
        place.change(|draft, id| {
            draft.releases.start_canary(Start {
                api: "orders".to_owned(),
                stage: "prod".to_owned(),
                settings: Canary { deployment: Some(id), ..Canary::default() },
                analysis: Some(plan),
                now: 1,
            })
        });
        place
    }

    fn change(
        &self,
        work: impl FnOnce(&mut tollgate_releases::Draft, String) -> Result<(), Error>,
    ) {
        let deployment: Deployment = serde_json::from_str(
            r#"{"integrations": {"backend": {"http_proxy": {"uri": "http://localhost:8081"}}},
                "routes": {"GET /": {"authorization": "none", "integration": "backend"}}}"#,
        )
        .unwrap();
        let changed: Result<(), Error> = self.store.change("a test", 1, |draft| {
            let id = draft.add("orders", "", deployment)?;
            work(draft, id)
        });
        changed.unwrap();
    }

    fn deploy(&self, stage: &str) {
        self.change(|draft, deployment| {
            let name = "Orders".to_owned();
            let protocol = Protocol::Http;
            let deploy = Deploy {
                api: "orders".to_owned(),
                about: About { name, protocol, disable_execute_api_endpoint: false },
                stage: stage.to_owned(),
                deployment,
                settings: Settings::Given(Box::default()),
                others: None,
                shared: None,
                now: 1,
            };
            draft.releases.deploy(deploy).map(drop)
        });
    }

    /// What is kept is served from now on.
    fn take_up(&mut self) {
        let kept = self.store.read().unwrap().definition().unwrap();
        self.placed.touch(&kept, &self.definition, self.now);
        self.definition = kept;
    }

    fn is_due(&mut self) -> bool {
        let served = Served { definition: &self.definition, placed: &self.placed };
        !self.judge.due(served, self.now).unwrap().is_empty()
    }

    /// The look that begins a window.
    async fn begin(&mut self) {
        let served = Served { definition: &self.definition, placed: &self.placed };
        let mut due = self.judge.due(served, self.now).unwrap();
        let moment = self.judge.moment(self.now);
        self.judge.judge(due.pop().unwrap(), Look::default(), moment).await.unwrap();
    }
}

#[test]
fn a_canary_is_looked_at_once_it_is_served_and_all_before_it_is_counted() {
    let mut place = Place::new();
    place.now += Duration::from_secs(3600);
    assert!(!place.is_due());
    place.take_up();
    assert!(!place.is_due());
    place.now += FLUSH - Duration::from_millis(1);
    assert!(!place.is_due());
    place.now += Duration::from_millis(1);
    assert!(place.is_due());
}

#[tokio::test]
async fn nothing_is_decided_about_a_canary_while_something_else_is_served() {
    let mut place = Place::new();
    place.take_up();
    place.now += FLUSH;
    place.begin().await;
    assert!(!place.is_due());
    place.now += Duration::from_secs(60);
    assert!(place.is_due());
    // Another deployment goes to the canary, and is not taken up.
    place.deploy("prod");
    assert!(!place.is_due());
    place.now += Duration::from_secs(60);
    assert!(!place.is_due());
    // Once it is, all begins anew.
    place.take_up();
    place.now += FLUSH;
    assert!(place.is_due());
    place.begin().await;
    assert!(!place.is_due());
}

#[tokio::test]
async fn what_happens_to_another_stage_is_nothing_to_a_canary() {
    let mut place = Place::new();
    place.take_up();
    place.now += FLUSH;
    place.begin().await;
    place.now += Duration::from_secs(59);
    place.deploy("beta");
    place.take_up();
    assert!(!place.is_due());
    place.now += Duration::from_secs(1);
    assert!(place.is_due());
}

#[tokio::test]
async fn a_canary_that_may_have_been_served_otherwise_for_a_moment_begins_anew() {
    let mut place = Place::new();
    place.take_up();
    place.now += FLUSH;
    place.begin().await;
    place.now += Duration::from_secs(30);
    // What Envoy did not take up in time was put back.
    let kept = place.definition.clone();
    place.placed.touch(&kept, &Definition::default(), place.now);
    assert!(!place.is_due());
    place.now += FLUSH;
    place.begin().await;
    place.now += Duration::from_secs(59);
    assert!(!place.is_due());
    // Where not even that was possible, there is no saying what is served.
    place.placed.forget();
    place.now += Duration::from_secs(60);
    assert!(!place.is_due());
}
