// The layers there are: one row each.
#include "cnnx/core/error.h"
#include "cnnx/layers/makers.h"

namespace cnnx {
namespace {

template <class T>
struct Row {
  const char* kind;
  LayerPtr<T> (*make)(const Attrs&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"activation", make_activation<T>},
    {"avg_pool2d", make_avg_pool2d<T>},
    {"conv2d", make_conv2d<T>},
    {"dense", make_dense<T>},
    {"flatten", make_flatten<T>},
    {"global_avg_pool2d", make_global_avg_pool2d<T>},
    {"global_max_pool2d", make_global_max_pool2d<T>},
    {"max_pool2d", make_max_pool2d<T>},
    {"normalize", make_normalize<T>},
    {"rescale", make_rescale<T>},
    {"up_sample2d", make_up_sample2d<T>},
    {"zero_pad2d", make_zero_pad2d<T>},
};

}  // namespace

template <class T>
LayerPtr<T> make_layer(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  std::string choices;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row.make(attrs);
    choices += (choices.empty() ? "" : ", ") + std::string(row.kind);
  }
  throw ConfigError(concat("layer kind \"", kind, "\" is unknown; choose one of ", choices));
}

template LayerPtr<float> make_layer(const Attrs&);
template LayerPtr<double> make_layer(const Attrs&);

}  // namespace cnnx
