#include "emulator/workspace_tree_state.hpp"

#include "core/ascii.hpp"
#include "emulator/dbfs_path.hpp"
#include "emulator/service.hpp"
#include "emulator/workspace_tree_archive.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kiln::emulation {

namespace {

constexpr std::string_view protected_folders[] = {"/", "/Repos", "/Shared", "/Users"};

api_error absent(std::string_view path) {
  return not_found("Path (" + std::string(path) + ") doesn't exist.");
}
api_error in_the_way(std::string_view path) {
  return {400, "RESOURCE_ALREADY_EXISTS", "Path (" + std::string(path) + ") already exists."};
}
api_error too_large(std::size_t bytes) {
  return {400, "MAX_NOTEBOOK_SIZE_EXCEEDED",
          "The content has " + std::to_string(bytes) + " bytes; at most " +
              std::to_string(workspace_tree_state::content_bytes_max) + " are allowed"};
}

std::string_view last_of(std::string_view normal) { return normal.substr(normal.rfind('/') + 1); }

/// What a document is that is to be told by its name and content; nullopt: a file.
std::optional<document_format> told_format(std::string_view name, std::string_view content,
                                           std::optional<notebook_language>& language) {
  if (name.ends_with(".ipynb")) return document_format::jupyter;
  if (content.starts_with("PK\x03\x04") && name.ends_with(".dbc")) return document_format::dbc;
  for (auto const each : {notebook_language::python, notebook_language::r, notebook_language::scala,
                          notebook_language::sql}) {
    if (!name.ends_with('.' + std::string(suffix_of(each)))) continue;
    if (!is_notebook_source(content, each)) return std::nullopt;
    language = each;
    return document_format::source;
  }
  return std::nullopt;
}

/// "etl/" of an archive of the folder etl, which the first member is and all others are in.
std::string_view common_folder(std::vector<archive_member> const& members) {
  if (members.empty() || !members.front().name.ends_with('/')) return {};
  std::string_view const first = members.front().name;
  bool const all = std::all_of(members.begin(), members.end(),
                               [first](auto const& m) { return m.name.starts_with(first); });
  return all ? first : std::string_view();
}

/// "load.python" in archives.
std::string archive_name(std::string const& path, notebook const& of) {
  return path + '.' + ascii::to_lower(word_of(of.language));
}

}  // namespace

workspace_tree_state::workspace_tree_state(std::string owner) : owner_(std::move(owner)) {
  clear();
}

void workspace_tree_state::clear() {
  last_id_ = 0;
  objects_ = 0;
  root_ = fresh(moment{});
  root_.what = std::make_shared<folder>();
  for (auto const* path : {"/Repos", "/Shared", "/Users"}) plant(path);
  plant("/Users/" + owner_);
}

void workspace_tree_state::plant(std::string_view normal) {
  static_cast<void>(mkdirs(normal, moment{}));
}

workspace_tree_state::node workspace_tree_state::fresh(moment now) {
  node out;
  out.id = ++last_id_;
  out.created = out.modified = now.wall;
  ++objects_;
  return out;
}

workspace_tree_state::node const* workspace_tree_state::find(std::string_view normal) const {
  auto const* at = &root_;
  for (auto const part : components(normal)) {
    auto const* inside = std::get_if<std::shared_ptr<folder>>(&at->what);
    if (inside == nullptr) return nullptr;
    auto const next = (*inside)->children.find(part);
    if (next == (*inside)->children.end()) return nullptr;
    at = &next->second;
  }
  return at;
}

workspace_tree_state::node* workspace_tree_state::find(std::string_view normal) {
  return const_cast<node*>(std::as_const(*this).find(normal));
}

workspace_object workspace_tree_state::info(std::string path, node const& of) {
  static constexpr std::array<std::string_view, 3> types{"DIRECTORY", "NOTEBOOK", "FILE"};
  workspace_object out;
  out.path = std::move(path);
  out.object_type = types[of.what.index()];
  out.object_id = of.id;
  out.created = of.created;
  out.modified = of.modified;
  if (auto const* held = std::get_if<notebook>(&of.what)) out.language = held->language;
  if (auto const* held = std::get_if<file>(&of.what)) out.size = held->bytes.size();
  return out;
}

outcome<workspace_object> workspace_tree_state::get_status(std::string_view path) const {
  auto normal = normal_path(path);
  if (!normal) return normal.error();
  auto const* at = find(*normal);
  if (at == nullptr) return absent(*normal);
  return info(std::move(*normal), *at);
}

outcome<std::vector<workspace_object>> workspace_tree_state::list(
    std::string_view path, std::optional<wall_time> modified_after) const {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto const* at = find(*normal);
  if (at == nullptr) return absent(*normal);
  std::vector<workspace_object> out;
  auto const add = [&](std::string where, node const& of) {
    bool const is_old = modified_after && of.modified <= *modified_after;
    if (is_old && std::holds_alternative<notebook>(of.what)) return;
    out.push_back(info(std::move(where), of));
  };
  auto const* inside = std::get_if<std::shared_ptr<folder>>(&at->what);
  if (inside == nullptr) {
    add(*normal, *at);
    return out;
  }
  auto const prefix = *normal == "/" ? *normal : *normal + '/';
  for (auto const& [name, child] : (*inside)->children) add(prefix + name, child);
  return out;
}

