//! Decimal arithmetic of the specification on plain integers.

use num_bigint::BigInt as Int;

pub fn ten(power: u32) -> Int {
    Int::from(10).pow(power)
}

pub fn one() -> Int {
    ten(18)
}

pub fn half_even(x: &Int) -> Int {
    let (q, r) = (x / one(), x % one());
    let twice = &r * 2;
    if twice > one() || (twice == one() && &q % 2 == Int::from(1)) { q + 1 } else { q }
}

pub fn mul(a: &Int, b: &Int) -> Int {
    half_even(&(a * b))
}

pub fn quo(a: &Int, b: &Int) -> Int {
    half_even(&(a * ten(36) / b))
}

pub fn quo_up(a: &Int, b: &Int) -> Int {
    let t = a * ten(36) / b;
    let (q, r) = (&t / one(), &t % one());
    if r == Int::ZERO { q } else { q + 1 }
}

pub fn power(base: &Int, mut n: u64) -> Int {
    let (mut tmp, mut d) = (one(), base.clone());
    if n == 0 {
        return one();
    }
    while n > 1 {
        if n % 2 == 1 {
            tmp = mul(&tmp, &d);
        }
        n /= 2;
        d = mul(&d, &d);
    }
    mul(&d, &tmp)
}

pub fn least(a: Int, b: &Int) -> Int {
    if a < *b { a } else { b.clone() }
}

/// The part of an amount that a fault takes, rounded up.
pub fn slashed(amount: &Int, factor: &Int) -> Int {
    least((amount * factor + one() - 1) / one(), amount)
}
