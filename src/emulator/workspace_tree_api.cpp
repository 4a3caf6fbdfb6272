#include "emulator/workspace_tree_api.hpp"

#include "emulator/multipart_reader.hpp"
#include "json/base64.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <span>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::string_view import_path = "/api/2.0/workspace/import";
constexpr std::size_t field_bytes_max = 8 * 1024;

/// The parts of a small form, in memory.
class form_fields final : public form_receiver {
 public:
  bool part_begins(std::string const& name) override {
    part_ = name == "content" ? &content : &fields[name];
    part_->clear();
    return true;
  }
  bool part_data(std::span<std::byte const> piece) override {
    part_->append(reinterpret_cast<char const*>(piece.data()), piece.size());
    return part_ == &content || part_->size() <= field_bytes_max;
  }
  bool part_ends() override { return true; }

  std::string content;
  std::map<std::string, std::string> fields;

 private:
  std::string* part_ = nullptr;
};

bj::object json_of(workspace_object const& of) {
  bj::object out{{"object_type", of.object_type},
                 {"path", of.path},
                 {"object_id", of.object_id},
                 {"resource_id", std::to_string(of.object_id)}};
  if (of.language) out["language"] = word_of(*of.language);
  if (of.object_type != "DIRECTORY") {
    out["created_at"] = epoch_ms(of.created);
    out["modified_at"] = epoch_ms(of.modified);
  }
  if (of.object_type == "FILE") out["size"] = of.size;
  return out;
}

outcome<document_format> format_in(parameters const& in) {
  auto const word = in.text_or("format", "SOURCE");
  if (!word) return word.error();
  auto const format = format_of(*word);
  if (!format) return invalid_parameter("There is no format " + *word);
  return *format;
}

/// All of an import but its content.
outcome<workspace_tree_state::import_request> import_in(parameters const& in) {
  workspace_tree_state::import_request out;
  auto path = in.text("path");
  if (!path) return path.error();
  out.path = std::move(*path);
  auto const format = format_in(in);
  if (!format) return format.error();
  out.format = *format;
  auto const language = in.text_or("language", "");
  if (!language) return language.error();
  out.language = language_of(*language);
  if (!language->empty() && !out.language) {
    return invalid_parameter("There is no language " + *language);
  }
  auto const overwrite = in.flag_or("overwrite", false);
  if (!overwrite) return overwrite.error();
  out.overwrite = *overwrite;
  return out;
}

}  // namespace

std::span<workspace_tree_api::route const> workspace_tree_api::routes() {
  static route const all[] = {
      {"POST", "/api/2.0/workspace/delete", &workspace_tree_api::remove},
      {"GET", "/api/2.0/workspace/export", nullptr, &workspace_tree_api::export_object},
      {"GET", "/api/2.0/workspace/get-status", &workspace_tree_api::get_status},
      {"POST", import_path, &workspace_tree_api::import_json},
      {"GET", "/api/2.0/workspace/list", &workspace_tree_api::list},
      {"POST", "/api/2.0/workspace/mkdirs", &workspace_tree_api::mkdirs},
  };
  return all;
}

std::size_t workspace_tree_api::body_bytes_max(std::string_view path) const noexcept {
  return path == import_path ? import_bytes_max : request_bytes_max;
}

api_reply workspace_tree_api::handle(api_request const& request, moment now) {
  auto const boundary = form_boundary(request.content_type);
  if (request.path != import_path || !boundary) return routed_service::handle(request, now);
  auto const done = import_form(request, *boundary, now);
  return done ? api_reply() : kiln::emulation::to_reply(done.error());
}

