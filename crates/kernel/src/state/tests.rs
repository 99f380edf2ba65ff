//! The rules of typed state, on the real store.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::address::{AccAddress, Bech32};
use crate::error::{Error, sdk};
use crate::gas::GasMeter;
use crate::time::Timestamp;
use crate::tree::Forest;

const STORES: &[StoreId] = &[StoreId::new(0, "one"), StoreId::new(1, "two")];
const ONE: StoreId = StoreId::new(0, "one");
const TWO: StoreId = StoreId::new(1, "two");
const NAMES: Map<(u64, String), u64> = Map::new(ONE, &[1]);
const OTHERS: Map<u64, u64> = Map::new(ONE, &[2]);
const ELSEWHERE: Map<u64, u64> = Map::new(TWO, &[1]);
const COUNT: Sequence = Sequence::new(ONE, &[3]);

fn ctx(base: Forest) -> Ctx {
    let env = Env {
        chain_id: "t-1".into(),
        height: 1,
        time: Timestamp::default(),
        proposer: None,
        bech32: Bech32::new("t"),
        mode: Mode::Deliver,
    };
    Ctx::new(base, env)
}

fn keys(it: impl Iterator<Item = crate::Result<((u64, String), u64)>>) -> Vec<(u64, String)> {
    it.map(|r| r.unwrap().0).collect()
}

