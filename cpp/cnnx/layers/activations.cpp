#include "cnnx/layers/activations.h"

#include "cnnx/core/argument.h"
#include "cnnx/core/error.h"

namespace cnnx {
namespace {

struct Row {
  const char* name;
  ActivationKind kind;
  double alpha = 0.01;
};

constexpr Row kRows[] = {
    {"linear", ActivationKind::linear},
    {"relu", ActivationKind::relu},
    {"leaky_relu", ActivationKind::leaky_relu},
    {"sigmoid", ActivationKind::sigmoid},
    {"tanh", ActivationKind::tanh},
    {"softmax", ActivationKind::softmax},
    {"elu", ActivationKind::elu, 1.0},
    {"softplus", ActivationKind::softplus},
    {"gelu", ActivationKind::gelu},
    {"silu", ActivationKind::silu},
    {"hard_swish", ActivationKind::hard_swish},
};

}  // namespace

std::vector<std::string> activation_names() {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.push_back(row.name);
  return names;
}

Activation parse_activation(const std::string& name, std::optional<double> alpha) {
  for (const Row& row : kRows) {
    if (name == row.name) return {row.kind, alpha.value_or(row.alpha)};
  }
  throw ConfigError(unknown_name("activation", name, listed(activation_names())));
}

Activation activation_of(const Attrs& attrs) {
  const std::string name = attrs.text_or("activation", "linear");
  return parse_activation(
      name, attrs.has("alpha") ? std::optional<double>(attrs.number("alpha")) : std::nullopt);
}

Attrs activation_attrs(const std::string& name) {
  Attrs attrs;
  attrs.set("kind", std::string("activation"));
  attrs.set("activation", name);
  return attrs;
}

bool told_by_outputs(Activation activation) {
  return activation.kind != ActivationKind::gelu && activation.kind != ActivationKind::silu &&
         activation.kind != ActivationKind::hard_swish;
}

bool applied_by_kernel(Activation activation) {
  return activation.kind == ActivationKind::linear || activation.kind == ActivationKind::relu ||
         activation.kind == ActivationKind::leaky_relu;
}

}  // namespace cnnx
