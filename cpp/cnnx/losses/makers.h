// One maker per loss, defined in the loss's own file and listed in registry.cpp.
#pragma once

#include "cnnx/losses/loss.h"

namespace cnnx {

template <class T>
LossPtr<T> make_binary_cross_entropy(const Attrs& attrs);
template <class T>
LossPtr<T> make_cross_entropy(const Attrs& attrs);
template <class T>
LossPtr<T> make_focal(const Attrs& attrs);
template <class T>
LossPtr<T> make_huber(const Attrs& attrs);
template <class T>
LossPtr<T> make_mae(const Attrs& attrs);
template <class T>
LossPtr<T> make_mse(const Attrs& attrs);

}  // namespace cnnx
