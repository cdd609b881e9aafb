// One maker per layer, defined in the layer's own file and listed in registry.cpp.
#pragma once

#include "cnnx/layers/builder.h"
#include "cnnx/layers/layer.h"

namespace cnnx {

template <class T>
LayerPtr<T> make_activation(const Attrs& attrs);
template <class T>
LayerPtr<T> make_avg_pool2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_batch_norm(const Attrs& attrs);
template <class T>
LayerPtr<T> make_conv2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_dense(const Attrs& attrs);
template <class T>
LayerPtr<T> make_dropout(const Attrs& attrs);
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
LayerPtr<T> make_spatial_dropout2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_up_sample2d(const Attrs& attrs);
template <class T>
LayerPtr<T> make_zero_pad2d(const Attrs& attrs);

// The layers that are made of others.
template <class T>
Index append_concat(Builder<T>& builder, const Attrs& attrs, const std::string& name, Index input);
template <class T>
Index append_depthwise_conv2d(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                              Index input);
template <class T>
Index append_residual(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                      Index input);
template <class T>
Index append_separable_conv2d(Builder<T>& builder, const Attrs& attrs, const std::string& name,
                              Index input);

}  // namespace cnnx
