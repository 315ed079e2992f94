use proptest::prelude::*;

use super::super::significance::{Method, Share, fisher, is_greater, z_test};
use super::super::special::{erfc, ln_choose, ln_gamma, normal_above};
use super::*;

fn share(of: u64, all: u64) -> Share {
    Share { of, all }
}

#[test]
fn the_special_functions_have_their_known_values() {
    // Abramowitz and Stegun, tables 7.1 and 6.4, with more digits by GNU libm.
    close(erfc(0.5), 0.479_500_122_186_953_5, 2e-7);
    close(erfc(1.0), 0.157_299_207_050_285_13, 2e-7);
    close(erfc(2.0), 0.004_677_734_981_047_266, 2e-7);
    close(erfc(-1.0), 1.842_700_792_949_714_8, 2e-7);
    close(erfc(4.0), 1.541_725_790_028_002e-8, 2e-7);
    close(ln_gamma(0.5), 0.572_364_942_924_700_1, 1e-13);
    close(ln_gamma(10.0), 12.801_827_480_081_469, 1e-13);
    close(ln_gamma(101.0), 363.739_375_555_563_5, 1e-13);
    close(ln_gamma(1e6), 12_815_504.569_147_611, 1e-13);
    assert!(ln_gamma(1.0).abs() < 1e-13);
    close(ln_choose(52, 5).exp(), 2_598_960.0, 1e-11);
    // The usual quantiles.
    close(normal_above(1.959_963_985), 0.025, 1e-6);
    close(normal_above(2.326_347_874), 0.01, 1e-6);
    close(normal_above(0.0), 0.5, 1e-6);
}

#[test]
fn two_proportions_are_compared_as_textbooks_do() {
    // 40 of 200 against 20 of 200: z = 2.8006; 30 of 1,000 against 10 of 2,000: z = 5.6277.
    close(z_test(share(40, 200), share(20, 200)), 0.002_550_6, 1e-4);
    close(z_test(share(30, 1000), share(10, 2000)), 9.13e-9, 1e-2);
    // The other way round it is no evidence at all.
    close(z_test(share(20, 200), share(40, 200)), 0.997_449_4, 1e-4);
    for same in [0, 200] {
        assert_eq!(z_test(share(same, 200), share(same, 200)), 1.0);
    }
}

#[test]
fn small_counts_are_compared_as_fisher_did() {
    // The lady tasting tea ("The Design of Experiments", 1935): 3 of 4 right has p = 17/70.
    close(fisher(share(3, 4), share(1, 4)), 17.0 / 70.0, 1e-12);
    close(fisher(share(4, 4), share(0, 4)), 1.0 / 70.0, 1e-12);
    // The convicts' twins ("Statistical Methods", 21.02): p = 0.000465.
    close(fisher(share(10, 13), share(2, 17)), 0.000_465_18, 1e-4);
    assert_eq!(fisher(share(0, 0), share(0, 0)), 1.0);
    assert_eq!(fisher(share(0, 100), share(5, 100)), 1.0);
    // Large counts are neither slow nor out of range.
    let p = fisher(share(900_000, 1_000_000), share(899_999, 1_000_000));
    assert!((0.4..0.5).contains(&p), "{p}");
    assert!(fisher(share(1_000_000, 1_000_000), share(0, 1_000_000)) < 1e-300);
    close(fisher(share(1, 1_000_000), share(900_000, 1_000_000)), 1.0, 1e-9);
}

#[test]
fn the_exact_test_is_taken_where_counts_are_small() {
    let method = |canary, base| is_greater(canary, base).method;
    assert_eq!(method((5, 100), (95, 1900)), Method::ZTest);
    assert_eq!(method((4, 100), (95, 1900)), Method::FisherExact);
    // Few successes are as bad as few errors.
    assert_eq!(method((98, 100), (98, 100)), Method::FisherExact);
    // Where both serve, they say the same.
    for (canary, base) in
        [((40, 400), (20, 400)), ((60, 1000), (40, 1000)), ((30, 500), (90, 2000))]
    {
        let (canary, base) = (share(canary.0, canary.1), share(base.0, base.1));
        let (z, exact) = (z_test(canary, base), fisher(canary, base));
        assert!(z < exact && exact < 3.0 * z, "{z} {exact}");
    }
}

#[test]
fn a_share_of_more_than_all_is_all() {
    assert_eq!(is_greater((20, 10), (1, 10)), is_greater((10, 10), (1, 10)));
    assert_eq!(is_greater((0, 0), (0, 0)).p_value, 1.0);
}

/// How many ways there are to choose.
fn choose(n: u64, k: u64) -> u128 {
    (0..u128::from(k)).fold(1, |ways, i| ways * (u128::from(n) - i) / (i + 1))
}

/// By counting all the ways.
fn brute(canary: Share, base: Share) -> f64 {
    let errors = canary.of + base.of;
    let ways = |k: u64| match errors.checked_sub(k) {
        Some(rest) if rest <= base.all => choose(canary.all, k) * choose(base.all, rest),
        _ => 0,
    };
    let more: u128 = (canary.of..=canary.all).map(ways).sum();
    more as f64 / choose(canary.all + base.all, errors) as f64
}

proptest! {
    #[test]
    fn the_exact_test_counts_all_the_ways(
        (n1, k1) in (0_u64..40).prop_flat_map(|n| (Just(n), 0..=n)),
        (n2, k2) in (0_u64..40).prop_flat_map(|n| (Just(n), 0..=n)),
    ) {
        let (canary, base) = (share(k1, n1), share(k2, n2));
        let (found, expected) = (fisher(canary, base), brute(canary, base));
        prop_assert!((found - expected).abs() <= 1e-9 * expected.max(1e-6), "{found} {expected}");
    }

    #[test]
    fn a_p_value_is_a_probability_and_falls_with_the_canarys_errors(
        (n1, k1) in (1_u64..5000).prop_flat_map(|n| (Just(n), 0..n)),
        (n2, k2) in (0_u64..5000).prop_flat_map(|n| (Just(n), 0..=n)),
    ) {
        for test in [fisher, z_test] {
            let (fewer, more) =
                (test(share(k1, n1), share(k2, n2)), test(share(k1 + 1, n1), share(k2, n2)));
            if fewer.is_nan() || more.is_nan() {
                prop_assert_eq!(n2, 0);
                continue;
            }
            prop_assert!((0.0..=1.0).contains(&fewer) && (0.0..=1.0).contains(&more));
            prop_assert!(more <= fewer + 1e-6, "{} {}", fewer, more);
        }
        let taken = is_greater((k1, n1), (k2, n2)).p_value;
        prop_assert!((0.0..=1.0).contains(&taken));
    }
}
