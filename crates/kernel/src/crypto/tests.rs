//! Known answers of CometBFT and the Cosmos SDK, and what must be refused.

use super::*;

#[test]
fn a_module_account_has_the_address_of_its_name() {
    assert_eq!(hex::encode(module_address("alliance")), "80db4218688d7406fb73c9cb141228ac73fbaa0e");
    assert_eq!(hex::encode(module_address("alliance_rewards")), "adfa4597195a8690734b93e676f8739d1af9a0be");
}
