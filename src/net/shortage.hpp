#pragma once

#include <boost/system/error_code.hpp>

#include <cerrno>

namespace kiln::net {

/// The machine, or this process's share of it, has nothing left to do it with: the same may work
/// once something else ends. Not EADDRNOTAVAIL: that is also what an address of a family that is
/// switched off gives.
[[nodiscard]] inline bool is_shortage(boost::system::error_code const& ec) noexcept {
  if (ec.category() != boost::system::system_category()) return false;
  int const value = ec.value();
  return value == EMFILE || value == ENFILE || value == ENOBUFS || value == ENOMEM ||
         value == EAGAIN;
}

}  // namespace kiln::net
