#include "cnnx/layers/activations.h"

#include "cnnx/core/error.h"

namespace cnnx {
namespace {

struct Row {
  const char* name;
  ActivationKind kind;
};

constexpr Row kRows[] = {
    {"linear", ActivationKind::linear},
    {"relu", ActivationKind::relu},
    {"leaky_relu", ActivationKind::leaky_relu},
    {"sigmoid", ActivationKind::sigmoid},
    {"tanh", ActivationKind::tanh},
    {"softmax", ActivationKind::softmax},
};

}  // namespace

Activation parse_activation(const std::string& name, double alpha) {
  std::string choices;
  for (const Row& row : kRows) {
    if (name == row.name) return {row.kind, alpha};
    choices += (choices.empty() ? "" : ", ") + std::string(row.name);
  }
  throw ConfigError(concat("activation: \"", name, "\" is unknown; choose one of ", choices));
}

Activation activation_of(const Attrs& attrs) {
  return parse_activation(attrs.text_or("activation", "linear"));
}

bool told_by_outputs(Activation) { return true; }

Attrs activation_attrs(const std::string& name) {
  Attrs attrs;
  attrs.set("kind", std::string("activation"));
  attrs.set("activation", name);
  attrs.set("alpha", 0.01);
  return attrs;
}

bool applied_by_kernel(Activation activation) {
  return activation.kind == ActivationKind::linear || activation.kind == ActivationKind::relu ||
         activation.kind == ActivationKind::leaky_relu;
}

}  // namespace cnnx
