//! The rules of alliance on a real state: upstream's vectors, and one test for each rule that departs from upstream, stating both numbers.

mod attack;
mod deviations;
mod extremes;
mod model;
mod net;
mod random;
mod script;
mod vectors;
