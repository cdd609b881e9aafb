// Random networks as a Flow sees them, and a memory that notices when numbers are overwritten.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cnnx/flow.h"
#include "support/draw.h"

namespace cnnx::test {

struct Plan : FlowGraph {
  const FlowNode& node(Index n) const { return nodes[to_size(n)]; }
  Index size(Index level) const { return sizes[to_size(level)]; }
};

// With one input and one output, the last level.
inline Plan single(std::vector<FlowNode> nodes, std::vector<Index> sizes) {
  const Index last = std::ssize(sizes) - 1;
  return {{.nodes = std::move(nodes), .sizes = std::move(sizes), .inputs = 1, .outputs = {last}}};
}

// A node that reads one level; what follows from its kind is filled in.
inline FlowNode plain(Index input) {
  FlowNode node;
  node.inputs = {input};
  return node;
}

inline std::string describe(const Plan& plan) {
  std::ostringstream text;
  for (Index i = 0; i < plan.inputs; ++i) text << plan.size(i) << " ";
  for (Index n = 0; n < std::ssize(plan.nodes); ++n) {
    const FlowNode& node = plan.node(n);
    text << "; " << n << ":";
    for (const Index level : node.inputs) text << " " << level;
    if (node.passes_through) text << " passes through";
    if (node.whole_batch) text << " whole batch";
    if (node.measures) text << " measures";
    if (node.adds_gradients) text << " adds";
    if (node.hands_gradient_on) text << " hands on";
    text << " -> " << plan.size(plan.level_of(n));
  }
  text << "; outputs";
  for (const Index level : plan.outputs) text << " " << level;
  return text.str();
}

// Networks as descriptions give them: every level is read by somebody or leaves the network.
inline Plan draw_plan(Draw& draw) {
  Plan plan;
  plan.inputs = draw.chance(0.6) ? 1 : draw.integer(2, 3);
  std::vector<Index> unread;
  for (Index i = 0; i < plan.inputs; ++i) {
    plan.sizes.push_back(draw.integer(1, 9));
    unread.push_back(i);
  }
  const bool joins = draw.chance(0.6);  // all that is left, in one output
  const Index count = draw.integer(1, 14);
  for (Index n = 0; n < count; ++n) {
    FlowNode node;
    const Index newest = plan.level_of(n) - 1;
    const bool last = joins && n == count - 1;
    if ((last && unread.size() > 1) || draw.chance(0.3)) {
      // A sum or a row of branches.
      const Index inputs = draw.integer(1, 3);
      for (Index i = 0; i < inputs; ++i) node.inputs.push_back(draw.integer(0, newest));
      for (const Index level : last ? unread : std::vector<Index>{}) node.inputs.push_back(level);
      node.adds_gradients = true;
      node.reads_input = false;
      const auto alike = [&](Index level) { return plan.size(level) == plan.size(node.inputs[0]); };
      node.hands_gradient_on = std::ranges::all_of(node.inputs, alike) && draw.chance(0.8);
    } else {
      node.inputs = {last ? unread[0] : draw.chance(0.7) ? newest : draw.integer(0, newest)};
      node.passes_through = draw.chance(0.15);
      node.whole_batch = draw.chance(0.2);
      node.measures = !node.passes_through && !node.whole_batch && draw.chance(0.25);
      node.reads_input = node.measures || draw.chance(0.6);
    }
    node.reads_output = draw.chance(0.4);
    for (const Index level : node.inputs) std::erase(unread, level);
    const bool same = node.passes_through || node.hands_gradient_on;
    plan.sizes.push_back(same ? plan.size(node.inputs[0]) : draw.integer(1, 9));
    plan.nodes.push_back(std::move(node));
    unread.push_back(plan.level_of(n));
  }
  plan.outputs = unread;
  // Others may leave too, though they are read, and one may do so twice.
  while (!joins && draw.chance(0.3)) plan.outputs.push_back(draw.integer(0, plan.levels() - 1));
  return plan;
}

// Buffers in which every slice has its part, with the root whose numbers lie there. Parts of roots
// of one size lie side by side, those of others overlap; a slice's own buffer has just one part.
class Memory {
 public:
  explicit Memory(const Plan& plan) : plan_(plan) {}

  // `size_of`: the root whose size the numbers have.
  void write(const Storage& place, Index root, Index slice, double value, Index size_of) {
    REQUIRE(place.kind != Storage::Kind::none);
    auto& cell = cells_[key(place, root)];
    const Index size = plan_.size(size_of);
    std::erase_if(cell, [&](const auto& entry) {
      return place.kind == Storage::Kind::slice || entry.second.size != size;
    });
    cell[slice] = {root, size, value};
  }
  void write(const Storage& place, Index root, Index slice, double value) {
    write(place, root, slice, value, root);
  }
  double read(const Storage& place, Index root, Index slice) {
    REQUIRE(place.kind != Storage::Kind::none);
    const auto& cell = cells_[key(place, root)];
    const auto found = cell.find(slice);
    REQUIRE(found != cell.end());
    REQUIRE(found->second.root == root);
    return found->second.value;
  }
  // The numbers stay and belong to another root from now on.
  void hand_on(const Storage& place, Index from, Index to, Index slice) {
    const double value = read(place, from, slice);
    cells_[key(place, from)][slice] = {to, plan_.size(to), value};
  }

 private:
  struct Part {
    Index root, size;
    double value;
  };
  using Key = std::pair<Storage::Kind, Index>;
  static Key key(const Storage& place, Index root) {
    return {place.kind, place.kind == Storage::Kind::kept ? root : place.buffer};
  }
  const Plan& plan_;
  std::map<Key, std::map<Index, Part>> cells_;
};

}  // namespace cnnx::test
