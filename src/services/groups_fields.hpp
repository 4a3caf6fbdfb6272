#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/groups.hpp>

// The JSON form of every group struct, for the service and for the tests that hold it to the
// structs.
namespace kiln::groups {

void fields(auto& io, principal_name& v) {
  io("user_name", v.user_name);
  io("group_name", v.group_name);
}
void fields(auto& io, names& v) { io("group_names", v.group_names); }
void fields(auto& io, add_member& v) {
  io("parent_name", v.parent_name);
  io("user_name", v.user_name);
  io("group_name", v.group_name);
}
void fields(auto& io, create& v) { io("group_name", v.group_name); }
void fields(auto& io, create::response& v) { io("group_name", v.group_name); }
void fields(auto& io, delete_& v) { io("group_name", v.group_name); }
void fields(auto&, list&) {}
void fields(auto& io, list_members& v) { io("group_name", v.group_name); }
void fields(auto& io, list_members::response& v) { io("members", v.members); }
void fields(auto& io, list_parents& v) {
  io("user_name", v.user_name);
  io("group_name", v.group_name);
}
void fields(auto& io, remove_member& v) {
  io("parent_name", v.parent_name);
  io("user_name", v.user_name);
  io("group_name", v.group_name);
}

}  // namespace kiln::groups
