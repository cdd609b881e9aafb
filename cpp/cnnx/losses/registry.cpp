// The registry of losses: one row each.
#include "cnnx/core/error.h"
#include "cnnx/losses/makers.h"

namespace cnnx {
namespace {

template <class T>
struct Row {
  const char* kind;
  LossPtr<T> (*make)(const Attrs&);
};

template <class T>
constexpr Row<T> kRows[] = {
    {"binary_cross_entropy", make_binary_cross_entropy<T>},
    {"cross_entropy", make_cross_entropy<T>},
    {"focal", make_focal<T>},
    {"huber", make_huber<T>},
    {"mae", make_mae<T>},
    {"mse", make_mse<T>},
};

}  // namespace

template <class T>
LossPtr<T> make_loss(const Attrs& attrs) {
  const std::string& kind = attrs.text("kind");
  std::string choices;
  for (const Row<T>& row : kRows<T>) {
    if (kind == row.kind) return row.make(attrs);
    choices += (choices.empty() ? "" : ", ") + std::string(row.kind);
  }
  throw ConfigError(concat("loss: \"", kind, "\" is unknown; choose one of ", choices));
}

template LossPtr<float> make_loss(const Attrs&);
template LossPtr<double> make_loss(const Attrs&);

}  // namespace cnnx
