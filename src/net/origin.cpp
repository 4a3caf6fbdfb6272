#include "net/byte_stream.hpp"

namespace kiln::net {

std::string to_string(origin const& o) {
  bool const v6 = o.host.find(':') != std::string::npos;
  return (v6 ? "[" + o.host + "]" : o.host) + ":" + std::to_string(o.port);
}

}  // namespace kiln::net
