//! Forms of records that take longer to make than to keep: one that is read again and again in a block is decoded once.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

/// Forms that are kept; then all are forgotten.
const KEPT_MAX: usize = 4_096;

type Form = Arc<dyn Any + Send + Sync>;

/// Forms by the place of their bytes in memory. The bytes are kept too, so that nothing else can come to lie there; they never change.
#[derive(Default)]
pub(super) struct Memo(RefCell<BTreeMap<usize, (Bytes, Form)>>);

impl Memo {
    /// The form of these very bytes, if it was made before.
    pub fn find<T: Clone + 'static>(&self, bytes: &Bytes) -> Option<T> {
        let forms = self.0.borrow();
        let (kept, form) = forms.get(&bytes.as_ptr().addr())?;
        if kept.len() == bytes.len() { form.downcast_ref::<T>().cloned() } else { None }
    }

    pub fn keep<T: Send + Sync + 'static>(&self, bytes: Bytes, form: T) {
        let mut forms = self.0.borrow_mut();
        if forms.len() >= KEPT_MAX {
            forms.clear();
        }
        forms.insert(bytes.as_ptr().addr(), (bytes, Arc::new(form)));
    }
}

/// A copy begins without any: it is made to be thrown away.
impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_found_for_the_bytes_it_was_made_of_and_no_others() {
        let memo = Memo::default();
        let bytes = Bytes::from(vec![1, 2, 3, 4]);
        memo.keep(bytes.clone(), 10_u64);
        assert_eq!(memo.find::<u64>(&bytes), Some(10));
        assert_eq!(memo.find::<u32>(&bytes), None);
        assert_eq!(memo.find::<u64>(&bytes.slice(..2)), None);
        assert_eq!(memo.find::<u64>(&Bytes::from(vec![1, 2, 3, 4])), None);
        assert_eq!(memo.clone().find::<u64>(&bytes), None);
        (0..KEPT_MAX).for_each(|n| memo.keep(Bytes::from(vec![7; 8]), n));
        assert_eq!(memo.find::<u64>(&bytes), None);
    }
}
