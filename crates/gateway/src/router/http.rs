//! The routes of an HTTP API: by method, then by path.

use tollgate_policy::Invalid;

use super::Match;
use super::key::{Method, RouteKey, Verb};
use super::path::Path;
use super::route::{ByMethod, Route};
use super::trie::Trie;

/// The routes of an HTTP API, each method with a trie of its own: what matches with another method
/// does not match.
#[derive(Clone, Debug)]
pub(super) struct HttpRoutes<T> {
    whole: ByMethod<Trie<Route<T>>>,
    greedy: ByMethod<Trie<Route<T>>>,
    default: Option<Route<T>>,
}

impl<T> HttpRoutes<T> {
    pub(super) const fn new() -> Self {
        Self { whole: ByMethod::new(), greedy: ByMethod::new(), default: None }
    }

    pub(super) fn insert(&mut self, route: Route<T>) -> Result<(), Invalid> {
        let RouteKey::Path(method, template) = &route.key else {
            return route.settle(&mut self.default);
        };
        let class = match template.greedy() {
            None => &mut self.whole,
            Some(_) => &mut self.greedy,
        };
        let trie = class.entry(*method).get_or_insert_with(Trie::new);
        let place = trie.entry(&route.key)?;
        route.settle(place)
    }

    pub(super) fn find<'a, 'p>(
        &'a self,
        method: &[u8],
        path: &'p [u8],
        steps: &mut usize,
    ) -> Option<Match<'a, 'p, T>> {
        let path = Path::exact(path)?;
        let exact = Verb::of_request(method).map(Method::Named);
        let methods = exact.into_iter().chain([Method::Any]);
        // The order is the contract: by class, within a class by method, within a method by path.
        let mut tries = [&self.whole, &self.greedy]
            .into_iter()
            .flat_map(|class| methods.clone().filter_map(|method| class.of(method)));
        let route = tries.find_map(|trie| trie.find(&path, steps)).or(self.default.as_ref())?;
        Some(route.read(&path))
    }
}
