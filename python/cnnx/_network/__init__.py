"""One network: what it is, its engine, its weights, its scores."""
