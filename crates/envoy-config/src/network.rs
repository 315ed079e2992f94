//! Networks of addresses, such as `10.0.0.0/8`.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use tollgate_policy::Invalid;

use crate::yaml::{Node, map};

/// A network: all addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether every address is in it.
    pub(crate) const fn is_everything(self) -> bool {
        self.bits == 0
    }

    pub(crate) fn node(self) -> Node {
        map! {
            "address_prefix": self.address.to_string(),
            "prefix_len": u32::from(self.bits),
        }
    }
}

impl FromStr for Network {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let refuse = |reason: &str| Err(Invalid::new("", format!("`{text}` {reason}")));
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return refuse("is not a network such as `10.0.0.0/8` or `fd00::/8`, nor an address");
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = match bits.map(u8::from_str) {
            None => most,
            Some(Ok(bits)) if bits <= most => bits,
            Some(_) => return refuse(&format!("must end in a number of bits, at most {most}")),
        };
        let network = Self { address: first(address, bits), bits };
        if network.address != address {
            return refuse(&format!("has bits after its first {bits}: is `{network}` meant?"));
        }
        Ok(network)
    }
}

/// The first address of those with the same bits.
fn first(address: IpAddr, bits: u8) -> IpAddr {
    let bits = u32::from(bits);
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or_default();
            Ipv4Addr::from_bits(address.to_bits() & mask).into()
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or_default();
            Ipv6Addr::from_bits(address.to_bits() & mask).into()
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.address, self.bits)
    }
}
