use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use tollgate_policy::Headers;
use wasm_bindgen_test::wasm_bindgen_test;

use crate::ContentHandling::{ConvertToBinary, ConvertToText};
use crate::{BinaryMediaTypes, Coding, Conversion, NotBase64, Undecodable};

#[cfg(not(target_arch = "wasm32"))]
mod properties;

const TEXT: &[u8] = b"a text that is coded, and coded, and coded";

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("memory");
    encoder.finish().expect("memory")
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("memory");
    encoder.finish().expect("memory")
}

fn raw(body: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
#[wasm_bindgen_test]
fn a_body_is_decoded_as_it_says_it_is_coded() {
    let decode = |coding: Coding, body: &[u8]| coding.decode(body, 1000);
    assert_eq!(decode(Coding::Gzip, &gzip(TEXT)).as_deref(), Ok(TEXT));
    assert_eq!(decode(Coding::Deflate, &zlib(TEXT)).as_deref(), Ok(TEXT));
    assert_eq!(decode(Coding::Deflate, &raw(TEXT)).as_deref(), Ok(TEXT));
    assert_eq!(decode(Coding::Identity, TEXT).as_deref(), Ok(TEXT));
    // Members of gzip follow each other: RFC 1952 section 2.2.
    let two = [gzip(b"one "), gzip(b"two")].concat();
    assert_eq!(decode(Coding::Gzip, &two).as_deref(), Ok(&b"one two"[..]));
    for body in [TEXT, b"", &gzip(TEXT)[..20], &zlib(TEXT)] {
        assert_eq!(decode(Coding::Gzip, body), Err(Undecodable::Malformed), "{body:?}");
    }
    let mut wrong = gzip(TEXT);
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    assert_eq!(decode(Coding::Gzip, &wrong), Err(Undecodable::Malformed));
    assert_eq!(decode(Coding::Unknown, TEXT), Err(Undecodable::Malformed));
}

#[test]
#[wasm_bindgen_test]
fn a_body_never_becomes_larger_than_it_may() {
    let bomb = gzip(&vec![0; 10_000_000]);
    assert!(bomb.len() < 20_000);
    assert_eq!(Coding::Gzip.decode(&bomb, 9_999_999), Err(Undecodable::TooLarge));
    assert_eq!(Coding::Gzip.decode(&bomb, 10_000_000).map(|body| body.len()), Ok(10_000_000));
}

#[test]
#[wasm_bindgen_test]
fn a_message_says_how_its_body_is_coded() {
    for (values, expected) in [
        (&[][..], Coding::Identity),
        (&["identity"], Coding::Identity),
        (&["GZIP"], Coding::Gzip),
        (&[" gzip , identity"], Coding::Gzip),
        (&["deflate"], Coding::Deflate),
        (&["br"], Coding::Unknown),
        (&["gzip, gzip"], Coding::Unknown),
        (&["gzip", "deflate"], Coding::Unknown),
    ] {
        let headers = Headers::from_iter(values.iter().map(|value| ("content-encoding", *value)));
        assert_eq!(Coding::of(&headers), expected, "{values:?}");
    }
}

#[test]
#[wasm_bindgen_test]
fn a_media_type_is_binary_where_the_api_says_so() {
    let types = |types: &[&str]| {
        let types: Vec<_> = types.iter().map(|text| (*text).to_owned()).collect();
        BinaryMediaTypes::compile(&types)
    };
    let some = types(&["image/png", "Application/*", "audio~1x"]).expect("they are types");
    for binary in
        ["image/png", "IMAGE/PNG; q=1", "application/json", "image/png, text/html", "audio/x"]
    {
        assert!(some.contain(binary.as_bytes()), "{binary}");
    }
    for text in ["image/gif", "text/html, image/png", "", "image", "*/*"] {
        assert!(!some.contain(text.as_bytes()), "{text}");
    }
    assert!(types(&["*/*"]).expect("a type").contain(b"text/html"));
    assert!(!BinaryMediaTypes::default().contain(b"image/png"));
    for wrong in ["image", "*/png", "image/p ng", ""] {
        assert!(types(&[wrong]).is_err(), "{wrong}");
    }
}

/// The tables of the developer guide.
#[test]
#[wasm_bindgen_test]
fn a_body_is_converted_by_what_it_is_and_what_is_wanted() {
    for (is_binary, handling, expected) in [
        (false, None, Conversion::None),
        (false, Some(ConvertToBinary), Conversion::Decode),
        (false, Some(ConvertToText), Conversion::None),
        (true, None, Conversion::None),
        (true, Some(ConvertToBinary), Conversion::None),
        (true, Some(ConvertToText), Conversion::Encode),
    ] {
        assert_eq!(Conversion::of_request(is_binary, handling), expected);
    }
    for (is_binary, accepts_binary, handling, expected) in [
        (false, false, None, Conversion::None),
        (false, false, Some(ConvertToBinary), Conversion::Decode),
        (false, false, Some(ConvertToText), Conversion::None),
        (false, true, None, Conversion::Decode),
        (false, true, Some(ConvertToBinary), Conversion::Decode),
        (false, true, Some(ConvertToText), Conversion::None),
        (true, false, None, Conversion::Encode),
        (true, false, Some(ConvertToBinary), Conversion::None),
        (true, false, Some(ConvertToText), Conversion::Encode),
        (true, true, None, Conversion::None),
        (true, true, Some(ConvertToBinary), Conversion::None),
        (true, true, Some(ConvertToText), Conversion::Encode),
    ] {
        assert_eq!(Conversion::of_response(is_binary, accepts_binary, handling), expected);
    }
    assert_eq!(Conversion::Encode.apply(&[0, 0xff]).as_deref(), Ok(&b"AP8="[..]));
    assert_eq!(Conversion::Decode.apply(b"AP8=\n").as_deref(), Ok(&[0, 0xff][..]));
    assert_eq!(Conversion::Decode.apply(b"no base64"), Err(NotBase64));
}
