//! For 64-bit words: nine limbs of 58 bits, so that sums of products need no carries.

const LIMB_BITS: usize = 58;
const MASK: u64 = (1 << LIMB_BITS) - 1;
const LIMBS: usize = 9;
/// The bits of the topmost limb of a number below 2^521.
const TOP_LIMB_BITS: usize = 521 - 8 * LIMB_BITS;
/// 4·p, with limbs that are not below those of any number.
const MULTIPLE: [u64; LIMBS] = {
    let mut limbs = [2 * MASK; LIMBS];
    limbs[0] -= 2;
    limbs
};

const MODULUS: [u64; LIMBS] = {
    let mut words = [u64::MAX; LIMBS];
    words[8] >>= 64 - 9;
    words
};

/// Limbs of at most 2^58 + 2^56, least significant first.
pub(super) type Number = [u64; LIMBS];

/// Reads a number below 2^521 from its words.
pub(super) const fn from_words(words: &[u64; LIMBS]) -> Number {
    from_table_words(words)
}

/// Reads any number from the words of a table.
#[inline(always)]
pub(super) const fn from_table_words(words: &[u64; LIMBS]) -> Number {
    let mut limbs = [0; LIMBS];
    // What exceeds 521 bits is added below: at most 55 bits.
    limbs[0] = (words[0] & MASK) + (words[8] >> 9);
    let mut i = 1;
    while i < LIMBS {
        // Limb i begins in the word before word i, 6·i bits below its end.
        limbs[i] = (words[i - 1] >> (64 - 6 * i) | words[i] << (6 * i)) & MASK;
        i += 1;
    }
    limbs[8] &= (1 << TOP_LIMB_BITS) - 1;
    limbs
}

/// Returns the words of the number below p.
pub(super) fn canonical(number: &Number) -> [u64; LIMBS] {
    let mut limbs = *number;
    // The first pass leaves less than 2^521 + 4, and the second one less than 2^521, with every limb
    // below 2^58.
    for _ in 0..2 {
        let mut carry = 0;
        for limb in &mut limbs {
            let sum = *limb + carry;
            *limb = sum & MASK;
            carry = sum >> LIMB_BITS;
        }
        let top = limbs[8] | carry << LIMB_BITS;
        limbs[8] = top & ((1 << TOP_LIMB_BITS) - 1);
        limbs[0] += top >> TOP_LIMB_BITS;
    }
    let mut words = [0; LIMBS];
    for i in 0..LIMBS {
        let next = limbs.get(i + 1).copied().unwrap_or(0);
        words[i] = limbs[i] >> (6 * i) | next << (LIMB_BITS - 6 * i);
    }
    if words == MODULUS { [0; LIMBS] } else { words }
}

/// Returns the bits of the lowest limb that are those of the number.
#[inline(always)]
pub(super) fn lowest_bits(limb: u64) -> u64 {
    limb & MASK
}

/// Moves the bits beyond 58 of each limb to the next one. 2^522 ≡ 2.
#[inline(always)]
fn carry_once(limbs: &[u64; LIMBS]) -> Number {
    let mut result = limbs.map(|limb| limb & MASK);
    result[0] += 2 * (limbs[8] >> LIMB_BITS);
    for i in 1..LIMBS {
        result[i] += limbs[i - 1] >> LIMB_BITS;
    }
    result
}

#[inline(always)]
pub(super) fn add(a: &Number, b: &Number) -> Number {
    let mut sum = [0; LIMBS];
    for i in 0..LIMBS {
        sum[i] = a[i] + b[i];
    }
    carry_once(&sum)
}

#[inline(always)]
pub(super) fn sub(a: &Number, b: &Number) -> Number {
    let mut difference = [0; LIMBS];
    for i in 0..LIMBS {
        difference[i] = a[i] + (MULTIPLE[i] - b[i]);
    }
    carry_once(&difference)
}

#[inline(always)]
fn wide(a: u64, b: u64) -> u128 {
    a as u128 * b as u128
}

#[inline(never)]
pub(super) fn multiply(a: &Number, b: &Number) -> Number {
    // Products of limbs that together reach 2^522 count twice.
    let twice = b.map(|limb| 2 * limb);
    macro_rules! column {
        ($k:literal: $($i:literal)*) => {{
            let mut sum = 0;
            $( {
                const J: usize = ($k + 9 - $i) % 9;
                sum += wide(a[$i], if $i <= $k { b[J] } else { twice[J] });
            } )*
            sum
        }};
    }
    macro_rules! columns {
        ($($k:literal)*) => { [$( column!($k: 0 1 2 3 4 5 6 7 8) ),*] };
    }
    reduce(columns!(0 1 2 3 4 5 6 7 8))
}

#[inline(never)]
pub(super) fn square(a: &Number) -> Number {
    let twice = a.map(|limb| 2 * limb);
    macro_rules! column {
        // The product of limbs i and j, with j the larger one, for i + j = k or k + 9.
        ($k:literal: $($i:literal)*) => {{
            let mut sum = 0;
            $( {
                const J: usize = ($k + 9 - $i) % 9;
                let i: usize = $i;
                if i <= J {
                    let left = if i < J { twice[i] } else { a[i] };
                    sum += wide(left, if $i + J == $k { a[J] } else { twice[J] });
                }
            } )*
            sum
        }};
    }
    macro_rules! columns {
        ($($k:literal)*) => { [$( column!($k: 0 1 2 3 4 5 6 7 8) ),*] };
    }
    reduce(columns!(0 1 2 3 4 5 6 7 8))
}

/// Carries sums of at most 17 products of limbs, that is less than 2^122.
#[inline(always)]
fn reduce(columns: [u128; LIMBS]) -> Number {
    let mut limbs = [0; LIMBS];
    // Below 2^64.
    let mut carry: u64 = 0;
    for i in 0..LIMBS {
        let sum = columns[i] + carry as u128;
        limbs[i] = sum as u64 & MASK;
        carry = (sum >> LIMB_BITS) as u64;
    }
    let lowest = limbs[0] as u128 + 2 * carry as u128;
    limbs[0] = lowest as u64 & MASK;
    limbs[1] += (lowest >> LIMB_BITS) as u64;
    limbs
}
