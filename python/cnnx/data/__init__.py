"""Training data: where batches come from."""

from cnnx.data._batch import Batch, Source

__all__ = ["Batch", "Source"]
