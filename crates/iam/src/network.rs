//! Addresses and networks of addresses.

use std::net::IpAddr;

use crate::malformed::{Malformed, shown};

/// The addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    is_v4: bool,
    /// The first address, in the last bits.
    bits: u128,
    /// How many of the last bits differ within the network: at most 128.
    free: u32,
}

impl Network {
    /// Reads `203.0.113.0/24`, `2001:db8::/32`, or one address. Bits after the prefix are left out.
    ///
    /// # Errors
    /// [`Malformed`] if it is neither.
    pub fn parse(written: &str) -> Result<Self, Malformed> {
        let read = || {
            let (address, prefix) = match written.split_once('/') {
                None => (written, None),
                Some((address, prefix)) => (address, Some(prefix)),
            };
            let address: IpAddr = address.parse().ok()?;
            let width: u32 = if address.is_ipv4() { 32 } else { 128 };
            let prefix = match prefix {
                None => width,
                Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                    digits.parse().ok()?
                }
                Some(_) => return None,
            };
            let free = width.checked_sub(prefix)?;
            // An IPv4 network that is written as one of IPv6.
            let canonical = if free <= 32 { address.to_canonical() } else { address };
            let (is_v4, bits) = bits(canonical);
            Some(Self { is_v4, bits: clear(bits, free), free })
        };
        read().ok_or_else(|| {
            let reason = format!(
                "`{}` is neither an address nor a network such as `203.0.113.0/24`",
                shown(written)
            );
            Malformed::new(reason)
        })
    }

    /// Whether an address is one of them.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let (is_v4, bits) = bits(address.to_canonical());
        is_v4 == self.is_v4 && clear(bits, self.free) == self.bits
    }
}

fn bits(address: IpAddr) -> (bool, u128) {
    match address {
        IpAddr::V4(address) => (true, address.to_bits().into()),
        IpAddr::V6(address) => (false, address.to_bits()),
    }
}

/// The bits without the last so many.
fn clear(bits: u128, free: u32) -> u128 {
    bits & u128::MAX.checked_shl(free).unwrap_or_default()
}
