#include "cli/command_words.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace kiln::cli {
namespace {

// CLI11 keeps one text for each option that nothing here prints: the name of its type.
constexpr char suggestion_end = '|';

std::optional<bool> truth_of(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

/// "--number" of "-n,--number".
std::string shown_name(std::string const& name) {
  auto const at = name.find("--");
  return at == std::string::npos ? name : name.substr(at);
}

}  // namespace

word* word::required(bool yes) {
  at_->required(yes);
  return this;
}

word* word::one_each() {
  at_->allow_extra_args(false);
  return this;
}

word* word::excludes(word* other) {
  at_->excludes(other->at_);
  return this;
}

word* word::needs(word* other) {
  at_->needs(other->at_);
  return this;
}

word* word::one_of(std::vector<std::string> const& values) {
  at_->check([values](std::string const& text) {
    if (std::find(values.begin(), values.end(), text) != values.end()) return std::string();
    std::string why = '\'' + text + "' is not one of ";
    for (auto const& value : values) (why += &value == &values.front() ? "" : ", ") += value;
    return why;
  });
  return suggest(values);
}

word* word::suggest(std::vector<std::string> const& values) {
  std::string all;
  for (auto const& value : values) (all += value) += suggestion_end;
  at_->type_name(all);
  return this;
}

word* word::each(std::function<void(std::string const&)> read) {
  at_->each([read = std::move(read)](std::string const& text) { read(text); });
  return this;
}

std::size_t word::count() const { return at_->count(); }

command_words& command_words::add_command(std::string const& name, std::string const& description) {
  auto& made = *at_->add_subcommand(name, description);
  made.fallthrough();
  made.footer(std::string());  // else it would have its parent's
  return commands_.emplace_back(made);
}

command_words& command_words::add_group(std::string const& name, std::string const& description) {
  return commands_.emplace_back(*at_->add_option_group(name, description));
}

void command_words::require_command() { at_->require_subcommand(1); }
void command_words::alias(std::string const& name) { at_->alias(name); }
void command_words::footer(std::string const& text) { at_->footer(text); }

word* command_words::keep(CLI::Option* made) { return &words_.emplace_back(*made); }

word* command_words::add_option(std::string const& name, std::string& into,
                                std::string const& description) {
  return read_option(
      name, [&into](std::string const& text) { into = text; }, description);
}

word* command_words::add_option(std::string const& name, std::vector<std::string>& into,
                                std::string const& description) {
  return read_options(
      name, [&into](std::vector<std::string> const& texts) { into = texts; }, description);
}

word* command_words::read_number(std::string const& name, std::uint64_t most,
                                 std::function<void(std::uint64_t)> read,
                                 std::string const& description) {
  auto bounded = [name, most, read = std::move(read)](std::string const& text) {
    std::uint64_t value = 0;
    auto const end = text.data() + text.size();
    auto const got = std::from_chars(text.data(), end, value);
    if (got.ec == std::errc() && got.ptr == end && value <= most) return read(value);
    refuse_word(shown_name(name) + ": '" + text + "' is not a whole number from 0 to " +
                std::to_string(most));
  };
  return read_option(name, bounded, description);
}

word* command_words::add_flag(std::string const& name, bool& into, std::string const& description) {
  return read_flag(
      name, [&into](bool on) { into = on; }, description);
}

word* command_words::add_flag(std::string const& name, std::string& into,
                              std::string const& description) {
  return keep(at_->add_flag(name, into, description));
}

word* command_words::read_flag(std::string const& name, std::function<void(bool)> read,
                               std::string const& description) {
  auto decide = [read = std::move(read)](std::string const& text) {
    auto const on = truth_of(text);
    if (!on) refuse_word('\'' + text + "' is not true or false");
    read(*on);
  };
  return keep(at_->add_flag(name, flags_.emplace_back(), description))->each(decide);
}

word* command_words::read_option(std::string const& name,
                                 std::function<void(std::string const&)> read,
                                 std::string const& description) {
  return keep(at_->add_option_function<std::string>(name, read, description));
}

word* command_words::read_options(std::string const& name,
                                  std::function<void(std::vector<std::string> const&)> read,
                                  std::string const& description) {
  return keep(at_->add_option_function<std::vector<std::string>>(name, read, description));
}

bool command_words::has_option(std::string const& name) const {
  return at_->get_option_no_throw(name) != nullptr;
}

void command_words::when_parsed(std::function<void()> deed) {
  at_->parse_complete_callback(std::move(deed));
}

std::vector<std::string> suggestions_of(CLI::Option const& option) {
  std::vector<std::string> out;
  auto const all = option.get_type_name();
  for (std::size_t at = 0;;) {
    auto const end = all.find(suggestion_end, at);
    if (end == std::string::npos) return out;
    out.push_back(all.substr(at, end - at));
    at = end + 1;
  }
}

void refuse_word(std::string const& why) {
  throw CLI::ValidationError(why, CLI::ExitCodes::ValidationError);
}

void require_word(std::string const& name) { throw CLI::RequiredError(name); }

}  // namespace kiln::cli
