//! [`KeyNumber`] stands for a key; [`KeyNumbers`] lets a key keep its number when its set is replaced.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::keys::KeyIdentity;

/// A number that no other key of the process has or will have.
#[derive(Debug)]
pub(super) struct KeyNumber(u64);

impl KeyNumber {
    pub(super) fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    pub(super) const fn to_bytes(&self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

/// The numbers of the keys that are in use. Engines own them.
#[derive(Default)]
pub(super) struct KeyNumbers(Mutex<HashMap<KeyIdentity, Weak<KeyNumber>>>);

impl KeyNumbers {
    /// Returns the number of a key: a new one, unless an engine for an equal key is alive.
    pub(super) fn of(&self, key: KeyIdentity) -> Arc<KeyNumber> {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = numbers.get(&key).and_then(Weak::upgrade) {
            return number;
        }
        // Before the map grows, keys that are gone make room.
        if numbers.len() == numbers.capacity() {
            numbers.retain(|_, number| number.strong_count() > 0);
        }
        let number = Arc::new(KeyNumber::next());
        numbers.insert(key, Arc::downgrade(&number));
        number
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
