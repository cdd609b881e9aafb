"""The sources of batches, one for each kind of training data."""
