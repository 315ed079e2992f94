//! Bodies as bytes and as text: codings, binary media types, content handling.
//!
//! API Gateway takes a body for text unless its media type is among the API's [binary media
//! types](BinaryMediaTypes), and converts between bytes and Base64 by what each side says it takes: see
//! [content type conversions]. Requests of REST APIs that come [in a coding](Coding) are decoded before
//! anything reads them.
//!
//! Unlike API Gateway, a body that is taken for text and is none passes as it is, where API Gateway
//! puts U+FFFD for what is not UTF-8.
//!
//! [content type conversions]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html

mod coding;
mod conversion;
mod media_types;

pub use coding::{Coding, Undecodable};
pub use conversion::{ContentHandling, Conversion, NotBase64};
pub use media_types::BinaryMediaTypes;

#[cfg(test)]
mod tests;
