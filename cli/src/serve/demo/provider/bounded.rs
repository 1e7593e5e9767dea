//! [`Bounded`]: a map that forgets its oldest entry when it is full.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

/// A map with at most as many entries as its capacity.
pub(super) struct Bounded<K, V> {
    capacity: usize,
    /// The age of the next entry: it counts up.
    next: u64,
    entries: HashMap<K, (u64, V)>,
    ages: BTreeMap<u64, K>,
}

impl<K: Clone + Eq + Hash, V> Bounded<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, next: 0, entries: HashMap::new(), ages: BTreeMap::new() }
    }

    /// Inserts an entry as the newest one, in place of one with the same key or, if the map is full, of the oldest.
    pub(super) fn insert(&mut self, key: K, value: V) {
        self.remove(&key);
        if self.entries.len() >= self.capacity
            && let Some((_, oldest)) = self.ages.pop_first()
        {
            self.entries.remove(&oldest);
        }
        let age = self.next;
        self.next = self.next.saturating_add(1);
        self.ages.insert(age, key.clone());
        self.entries.insert(key, (age, value));
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|(_, value)| value)
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let (age, value) = self.entries.remove(key)?;
        self.ages.remove(&age);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_entry_makes_room() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        // Inserted again, `a` is newer than `b`.
        map.insert("a", 3);
        map.insert("c", 4);
        assert_eq!((map.get(&"a"), map.get(&"b"), map.get(&"c")), (Some(&3), None, Some(&4)));
        assert_eq!(map.remove(&"a"), Some(3));
        map.insert("d", 5);
        map.insert("e", 6);
        assert_eq!((map.get(&"c"), map.get(&"d"), map.get(&"e")), (None, Some(&5), Some(&6)));
        assert_eq!(map.ages.len(), map.entries.len());
    }
}
