"""Many photos with the same settings: planned before, resumed after, each of them right or listed with its reason."""
