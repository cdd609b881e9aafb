#include "cnnx/flow.h"

#include <algorithm>
#include <numeric>

namespace cnnx {

Flow::Flow(Way way, const FlowGraph& graph)
    : way_(way), graph_(graph), places_(graph.sizes.size()) {
  find_roots();
  find_outputs();
  find_consumers();
  find_segments();
  if (way == Way::backward) {
    place_gradients();
  } else {
    place_values();
  }
  find_measurements();
}

void Flow::find_roots() {
  roots_.resize(to_size(graph_.inputs));
  std::iota(roots_.begin(), roots_.end(), Index{0});
  for (const FlowNode& n : graph_.nodes) {
    const Index own = std::ssize(roots_);
    roots_.push_back(n.passes_through ? root(n.inputs[0]) : own);
  }
}

void Flow::find_outputs() {
  leaves_.resize(graph_.sizes.size());
  for (const Index level : graph_.outputs) leaves_[to_size(root(level))] = 1;
}

void Flow::find_consumers() {
  consumers_.resize(graph_.sizes.size());
  for (Index n = 0; n < nodes(); ++n) {
    if (node(n).passes_through) continue;
    for (const Index level : node(n).inputs) {
      auto& list = consumers_[to_size(root(level))];
      if (list.empty() || list.back() != n) list.push_back(n);
    }
  }
}

// Forward, a node that measures begins a segment: before it the whole pass has gone through. Back,
// it ends one, so that all of its output's gradient is there when it runs.
void Flow::find_segments() {
  segments_ = {{0, 0, false}};
  bool cut = false;
  for (Index n = 0; n < nodes(); ++n) {
    const bool whole = node(n).whole_batch && !node(n).passes_through;
    const bool measures = way_ != Way::inference && node(n).measures;
    if (measures && way_ == Way::forward) cut = true;
    if (!whole && !cut && !segments_.back().whole_batch) {
      segments_.back().end = n + 1;
    } else {
      segments_.push_back({n, n + 1, whole});
    }
    segment_of_.push_back(static_cast<Index>(segments_.size()) - 1);
    cut = measures && way_ == Way::backward;
  }
}

bool Flow::read_on_the_way_back(Index root) const {
  if (!is_input(root) && node(graph_.writer_of(root)).reads_output) return true;
  const auto& readers = consumers_[to_size(root)];
  return std::any_of(readers.begin(), readers.end(), [&](Index n) { return node(n).reads_input; });
}

void Flow::place_values() {
  std::vector<Interval> passes, slices;
  for (Index r = 0; r < levels(); ++r) {
    if (root(r) != r) continue;
    const auto& readers = consumers_[to_size(r)];
    const Index filled = filled_in(r);
    const Index until =
        leaves(r) ? static_cast<Index>(segments_.size()) : segment_of(readers.back());
    Storage& place = places_[to_size(r)];
    const bool crosses = until != filled || segments_[to_size(filled)].whole_batch;
    // The loss reads the outputs while it writes their gradient.
    if (way_ == Way::forward && (leaves(r) || read_on_the_way_back(r))) {
      place.kind = Storage::Kind::kept;
    } else if (crosses) {
      place.kind = Storage::Kind::pass;
      passes.push_back({&place, size(r), filled, until});
    } else {
      place.kind = Storage::Kind::slice;
      slices.push_back({&place, size(r), graph_.writer_of(r), readers.back()});
    }
  }
  assign(passes, pass_buffers_);
  assign(slices, slice_buffers_);
}

// Time runs backwards: segment s and node n count as -s and -n.
void Flow::place_gradients() {
  const auto end = static_cast<Index>(segments_.size());
  struct Life {
    Index from, to;            // in segments
    Index from_node, to_node;  // in nodes
  };
  std::vector<Life> lives(graph_.sizes.size());
  for (Index r = 0; r < levels(); ++r) {
    if (root(r) != r) continue;
    const auto& writers = consumers_[to_size(r)];
    Life& life = lives[to_size(r)];
    const Index writer = graph_.writer_of(r);
    life.from = leaves(r) ? -end : -segment_of(writers.back());
    life.to = is_input(r) ? 1 : -segment_of(writer);
    life.from_node = leaves(r) ? -levels() : -writers.back();
    life.to_node = -writer;
    const bool whole = !is_input(r) && segments_[to_size(-life.to)].whole_batch;
    places_[to_size(r)].kind =
        is_input(r) || whole || life.from != life.to ? Storage::Kind::pass : Storage::Kind::slice;
  }
  // The gradient that a node hands on takes its output's place for as long as both live.
  std::vector<Index> shares(graph_.sizes.size());
  std::iota(shares.begin(), shares.end(), Index{0});
  for (Index n = nodes() - 1; n >= 0; --n) {
    if (!node(n).hands_gradient_on) continue;
    const Index out = shares[to_size(root(graph_.level_of(n)))];
    const Index in = root(node(n).inputs[0]);
    const auto& writers = consumers_[to_size(in)];
    const bool alike = places_[to_size(in)].kind == places_[to_size(out)].kind;
    // A node with several inputs may get the same numbers twice; they have the sum for a gradient.
    const bool once = std::none_of(node(n).inputs.begin() + 1, node(n).inputs.end(),
                                   [&](Index other) { return root(other) == in; });
    if (is_input(in) || leaves(in) || writers.size() != 1 || !once || !alike) continue;
    shares[to_size(in)] = out;
    Life& life = lives[to_size(out)];
    life.to = std::max(life.to, lives[to_size(in)].to);
    life.to_node = std::max(life.to_node, lives[to_size(in)].to_node);
  }

  std::vector<Interval> passes, slices;
  const auto add = [&](Storage& place, Index elements, const Life& life) {
    if (place.kind == Storage::Kind::pass) {
      passes.push_back({&place, elements, life.from, life.to});
    } else {
      slices.push_back({&place, elements, life.from_node, life.to_node});
    }
  };
  for (Index r = 0; r < levels(); ++r) {
    if (root(r) != r || shares[to_size(r)] != r) continue;
    add(places_[to_size(r)], size(r), lives[to_size(r)]);
  }
  writes_.resize(graph_.nodes.size());
  std::vector<char> written = leaves_;  // by its loss
  for (Index n = nodes() - 1; n >= 0; --n) {
    auto& writes = writes_[to_size(n)];
    writes.resize(node(n).inputs.size());
    if (node(n).passes_through) continue;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      const auto to = to_size(root(node(n).inputs[i]));
      writes[i].add = written[to] != 0;
      written[to] = 1;
      if (!writes[i].add || node(n).adds_gradients) continue;
      const Index s = segment_of(n);
      writes[i].through.kind = node(n).whole_batch ? Storage::Kind::pass : Storage::Kind::slice;
      add(writes[i].through, size(static_cast<Index>(to)), {-s, -s, -n, -n});
    }
  }
  assign(passes, pass_buffers_);
  assign(slices, slice_buffers_);
  for (Index r = levels() - 1; r >= 0; --r) {
    if (root(r) != r) continue;
    const auto shared = to_size(shares[to_size(r)]);
    places_[to_size(r)] = places_[shared];
  }
}

