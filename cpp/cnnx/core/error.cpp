#include "cnnx/core/error.h"

namespace cnnx {
namespace {

// "head: tail", or the one that is there.
std::string joined(const std::string& head, const std::string& tail) {
  return head.empty() ? tail : head + ": " + tail;
}

// Argument, what is wrong with it and the way out.
std::string complaint(const Problem& problem) {
  std::string text = problem.message;
  if (text.empty()) {
    text = "expected " + problem.expected;
    if (!problem.got.empty()) text += ", got " + problem.got;
  }
  if (!problem.hint.empty()) text += "; " + problem.hint;
  return joined(problem.argument, text);
}

}  // namespace

std::string Problem::detail() const { return joined(subject, complaint(*this)); }

std::string Problem::text() const {
  std::string where = layer.empty() ? layer_name : "layer " + layer;
  if (!layer.empty() && !layer_name.empty()) where = layer_name + " (" + where + ")";
  if (!where.empty() && !subject.empty()) where += " ";
  return joined(where + subject, complaint(*this));
}

Error::Error(Problem problem) : problem_(std::move(problem)), text_(problem_.text()) {}

Problem Error::only(std::string message) {
  Problem problem;
  problem.message = std::move(message);
  return problem;
}

void Error::set_layer(const std::string& position, const std::string& name) {
  if (!problem_.layer.empty()) return;
  problem_.layer = position;
  if (problem_.layer_name.empty()) problem_.layer_name = name;
  text_ = problem_.text();
}

Problem unknown_name(const std::string& argument, const std::string& name,
                     const std::string& choices) {
  Problem problem;
  problem.argument = argument;
  problem.message = concat("\"", name, "\" is unknown");
  problem.expected = choices;
  problem.got = name;
  problem.hint = "choose one of " + choices;
  return problem;
}

}  // namespace cnnx
