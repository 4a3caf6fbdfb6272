#include <kiln/runtime_version.hpp>

// The releases of the runtime. Sources: docs.databricks.com and learn.microsoft.com,
// release-notes/runtime (2021 to 2026), and the names in clusters/spark-versions for Spark's third
// number. A Spark version that no source gives is not guessed: such a release is left out.
namespace kiln {
namespace {

constexpr std::chrono::sys_days on(int year, unsigned month, unsigned day) {
  return std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day);
}

constexpr std::optional<std::chrono::sys_days> unknown;

constexpr runtime_release releases[] = {
    {"Light 2.4", "2.4", false, on(2019, 2, 27), unknown},
    {"3.1", "2.2.0", false, unknown, unknown},
    {"3.2", "2.2.0", false, unknown, unknown},
    {"3.3", "2.2.0", false, unknown, unknown},
    {"3.4", "2.2.0", false, on(2017, 11, 20), on(2018, 7, 30)},
    {"3.5", "2.2.1", true, on(2017, 12, 21), on(2020, 1, 2)},
    {"4.0", "2.3.0", false, on(2018, 3, 1), on(2018, 11, 1)},
    {"4.1", "2.3.0", false, on(2018, 5, 17), on(2019, 1, 17)},
    {"4.2", "2.3.1", false, on(2018, 7, 9), on(2019, 3, 5)},
    {"4.3", "2.3.1", false, on(2018, 8, 10), on(2019, 4, 9)},
    {"5.0", "2.4.0", false, on(2018, 11, 8), on(2019, 7, 8)},
    {"5.1", "2.4.0", false, on(2018, 12, 18), on(2019, 8, 19)},
    {"5.2", "2.4.0", false, on(2019, 1, 24), on(2019, 9, 30)},
    {"5.3", "2.4.0", false, on(2019, 4, 3), on(2019, 12, 3)},
    {"5.4", "2.4.3", false, on(2019, 6, 3), on(2019, 12, 3)},
    {"5.5", "2.4.3", true, on(2019, 7, 10), on(2021, 7, 10)},
    {"6.0", "2.4.3", false, on(2019, 10, 1), on(2020, 4, 1)},
    {"6.1", "2.4.4", false, on(2019, 10, 16), on(2020, 4, 16)},
    {"6.2", "2.4.4", false, on(2019, 12, 3), on(2020, 6, 3)},
    {"6.3", "2.4.4", false, on(2020, 1, 22), on(2020, 7, 22)},
    {"6.4", "2.4.5", false, on(2020, 2, 26), on(2021, 4, 1)},
    {"6.5", "2.4.5", false, on(2020, 4, 14), on(2020, 10, 14)},
    {"6.6", "2.4.5", false, on(2020, 5, 26), on(2020, 11, 26)},
    {"6.7", "2.4.5", false, unknown, unknown},
    {"7.0", "3.0.0", false, on(2020, 6, 17), on(2021, 1, 14)},
    {"7.1", "3.0.0", false, on(2020, 7, 21), on(2021, 1, 21)},
    {"7.2", "3.0.0", false, on(2020, 8, 11), on(2021, 2, 11)},
    {"7.3", "3.0.1", true, on(2020, 9, 24), on(2022, 9, 24)},
    {"7.4", "3.0.1", false, on(2020, 11, 3), on(2021, 5, 3)},
    {"7.5", "3.0.1", false, on(2020, 12, 16), on(2021, 6, 16)},
    {"9.1", "3.1.2", true, on(2021, 9, 23), on(2024, 9, 23)},
    {"10.4", "3.2.1", true, on(2022, 3, 18), on(2025, 3, 18)},
    {"11.3", "3.3.0", true, on(2022, 10, 19), on(2025, 10, 19)},
    {"12.0", "3.3.1", false, unknown, unknown},
    {"12.1", "3.3.1", false, unknown, unknown},
    {"12.2", "3.3.2", true, on(2023, 3, 1), on(2026, 3, 1)},
    {"13.0", "3.4.0", false, unknown, unknown},
    {"13.3", "3.4.1", true, on(2023, 8, 22), on(2026, 8, 22)},
    {"14.3", "3.5.0", true, on(2024, 2, 1), on(2027, 2, 1)},
    {"15.4", "3.5.0", true, on(2024, 8, 19), on(2027, 8, 19)},
    {"16.4", "3.5.2", true, on(2025, 5, 9), on(2028, 5, 9)},
    {"17.0", "4.0.0", false, on(2025, 6, 24), on(2025, 12, 23)},
    {"17.1", "4.0.0", false, on(2025, 8, 1), on(2026, 2, 1)},
    {"17.2", "4.0.0", false, on(2025, 9, 16), on(2026, 3, 26)},
    {"17.3", "4.0.0", true, on(2025, 10, 22), on(2028, 10, 22)},
    {"18", "4.1.0", true, on(2026, 6, 10), on(2029, 6, 10)},
    {"19", "4.2.0", false, on(2026, 6, 15), unknown},
};

}  // namespace

std::span<runtime_release const> runtime_releases() noexcept { return releases; }

}  // namespace kiln
