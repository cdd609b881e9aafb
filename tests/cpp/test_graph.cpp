// What a description becomes: nodes, their names and inputs, and the work that neighbours share.
#include "cnnx/graph.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "cnnx/core/error.h"
#include "cnnx/kernels/dispatch.h"
#include "support/descriptions.h"

namespace cnnx::test {
namespace {

const Shape kInput{4, 8, 8, false};

struct Built {
  explicit Built(const std::vector<Attrs>& layers, const Shape& input = kInput)
      : graph(current_tables().get<float>(), false, 0) {
    graph.build(layers, input);
    graph.fuse();
  }
  const Node<float>& node(Index n) const { return graph.nodes()[static_cast<std::size_t>(n)]; }
  const Layer<float>& layer(Index n) const { return *node(n).layer; }

  Graph<float> graph;
};

Attrs same(Index filters, const std::string& activation = "linear") {
  return conv2d({.filters = filters, .padding = "same", .activation = activation});
}

std::string refusal(const std::vector<Attrs>& layers, const Shape& input = kInput) {
  try {
    Built built(layers, input);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("graph: names and inputs of layers within layers") {
  const Built built({same(4), residual({same(6), batch_norm(), same(4)}, {same(4)}, "relu"),
                     concat_of({{same(2)}, {}, {same(3), residual({same(3)})}}),
                     separable_conv2d({.filters = 5}, 2), depthwise_conv2d({}), flatten()});
  struct Expected {
    const char* name;
    std::vector<Index> inputs;
  };
  const Expected rows[] = {{"0", {0}},
                           {"1.branch.0", {1}},
                           {"1.branch.1", {2}},
                           {"1.branch.2", {3}},
                           {"1.shortcut.0", {1}},
                           {"1", {4, 5}},
                           {"1", {6}},
                           {"2.branches.0.0", {7}},
                           {"2.branches.2.0", {7}},
                           {"2.branches.2.1.branch.0", {9}},
                           {"2.branches.2.1", {10, 9}},
                           {"2", {8, 7, 11}},
                           {"3.depthwise", {12}},
                           {"3.pointwise", {13}},
                           {"4", {14}},
                           {"5", {15}}};
  REQUIRE(std::ssize(built.graph.nodes()) == std::ssize(rows));
  for (Index n = 0; n < std::ssize(rows); ++n) {
    CAPTURE(n);
    CHECK(built.node(n).name == rows[n].name);
    CHECK(built.node(n).inputs == rows[n].inputs);
  }
  std::vector<std::pair<Index, Index>> entries;
  for (const Entry& entry : built.graph.entries()) entries.push_back({entry.begin, entry.end});
  CHECK(entries == std::vector<std::pair<Index, Index>>{
                       {0, 1}, {1, 7}, {7, 12}, {12, 14}, {14, 15}, {15, 16}});
  CHECK(built.graph.shape(12) == Shape{2 + 4 + 3, 8, 8, false});
  CHECK(built.graph.output() == Shape{5, 4, 4, true});
}

TEST_CASE("graph: an activation layer is applied by the one layer before it") {
  const auto goes_away = [](const std::vector<Attrs>& layers, Index n) {
    const Built built(layers);
    REQUIRE(std::string(built.layer(n).kind()) == "Activation");
    return built.layer(n).passes_through();
  };
  CHECK(goes_away({same(4), activation("relu")}, 1));
  CHECK(goes_away({batch_norm(), activation("leaky_relu", 0.3)}, 1));
  CHECK(goes_away({residual({same(4)}), activation("relu")}, 2));
  CHECK(goes_away({residual({same(4)}, {}, "relu")}, 2));
  CHECK_FALSE(goes_away({same(4), activation("tanh")}, 1));          // no kernel applies it
  CHECK_FALSE(goes_away({same(4, "relu"), activation("relu")}, 1));  // the place is taken
  CHECK_FALSE(goes_away({max_pool2d({2, 2}, {2, 2}), activation("relu")}, 1));
  // Somebody else needs what there was before.
  CHECK_FALSE(goes_away({same(4), residual({activation("relu"), same(4)})}, 1));
  CHECK_FALSE(goes_away({same(4), concat_of({{activation("relu")}, {}})}, 1));
}

TEST_CASE("graph: a max pool takes the derivative of what it alone reads") {
  const auto left = [](const std::vector<Attrs>& layers) {
    const Built built(layers);
    return !built.layer(0).reads_output();
  };
  const Attrs pool = max_pool2d({2, 2}, {2, 2});
  CHECK(left({same(4, "tanh"), pool}));
  CHECK(left({batch_norm("relu"), pool}));
  CHECK(left({same(4), activation("relu"), pool}));  // through the layer that is gone
  CHECK(left({same(4, "relu"), global_max_pool2d()}));
  CHECK_FALSE(left({same(4, "softmax"), pool}));
  CHECK_FALSE(left({same(4, "tanh"), same(4)}));
  CHECK_FALSE(left({same(4, "tanh"), concat_of({{pool}, {avg_pool2d({2, 2}, {2, 2})}})}));
}

TEST_CASE("graph: weights take in the normalisation behind them") {
  const auto target = [](const std::vector<Attrs>& layers, Index n, const Shape& input = kInput) {
    const Built built(layers, input);
    REQUIRE(std::string(built.layer(n).kind()) == "BatchNorm");
    return built.node(n).folds_into;
  };
  CHECK(target({same(4), batch_norm("relu")}, 1) == 0);
  CHECK(target({depthwise_conv2d({}), batch_norm()}, 1) == 0);
  CHECK(target({separable_conv2d({}), batch_norm()}, 2) == 1);
  CHECK(target({flatten(), dense({}), batch_norm()}, 2) == 1);
  CHECK(target({residual({same(4), batch_norm()})}, 1) == 0);
  CHECK(target({dense({}), batch_norm()}, 1, Shape::features(3)) == 0);
  // The activation stands between.
  CHECK(target({same(4, "relu"), batch_norm()}, 1) == -1);
  CHECK(target({same(4), activation("relu"), batch_norm()}, 2) == -1);
  // Not the same channels, something random between, another reader, nothing before it.
  CHECK(target({same(4), flatten(), batch_norm()}, 2) == -1);
  CHECK(target({same(4), dropout(0.5), batch_norm()}, 2) == -1);
  CHECK(target({same(4), residual({batch_norm()})}, 1) == -1);
  CHECK(target({batch_norm()}, 0) == -1);
  CHECK(target({max_pool2d({2, 2}, {2, 2}), batch_norm()}, 1) == -1);
}

TEST_CASE("graph: in inference, what is folded or dropped passes through") {
  const Built built({same(4), batch_norm(), dropout(0.5), same(3)});
  const auto training = built.graph.flow_nodes(Flow::Way::forward);
  const auto inference = built.graph.flow_nodes(Flow::Way::inference);
  for (const std::size_t n : {1, 2}) {
    CHECK_FALSE(training[n].passes_through);
    CHECK(inference[n].passes_through);
  }
  CHECK(training[1].measures);
  CHECK_FALSE(inference[3].passes_through);
  const Built zero({same(4), dropout(0), same(3)});
  CHECK(zero.graph.flow_nodes(Flow::Way::forward)[1].passes_through);
}

TEST_CASE("graph: branches that do not fit are rejected with the layer's place and the fix") {
  CHECK(refusal({same(4), residual({same(5)})}) ==
        "Residual (layer 1): the branch gives (5, 8, 8), the shortcut (4, 8, 8); give it a "
        "shortcut that brings the input to the branch's shape, for instance "
        "[layers.Conv2D(filters, 1, stride=...)]");
  CHECK(refusal({residual({})}) == "layer 0: branch: expected at least one layer");
  CHECK(refusal({residual({residual({same(5)})})})
            .starts_with("Residual (layer 0.branch.0): the branch gives (5, 8, 8)"));
  CHECK(refusal({concat_of({{conv2d({})}, {}})}) ==
        "Concat (layer 0): branch 1 gives (4, 8, 8), branch 0 (4, 6, 6); branches may differ in "
        "their channels only");
  CHECK(refusal({concat_of({{}})}) == "layer 0: branches: expected 2 to 32, got 1");
  CHECK(refusal({concat_of(std::vector<std::vector<Attrs>>(33))}) ==
        "layer 0: branches: expected 2 to 32, got 33");
  CHECK(refusal({concat_of(std::vector<std::vector<Attrs>>(32))}) == "accepted");
  CHECK(refusal({concat_of({{}, {residual({batch_norm("linear", 2)})}})}) ==
        "layer 0.branches.1.0.branch.0: momentum: expected at least 0 and below 1, got 2");
}

}  // namespace cnnx::test
