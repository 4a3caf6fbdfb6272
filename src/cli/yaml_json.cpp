#include "cli/yaml_json.hpp"

#include "cli/usage_error.hpp"
#include "json/text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <regex>
#include <set>
#include <string_view>
#include <utility>
#include <yaml-cpp/yaml.h>

namespace kiln::cli {
namespace {

constexpr std::size_t depth_max = 32;
constexpr std::size_t values_max = 1'000'000;

/// The expressions are slow, and recursive in the length of a text.
bool may_be_number(std::string const& text) {
  constexpr std::size_t number_bytes_max = 400;
  return text.size() <= number_bytes_max &&
         std::string_view("+-.0123456789").find(text.front()) != std::string_view::npos;
}

class yaml_writer {
 public:
  explicit yaml_writer(std::string const& name) : name_(name) {}
  [[nodiscard]] std::string written(YAML::Node const& root) {
    write(root, 0);
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(YAML::Node const& at, std::string const& why) const {
    throw usage_error(fmt::format("{}:{}: {}", name_, at.Mark().line + 1, why));
  }

  void write(YAML::Node const& node, std::size_t depth) {
    if (depth > depth_max) refuse(node, "nested deeper than 32 levels");
    if (++values_ > values_max) refuse(node, "more than 1000000 values");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return write_scalar(node);
      case YAML::NodeType::Sequence: {
        out_ += '[';
        bool first = true;
        for (auto const& element : node) {
          if (!first) out_ += ',';
          first = false;
          write(element, depth + 1);
        }
        out_ += ']';
        return;
      }
      case YAML::NodeType::Map:
        return write_map(node, depth);
      default:
        out_ += "null";
    }
  }

  void write_map(YAML::Node const& node, std::size_t depth) {
    std::set<std::string> seen;
    out_ += '{';
    for (auto const& member : node) {
      if (!member.first.IsScalar()) refuse(member.first, "a key that is no text");
      if (!seen.insert(member.first.Scalar()).second) {
        refuse(member.first, fmt::format("'{}' stands twice", member.first.Scalar()));
      }
      if (seen.size() > 1) out_ += ',';
      json::append_quoted(out_, member.first.Scalar());
      out_ += ':';
      write(member.second, depth + 1);
    }
    out_ += '}';
  }

  void write_scalar(YAML::Node const& node) {
    static std::regex const number(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?)");
    static std::regex const other_number(
        R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|0o[0-7]+|0x[0-9a-fA-F]+)"
        R"(|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))");
    auto const& text = node.Scalar();
    // What is quoted has the tag "!".
    bool const plain = node.Tag() == "?" || node.Tag().empty();
    if (!plain) return json::append_quoted(out_, text);
    if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL") {
      out_ += "null";
    } else if (text == "true" || text == "True" || text == "TRUE") {
      out_ += "true";
    } else if (text == "false" || text == "False" || text == "FALSE") {
      out_ += "false";
    } else if (!may_be_number(text) || !std::regex_match(text, other_number)) {
      json::append_quoted(out_, text);
    } else if (std::regex_match(text, number)) {
      out_ += text;
    } else {
      refuse(node, fmt::format("'{}' is a number that JSON cannot spell: quote it, or write it as "
                               "JSON does",
                               text));
    }
  }

  std::string const& name_;
  std::string out_;
  std::size_t values_ = 0;
};

}  // namespace

std::string json_of_yaml(std::string const& text, std::string const& name) {
  try {
    auto const documents = YAML::LoadAll(text);
    if (documents.size() != 1) {
      throw usage_error(
          fmt::format("{}: expected one YAML document, found {}", name, documents.size()));
    }
    return yaml_writer(name).written(documents.front());
  } catch (YAML::Exception const& e) {
    throw usage_error(fmt::format("{}:{}: no YAML: {}", name, e.mark.line + 1, e.msg));
  }
}

}  // namespace kiln::cli
