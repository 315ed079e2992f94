//! Envoy as a [`Proxy`], through the proxy-wasm 0.2.1 host functions.
//!
//! The `proxy-wasm` crate has functions of the same names, which panic on a status they do not
//! expect and on text that is not UTF-8. These return what they were told instead. Only the call
//! to another service goes through the crate, because its dispatcher must know the token.

use std::time::Duration;

use proxy_wasm::types::{BufferType, LogLevel, MapType, MetricType, StreamType};
use tollgate_policy::{
    ANSWERED_HEADER, Call, Conflict, Digest, Expect, Kind, Level, Metric, Shared, Timestamp,
};

use crate::proxy::{Field, Message, Proxy, Side};
use crate::{clean, wire};

/// The status of a host function that did what it was asked.
const OK: u32 = 0;

/// On a missing key any expected version succeeds, and on a present one this one practically never
/// is right: the counter of versions would have to stand at its very end.
const ABSENT: u32 = u32::MAX;

/// The version that stands for "whatever is there".
const ANYTHING: u32 = 0;

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_log(level: LogLevel, message: *const u8, size: usize) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
    fn proxy_set_effective_context(context: u32) -> u32;
    fn proxy_continue_stream(stream: StreamType) -> u32;
    fn proxy_get_buffer_bytes(
        buffer: BufferType,
        start: usize,
        max_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_buffer_bytes(
        buffer: BufferType,
        start: usize,
        size: usize,
        data: *const u8,
        data_size: usize,
    ) -> u32;
    fn proxy_get_header_map_pairs(map: MapType, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_add_header_map_value(
        map: MapType,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: MapType,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_remove_header_map_value(map: MapType, name: *const u8, name_size: usize) -> u32;
    fn proxy_send_local_response(
        status: u32,
        details: *const u8,
        details_size: usize,
        body: *const u8,
        body_size: usize,
        headers: *const u8,
        headers_size: usize,
        grpc_status: i32,
    ) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_set_property(
        path: *const u8,
        path_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
    fn proxy_get_shared_data(
        key: *const u8,
        key_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
        version: *mut u32,
    ) -> u32;
    fn proxy_set_shared_data(
        key: *const u8,
        key_size: usize,
        value: *const u8,
        value_size: usize,
        version: u32,
    ) -> u32;
    fn proxy_define_metric(
        kind: MetricType,
        name: *const u8,
        name_size: usize,
        id: *mut u32,
    ) -> u32;
    fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    fn proxy_record_metric(id: u32, value: u64) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u16;
}

/// Takes what a host function returned through a pointer and a size.
fn returned(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Option<Vec<u8>> {
    let mut data = std::ptr::null_mut();
    let mut size = 0;
    if call(&raw mut data, &raw mut size) != OK {
        return None;
    }
    if data.is_null() {
        return Some(Vec::new());
    }
    // SAFETY: the host got the memory from `proxy_on_memory_allocate`, which is a `Vec<u8>` of this
    // capacity that was forgotten, has written all of it, and keeps no pointer to it.
    Some(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// The plugin's configuration, `size` bytes of it.
pub(crate) fn plugin_configuration(size: usize) -> Option<Vec<u8>> {
    if size == 0 {
        return Some(Vec::new());
    }
    // SAFETY: both pointers are valid for the length of the call.
    returned(|data, length| unsafe {
        proxy_get_buffer_bytes(BufferType::PluginConfiguration, 0, size, data, length)
    })
}

/// The proxy this filter runs in.
pub(crate) struct Envoy;

const fn map(of: Message) -> MapType {
    match of {
        Message::Request => MapType::HttpRequestHeaders,
        Message::Response => MapType::HttpResponseHeaders,
        Message::Reply => MapType::HttpCallResponseHeaders,
    }
}

const fn buffer(of: Message) -> BufferType {
    match of {
        Message::Request => BufferType::HttpRequestBody,
        Message::Response => BufferType::HttpResponseBody,
        Message::Reply => BufferType::HttpCallResponseBody,
    }
}

// SAFETY (of every block below): the pointers come from slices and locals that live through the
// call, with their own lengths; the host copies what it wants to keep.
impl Proxy for Envoy {
    fn now(&self) -> Timestamp {
        let mut nanoseconds = 0;
        let status = unsafe { proxy_get_current_time_nanoseconds(&raw mut nanoseconds) };
        // A proxy without a clock stands at the epoch, where every token is issued in the future.
        Timestamp(Duration::from_nanos(if status == OK { nanoseconds } else { 0 }))
    }

    fn headers(&self, of: Message) -> Option<Vec<u8>> {
        returned(|data, size| unsafe { proxy_get_header_map_pairs(map(of), data, size) })
    }

    fn set_header(&self, of: Message, name: &[u8], value: &[u8]) {
        unsafe {
            proxy_replace_header_map_value(
                map(of),
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            );
        }
    }

    fn add_header(&self, of: Message, name: &[u8], value: &[u8]) {
        unsafe {
            proxy_add_header_map_value(
                map(of),
                name.as_ptr(),
                name.len(),
                value.as_ptr(),
                value.len(),
            );
        }
    }

    fn remove_header(&self, of: Message, name: &[u8]) {
        unsafe { proxy_remove_header_map_value(map(of), name.as_ptr(), name.len()) };
    }

    fn body(&self, of: Message, size: usize) -> Option<Vec<u8>> {
        returned(|data, length| unsafe {
            proxy_get_buffer_bytes(buffer(of), 0, size, data, length)
        })
    }

    fn set_body(&self, of: Message, size: usize, body: &[u8]) {
        unsafe { proxy_set_buffer_bytes(buffer(of), 0, size, body.as_ptr(), body.len()) };
    }

    fn respond(&self, status: u16, details: &str, fields: &[Field<'_>], body: &[u8]) {
        const NO_GRPC_STATUS: i32 = -1;
        self.set_header(Message::Request, ANSWERED_HEADER.as_bytes(), b"true");
        let fields = wire::pairs(fields).unwrap_or_else(|| 0_u32.to_le_bytes().to_vec());
        unsafe {
            proxy_send_local_response(
                u32::from(status),
                details.as_ptr(),
                details.len(),
                body.as_ptr(),
                body.len(),
                fields.as_ptr(),
                fields.len(),
                NO_GRPC_STATUS,
            );
        }
    }

    fn resume(&self, side: Side) {
        let stream = match side {
            Side::Request => StreamType::HttpRequest,
            Side::Response => StreamType::HttpResponse,
        };
        unsafe { proxy_continue_stream(stream) };
    }

    fn call(&self, call: &Call) -> Option<u32> {
        let fields = call
            .headers
            .iter()
            .filter(|(name, _)| clean::is_name(name))
            .map(|(name, value)| {
                Some((
                    std::str::from_utf8(name).ok()?,
                    String::from_utf8(clean::value(value).into_owned()).ok()?,
                ))
            })
            .collect::<Option<Vec<_>>>()?;
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let body = (!call.body.is_empty()).then_some(call.body.as_slice());
        // Envoy takes no time-out to mean for ever.
        let timeout = call.timeout.max(Duration::from_millis(1));
        proxy_wasm::hostcalls::dispatch_http_call(&call.cluster, fields, body, Vec::new(), timeout)
            .ok()
    }

    fn property(&self, path: &str) -> Option<Vec<u8>> {
        returned(|data, size| unsafe { proxy_get_property(path.as_ptr(), path.len(), data, size) })
    }

    fn set_property(&self, path: &str, value: &[u8]) {
        unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) };
    }

    fn tick_every(&self, period: Duration) {
        let period = u32::try_from(period.as_millis()).unwrap_or(u32::MAX);
        unsafe { proxy_set_tick_period_milliseconds(period) };
    }

    fn enter(&self, context: u32) -> bool {
        unsafe { proxy_set_effective_context(context) == OK }
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        let mut version = 0;
        let value = returned(|data, size| unsafe {
            proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &raw mut version)
        })?;
        Some(Shared { value, version })
    }

    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        let version = match expect {
            Expect::Absent => ABSENT,
            Expect::Version(version) => version,
            Expect::Anything => ANYTHING,
        };
        let status = unsafe {
            proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), version)
        };
        if status == OK { Ok(()) } else { Err(Conflict) }
    }

    fn verify_signature(
        &self,
        digest: Digest,
        key: &[u8],
        sig: &[u8],
        text: &[u8],
    ) -> Option<bool> {
        const NAME: &str = "verify_signature";
        let arguments = wire::verify_signature(digest, key, sig, text);
        // Only a proxy that does not have the function fails: what it thinks of the signature is in
        // the result.
        let result = returned(|data, size| unsafe {
            proxy_call_foreign_function(
                NAME.as_ptr(),
                NAME.len(),
                arguments.as_ptr(),
                arguments.len(),
                data,
                size,
            )
        })?;
        Some(wire::is_verified(&result))
    }

    fn uptime(&self) -> Duration {
        const MONOTONIC: u32 = 1;
        let mut nanoseconds = 0;
        let error = unsafe { clock_time_get(MONOTONIC, 1, &raw mut nanoseconds) };
        // Time that stands still refills no bucket.
        Duration::from_nanos(if error == 0 { nanoseconds } else { 0 })
    }

    fn metric(&self, kind: Kind, name: &str) -> Option<Metric> {
        let mut id = 0;
        let metric_type = match kind {
            Kind::Counter => MetricType::Counter,
            Kind::Gauge => MetricType::Gauge,
            Kind::Histogram => MetricType::Histogram,
        };
        let status =
            unsafe { proxy_define_metric(metric_type, name.as_ptr(), name.len(), &raw mut id) };
        (status == OK).then_some(Metric { kind, id })
    }

    fn record(&self, metric: Metric, value: u64) {
        match metric.kind {
            Kind::Counter => {
                let offset = i64::try_from(value).unwrap_or(i64::MAX);
                unsafe { proxy_increment_metric(metric.id, offset) };
            }
            Kind::Gauge | Kind::Histogram => {
                unsafe { proxy_record_metric(metric.id, value) };
            }
        }
    }

    fn log(&self, level: Level, message: &str) {
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        unsafe { proxy_log(level, message.as_ptr(), message.len()) };
    }
}
