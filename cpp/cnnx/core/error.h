// The engine's own exceptions; the bindings turn each into the Python class of the same name.
#pragma once

#include <concepts>
#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace cnnx {

// What is wrong, in parts. Whoever knows one fills it in; the text is composed in error.cpp alone.
struct Problem {
  std::string layer{};       // position in the network: "3", "3.branch.0"
  std::string layer_name{};  // as users spell it: "Conv2D"
  std::string subject{};     // what of the layer it is about: "weights", "output"
  std::string argument{};
  std::string message{};  // stands for "expected ..., got ..." in the text
  std::string expected{};
  std::string got{};
  std::string hint{};  // the way out

  // Without the layer: "padding: expected ..., got ...; use ...".
  std::string detail() const;
  // With it: "Conv2D (layer 3): padding: expected ...".
  std::string text() const;
};

class Error : public std::exception {
 public:
  explicit Error(Problem problem);
  // A template, so that a list of parts is never taken for a string.
  template <std::convertible_to<std::string> Text>
  explicit Error(const Text& message) : Error(only(message)) {}

  const char* what() const noexcept override { return text_.c_str(); }
  const Problem& problem() const { return problem_; }
  // Says where it is, unless that is known: whoever is nearer knows better.
  void set_layer(const std::string& position, const std::string& name = "");

 private:
  static Problem only(std::string message);

  Problem problem_;
  std::string text_;
};

// Shapes that do not fit one another: data against the network, a kernel against its input.
class ShapeError : public Error {
  using Error::Error;
};

// An argument outside its set of values: an unknown name, a negative size, a missing key.
class ConfigError : public Error {
  using Error::Error;
};

// Data with a value that no computation could use: a label out of range, a NaN.
class DataError : public Error {
  using Error::Error;
};

// A name that is not there: a parameter, a state entry.
class NameError : public Error {
  using Error::Error;
};

// Joins its arguments into one string, as a stream would print them.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

// Of a name that none of the choices is.
Problem unknown_name(const std::string& argument, const std::string& name,
                     const std::string& choices);

}  // namespace cnnx
