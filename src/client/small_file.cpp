#include "client/small_file.hpp"

#include <kiln/secret.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace kiln {

namespace {

error failed(std::string const& path, std::string const& why) {
  return error(errc::file_failed, path + ": " + why).with_operation("read file").with_where(path);
}

std::string words(int error) { return std::generic_category().message(error); }

/// Closes a file at the end of its scope.
class open_file {
 public:
  explicit open_file(std::string const& path)
      : number_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~open_file() {
    if (number_ >= 0) ::close(number_);
  }
  open_file(open_file const&) = delete;
  open_file& operator=(open_file const&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace

result<std::optional<std::string>> read_small_file(std::string const& path, std::size_t bytes_max) {
  open_file const file(path);
  if (file.number() < 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::string>();
    return failed(path, words(errno));
  }
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) return failed(path, words(errno));
  if (!S_ISREG(facts.st_mode)) return failed(path, "this is not a file");
  std::string out(bytes_max + 1, '\0');
  std::size_t size = 0;
  while (size < out.size()) {
    auto const got = ::read(file.number(), out.data() + size, out.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      int const why = errno;
      wipe(out);
      return failed(path, words(why));
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > bytes_max) {
    wipe(out);
    return failed(path, "larger than " + std::to_string(bytes_max) + " bytes");
  }
  std::string text(out, 0, size);
  wipe(out);
  return std::optional<std::string>(std::move(text));
}

}  // namespace kiln
