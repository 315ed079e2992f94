//! Admits and refuses by the resource policy of a REST API.