outcome<void> workspace_tree_state::mkdirs(std::string_view path, moment now) {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto* at = &root_;
  std::string where;
  for (auto const part : components(*normal)) {
    (where += '/') += part;
    auto& children = std::get<std::shared_ptr<folder>>(at->what)->children;
    auto next = children.find(part);
    if (next == children.end()) {
      if (objects_ >= objects_max) {
        return api_error{400, "RESOURCE_LIMIT_EXCEEDED", "The workspace is full"};
      }
      next = children.emplace(std::string(part), fresh(now)).first;
      next->second.what = std::make_shared<folder>();
    }
    at = &next->second;
    if (!std::holds_alternative<std::shared_ptr<folder>>(at->what)) return in_the_way(where);
  }
  return {};
}

outcome<void> workspace_tree_state::remove(std::string_view path, bool recursive) {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto const* at = find(*normal);
  if (at == nullptr) return absent(*normal);
  if (std::find(std::begin(protected_folders), std::end(protected_folders), *normal) !=
      std::end(protected_folders)) {
    return api_error{400, "DIRECTORY_PROTECTED", "Folder " + *normal + " is protected"};
  }
  auto const* inside = std::get_if<std::shared_ptr<folder>>(&at->what);
  if (inside != nullptr && !(*inside)->children.empty() && !recursive) {
    return api_error{400, "DIRECTORY_NOT_EMPTY", "Folder (" + *normal + ") is not empty"};
  }
  auto const [above, name] = split_last(*normal);
  auto& siblings = std::get<std::shared_ptr<folder>>(find(above)->what)->children;
  siblings.erase(siblings.find(name));
  objects_ = 0;
  std::vector<node const*> open{&root_};
  while (!open.empty()) {
    auto const* next = open.back();
    open.pop_back();
    ++objects_;
    if (auto const* deeper = std::get_if<std::shared_ptr<folder>>(&next->what)) {
      for (auto const& [key, child] : (*deeper)->children) open.push_back(&child);
    }
  }
  return {};
}

outcome<void> workspace_tree_state::import_object(import_request what, moment now) {
  auto const normal = normal_path(what.path);
  if (!normal) return normal.error();
  if (what.content.size() > content_bytes_max) return too_large(what.content.size());
  auto language = what.language;
  std::optional<document_format> format = what.format;
  if (format == document_format::raw) format = std::nullopt;
  if (format == document_format::auto_) {
    format = told_format(last_of(*normal), what.content, language);
  }
  if (format == document_format::source && !language) {
    return invalid_parameter("The language is required for the format SOURCE");
  }
  if (format == document_format::dbc) {
    if (what.overwrite) return invalid_parameter("overwrite is not supported for the format DBC");
    return import_archive(*normal, what.content, now);
  }
  auto one = fresh(now);
  --objects_;
  if (format) {
    auto read = read_notebook(what.content, *format, language);
    if (!read) return read.error();
    one.what = std::move(*read);
  } else {
    one.what = file{std::move(what.content)};
  }
  return place(*normal, std::move(one), what.overwrite, now);
}

outcome<void> workspace_tree_state::place(std::string const& normal, node what, bool overwrite,
                                          moment now) {
  if (normal == "/") return in_the_way(normal);
  auto const [above, name] = split_last(normal);
  auto* const parent = find(above);
  auto* const inside =
      parent == nullptr ? nullptr : std::get_if<std::shared_ptr<folder>>(&parent->what);
  if (inside == nullptr) {
    return not_found("The parent folder (" + std::string(above) + ") does not exist.");
  }
  auto& children = (*inside)->children;
  auto const old = children.find(name);
  if (old == children.end()) {
    if (objects_ >= objects_max) {
      return api_error{400, "RESOURCE_LIMIT_EXCEEDED", "The workspace is full"};
    }
    ++objects_;
    children.emplace(std::string(name), std::move(what));
    return {};
  }
  if (!overwrite) return in_the_way(normal);
  if (old->second.what.index() != what.what.index()) {
    return invalid_parameter(
        "Cannot overwrite the object at " + normal +
        " due to type mismatch (asked: " + std::string(info({}, what).object_type) +
        ", actual: " + std::string(info({}, old->second).object_type) + ')');
  }
  old->second.what = std::move(what.what);
  old->second.modified = now.wall;
  return {};
}

