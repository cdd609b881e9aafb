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

struct Plan {
  std::vector<FlowNode> nodes;
  std::vector<Index> sizes;

  Index levels() const { return std::ssize(sizes); }
  const FlowNode& node(Index n) const { return nodes[static_cast<std::size_t>(n)]; }
  Index size(Index level) const { return sizes[static_cast<std::size_t>(level)]; }
};

// A node that reads one level; what follows from its kind is filled in.
inline FlowNode plain(Index input) {
  FlowNode node;
  node.inputs = {input};
  return node;
}

inline std::string describe(const Plan& plan) {
  std::ostringstream text;
  text << plan.size(0);
  for (Index n = 0; n < std::ssize(plan.nodes); ++n) {
    const FlowNode& node = plan.node(n);
    text << "; " << n << ":";
    for (const Index level : node.inputs) text << " " << level;
    if (node.passes_through) text << " passes through";
    if (node.whole_batch) text << " whole batch";
    if (node.measures) text << " measures";
    if (node.adds_gradients) text << " adds";
    if (node.hands_gradient_on) text << " hands on";
    text << " -> " << plan.size(n + 1);
  }
  return text.str();
}

// Networks as descriptions give them: every level but the last is read by somebody.
inline Plan draw_plan(Draw& draw) {
  Plan plan;
  plan.sizes.push_back(draw.integer(1, 9));
  std::vector<Index> unread = {0};
  const auto read = [&](Index level) {
    std::erase(unread, level);
    return level;
  };
  const Index count = draw.integer(1, 14);
  for (Index n = 0; n < count; ++n) {
    FlowNode node;
    const bool last = n == count - 1;
    if ((last && unread.size() > 1) || draw.chance(0.3)) {
      // A sum or a row of branches.
      const Index inputs = draw.integer(1, 3);
      for (Index i = 0; i < inputs; ++i) node.inputs.push_back(draw.integer(0, n));
      for (const Index level : last ? unread : std::vector<Index>{}) node.inputs.push_back(level);
      node.adds_gradients = true;
      node.reads_input = false;
      const auto alike = [&](Index level) { return plan.size(level) == plan.size(node.inputs[0]); };
      node.hands_gradient_on = std::ranges::all_of(node.inputs, alike) && draw.chance(0.8);
    } else {
      node.inputs = {last ? unread[0] : draw.chance(0.7) ? n : draw.integer(0, n)};
      node.passes_through = draw.chance(0.15);
      node.whole_batch = draw.chance(0.2);
      node.measures = !node.passes_through && !node.whole_batch && draw.chance(0.25);
      node.reads_input = node.measures || draw.chance(0.6);
    }
    node.reads_output = draw.chance(0.4);
    for (const Index level : node.inputs) read(level);
    const bool same = node.passes_through || node.hands_gradient_on;
    plan.sizes.push_back(same ? plan.size(node.inputs[0]) : draw.integer(1, 9));
    plan.nodes.push_back(std::move(node));
    unread.push_back(n + 1);
  }
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
