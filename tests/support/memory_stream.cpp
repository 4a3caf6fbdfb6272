#include "support/memory_stream.hpp"

#include "core/event.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <deque>
#include <vector>

namespace kiln::test {

// One direction. Kept alive by both ends and by the timers that carry bytes.
struct memory_stream::pipe {
  explicit pipe(asio::any_io_executor const& executor) : readable(executor), writable(executor) {}

  std::deque<std::byte> ready;
  std::size_t under_way = 0;
  bool ended = false;        // the writer's end has arrived at the reader
  bool reset = false;        // known to both
  bool reader_gone = false;  // the reader closed; its system answers bytes with a reset
  bool stalled = false;
  event readable;
  event writable;

  void arrive(std::vector<std::byte> const& bytes) {
    under_way -= bytes.size();
    if (reset) return;
    if (reader_gone) {
      writable.set();
      return;
    }
    ready.insert(ready.end(), bytes.begin(), bytes.end());
    readable.set();
  }
  void end() {
    ended = true;
    readable.set();
  }
  void break_now() {
    reset = true;
    ready.clear();
    readable.set();
    writable.set();
  }
};

namespace {

error lost(char const* what) { return error(errc::connection_lost, what); }

// False when the waiting coroutine was cancelled.
asio::awaitable<bool> signalled(event& e) {
  try {
    co_await e.wait();
  } catch (boost::system::system_error const&) {
    co_return false;
  }
  co_return true;
}

void after(timers& clock, duration d, std::function<void()> what) {
  if (d <= duration::zero()) {
    what();
  } else {
    clock.call_at(clock.now() + d, std::move(what));
  }
}

}  // namespace

memory_stream::pair memory_stream::make_pair(timers& clock, memory_link const& link) {
  auto const forth = std::make_shared<pipe>(clock.executor());
  auto const back = std::make_shared<pipe>(clock.executor());
  std::unique_ptr<memory_stream> near(new memory_stream(clock, link, back, forth, link.seed));
  std::unique_ptr<memory_stream> far(new memory_stream(clock, link, forth, back, ~link.seed));
  return {std::move(near), std::move(far)};
}

memory_stream::memory_stream(timers& clock, memory_link const& link, std::shared_ptr<pipe> in,
                             std::shared_ptr<pipe> out, std::uint64_t seed)
    : clock_(clock), link_(link), in_(std::move(in)), out_(std::move(out)), random_(seed) {}

memory_stream::~memory_stream() { close(); }

asio::awaitable<result<std::size_t>> memory_stream::read_some(std::span<std::byte> into) {
  auto const in = in_;
  while (true) {
    if (closed_) co_return lost("the stream is closed");
    if (!in->ready.empty()) break;
    if (in->reset) co_return lost("connection reset by peer");
    if (in->ended) co_return std::size_t{0};
    in->readable.reset();
    bool const more = co_await signalled(in->readable);
    if (!more) co_return lost("cancelled");
  }
  std::size_t count = std::min(into.size(), in->ready.size());
  if (link_.chunk_max > 0) {
    count = std::min(count, static_cast<std::size_t>(1 + random_.below(link_.chunk_max)));
  }
  auto const end = in->ready.begin() + static_cast<std::ptrdiff_t>(count);
  std::copy(in->ready.begin(), end, into.begin());
  in->ready.erase(in->ready.begin(), end);
  in->writable.set();
  co_return count;
}

std::size_t memory_stream::room() const noexcept {
  std::size_t const used = out_->under_way + out_->ready.size();
  return used < link_.window ? link_.window - used : 0;
}

void memory_stream::send(std::span<std::byte const> data) {
  out_->under_way += data.size();
  if (out_->stalled) return;  // for ever under way
  auto carry = [pipe = out_, back = in_, bytes = std::vector(data.begin(), data.end()),
                clock = &clock_, latency = link_.latency] {
    bool const refused = pipe->reader_gone && !pipe->reset;
    pipe->arrive(bytes);
    if (!refused) return;
    after(*clock, latency, [pipe, back] {
      pipe->break_now();
      back->reset = true;  // what had arrived may still be read
      back->readable.set();
    });
  };
  after(clock_, link_.latency, std::move(carry));
}

asio::awaitable<result<void>> memory_stream::write(std::span<std::byte const> data) {
  auto const out = out_;
  while (!data.empty()) {
    if (closed_) co_return lost("the stream is closed");
    if (out->reset) co_return lost("broken pipe");
    std::size_t count = std::min(room(), data.size());
    if (fault_ && fault_->first > written_) {
      count = static_cast<std::size_t>(std::min<std::uint64_t>(count, fault_->first - written_));
    }
    if (count == 0) {
      out->writable.reset();
      bool const more = co_await signalled(out->writable);
      if (!more) co_return lost("cancelled");
      continue;
    }
    send(data.first(count));
    written_ += count;
    data = data.subspan(count);
    apply_fault();
  }
  co_return result<void>();
}

bool memory_stream::quiet() noexcept {
  return !closed_ && in_->ready.empty() && !in_->ended && !in_->reset && !out_->reset;
}

void memory_stream::close() noexcept {
  if (closed_) return;
  closed_ = true;
  in_->reader_gone = true;
  in_->ready.clear();
  in_->readable.set();
  in_->writable.set();
  out_->writable.set();
  if (!out_->stalled) after(clock_, link_.latency, [pipe = out_] { pipe->end(); });
}

std::uint64_t memory_stream::taken() const noexcept { return written_; }

void memory_stream::break_after(std::uint64_t bytes, memory_fault what) {
  fault_.emplace(bytes, what);
  apply_fault();
}

void memory_stream::reset() noexcept {
  in_->break_now();
  out_->break_now();
}

void memory_stream::apply_fault() {
  if (!fault_ || written_ < fault_->first) return;
  auto const what = fault_->second;
  fault_.reset();
  switch (what) {
    case memory_fault::close:
      close();
      break;
    case memory_fault::reset:
      reset();
      break;
    case memory_fault::stall:
      out_->stalled = true;
      break;
  }
}

void memory_network::refuse(int count, error why) {
  refusals_ = count;
  refusal_ = std::move(why);
}

asio::awaitable<result<std::unique_ptr<net::byte_stream>>> memory_network::connect(
    net::origin const& to) {
  net::origin const target = to;
  ++connects_;
  auto link = link_;
  link.seed += static_cast<std::uint64_t>(connects_);
  auto const wait = delay_ + 2 * link_.latency;
  if (wait > duration::zero()) co_await clock_.sleep_until(clock_.now() + wait);
  if (refusals_ != 0) {
    if (refusals_ > 0) --refusals_;
    co_return *refusal_;
  }
  auto ends = memory_stream::make_pair(clock_, link);
  if (on_connected_) on_connected_(*ends.first);
  accept_(std::move(ends.second), target);
  std::unique_ptr<net::byte_stream> near = std::move(ends.first);
  co_return std::move(near);
}

}  // namespace kiln::test
