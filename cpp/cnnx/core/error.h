// The engine's own exceptions; the bindings turn each into the Python class of the same name.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace cnnx {

// Shapes that do not fit one another: data against the network, a kernel against its input.
class ShapeError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// An argument outside its set of values: an unknown name, a negative size, a missing key.
class ConfigError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// Data with a value that no computation could use: a label out of range, a NaN.
class DataError : public std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// A name that is not there: a parameter, a state entry.
class NameError : public std::out_of_range {
  using std::out_of_range::out_of_range;
};

// Joins its arguments into one string, as a stream would print them.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace cnnx
