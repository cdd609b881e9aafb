"""Image datasets, as NumPy arrays for `cnnx.CNN.train`.

Every dataset is a function that returns ``(x_train, y_train), (x_test, y_test)``.
"""

from cnnx.datasets.digits import digits
from cnnx.datasets.fashion_mnist import CLASS_NAMES as FASHION_MNIST_CLASSES
from cnnx.datasets.fashion_mnist import fashion_mnist
from cnnx.datasets.idx import read_idx

__all__ = ["FASHION_MNIST_CLASSES", "digits", "fashion_mnist", "read_idx"]
