//! Every vector of section 10 of the Alliance specification, read as data. Those of the arithmetic, D1 to D15, are with `Dec` in the
//! kernel.

use super::deviations;
use super::script::Script;

const TEXT: &str = include_str!("vectors.txt");
const VECTORS: usize = 48;

struct Vector {
    id: String,
    steps: Vec<(usize, &'static str)>,
}

/// Headings and their steps; blank lines and remarks mean nothing.
fn vectors() -> Vec<Vector> {
    let mut found: Vec<Vector> = Vec::new();
    for (n, line) in TEXT.lines().enumerate() {
        let first = line.split(' ').next().unwrap_or_default();
        let is_heading = first.strip_prefix('V').is_some_and(|rest| rest.parse::<usize>().is_ok());
        match line {
            "" => {}
            _ if line.starts_with('#') => {}
            _ if is_heading => found.push(Vector { id: first.to_owned(), steps: Vec::new() }),
            step => found.last_mut().unwrap().steps.push((n + 1, step)),
        }
    }
    found
}

/// What must come of a step.
struct Wanted<'a> {
    /// Ours, and whether it is a refusal.
    ours: &'a str,
    refused: bool,
    /// What the Go module gives, and the row that says why ours differs.
    upstream: Option<(&'a str, &'a str)>,
}

fn parse(line: &str) -> (Vec<&str>, Option<Wanted<'_>>) {
    let split = line.split_once(" = ").map(|(l, r)| (l, r, false));
    let Some((step, rest, refused)) = split.or_else(|| line.split_once(" ! ").map(|(l, r)| (l, r, true))) else {
        return (line.split(' ').collect(), None);
    };
    let (ours, upstream) = match rest.split_once(" | upstream ") {
        Some((ours, theirs)) => (ours, Some(theirs.split_once(" by ").expect("a row after `by`"))),
        None => (rest, None),
    };
    (step.split(' ').collect(), Some(Wanted { ours, refused, upstream }))
}

/// Plays a vector; gives how many numbers and refusals were compared.
fn play(vector: &Vector) -> usize {
    let mut script = Script::new();
    let mut compared = 0;
    for (n, line) in &vector.steps {
        let place = format!("{} (line {n}): {line}", vector.id);
        let (words, wanted) = parse(line);
        let outcome = script.run(&words);
        let Some(wanted) = wanted else {
            outcome.unwrap_or_else(|e| panic!("{place}: {e}"));
            continue;
        };
        assert_eq!(outcome.is_err(), wanted.refused, "{place}: {outcome:?}");
        let found = outcome.unwrap_or_else(|e| e.to_string());
        assert_eq!(found, wanted.ours, "{place}");
        if let Some((upstream, row)) = wanted.upstream {
            assert_ne!(found, upstream, "{place}: no deviation is seen");
            assert!(deviations::ROWS.contains(&row), "{place}: no row {row}");
        }
        compared += 1;
    }
    compared
}

#[test]
fn the_file_holds_every_vector_of_the_specification_once_and_in_order() {
    let ids: Vec<String> = vectors().into_iter().map(|v| v.id).collect();
    let wanted: Vec<String> = (1..=VECTORS).map(|n| format!("V{n}")).collect();
    assert_eq!(ids, wanted);
}

/// Each vector is a test of its own, so that a failure names it; a vector without a test, and a test without a vector, do not compile
/// or do not pass.
macro_rules! tests {
    ($($name:ident $n:literal)*) => {
        $(
            #[test]
            fn $name() {
                let id = concat!("V", $n);
                let vector = vectors().into_iter().find(|v| v.id == id).unwrap_or_else(|| panic!("{id} is missing"));
                assert!(play(&vector) > 0, "{id} compares nothing");
            }
        )*

        #[test]
        fn every_vector_of_the_file_is_played() {
            assert_eq!([$($n),*], std::array::from_fn::<usize, VECTORS, _>(|i| i + 1));
        }
    };
}

tests! {
    v1_shares_are_taken 1
    v2_slightly_more_shares_than_there_are_empty_the_pool 2
    v3_many_more_shares_than_there_are_empty_the_pool 3
    v4_slightly_more_than_the_stake_cannot_be_undelegated 4
    v5_slightly_more_than_the_stake_cannot_be_redelegated 5
    v6_a_small_stake_beside_a_large_one_is_undelegated_whole 6
    v7_large_numbers_keep_every_unit 7
    v8_two_delegators_leave_an_empty_asset 8
    v9_undelegations_are_paid_after_the_unbonding_time 9
    v10_an_emptied_asset_begins_with_one_share_per_token 10
    v11_nothing_is_taken_before_an_asset_starts 11
    v12_a_take_goes_to_the_fee_collector_and_is_distributed 12
    v13_a_take_stops_at_one_token 13
    v14_a_new_asset_is_taken_from_after_its_start 14
    v15_the_take_clock_starts_at_the_first_block 15
    v16_a_changing_weight_stays_in_its_range 16
    v17_a_weight_begins_to_change_at_the_start 17
    v18_a_weight_decays_step_by_step 18
    v19_a_new_rate_starts_the_clock_of_changes 19
    v20_virtual_stake_follows_the_weight_not_the_amount 20
    v21_virtual_stakes_of_assets_add_up 21
    v22_virtual_stake_follows_a_new_weight 22
    v23_virtual_stake_moves_while_a_validator_is_out 23
    v24_virtual_stake_moves_while_a_validator_is_jailed 24
    v25_virtual_stake_begins_with_each_asset 25
    v26_virtual_stake_follows_the_native_stake 26
    v27_less_than_one_unit_of_virtual_stake_is_none 27
    v28_virtual_stake_follows_delegations 28
    v29_redelegations_move_shares_and_end_in_time 29
    v30_rewards_are_split_by_weight 30
    v31_claims_pay_every_coin 31
    v32_an_asset_earns_from_its_start_on 32
    v33_commission_comes_first 33
    v34_a_new_weight_leaves_what_was_earned 34
    v35_a_decayed_weight_earns_less 35
    v36_the_decimals_of_a_token_do_not_matter 36
    v37_legacy_rewards_are_owed_after_an_import 37
    v38_legacy_rewards_of_several_validators_are_owed 38
    v39_a_newcomer_does_not_share_in_earlier_rewards 39
    v40_rewards_follow_the_stake_at_each_validator 40
    v41_a_take_comes_back_as_rewards 41
    v42_an_asset_without_tokens_earns_nothing 42
    v43_the_query_tells_what_a_claim_pays 43
    v44_a_slash_takes_from_the_stake 44
    v45_a_slash_reaches_a_redelegation 45
    v46_a_slash_reaches_an_undelegation 46
    v47_a_factor_outside_of_its_bounds_is_refused 47
    v48_shares_after_a_take 48
}
