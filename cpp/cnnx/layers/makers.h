// One maker a layer, defined in the layer's own file and listed in registry.cpp.
#pragma once

#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
LayerPtr<T> make_activation(const Attrs& attrs);
template <class T>
LayerPtr<T> make_avg_pool2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_conv2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_dense(const Attrs& attrs);
template <class T>
LayerPtr<T> make_flatten(const Attrs& attrs);
template <class T>
LayerPtr<T> make_global_avg_pool2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_global_max_pool2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_max_pool2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_normalize(const Attrs& attrs);
template <class T>
LayerPtr<T> make_rescale(const Attrs& attrs);
template <class T>
LayerPtr<T> make_up_sample2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_zero_pad2d(const Attrs& attrs);

}  // namespace cnnx