void Flow::find_measurements() {
  measured_.resize(graph_.nodes.size() + 2);
  if (way_ == Way::inference) return;
  for (Index n = 0; n < nodes(); ++n) {
    if (!node(n).measures) continue;
    Index after = 0;
    if (way_ == Way::forward) {
      after = std::max<Index>(-1, graph_.writer_of(root(node(n).inputs[0])));
    } else {
      const auto& writers = consumers_[to_size(root(graph_.level_of(n)))];
      after = writers.empty() ? nodes() : writers.front();
    }
    measured_[to_size(after + 1)].push_back(n);
  }
}

// Gives each interval the first buffer that is free for all of its time.
void Flow::assign(const std::vector<Interval>& intervals, std::vector<Index>& buffers) {
  std::vector<std::size_t> order(intervals.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return intervals[a].from != intervals[b].from ? intervals[a].from < intervals[b].from : a < b;
  });
  std::vector<Index> busy_until;
  for (const std::size_t i : order) {
    const Interval& interval = intervals[i];
    std::size_t b = 0;
    while (b < buffers.size() && busy_until[b] >= interval.from) ++b;
    if (b == buffers.size()) {
      buffers.push_back(0);
      busy_until.push_back(0);
    }
    busy_until[b] = interval.to;
    buffers[b] = std::max(buffers[b], interval.size);
    interval.place->buffer = static_cast<Index>(b);
  }
}

}  // namespace cnnx
