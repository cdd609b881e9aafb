// The order of a network's work and the places of its numbers, for random networks: their ways
// are walked with one number in place of each array, and no array may be gone while it is needed.
#include "cnnx/flow.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/draw.h"
#include "support/flow_plans.h"

namespace cnnx::test {
namespace {

using Way = Flow::Way;
using Kind = Storage::Kind;

constexpr Index kSlices = 3;

bool same_place(const Storage& a, const Storage& b) {
  return a.kind == b.kind && a.buffer == b.buffer;
}

void check_segments(const Plan& plan, const Flow& flow, Way way) {
  Index next = 0;
  for (const Segment& segment : flow.segments()) {
    REQUIRE(segment.begin == next);
    next = segment.end;
    for (Index n = segment.begin; n < segment.end; ++n) {
      const FlowNode& node = plan.node(n);
      REQUIRE((node.whole_batch && !node.passes_through) == segment.whole_batch);
      if (segment.whole_batch) REQUIRE(segment.end == n + 1);
      if (!node.measures || way == Way::inference) continue;
      if (way == Way::forward) REQUIRE(n == segment.begin);
      if (way == Way::backward) REQUIRE(n == segment.end - 1);
    }
  }
  REQUIRE(next == std::ssize(plan.nodes));
}

void check_buffers(const Plan& plan, const Flow& flow) {
  for (Index level = 0; level < plan.levels(); ++level) {
    const Storage& place = flow.place(level);
    if (place.kind != Kind::pass && place.kind != Kind::slice) continue;
    const auto& buffers = place.kind == Kind::pass ? flow.pass_buffers() : flow.slice_buffers();
    REQUIRE(place.buffer < std::ssize(buffers));
    REQUIRE(buffers[static_cast<std::size_t>(place.buffer)] >= plan.size(level));
  }
}

// Walks forward as the network does: a level's number is its root plus the slice.
void walk_forward(const Plan& plan, Way way) {
  const Flow flow(way, plan.nodes, plan.sizes);
  check_segments(plan, flow, way);
  check_buffers(plan, flow);
  Memory memory(plan);
  std::map<Index, Index> measured;  // slices that a node has seen
  const auto value = [](Index root, Index slice) { return static_cast<double>(10 * root + slice); };
  const auto fill = [&](Index level, Index slice) {
    memory.write(flow.place(level), level, slice, value(level, slice));
  };
  const auto measure = [&](Index after, Index slice) {
    for (const Index n : flow.measured_after(after)) {
      REQUIRE(flow.root(plan.node(n).inputs[0]) == after + 1);
      REQUIRE(memory.read(flow.place(after + 1), after + 1, slice) == value(after + 1, slice));
      ++measured[n];
    }
  };
  const auto read_inputs = [&](Index n, Index slice) {
    for (const Index level : plan.node(n).inputs) {
      const Index root = flow.root(level);
      REQUIRE(memory.read(flow.place(level), root, slice) == value(root, slice));
    }
  };
  for (const Segment& segment : flow.segments()) {
    const bool first = &segment == &flow.segments().front();
    for (Index n = segment.begin; n < segment.end; ++n) {
      if (way == Way::forward && plan.node(n).measures) REQUIRE(measured[n] == kSlices);
    }
    if (segment.whole_batch) {
      for (Index slice = 0; slice < kSlices; ++slice) read_inputs(segment.begin, slice);
      for (Index slice = 0; slice < kSlices; ++slice) fill(segment.end, slice);
      for (Index slice = 0; slice < kSlices; ++slice) {
        read_inputs(segment.begin, slice);  // still there while outputs were written
        measure(segment.begin, slice);
      }
      continue;
    }
    for (Index slice = 0; slice < kSlices; ++slice) {
      if (first) {
        fill(0, slice);
        measure(-1, slice);
      }
      for (Index n = segment.begin; n < segment.end; ++n) {
        if (plan.node(n).passes_through) continue;
        fill(n + 1, slice);
        read_inputs(n, slice);  // the output does not lie over them
        measure(n, slice);
      }
    }
  }
  const Index last = flow.root(plan.levels() - 1);
  for (Index slice = 0; slice < kSlices; ++slice) {
    REQUIRE(flow.place(last).kind != Kind::slice);
    REQUIRE(memory.read(flow.place(last), last, slice) == value(last, slice));
  }
  if (way == Way::inference) return;
  // What the backward pass reads.
  for (Index n = 0; n < std::ssize(plan.nodes); ++n) {
    if (plan.node(n).passes_through) continue;
    if (plan.node(n).reads_input) REQUIRE(flow.place(plan.node(n).inputs[0]).kind == Kind::kept);
    if (plan.node(n).reads_output) REQUIRE(flow.place(n + 1).kind == Kind::kept);
  }
  REQUIRE(flow.place(last).kind == Kind::kept);
}

// A gradient's factor from a node's output to one of its inputs; what is handed on stays.
double factor(const Plan& plan, Index n, std::size_t input) {
  if (plan.node(n).hands_gradient_on) return 1;
  return static_cast<double>((n + 2 * static_cast<Index>(input)) % 3 + 1);
}

// The gradients of all roots for a loss whose gradient is 1 plus the slice.
std::vector<double> expected_gradients(const Plan& plan, const Flow& flow, Index slice) {
  std::vector<double> grads(plan.sizes.size());
  grads[static_cast<std::size_t>(flow.root(plan.levels() - 1))] = static_cast<double>(slice + 1);
  for (Index n = std::ssize(plan.nodes) - 1; n >= 0; --n) {
    if (plan.node(n).passes_through) continue;
    for (std::size_t i = 0; i < plan.node(n).inputs.size(); ++i) {
      grads[static_cast<std::size_t>(flow.root(plan.node(n).inputs[i]))] +=
          factor(plan, n, i) * grads[static_cast<std::size_t>(n + 1)];
    }
  }
  return grads;
}

class BackwardWalk {
 public:
  explicit BackwardWalk(const Plan& plan)
      : plan_(plan), flow_(Way::backward, plan.nodes, plan.sizes), memory_(plan) {
    for (Index slice = 0; slice < kSlices; ++slice) {
      expected_.push_back(expected_gradients(plan, flow_, slice));
    }
  }

