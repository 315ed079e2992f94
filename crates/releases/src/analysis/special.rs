//! The few special functions that the tests are made of.

/// The natural logarithm of the gamma function, for positive numbers.
///
/// Lanczos' approximation with g = 7 and nine coefficients (P. Godfrey, "A note on the computation of the
/// convergent Lanczos complex Gamma approximation", 2001), good to about 15 digits.
pub(super) fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const FIRST: f64 = 0.999_999_999_999_809_9;
    const OTHERS: [f64; 8] = [
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let mut place = 0.0;
    let mut sum = FIRST;
    for coefficient in OTHERS {
        place += 1.0;
        sum += coefficient / (x + place);
    }
    let t = x + G + 0.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// The natural logarithm of how many ways there are to choose `k` of `n`.
pub(super) fn ln_choose(n: u64, k: u64) -> f64 {
    let factorial = |n: u64| ln_gamma(real(n) + 1.0);
    factorial(n) - factorial(k) - factorial(n.saturating_sub(k))
}

/// The complementary error function, with a relative error below 1.2e-7 everywhere.
///
/// Chebyshev's approximation `erfcc` of Press et al., "Numerical Recipes in C", 2nd edition, 6.2.
pub(super) fn erfc(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let z = x.abs();
    let t = 1.0 / (1.0 + 0.5 * z);
    let polynomial = COEFFICIENTS.iter().rev().fold(0.0, |sum, each| sum * t + each);
    let upper = t * (polynomial - z * z).exp();
    if x < 0.0 { 2.0 - upper } else { upper }
}

/// How likely a value of the standard normal distribution is above `z`.
pub(super) fn normal_above(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "counts above 2^53 are not told apart, nor need be")]
pub(super) fn real(count: u64) -> f64 {
    count as f64
}
