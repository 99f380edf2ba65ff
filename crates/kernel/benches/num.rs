//! How long products, quotients and powers of decimal numbers take, for everyday and for very large values.

use divan::{Bencher, black_box};
use entente_kernel::num::{Dec, NumError};

fn main() {
    divan::main();
}

/// A reward index times a stake, a share price, and a value near the limit.
const OPERANDS: [(&str, &str); 3] = [
    ("0.000000012345678901", "1234567890.5"),
    ("123456789012345.678901234567890123", "1.000000000000012345"),
    ("3000000000000000000000000000000000000000000000000000000000.1", "1.999999999999999999"),
];

type Operation = fn(Dec, Dec) -> Result<Dec, NumError>;

fn both(bencher: Bencher<'_, '_>, operands: (&str, &str), operation: Operation) {
    match (operands.0.parse::<Dec>(), operands.1.parse::<Dec>()) {
        (Ok(left), Ok(right)) => bencher.bench_local(|| operation(black_box(left), black_box(right))),
        _ => eprintln!("operands are no numbers"),
    }
}

#[divan::bench(args = OPERANDS)]
fn mul(bencher: Bencher<'_, '_>, operands: (&str, &str)) {
    both(bencher, operands, Dec::mul);
}

#[divan::bench(args = OPERANDS)]
fn quo(bencher: Bencher<'_, '_>, operands: (&str, &str)) {
    both(bencher, operands, Dec::quo);
}

#[divan::bench(args = OPERANDS)]
fn add(bencher: Bencher<'_, '_>, operands: (&str, &str)) {
    both(bencher, operands, Dec::add);
}

#[divan::bench(args = [2u64, 12, 1_000, 28_800])]
fn power(bencher: Bencher<'_, '_>, exponent: u64) {
    let base = Dec::from_scaled_u64(999_950_000_000_000_000);
    bencher.bench_local(|| black_box(base).power(black_box(exponent)));
}
