#include "cli/command_words.hpp"

#include <CLI/CLI.hpp>

#include <utility>

namespace kiln::cli {

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
  at_->check(CLI::IsMember(values));
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
  auto bounded = [name, most, read = std::move(read)](std::uint64_t value) {
    if (value <= most) return read(value);
    refuse_word(name + ": " + std::to_string(value) + " is more than " + std::to_string(most));
  };
  return keep(at_->add_option_function<std::uint64_t>(name, bounded, description));
}

word* command_words::add_flag(std::string const& name, bool& into, std::string const& description) {
  return keep(at_->add_flag(name, into, description));
}

word* command_words::add_flag(std::string const& name, std::string& into,
                              std::string const& description) {
  return keep(at_->add_flag(name, into, description));
}

word* command_words::read_flag(std::string const& name, std::function<void(std::int64_t)> read,
                               std::string const& description) {
  return keep(at_->add_flag_function(name, std::move(read), description));
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

void refuse_word(std::string const& why) {
  throw CLI::ValidationError(why, CLI::ExitCodes::ValidationError);
}

void require_word(std::string const& name) { throw CLI::RequiredError(name); }

}  // namespace kiln::cli
