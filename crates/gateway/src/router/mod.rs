//! Finds the route of a request.
//!
//! Both kinds of API keep their routes in tries of path segments and differ in what they ask first:
//! an HTTP API picks by method and then by path, a REST API by path and then by method.
//!
//! # What a lookup costs
//!
//! A search visits a node for each segment it can match, and turns back where a literal led
//! nowhere and a variable may still lead somewhere. A trie is a tree, so no node is visited twice,
//! but routes could be laid out so that a hostile path visits very many. How many the worst path
//! can visit is known while routes are inserted, and a route that would raise it above
//! [`MAX_STEPS`] is refused: no request costs more than that, whatever its path and however many
//! routes there are. The number of routes shows only in the binary search among the literals of
//! one node.

mod http;
mod key;
mod path;
mod rest;
mod route;
mod template;
mod trie;

use std::rc::Rc;

use tollgate_policy::Invalid;

pub use key::{Method, RouteKey, Verb};
pub use template::{Segment, Template};

use http::HttpRoutes;
use rest::Resources;
use route::Route;

/// The most segments a route or a request path may have. A request path with more matches nothing.
///
/// API Gateway takes 10,240 bytes of request line and header fields together. Paths in use have a
/// dozen segments; the rest is slashes sent to see what happens.
pub const MAX_SEGMENTS: usize = 256;

/// The most routes a router takes: thirty times what API Gateway takes. More is a generator gone
/// wrong, and memory a filter does not have.
pub const MAX_ROUTES: usize = 10_000;

/// The most nodes a request may visit in one trie. An HTTP API has four to ask, a REST API one.
///
/// Route sets that people write need a few dozen. This is enough for every mixture of one literal
/// and one variable over nine segments, and takes microseconds.
///
/// Unlike API Gateway, a route set that needs more is refused.
pub const MAX_STEPS: usize = 1024;

/// Whose rules decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// HTTP API: a path without a greedy variable, then with one, then `$default`; within each the
    /// exact method, then `ANY`; then, segment by segment, a literal before a variable. What
    /// matches with another method does not match. Every slash counts: neither `/pets/` nor
    /// `//pets` is `/pets`.
    Http,
    /// REST API: the most specific resource by path alone, then its method, then its `ANY`. A
    /// resource without the method ends the search. Slashes before and after the path do not count.
    Rest,
}

/// Finds the route of a request among many.
#[derive(Clone, Debug)]
pub struct Router<T> {
    table: Table<T>,
    routes: usize,
}

#[derive(Clone, Debug)]
enum Table<T> {
    Http(HttpRoutes<T>),
    Rest(Resources<T>),
}

/// The route of a request, and what its path says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match<'a, 'p, T> {
    /// What the route was inserted with.
    pub value: &'a T,
    /// The path parameters in the order of the path. Values are as they were sent: still
    /// percent-encoded, and perhaps not text.
    pub parameters: Vec<(&'a Rc<str>, &'p [u8])>,
}

impl<T> Router<T> {
    /// No routes yet.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        let table = match rules {
            Rules::Http => Table::Http(HttpRoutes::new()),
            Rules::Rest => Table::Rest(Resources::new()),
        };
        Self { table, routes: 0 }
    }

    /// Adds a route.
    ///
    /// # Errors
    /// A route that could not be told from another, that these rules do not know, or that goes
    /// beyond a limit. The router is then as it was.
    pub fn insert(&mut self, key: &RouteKey, value: T) -> Result<(), Invalid> {
        if self.routes >= MAX_ROUTES {
            return Err(Invalid::new("", format!("at most {MAX_ROUTES} routes are supported")));
        }
        let route = Route::new(key.clone(), value);
        match &mut self.table {
            Table::Http(routes) => routes.insert(route)?,
            Table::Rest(resources) => resources.insert(route)?,
        }
        self.routes += 1;
        Ok(())
    }

    /// The route of a request, if it has one.
    ///
    /// The path comes without stage and query. It begins with a slash; an empty one is `/`.
    ///
    /// Literals are compared with the percent-decoded segment, so that an encoded letter cannot
    /// carry a request past a literal route into a variable one. An encoded slash separates
    /// nothing.
    #[must_use]
    pub fn find<'a, 'p>(&'a self, method: &[u8], path: &'p [u8]) -> Option<Match<'a, 'p, T>> {
        self.find_counting(method, path, &mut 0)
    }

    /// The same, and how many nodes it took.
    fn find_counting<'a, 'p>(
        &'a self,
        method: &[u8],
        path: &'p [u8],
        steps: &mut usize,
    ) -> Option<Match<'a, 'p, T>> {
        match &self.table {
            Table::Http(routes) => routes.find(method, path, steps),
            Table::Rest(resources) => resources.find(method, path, steps),
        }
    }
}

#[cfg(test)]
mod tests;
