"""The oracles: the same as rebokeh computes, slowly and plainly, by another way."""
