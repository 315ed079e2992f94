//! Moduli made by the flawed generator of CVE-2017-15361, which can be factored.

/// The generator's primes are powers of this, modulo many small primes.
const GENERATOR: u32 = 65537;

/// Small primes that divide the product the flawed generator works with. A random modulus passes
/// for a flawed one at all of them once in some hundred million times.
const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

/// Whether a modulus, in big-endian bytes, looks like one of the flawed generator.
pub(super) fn is_flawed(modulus: &[u8]) -> bool {
    PRIMES.into_iter().all(|prime| is_power(remainder(modulus, prime), prime))
}

fn remainder(modulus: &[u8], prime: u32) -> u32 {
    modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % prime)
}

/// Whether `rest` is a power of the generator modulo `prime`.
fn is_power(rest: u32, prime: u32) -> bool {
    let mut power = 1 % prime;
    for _ in 0..prime {
        if power == rest {
            return true;
        }
        power = power * (GENERATOR % prime) % prime;
    }
    false
}
