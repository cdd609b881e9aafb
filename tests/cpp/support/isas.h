// Runs a part of a test once for each instruction set that this machine has.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "cnnx/kernels/dispatch.h"

namespace cnnx::test {

// Selects an instruction set for one scope.
class SelectedIsa {
 public:
  explicit SelectedIsa(const std::string& name) : before_(current_isa()) { select_isa(name); }
  ~SelectedIsa() { select_isa(before_); }
  SelectedIsa(const SelectedIsa&) = delete;
  SelectedIsa& operator=(const SelectedIsa&) = delete;

 private:
  std::string before_;
};

// Calls body() with each instruction set selected; failures name it.
template <class Body>
void on_every_isa(Body&& body) {
  for (const std::string& isa : available_isas()) {
    CAPTURE(isa);
    const SelectedIsa selected(isa);
    body();
  }
}

// The same for kernels of one number type: calls body(table).
template <class T, class Body>
void with_every_table(Body&& body) {
  on_every_isa([&] { body(current_tables().get<T>()); });
}

}  // namespace cnnx::test
