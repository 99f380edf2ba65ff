//! The only upward calls: news that a lower module has for higher ones. The order of the calls is part of consensus.
