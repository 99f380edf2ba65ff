//! The rules of alliance on a real state: upstream's vectors, and one test for each rule that departs from upstream, stating both numbers.

mod deviations;
mod entries;
mod net;
mod random;
mod script;
mod vectors;

use net::{A1, A2, Net};