/// A folder of what is in the archive; a lone notebook is the object itself.
outcome<void> workspace_tree_state::import_archive(std::string const& normal,
                                                   std::string_view archive, moment now) {
  auto const members = read_archive(archive);
  if (!members) return members.error();
  if (find(normal) != nullptr) return in_the_way(normal);
  if (objects_ + members->size() >= objects_max) {
    return api_error{400, "RESOURCE_LIMIT_EXCEEDED", "The workspace is full"};
  }
  auto one = fresh(now);
  --objects_;
  bool const lone = members->size() == 1 && members->front().name.find('/') == std::string::npos;
  if (lone) {
    auto read = read_notebook(members->front().content, document_format::dbc, std::nullopt);
    if (!read) return read.error();
    one.what = std::move(*read);
    return place(normal, std::move(one), false, now);
  }
  auto const before = objects_;
  auto const whole = std::make_shared<folder>();
  outcome<void> done;
  auto const top = common_folder(*members);
  for (auto const& each : *members) {
    auto const name = std::string_view(each.name).substr(top.size());
    if (done && !name.empty()) done = unpack(*whole, name, each.content, now);
  }
  one.what = whole;
  if (done) done = place(normal, std::move(one), false, now);
  if (!done) objects_ = before;
  return done;
}

outcome<void> workspace_tree_state::unpack(folder& into, std::string_view name,
                                           std::string_view content, moment now) {
  auto const normal = normal_path('/' + std::string(name));
  if (!normal) return normal.error();
  bool const is_folder = name.ends_with('/');
  auto parts = components(*normal);
  auto* at = &into;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    bool const is_last = i + 1 == parts.size();
    if (is_last && !is_folder) break;
    auto next = at->children.find(parts[i]);
    if (next == at->children.end()) {
      next = at->children.emplace(std::string(parts[i]), fresh(now)).first;
      next->second.what = std::make_shared<folder>();
    }
    auto* const deeper = std::get_if<std::shared_ptr<folder>>(&next->second.what);
    if (deeper == nullptr) return in_the_way(*normal);
    at = deeper->get();
  }
  if (is_folder || parts.empty()) return {};
  auto read = read_notebook(content, document_format::dbc, std::nullopt);
  if (!read) return read.error();
  auto const leaf = parts.back().substr(0, parts.back().rfind('.'));
  auto one = fresh(now);
  one.what = std::move(*read);
  if (!at->children.emplace(std::string(leaf), std::move(one)).second) return in_the_way(*normal);
  return {};
}

/// A notebook, or a folder with all that is in it; stops soon after archive_members_max.
std::vector<archive_member> workspace_tree_state::archived(node const& whole, std::string name) {
  std::vector<archive_member> out;
  std::vector<std::pair<std::string, node const*>> open{{std::move(name), &whole}};
  while (!open.empty() && out.size() <= archive_members_max) {
    auto const [where, next] = open.back();
    open.pop_back();
    if (auto const* one = std::get_if<notebook>(&next->what)) {
      auto const title = where.substr(where.rfind('/') + 1);
      out.push_back({archive_name(where, *one), write_notebook(*one, document_format::dbc, title)});
    } else if (auto const* inside = std::get_if<std::shared_ptr<folder>>(&next->what)) {
      out.push_back({where + '/', {}});
      for (auto const& [key, child] : (*inside)->children) {
        open.emplace_back(where + '/' + key, &child);
      }
    }
  }
  return out;
}

outcome<workspace_tree_state::document> workspace_tree_state::export_object(
    std::string_view path, document_format format) const {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto const* at = find(*normal);
  if (at == nullptr) return absent(*normal);
  auto const name = last_of(*normal);
  document out;
  if (auto const* held = std::get_if<file>(&at->what)) {
    if (format == document_format::dbc || format == document_format::html) {
      return invalid_parameter("A file can only be exported as it is");
    }
    out.content = held->bytes;
    auto const dot = name.rfind('.');
    if (dot != std::string_view::npos) out.file_type = name.substr(dot + 1);
  } else if (auto const* held_notebook = std::get_if<notebook>(&at->what);
             held_notebook != nullptr && format != document_format::dbc) {
    if (format == document_format::r_markdown && held_notebook->language != notebook_language::r) {
      return invalid_parameter("Only notebooks in R can be exported as R_MARKDOWN");
    }
    out.content = write_notebook(*held_notebook, format, name);
    out.file_type = format == document_format::jupyter      ? "ipynb"
                    : format == document_format::html       ? "html"
                    : format == document_format::r_markdown ? "Rmd"
                                                            : suffix_of(held_notebook->language);
  } else {
    bool const is_folder = held_notebook == nullptr;
    if (is_folder && format != document_format::dbc && format != document_format::auto_) {
      return invalid_parameter("A folder can only be exported in the format DBC");
    }
    auto const members = archived(*at, std::string(name.empty() ? "workspace" : name));
    if (members.size() > archive_members_max) return too_large(members.size());
    out.content = write_archive(members);
    out.file_type = "dbc";
  }
  if (out.content.size() > content_bytes_max) return too_large(out.content.size());
  return out;
}

}  // namespace kiln::emulation
