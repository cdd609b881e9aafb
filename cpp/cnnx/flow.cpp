#include "cnnx/flow.h"

#include <algorithm>
#include <numeric>

namespace cnnx {

Flow::Flow(Way way, const std::vector<FlowNode>& nodes, const std::vector<Index>& sizes)
    : way_(way), nodes_(nodes), sizes_(sizes), places_(sizes.size()) {
  find_roots();
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
  roots_ = {0};
  for (const FlowNode& n : nodes_) {
    const auto own = static_cast<Index>(roots_.size());
    roots_.push_back(n.passes_through ? root(n.inputs[0]) : own);
  }
}

void Flow::find_consumers() {
  consumers_.resize(sizes_.size());
  for (std::size_t n = 0; n < nodes_.size(); ++n) {
    if (nodes_[n].passes_through) continue;
    for (const Index level : nodes_[n].inputs) {
      auto& list = consumers_[static_cast<std::size_t>(root(level))];
      if (list.empty() || list.back() != static_cast<Index>(n)) {
        list.push_back(static_cast<Index>(n));
      }
    }
  }
}

// Forward, a node that measures begins a segment: before it the whole pass has gone through. Back,
// it ends one, so that all of its output's gradient is there when it runs.
void Flow::find_segments() {
  segments_ = {{0, 0, false}};
  bool cut = false;
  for (Index n = 0; n < static_cast<Index>(nodes_.size()); ++n) {
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
  if (root > 0 && node(root - 1).reads_output) return true;
  const auto& readers = consumers_[static_cast<std::size_t>(root)];
  return std::any_of(readers.begin(), readers.end(), [&](Index n) { return node(n).reads_input; });
}

void Flow::place_values() {
  const Index last = root(levels() - 1);
  std::vector<Interval> passes, slices;
  for (Index r = 0; r < levels(); ++r) {
    if (root(r) != r) continue;
    const auto& readers = consumers_[static_cast<std::size_t>(r)];
    const Index filled = filled_in(r);
    const Index until =
        r == last ? static_cast<Index>(segments_.size()) : segment_of(readers.back());
    Storage& place = places_[static_cast<std::size_t>(r)];
    const bool crosses = until != filled || segments_[static_cast<std::size_t>(filled)].whole_batch;
    // The loss reads the outputs while it writes their gradient.
    if (way_ == Way::forward && (r == last || read_on_the_way_back(r))) {
      place.kind = Storage::Kind::kept;
    } else if (crosses) {
      place.kind = Storage::Kind::pass;
      passes.push_back({&place, size(r), filled, until});
    } else {
      place.kind = Storage::Kind::slice;
      slices.push_back({&place, size(r), r - 1, readers.back()});
    }
  }
  assign(passes, pass_buffers_);
  assign(slices, slice_buffers_);
}

// Time runs backwards: segment s and node n count as -s and -n.
void Flow::place_gradients() {
  const Index last = root(levels() - 1);
  const auto end = static_cast<Index>(segments_.size());
  struct Life {
    Index from, to;            // in segments
    Index from_node, to_node;  // in nodes
  };
  std::vector<Life> lives(sizes_.size());
  for (Index r = 0; r < levels(); ++r) {
    if (root(r) != r) continue;
    const auto& writers = consumers_[static_cast<std::size_t>(r)];
    Life& life = lives[static_cast<std::size_t>(r)];
    life.from = r == last ? -end : -segment_of(writers.back());
    life.to = r == 0 ? 1 : -segment_of(r - 1);
    life.from_node = r == last ? -levels() : -writers.back();
    life.to_node = -(r - 1);
    const bool whole = r > 0 && segments_[static_cast<std::size_t>(-life.to)].whole_batch;
    places_[static_cast<std::size_t>(r)].kind =
        r == 0 || whole || life.from != life.to ? Storage::Kind::pass : Storage::Kind::slice;
  }
  // The gradient that a node hands on takes its output's place for as long as both live.
  std::vector<Index> shares(sizes_.size());
  std::iota(shares.begin(), shares.end(), Index{0});
  for (Index n = static_cast<Index>(nodes_.size()) - 1; n >= 0; --n) {
    if (!node(n).hands_gradient_on) continue;
    const Index out = shares[static_cast<std::size_t>(root(n + 1))];
    const Index in = root(node(n).inputs[0]);
    const auto& writers = consumers_[static_cast<std::size_t>(in)];
    const bool alike =
        places_[static_cast<std::size_t>(in)].kind == places_[static_cast<std::size_t>(out)].kind;
    // A node with several inputs may get the same numbers twice; they have the sum for a gradient.
    const bool once = std::none_of(node(n).inputs.begin() + 1, node(n).inputs.end(),
                                   [&](Index other) { return root(other) == in; });
    if (in == 0 || in == last || writers.size() != 1 || !once || !alike) continue;
    shares[static_cast<std::size_t>(in)] = out;
    Life& life = lives[static_cast<std::size_t>(out)];
    life.to = std::max(life.to, lives[static_cast<std::size_t>(in)].to);
    life.to_node = std::max(life.to_node, lives[static_cast<std::size_t>(in)].to_node);
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
    if (root(r) != r || shares[static_cast<std::size_t>(r)] != r) continue;
    add(places_[static_cast<std::size_t>(r)], size(r), lives[static_cast<std::size_t>(r)]);
  }
  writes_.resize(nodes_.size());
  std::vector<bool> written(sizes_.size(), false);
  for (Index n = static_cast<Index>(nodes_.size()) - 1; n >= 0; --n) {
    auto& writes = writes_[static_cast<std::size_t>(n)];
    writes.resize(node(n).inputs.size());
    if (node(n).passes_through) continue;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      const auto to = static_cast<std::size_t>(root(node(n).inputs[i]));
      writes[i].add = written[to];
      written[to] = true;
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
    const auto shared = static_cast<std::size_t>(shares[static_cast<std::size_t>(r)]);
    places_[static_cast<std::size_t>(r)] = places_[shared];
  }
}

void Flow::find_measurements() {
  measured_.resize(nodes_.size() + 2);
  if (way_ == Way::inference) return;
  for (Index n = 0; n < static_cast<Index>(nodes_.size()); ++n) {
    if (!node(n).measures) continue;
    Index after = 0;
    if (way_ == Way::forward) {
      after = root(node(n).inputs[0]) - 1;
    } else {
      const auto& writers = consumers_[static_cast<std::size_t>(root(n + 1))];
      after = writers.empty() ? static_cast<Index>(nodes_.size()) : writers.front();
    }
    measured_[static_cast<std::size_t>(after + 1)].push_back(n);
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
