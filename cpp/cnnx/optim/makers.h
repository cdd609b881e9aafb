// One maker per optimizer, defined in the optimizer's own file and listed in registry.cpp.
#pragma once

#include "cnnx/optim/optimizer.h"

namespace cnnx {

template <class T>
OptimizerPtr<T> make_adagrad(const Attrs& attrs, const KernelTable<T>& kernels);
template <class T>
OptimizerPtr<T> make_adam(const Attrs& attrs, const KernelTable<T>& kernels);
template <class T>
OptimizerPtr<T> make_adamw(const Attrs& attrs, const KernelTable<T>& kernels);
template <class T>
OptimizerPtr<T> make_lion(const Attrs& attrs, const KernelTable<T>& kernels);
template <class T>
OptimizerPtr<T> make_rmsprop(const Attrs& attrs, const KernelTable<T>& kernels);
template <class T>
OptimizerPtr<T> make_sgd(const Attrs& attrs, const KernelTable<T>& kernels);

}  // namespace cnnx