#[test]
fn a_scan_sees_the_snapshot_and_the_changes_on_top_of_it_in_order_from_both_ends() {
    let mut base = ctx(Forest::new(STORES));
    for (n, name) in [(1, "a"), (1, "ab"), (1, "b"), (2, "a")] {
        NAMES.set(&mut base, &(n, name.to_owned()), &7).unwrap();
    }
    OTHERS.set(&mut base, &9, &9).unwrap();
    let mut forest = Forest::new(STORES);
    forest.apply(base.into_changes()).unwrap();

    let mut c = ctx(forest);
    NAMES.remove(&mut c, &(1, "ab".into())).unwrap();
    NAMES.set(&mut c, &(1, "aa".into()), &1).unwrap();
    NAMES.set(&mut c, &(0, "z".into()), &1).unwrap();
    let all = vec![(0, "z".to_owned()), (1, "a".into()), (1, "aa".into()), (1, "b".into()), (2, "a".into())];
    assert_eq!(keys(NAMES.iter(&c)), all);
    assert_eq!(keys(NAMES.iter(&c).rev()), all.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(keys(NAMES.prefix(&c, &1_u64)), all[1..4]);
    assert_eq!(keys(NAMES.from(&c, &(1, "aa".into()))), all[2..]);
    assert_eq!(keys(NAMES.before(&c, &1_u64)), all[..1]);
    assert_eq!(keys(NAMES.through(&c, &1_u64)), all[..4]);
    assert_eq!(keys(NAMES.until(&c, &(1, "aa".into()))), all[..3]);
    let mut both = NAMES.iter(&c);
    let ends: Vec<_> = [both.next(), both.next_back(), both.next(), both.next_back(), both.next(), both.next_back()]
        .into_iter()
        .map(|o| o.map(|r| r.unwrap().0))
        .collect();
    let at = |i: usize| Some(all[i].clone());
    assert_eq!(ends, vec![at(0), at(4), at(1), at(3), at(2), None]);
}

#[test]
fn a_failed_layer_leaves_neither_writes_nor_events_and_an_outer_layer_undoes_an_inner_one() {
    let mut c = ctx(Forest::new(STORES));
    OTHERS.set(&mut c, &1, &10).unwrap();
    let failed: crate::Result<()> = c.layer(|c| {
        OTHERS.set(c, &1, &11)?;
        c.layer(|c| {
            OTHERS.remove(c, &1)?;
            OTHERS.set(c, &2, &20)?;
            c.emit(crate::Event::new("inner"));
            Ok(())
        })?;
        assert_eq!(OTHERS.get(c, &1)?, None);
        Err(sdk::LOGIC.refuse())
    });
    assert!(failed.unwrap_err().is(sdk::LOGIC));
    assert_eq!(OTHERS.get(&c, &1).unwrap(), Some(10));
    assert_eq!(OTHERS.get(&c, &2).unwrap(), None);
    assert!(c.take_events().is_empty());
    let seen = c.dry_run(|c| {
        OTHERS.set(c, &1, &99)?;
        OTHERS.must(c, &1)
    });
    assert_eq!((seen.unwrap(), OTHERS.must(&c, &1).unwrap()), (99, 10));
}

#[test]
fn stores_do_not_see_each_other_and_absent_records_are_faults_where_they_must_exist() {
    let mut c = ctx(Forest::new(STORES));
    ELSEWHERE.set(&mut c, &5, &1).unwrap();
    assert_eq!(OTHERS.get(&c, &5).unwrap(), None);
    assert!(matches!(OTHERS.must(&c, &5), Err(Error::Fault(_))));
    assert_eq!((COUNT.next(&mut c).unwrap(), COUNT.next(&mut c).unwrap(), COUNT.peek(&c).unwrap()), (1, 2, 3));
}

#[test]
fn work_beyond_the_limit_is_refused_and_what_was_used_stays_counted() {
    let mut c = ctx(Forest::new(STORES));
    c.replace_gas(GasMeter::with_limit(2_500));
    let e = OTHERS.set(&mut c, &1, &1).unwrap_err();
    assert!(e.is(sdk::OUT_OF_GAS), "{e}");
    assert!(c.gas().used() > 2_500);
    assert_eq!(OTHERS.place(), (ONE, &[2_u8][..]));
}

#[test]
fn pages_follow_the_rules_of_the_sdk() {
    let mut c = ctx(Forest::new(STORES));
    for n in 0..7_u64 {
        OTHERS.set(&mut c, &n, &n).unwrap();
    }
    let page = |r: PageRequest| OTHERS.page(&c, &r).unwrap();
    let items = |p: &Page<(u64, u64)>| p.items.iter().map(|i| i.0).collect::<Vec<_>>();
    let first = page(PageRequest { limit: 3, count_total: true, ..Default::default() });
    assert_eq!((items(&first), first.total), (vec![0, 1, 2], 7));
    let second = page(PageRequest { key: first.next_key, limit: 3, ..Default::default() });
    assert_eq!((items(&second), second.total), (vec![3, 4, 5], 0));
    let last = page(PageRequest { key: second.next_key, limit: 3, ..Default::default() });
    assert_eq!((items(&last), last.next_key.len()), (vec![6], 0));
    let back = page(PageRequest { limit: 2, reverse: true, ..Default::default() });
    assert_eq!(items(&back), vec![6, 5]);
    assert_eq!(
        items(&page(PageRequest { key: back.next_key, limit: 2, reverse: true, ..Default::default() })),
        vec![4, 3]
    );
    let skipped = page(PageRequest { offset: 5, limit: 5, ..Default::default() });
    assert_eq!((items(&skipped), skipped.total), (vec![5, 6], 0));
    assert_eq!(page(PageRequest::default()).total, 7);
    let both = OTHERS.page(&c, &PageRequest { offset: 1, key: vec![0], ..Default::default() });
    assert!(both.unwrap_err().to_string().contains("either offset or key"));
}

/// A record that is kept decoded.
const TEXTS: Map<u64, String> = Map::new(ONE, &[4]);

/// A text of so many letters `x`, as the form of a record.
impl Form<String> for usize {
    fn record(&self, _: &Bech32) -> String {
        "x".repeat(*self)
    }
}

#[test]
fn a_kept_form_is_that_of_the_record_as_it_is_after_writes_undone_layers_and_removals() {
    let mut base = ctx(Forest::new(STORES));
    TEXTS.set(&mut base, &1, &"old".to_owned()).unwrap();
    let mut forest = Forest::new(STORES);
    forest.apply(base.into_changes()).unwrap();

    let mut c = ctx(forest);
    let length = |c: &Ctx| TEXTS.read_as(c, &1, |text| Ok(text.len())).unwrap();
    let text = |c: &Ctx, n: u64| TEXTS.get(c, &n).unwrap();
    assert_eq!((length(&c), text(&c, 1)), (Some(3), Some("old".to_owned())));
    let undone = |c: &mut Ctx, first: u64| {
        c.layer(|c| {
            TEXTS.set(c, &first, &"longer".to_owned())?;
            assert_eq!(text(c, first), Some("longer".to_owned()));
            TEXTS.remove(c, &1)?;
            assert_eq!((length(c), text(c, 1)), (None, None));
            TEXTS.set_as(c, &1, 4_usize)?;
            assert_eq!((length(c), text(c, 1)), (Some(4), Some("xxxx".to_owned())));
            Err::<(), _>(sdk::LOGIC.refuse())
        })
        .unwrap_err();
    };
    undone(&mut c, 1);
    assert_eq!((length(&c), text(&c, 1)), (Some(3), Some("old".to_owned())));
    undone(&mut c, 2);
    assert_eq!((text(&c, 2), TEXTS.iter(&c).count()), (None, 1));
    TEXTS.set(&mut c, &1, &"newer".to_owned()).unwrap();
    undone(&mut c, 1);
    let copy = c.scratch();
    assert_eq!((length(&copy), text(&c, 1)), (Some(5), Some("newer".to_owned())));
    let changes = c.into_changes();
    assert_eq!(
        changes.iter().map(|(_, _, value)| value.clone()).collect::<Vec<_>>(),
        [Some("\u{5}\0\0\0newer".into())]
    );
}

#[test]
fn a_walk_over_more_records_than_are_kept_reads_them_all() {
    let many = 70_000_u64;
    let mut base = ctx(Forest::new(STORES));
    (0..many).for_each(|n| OTHERS.set(&mut base, &n, &n).unwrap());
    let mut forest = Forest::new(STORES);
    forest.apply(base.into_changes()).unwrap();
    let mut c = ctx(forest);
    for _ in 0..2 {
        (0..many).for_each(|n| assert_eq!(OTHERS.get(&c, &n).unwrap(), Some(n)));
    }
    OTHERS.remove(&mut c, &(many - 1)).unwrap();
    assert_eq!(OTHERS.get(&c, &(many - 1)).unwrap(), None);
    assert_eq!(c.into_changes().len(), 1);
}

#[test]
fn a_memory_is_of_one_snapshot_and_forgotten_on_every_other() {
    let mut forest = Forest::new(STORES);
    let mut c = ctx(forest.clone());
    TEXTS.set(&mut c, &1, &"first".to_owned()).unwrap();
    let (changes, memory) = c.end();
    forest.apply(changes).unwrap();
    let memory = memory.of(forest.root());

    let mut other = forest.clone();
    let mut c = ctx(other.clone());
    TEXTS.set(&mut c, &1, &"other".to_owned()).unwrap();
    other.apply(c.into_changes()).unwrap();
    let mut c = ctx(other);
    c.remember(memory);
    assert_eq!(TEXTS.get(&c, &1).unwrap(), Some("other".to_owned()));
}

#[test]
fn a_record_that_is_encoded_late_costs_a_transaction_what_its_bytes_cost() {
    let used = |late: bool| {
        let mut c = ctx(Forest::new(STORES));
        if late {
            c.replace_gas(GasMeter::idle());
        }
        TEXTS.set(&mut c, &1, &"some text".to_owned()).unwrap();
        TEXTS.set_as(&mut c, &2, 7_usize).unwrap();
        c.replace_gas(GasMeter::unlimited());
        assert_eq!(TEXTS.get(&c, &1).unwrap(), Some("some text".to_owned()));
        assert_eq!(TEXTS.read_as(&c, &2, |text| Ok(text.len())).unwrap(), Some(7));
        TEXTS.set(&mut c, &1, &"some text".to_owned()).unwrap();
        assert_eq!(TEXTS.iter(&c).count(), 2);
        (c.gas().used(), c.into_changes())
    };
    assert_eq!(used(true), used(false));
}

proptest! {
    #[test]
    fn keys_keep_the_order_of_what_they_stand_for(a: (i64, u64, String), b: (i64, u64, String)) {
        let clean = |k: &(i64, u64, String)| (k.0, k.2.replace('\0', ""), k.1);
        let (x, y) = (clean(&a), clean(&b));
        let bytes = |k: &(i64, String, u64)| { let mut out = Vec::new(); k.write_last(&mut out); out };
        prop_assert_eq!(x.cmp(&y), bytes(&x).cmp(&bytes(&y)));
        prop_assert_eq!(<(i64, String, u64)>::read_last(&bytes(&x)), Some(x));
    }

    #[test]
    fn random_writes_undone_layers_and_remembering_contexts_equal_an_ordinary_map(
        ops in prop::collection::vec((0_u8..9, 0_u64..12, any::<u64>()), 0..200),
    ) {
        let mut forest = Forest::new(STORES);
        let mut c = ctx(forest.clone());
        let (mut model, mut texts) = (BTreeMap::new(), BTreeMap::new());
        for (op, k, v) in ops {
            let length = usize::try_from(v % 5).unwrap();
            match op {
                4 => { c.replace_gas(if v % 2 == 0 { GasMeter::idle() } else { GasMeter::unlimited() }); }
                5 => { TEXTS.set(&mut c, &k, &"x".repeat(length)).unwrap(); texts.insert(k, length); }
                6 => { TEXTS.set_as(&mut c, &k, length).unwrap(); texts.insert(k, length); }
                7 => { c.layer(|c| { TEXTS.set_as(c, &k, length)?; TEXTS.remove(c, &(v % 12))?; Err::<(), _>(sdk::LOGIC.refuse()) }).unwrap_err(); }
                8 => {
                    let found = TEXTS.read_as(&c, &k, |text| Ok(text.len())).unwrap();
                    prop_assert_eq!(found, texts.get(&k).copied());
                    let text = TEXTS.get(&c, &k).unwrap();
                    prop_assert_eq!(text, texts.get(&k).map(|length| "x".repeat(*length)));
                }
                0 => { OTHERS.set(&mut c, &k, &v).unwrap(); model.insert(k, v); }
                1 => { OTHERS.remove(&mut c, &k).unwrap(); model.remove(&k); }
                2 => { c.layer(|c| { OTHERS.set(c, &k, &v)?; OTHERS.remove(c, &(v % 12))?; Err::<(), _>(sdk::LOGIC.refuse()) }).unwrap_err(); }
                _ => {
                    let (changes, memory) = c.end();
                    forest.apply(changes).unwrap();
                    c = ctx(forest.clone());
                    c.remember(memory.of(forest.root()));
                }
            }
        }
        let kept = TEXTS.iter(&c).map(|r| r.map(|(k, text)| (k, text.len())).unwrap()).collect::<Vec<_>>();
        prop_assert_eq!(kept, texts.into_iter().collect::<Vec<_>>());
        prop_assert_eq!(OTHERS.iter(&c).map(|r| r.unwrap()).collect::<Vec<_>>(), model.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn addresses_keep_their_bytes_in_keys(bytes in prop::collection::vec(any::<u8>(), 1..33)) {
        let a = AccAddress::new(&bytes).unwrap();
        let mut out = Vec::new();
        (a, 3_u64).write(&mut out);
        prop_assert_eq!(<(AccAddress, u64)>::read_last(&out), Some((a, 3)));
    }
}

proptest! {
    /// Whatever is set and removed, in whatever order.
    #[test]
    fn rows_are_a_sorted_map_in_one_record(steps in prop::collection::vec((0_u64..12, prop::option::of(0_u64..9)), 0..60)) {
        let (mut rows, mut map) = (Rows::<u64, u64>::default(), BTreeMap::new());
        for (key, value) in steps {
            let before = rows.clone();
            match value {
                Some(value) => {
                    rows.set(&key, value);
                    map.insert(key, value);
                }
                None => {
                    rows.remove(&key);
                    map.remove(&key);
                }
            }
            prop_assert_eq!(rows.get(&key), map.get(&key));
            prop_assert_eq!(before == rows, before.get(&key) == map.get(&key));
        }
        prop_assert_eq!(rows.iter().copied().collect::<Vec<_>>(), map.into_iter().collect::<Vec<_>>());
        let mut bytes = Vec::new();
        rows.append_bytes(&mut bytes);
        prop_assert_eq!(Rows::from_bytes(&bytes), Some(rows));
    }
}

#[test]
fn rows_out_of_order_are_no_record() {
    for (rows, good) in
        [(vec![(1_u64, 7_u64), (2, 7)], true), (vec![(2, 7), (1, 7)], false), (vec![(1, 7), (1, 7)], false)]
    {
        let mut bytes = Vec::new();
        borsh::to_writer(&mut bytes, &rows).unwrap();
        assert_eq!(Rows::<u64, u64>::from_bytes(&bytes).is_some(), good);
    }
}
