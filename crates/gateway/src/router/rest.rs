//! The resources of a REST API: by path, then by method.

use std::collections::BTreeMap;

use tollgate_policy::Invalid;

use super::Match;
use super::key::{Method, RouteKey, Verb};
use super::path::Path;
use super::route::{ByMethod, Route};
use super::template::{Segment, Template};
use super::trie::Trie;

/// The resources of a REST API, each with its methods: the path alone says which resource it is.
#[derive(Clone, Debug)]
pub(super) struct Resources<T> {
    resources: Trie<ByMethod<Route<T>>>,
    /// The one variable that each parent has among its children.
    variables: BTreeMap<String, Segment>,
}

impl<T> Resources<T> {
    pub(super) const fn new() -> Self {
        Self { resources: Trie::new(), variables: BTreeMap::new() }
    }

    pub(super) fn insert(&mut self, route: Route<T>) -> Result<(), Invalid> {
        let RouteKey::Path(method, template) = &route.key else {
            return Err(Invalid::new("", "only an HTTP API has a `$default` route"));
        };
        if template.segments().contains(&Segment::Literal(Box::default())) {
            let reason = format!("no resource of a REST API ends in a slash: `{template}`");
            return Err(Invalid::new("", reason));
        }
        let variables = self.new_variables(template)?;
        let resource = self.resources.entry(&route.key)?.get_or_insert_with(ByMethod::new);
        let place = resource.entry(*method);
        route.settle(place)?;
        self.variables.extend(variables);
        Ok(())
    }

    /// The variables that this path adds, each with its parent.
    fn new_variables(&self, template: &Template) -> Result<Vec<(String, Segment)>, Invalid> {
        let mut variables = Vec::new();
        let mut parent = String::new();
        for segment in template.segments() {
            if segment.name().is_some() {
                match self.variables.get(&parent) {
                    None => variables.push((parent.clone(), segment.clone())),
                    Some(sibling) if sibling == segment => {}
                    Some(sibling) => {
                        let reason = format!(
                            "A sibling ({sibling}) of this resource already has a variable path \
                             part -- only one is allowed"
                        );
                        return Err(Invalid::new("", reason));
                    }
                }
            }
            parent = format!("{parent}/{segment}");
        }
        Ok(variables)
    }

    pub(super) fn find<'a, 'p>(
        &'a self,
        method: &[u8],
        path: &'p [u8],
        steps: &mut usize,
    ) -> Option<Match<'a, 'p, T>> {
        let path = Path::trimmed(path)?;
        let verb = Verb::of_request(method)?;
        let resource = self.resources.find(&path, steps)?;
        let route = resource.of(Method::Named(verb)).or_else(|| resource.of(Method::Any))?;
        Some(route.read(&path))
    }
}
