"""One source of batches for each kind of training data."""