  void run() {
    check_segments(plan_, flow_, Way::backward);
    check_buffers(plan_, flow_);
    const Index last = flow_.root(plan_.levels() - 1), end = std::ssize(plan_.nodes);
    REQUIRE(flow_.place(last).kind == Kind::pass);
    for (Index slice = 0; slice < kSlices; ++slice) {
      memory_.write(flow_.place(last), last, slice, static_cast<double>(slice + 1));
    }
    for (Index slice = 0; slice < kSlices; ++slice) measure(end, slice);
    for (auto segment = flow_.segments().rbegin(); segment != flow_.segments().rend(); ++segment) {
      for (Index n = segment->begin; n < segment->end; ++n) {
        if (plan_.node(n).measures) REQUIRE(measured_[n] == kSlices);
      }
      if (segment->whole_batch) {
        for (Index slice = 0; slice < kSlices; ++slice) step(segment->begin, slice);
        for (Index slice = 0; slice < kSlices; ++slice) measure(segment->begin, slice);
        continue;
      }
      for (Index slice = 0; slice < kSlices; ++slice) {
        for (Index n = segment->end - 1; n >= segment->begin; --n) {
          if (plan_.node(n).passes_through) continue;
          step(n, slice);
          measure(n, slice);
        }
      }
    }
    for (Index slice = 0; slice < kSlices; ++slice) check(0, slice);
  }

  // Whether a node has left its gradient where it was.
  bool handed_on() const { return handed_on_; }

 private:
  void check(Index root, Index slice) {
    REQUIRE(memory_.read(flow_.place(root), root, slice) ==
            expected_[static_cast<std::size_t>(slice)][static_cast<std::size_t>(root)]);
  }

  void measure(Index after, Index slice) {
    for (const Index n : flow_.measured_after(after)) {
      check(n + 1, slice);
      ++measured_[n];
    }
  }

  void step(Index n, Index slice) {
    const FlowNode& node = plan_.node(n);
    check(n + 1, slice);  // the gradient is whole
    const Storage& own = flow_.place(n + 1);
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const Index root = flow_.root(node.inputs[i]);
      const Storage& to = flow_.place(root);
      const GradientWrite& write = flow_.write(n, static_cast<Index>(i));
      const double add =
          factor(plan_, n, i) *
          expected_[static_cast<std::size_t>(slice)][static_cast<std::size_t>(n + 1)];
      REQUIRE(write.add == !written_.insert({root, slice}).second);
      if (node.hands_gradient_on && same_place(to, own)) {
        REQUIRE(i == 0);
        handed_on_ = true;
        continue;
      }
      REQUIRE((write.through.kind != Kind::none) == (write.add && !node.adds_gradients));
      if (write.through.kind != Kind::none) {
        constexpr Index kBetween = -1;
        memory_.write(write.through, kBetween, slice, add, root);
        check(n + 1, slice);
        memory_.write(to, root, slice,
                      memory_.read(to, root, slice) + memory_.read(write.through, kBetween, slice));
      } else {
        memory_.write(to, root, slice, (write.add ? memory_.read(to, root, slice) : 0) + add);
        check(n + 1, slice);  // read once more for the next input
      }
    }
    if (node.hands_gradient_on && same_place(flow_.place(node.inputs[0]), own)) {
      memory_.hand_on(own, n + 1, flow_.root(node.inputs[0]), slice);
    }
  }

  const Plan& plan_;
  Flow flow_;
  Memory memory_;
  std::vector<std::vector<double>> expected_;
  std::map<Index, Index> measured_;
  std::set<std::pair<Index, Index>> written_;
  bool handed_on_ = false;
};

}  // namespace

TEST_CASE("flow: nothing is overwritten while it is needed, on the way forward") {
  Draw draw(1);
  for (int i = 0; i < 3000; ++i) {
    const Plan plan = draw_plan(draw);
    const std::string text = describe(plan);
    CAPTURE(text);
    walk_forward(plan, Way::forward);
    walk_forward(plan, Way::inference);
  }
}

