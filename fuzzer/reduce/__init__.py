"""Makes a failing case small: searches that propose candidates and are told which of them still fail."""
