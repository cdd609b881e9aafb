// One maker a loss, defined in the loss's own file and listed in registry.cpp.
#pragma once

#include "cnnx/losses/loss.h"

namespace cnnx {

template <class T>
LossPtr<T> make_cross_entropy(const Attrs& attrs);
template <class T>
LossPtr<T> make_mse(const Attrs& attrs);

}  // namespace cnnx