TEST_CASE("flow: gradients reach every level whole, and stay while they are needed") {
  Draw draw(2);
  int handed_on = 0;
  for (int i = 0; i < 5000; ++i) {
    const Plan plan = draw_plan(draw);
    const std::string text = describe(plan);
    CAPTURE(text);
    BackwardWalk walk(plan);
    walk.run();
    handed_on += walk.handed_on();
  }
  CHECK(handed_on > 100);
}

TEST_CASE("flow: levels that pass through share the root of their input") {
  Plan plan{{plain(0), plain(1), plain(2), plain(3)}, {4, 6, 6, 6, 2}};
  plan.nodes[1].passes_through = plan.nodes[2].passes_through = true;
  const Flow flow(Way::forward, plan.nodes, plan.sizes);
  CHECK(flow.root(0) == 0);
  CHECK(flow.root(1) == 1);
  CHECK(flow.root(2) == 1);
  CHECK(flow.root(3) == 1);
  CHECK(flow.root(4) == 4);
}

TEST_CASE("flow: whole-batch and measuring nodes cut the walk into segments") {
  Plan plan{{plain(0), plain(1), plain(2), plain(3), plain(4)}, {1, 1, 1, 1, 1, 1}};
  plan.nodes[1].measures = true;
  plan.nodes[3].whole_batch = true;
  using Segments = std::vector<Segment>;
  CHECK(Flow(Way::forward, plan.nodes, plan.sizes).segments() ==
        Segments{{0, 1, false}, {1, 3, false}, {3, 4, true}, {4, 5, false}});
  CHECK(Flow(Way::backward, plan.nodes, plan.sizes).segments() ==
        Segments{{0, 2, false}, {2, 3, false}, {3, 4, true}, {4, 5, false}});
  CHECK(Flow(Way::inference, plan.nodes, plan.sizes).segments() ==
        Segments{{0, 3, false}, {3, 4, true}, {4, 5, false}});

  plan.nodes[0].measures = true;  // the images come in before
  CHECK(Flow(Way::forward, plan.nodes, plan.sizes).segments().front() == Segment{0, 0, false});
}

TEST_CASE("flow: nodes measure once their input, or their gradient, is whole") {
  // 0 -> 1; 1 and 0 -> sum; node 0 measures.
  Plan plan{{plain(0), plain(1), plain(2)}, {3, 3, 3, 3}};
  plan.nodes[0].measures = true;
  plan.nodes[2].inputs = {2, 1};
  plan.nodes[2].adds_gradients = true;
  const Flow forward(Way::forward, plan.nodes, plan.sizes);
  CHECK(forward.measured_after(-1) == std::vector<Index>{0});
  CHECK(forward.measured_after(0).empty());
  const Flow backward(Way::backward, plan.nodes, plan.sizes);
  CHECK(backward.measured_after(1) == std::vector<Index>{0});  // the sum has written before
  CHECK(backward.measured_after(2).empty());
  const Flow inference(Way::inference, plan.nodes, plan.sizes);
  for (Index n = -1; n < 4; ++n) CHECK(inference.measured_after(n).empty());

  Plan last{{plain(0)}, {3, 3}};
  last.nodes[0].measures = true;
  CHECK(Flow(Way::backward, last.nodes, last.sizes).measured_after(1) == std::vector<Index>{0});
}

TEST_CASE("flow: a level that nobody looks at again is not kept") {
  Plan plan{{plain(0), plain(1), plain(2)}, {3, 4, 5, 6}};
  for (FlowNode& node : plan.nodes) node.reads_input = node.reads_output = false;
  plan.nodes[2].reads_input = true;
  const Flow flow(Way::forward, plan.nodes, plan.sizes);
  CHECK(flow.place(0).kind == Kind::slice);
  CHECK(flow.place(1).kind == Kind::slice);
  CHECK(flow.place(2).kind == Kind::kept);
  CHECK(flow.place(3).kind == Kind::kept);  // the loss reads it
}

TEST_CASE("flow: buffers serve one level after another") {
  Plan plan{{plain(0), plain(1), plain(2), plain(3)}, {3, 40, 5, 60, 1}};
  const Flow flow(Way::inference, plan.nodes, plan.sizes);
  CHECK(flow.slice_buffers() == std::vector<Index>{5, 60});
  CHECK(flow.pass_buffers() == std::vector<Index>{1});
}

TEST_CASE("flow: numbers that a node takes twice get a gradient of their own") {
  Plan plan{{plain(0), plain(1), plain(2)}, {3, 3, 3, 3}};
  plan.nodes[1].inputs = {1, 1};
  plan.nodes[1].adds_gradients = plan.nodes[1].hands_gradient_on = true;
  const Flow flow(Way::backward, plan.nodes, plan.sizes);
  CHECK_FALSE(same_place(flow.place(1), flow.place(2)));
  CHECK_FALSE(flow.write(1, 0).add);
  CHECK(flow.write(1, 1).add);
}

}  // namespace cnnx::test
