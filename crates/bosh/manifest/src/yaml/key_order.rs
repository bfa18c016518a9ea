//! The order of a map's keys on the way out: numbers by value, text in the natural order in
//! which `a2` comes before `a10`, digits before letters.

use crate::value::Key;
use std::cmp::Ordering;

/// The keys in order.
///
/// The order is not always transitive (`a10` < `a1b` < `a2` < `a10`), so that the standard
/// library's sorting, which may panic on such an order, is of no use here.
pub fn sorted<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<&'a Key> {
    let mut keys: Vec<&Key> = keys.collect();
    // What a cycle's outcome depends on is then the keys, and not where they stood.
    keys.sort_by(|a, b| bytes(a).cmp(bytes(b)));
    merge_sort(keys)
}

fn merge_sort(mut keys: Vec<&Key>) -> Vec<&Key> {
    if keys.len() < 2 {
        return keys;
    }
    let right = merge_sort(keys.split_off(keys.len() / 2));
    let left = merge_sort(keys);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let next = if less(b, a) { right.next() } else { left.next() };
        merged.extend(next);
    }
    merged.extend(left);
    merged.extend(right);
    merged
}

fn bytes(key: &Key) -> &[u8] {
    match key {
        Key::String(text) => text.as_bytes(),
        Key::Binary(bytes) => bytes,
        _ => &[],
    }
}

/// Where kinds that cannot be compared stand: the number of Go's kind.
fn rank(key: &Key) -> u8 {
    match key {
        Key::Bool(_) => 1,
        Key::Int(_) => 2,
        Key::Uint(_) => 11,
        Key::Float(_) => 14,
        Key::Null => 20,
        Key::String(_) | Key::Binary(_) => 24,
    }
}

fn number(key: &Key) -> Option<f64> {
    match key {
        Key::Bool(bool) => Some(f64::from(u8::from(*bool))),
        Key::Int(int) => Some(*int as f64),
        Key::Uint(uint) => Some(*uint as f64),
        Key::Float(bits) => Some(f64::from_bits(*bits)),
        Key::Null | Key::String(_) | Key::Binary(_) => None,
    }
}

fn less(a: &Key, b: &Key) -> bool {
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return match x.partial_cmp(&y) {
            Some(Ordering::Equal) if rank(a) != rank(b) => rank(a) < rank(b),
            Some(Ordering::Equal) => match (a, b) {
                (Key::Int(a), Key::Int(b)) => a < b,
                (Key::Uint(a), Key::Uint(b)) => a < b,
                _ => false,
            },
            order => order == Some(Ordering::Less),
        };
    }
    let (Key::String(a), Key::String(b)) = (a, b) else {
        return rank(a) < rank(b);
    };
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(x, y)| x != y) else { return a.len() < b.len() };
    less_from(&a, &b, at)
}

/// Compares two texts that differ first at `at`.
fn less_from(a: &[char], b: &[char], at: usize) -> bool {
    let (x, y) = (a[at], b[at]);
    match (x.is_alphabetic(), y.is_alphabetic()) {
        (true, true) => return x < y,
        (false, false) => {}
        (_, right) => return right,
    }
    // A zero that continues a number which is not zero is a digit like any other.
    let continues = (x == '0' || y == '0')
        && a[..at].iter().rev().take_while(|c| c.is_ascii_digit()).any(|c| *c != '0');
    let start = u64::from(continues);
    let (x_number, x_digits) = digits(&a[at..], start);
    let (y_number, y_digits) = digits(&b[at..], start);
    (x_number, x_digits, x) < (y_number, y_digits, y)
}

fn digits(text: &[char], start: u64) -> (u64, usize) {
    let digits = text.iter().map_while(|c| c.to_digit(10));
    digits.fold((start, 0), |(number, count), digit| {
        (number.wrapping_mul(10).wrapping_add(u64::from(digit)), count + 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_in_natural_order() {
        let keys: Vec<Key> = ["b", "a10", "a2", "A", "a", "-", "1", "10", "9", "_", "a-b", "aa"]
            .map(Key::from)
            .to_vec();
        let sorted: Vec<String> = sorted(keys.iter()).iter().map(ToString::to_string).collect();
        assert_eq!(sorted, ["-", "_", "1", "9", "10", "A", "a", "a-b", "a2", "a10", "aa", "b"]);
    }

    #[test]
    fn an_order_with_a_cycle_neither_panics_nor_loses_a_key() {
        let names = (0..200).map(|i| match i % 3 {
            0 => format!("a{}", i * 10),
            1 => format!("a{i}b"),
            _ => format!("a{i}"),
        });
        let keys: Vec<Key> = names.map(Key::String).collect();
        assert_eq!(sorted(keys.iter()).len(), keys.len());
    }
}
