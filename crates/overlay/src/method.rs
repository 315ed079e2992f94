//! Methods as stages and usage plans of REST APIs call them: `orders/{id}/GET`.

/// The key of the route that is called `orders/{id}/GET`, and of the root's `//GET`.
///
/// The path may begin with a slash, as usage plans have it, and have its slashes as `~1`, as patches
/// and `CloudFormation` have them.
pub(crate) fn route_key(text: &str) -> Option<String> {
    let (path, method) = text.rsplit_once('/')?;
    let path = path.replace("~1", "/");
    let path = path.strip_prefix('/').unwrap_or(&path);
    Some(format!("{method} /{path}"))
}

/// How a usage plan calls a route, if it can.
pub(crate) fn of_route(key: &str) -> Option<String> {
    let (method, path) = key.split_once(' ')?;
    Some(format!("{path}/{method}"))
}

/// How the settings of a stage call a route, if they can.
pub(crate) fn in_settings(key: &str) -> Option<String> {
    let name = of_route(key)?;
    // The root keeps its slash: `//GET`.
    let short = name.strip_prefix('/').filter(|short| !short.starts_with('/'));
    Some(short.map(str::to_owned).unwrap_or(name))
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[track_caller]
    fn check(text: &str, key: &str, canonical: &str) {
        assert_eq!(route_key(text).as_deref(), Some(key), "{text}");
        assert_eq!(of_route(key).as_deref(), Some(canonical), "{text}");
    }

    #[test]
    fn a_method_is_a_path_and_a_verb() {
        check("orders/{id}/GET", "GET /orders/{id}", "/orders/{id}/GET");
        check("/orders/{id}/GET", "GET /orders/{id}", "/orders/{id}/GET");
        check("~1orders~1{id}/GET", "GET /orders/{id}", "/orders/{id}/GET");
        check("orders~1{id}/GET", "GET /orders/{id}", "/orders/{id}/GET");
        check("{proxy+}/ANY", "ANY /{proxy+}", "/{proxy+}/ANY");
    }

    #[test]
    fn the_root_has_no_name() {
        for text in ["//GET", "/GET", "~1/GET"] {
            check(text, "GET /", "//GET");
        }
    }

    #[test]
    fn a_stage_leaves_out_the_first_slash() {
        assert_eq!(in_settings("GET /orders/{id}").as_deref(), Some("orders/{id}/GET"));
        assert_eq!(in_settings("GET /").as_deref(), Some("//GET"));
        assert_eq!(in_settings("$default"), None);
    }

    #[test]
    fn other_things_are_no_methods() {
        assert_eq!(route_key("GET"), None);
        assert_eq!(of_route("$default"), None);
    }
}