outcome<void> workspace_tree_api::import_form(api_request const& request, std::string_view boundary,
                                              moment now) {
  form_fields form;
  multipart_reader reader(boundary, form);
  if (!reader.feed(std::as_bytes(std::span(request.body))) || !reader.complete()) {
    return api_error{400, "MALFORMED_REQUEST", "The body is not a valid multipart/form-data form"};
  }
  bj::object fields;
  for (auto const& [name, value] : form.fields) fields[name] = value;
  auto const text = bj::serialize(fields);
  auto const in = parameters::of({request.method, request.path, {}, text}, {});
  if (!in) return in.error();
  auto what = import_in(*in);
  if (!what) return what.error();
  what->content = std::move(form.content);
  return state_.import_object(std::move(*what), now);
}

outcome<bj::object> workspace_tree_api::import_json(parameters const& in, moment now) {
  auto what = import_in(in);
  if (!what) return what.error();
  auto const text = in.text_or("content", "");
  if (!text) return text.error();
  what->content.resize(kiln::json::base64_decoded_size(*text));
  auto const n = kiln::json::base64_decode(*text, std::as_writable_bytes(std::span(what->content)));
  if (!n) return invalid_parameter("The content is not valid base64");
  what->content.resize(*n);
  if (auto const done = state_.import_object(std::move(*what), now); !done) return done.error();
  return bj::object();
}

api_reply workspace_tree_api::export_object(parameters const& in, moment) {
  auto const path = in.text("path");
  if (!path) return kiln::emulation::to_reply(path.error());
  auto const format = format_in(in);
  if (!format) return kiln::emulation::to_reply(format.error());
  auto const outputs = in.text_or("outputs", "ALL");
  if (!outputs) return kiln::emulation::to_reply(outputs.error());
  if (*outputs != "ALL" && *outputs != "NONE") {
    return kiln::emulation::to_reply(invalid_parameter("outputs is neither ALL nor NONE"));
  }
  auto const raw = in.flag_or("direct_download", false);
  if (!raw) return kiln::emulation::to_reply(raw.error());
  auto document = state_.export_object(*path, *format);
  if (!document) return kiln::emulation::to_reply(document.error());
  api_reply out;
  if (*raw) {
    out.body = std::move(document->content);
    out.content_type = *format == document_format::html ? "text/html" : "application/octet-stream";
    return out;
  }
  out.body = R"({"content":")";
  kiln::json::append_base64(out.body, std::as_bytes(std::span(document->content)));
  out.body += R"(","file_type":)" + json_quoted(document->file_type) + '}';
  return out;
}

outcome<bj::object> workspace_tree_api::get_status(parameters const& in, moment) {
  auto const path = in.text("path");
  if (!path) return path.error();
  auto const found = state_.get_status(*path);
  if (!found) return found.error();
  return json_of(*found);
}

outcome<bj::object> workspace_tree_api::list(parameters const& in, moment) {
  auto const path = in.text("path");
  if (!path) return path.error();
  auto const after = in.integer_or("notebooks_modified_after", -1);
  if (!after) return after.error();
  std::optional<wall_time> since;
  if (*after >= 0 && *after <= epoch_ms(wall_time::max())) {
    since = wall_time(std::chrono::milliseconds(*after));
  }
  auto const found = state_.list(*path, since);
  if (!found) return found.error();
  bj::array objects;
  for (auto const& each : *found) objects.push_back(json_of(each));
  bj::object out;
  if (!objects.empty()) out["objects"] = std::move(objects);
  return out;
}

outcome<bj::object> workspace_tree_api::mkdirs(parameters const& in, moment now) {
  auto const path = in.text("path");
  if (!path) return path.error();
  if (auto const done = state_.mkdirs(*path, now); !done) return done.error();
  return bj::object();
}

outcome<bj::object> workspace_tree_api::remove(parameters const& in, moment) {
  auto const path = in.text("path");
  if (!path) return path.error();
  auto const recursive = in.flag_or("recursive", false);
  if (!recursive) return recursive.error();
  if (auto const done = state_.remove(*path, *recursive); !done) return done.error();
  return bj::object();
}

}  // namespace kiln::emulation
