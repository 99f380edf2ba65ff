//! The genesis of development chains, which tells the story.
