// How an activation moves between neighbours: a layer may apply that of the layer behind it, leave
// the derivative of its own to a max pool, or do without it because the loss has it in it.
#pragma once

#include <optional>

#include "cnnx/layers/activations.h"

namespace cnnx {

class FusedActivation {
 public:
  virtual ~FusedActivation() = default;
  FusedActivation(const FusedActivation&) = delete;
  FusedActivation& operator=(const FusedActivation&) = delete;

  // The layer is this activation and nothing else.
  virtual std::optional<Activation> sole() const { return std::nullopt; }
  // Applies the activation of the layer behind from now on; false where it cannot.
  virtual bool absorb(Activation /*activation*/) { return false; }
  // One whose derivative follows from the outputs, element by element; a max pool behind it can
  // multiply by that derivative at the few places where a gradient is left.
  virtual std::optional<Activation> to_leave() const { return std::nullopt; }
  virtual void leave() {}
  // Multiplies by the derivative that the layer before has left; false where it cannot.
  virtual bool take(Activation /*activation*/) { return false; }
  // What the layer ends with and can do without.
  virtual ActivationKind last() const { return ActivationKind::linear; }
  virtual void drop() {}  // another layer, the loss or predict() does it

 protected:
  FusedActivation() = default;
};

// The activation that a layer applies to what it has computed.
class OwnActivation final : public FusedActivation {
 public:
  explicit OwnActivation(Activation activation, bool can_leave = true)
      : activation_(activation), can_leave_(can_leave) {}

  Activation get() const { return activation_; }
  bool linear() const { return activation_.kind == ActivationKind::linear; }
  // Whether the layer multiplies by the derivative, which follows from its outputs.
  bool derived_here() const { return !left_ && !linear(); }

  bool absorb(Activation activation) override {
    if (!linear() || !applied_by_kernel(activation)) return false;
    activation_ = activation;
    return true;
  }
  std::optional<Activation> to_leave() const override {
    if (!can_leave_ || activation_.kind == ActivationKind::softmax) return std::nullopt;
    return activation_;
  }
  void leave() override { left_ = true; }
  ActivationKind last() const override { return activation_.kind; }
  void drop() override { activation_ = {}; }

 private:
  Activation activation_;
  bool can_leave_;
  bool left_ = false;
};

// The derivative that a max pool takes from the layer before it. An output of the pool is one of
// its inputs: it tells the derivative there as well as the input does.
class TakenActivation final : public FusedActivation {
 public:
  Activation get() const { return activation_; }
  bool linear() const { return activation_.kind == ActivationKind::linear; }

  bool take(Activation activation) override {
    activation_ = activation;
    return true;
  }

 private:
  Activation activation_;
};

}  // namespace cnnx
