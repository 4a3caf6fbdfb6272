#include "cli/private_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace kiln::cli {
namespace {

[[noreturn]] void fail(int error, std::string const& what) {
  throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

void write_private_file(std::string const& path, std::string_view text) {
  auto const temporary = path + '.' + std::to_string(::getpid()) + ".tmp";
  // A left-over of a process that had this number.
  ::unlink(temporary.c_str());
  int const file = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) fail(errno, "cannot write " + path);
  auto const written = ::write(file, text.data(), text.size());
  int const write_error = errno;
  ::close(file);
  bool const whole = written >= 0 && static_cast<std::size_t>(written) == text.size();
  if (whole && std::rename(temporary.c_str(), path.c_str()) == 0) return;
  int const error = whole ? errno : (written < 0 ? write_error : ENOSPC);
  ::unlink(temporary.c_str());
  fail(error, "cannot write " + path);
}

}  // namespace kiln::cli
