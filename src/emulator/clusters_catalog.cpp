#include "emulator/clusters_catalog.hpp"

#include <algorithm>

namespace kiln::emulation {

namespace {

// As workspaces listed them between 2020 and 2026, without what was hidden.
constexpr spark_version_row spark_versions[] = {
    {"5.5.x-cpu-ml-scala2.11", "5.5 LTS ML (includes Apache Spark 2.4.3, Scala 2.11)"},
    {"5.5.x-gpu-ml-scala2.11", "5.5 LTS ML (includes Apache Spark 2.4.3, GPU, Scala 2.11)"},
    {"5.5.x-gpu-scala2.11", "5.5 LTS (includes Apache Spark 2.4.3, GPU, Scala 2.11)"},
    {"5.5.x-scala2.11", "5.5 LTS (includes Apache Spark 2.4.3, Scala 2.11)"},
    {"6.3.x-cpu-ml-scala2.11", "6.3 ML (includes Apache Spark 2.4.4, Scala 2.11)"},
    {"6.3.x-gpu-ml-scala2.11", "6.3 ML (includes Apache Spark 2.4.4, GPU, Scala 2.11)"},
    {"6.3.x-hls-scala2.11", "6.3 Genomics (includes Apache Spark 2.4.4, Scala 2.11)"},
    {"6.3.x-scala2.11", "6.3 (includes Apache Spark 2.4.4, Scala 2.11)"},
    {"6.4.x-cpu-ml-scala2.11", "6.4 ML (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.4.x-esr-scala2.11", "6.4 Extended Support (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.4.x-gpu-ml-scala2.11", "6.4 ML (includes Apache Spark 2.4.5, GPU, Scala 2.11)"},
    {"6.4.x-hls-scala2.11", "6.4 Genomics (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.4.x-scala2.11", "6.4 (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.5.x-cpu-ml-scala2.11", "6.5 ML (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.5.x-gpu-ml-scala2.11", "6.5 ML (includes Apache Spark 2.4.5, GPU, Scala 2.11)"},
    {"6.5.x-hls-scala2.11", "6.5 Genomics (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.5.x-scala2.11", "6.5 (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.6.x-cpu-ml-scala2.11", "6.6 ML (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.6.x-gpu-ml-scala2.11", "6.6 ML (includes Apache Spark 2.4.5, GPU, Scala 2.11)"},
    {"6.6.x-hls-scala2.11", "6.6 Genomics (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"6.6.x-scala2.11", "6.6 (includes Apache Spark 2.4.5, Scala 2.11)"},
    {"7.0.x-cpu-ml-scala2.12", "7.0 ML Beta (includes Apache Spark 3.0.0-preview2, Scala 2.12)"},
    {"7.0.x-gpu-ml-scala2.12",
     "7.0 ML Beta (includes Apache Spark 3.0.0-preview2, GPU, Scala 2.12)"},
    {"7.0.x-hls-scala2.12", "7.0 Genomics Beta (includes Apache Spark 3.0.0-preview2, Scala 2.12)"},
    {"7.0.x-scala2.12", "7.0 Beta (includes Apache Spark 3.0.0-preview2, Scala 2.12)"},
    {"7.1.x-cpu-ml-scala2.12", "7.1 ML (includes Apache Spark 3.0.0, Scala 2.12)"},
    {"7.1.x-scala2.12", "7.1 (includes Apache Spark 3.0.0, Scala 2.12)"},
    {"7.3.x-hls-scala2.12", "7.3 Genomics (includes Apache Spark 3.0.1, Scala 2.12)"},
    {"7.3.x-scala2.12", "7.3 LTS (includes Apache Spark 3.0.1, Scala 2.12)"},
    {"9.1.x-cpu-ml-scala2.12", "9.1 LTS ML (includes Apache Spark 3.1.2, Scala 2.12)"},
    {"9.1.x-gpu-ml-scala2.12", "9.1 LTS ML (includes Apache Spark 3.1.2, GPU, Scala 2.12)"},
    {"9.1.x-photon-scala2.12", "9.1 LTS Photon (includes Apache Spark 3.1.2, Scala 2.12)"},
    {"9.1.x-scala2.12", "9.1 LTS (includes Apache Spark 3.1.2, Scala 2.12)"},
    {"10.4.x-aarch64-scala2.12", "10.4 LTS aarch64 (includes Apache Spark 3.2.1, Scala 2.12)"},
    {"10.4.x-cpu-ml-scala2.12", "10.4 LTS ML (includes Apache Spark 3.2.1, Scala 2.12)"},
    {"10.4.x-gpu-ml-scala2.12", "10.4 LTS ML (includes Apache Spark 3.2.1, GPU, Scala 2.12)"},
    {"10.4.x-photon-scala2.12", "10.4 LTS Photon (includes Apache Spark 3.2.1, Scala 2.12)"},
    {"10.4.x-scala2.12", "10.4 LTS (includes Apache Spark 3.2.1, Scala 2.12)"},
    {"11.3.x-cpu-ml-scala2.12", "11.3 LTS ML (includes Apache Spark 3.3.0, Scala 2.12)"},
    {"11.3.x-gpu-ml-scala2.12", "11.3 LTS ML (includes Apache Spark 3.3.0, GPU, Scala 2.12)"},
    {"11.3.x-photon-scala2.12", "11.3 LTS Photon (includes Apache Spark 3.3.0, Scala 2.12)"},
    {"11.3.x-scala2.12", "11.3 LTS (includes Apache Spark 3.3.0, Scala 2.12)"},
    {"12.0.x-cpu-ml-scala2.12", "12.0 ML (includes Apache Spark 3.3.1, Scala 2.12)"},
    {"12.0.x-gpu-ml-scala2.12", "12.0 ML (includes Apache Spark 3.3.1, GPU, Scala 2.12)"},
    {"12.0.x-photon-scala2.12", "12.0 Photon (includes Apache Spark 3.3.1, Scala 2.12)"},
    {"12.0.x-scala2.12", "12.0 (includes Apache Spark 3.3.1, Scala 2.12)"},
    {"12.1.x-cpu-ml-scala2.12", "12.1 ML (includes Apache Spark 3.3.1, Scala 2.12)"},
    {"12.1.x-gpu-ml-scala2.12", "12.1 ML (includes Apache Spark 3.3.1, GPU, Scala 2.12)"},
    {"12.1.x-photon-scala2.12", "12.1 Photon (includes Apache Spark 3.3.1, Scala 2.12)"},
    {"12.1.x-scala2.12", "12.1 (includes Apache Spark 3.3.1, Scala 2.12)"},
    {"12.2.x-cpu-ml-scala2.12", "12.2 LTS ML (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"12.2.x-gpu-ml-scala2.12", "12.2 LTS ML (includes Apache Spark 3.3.2, GPU, Scala 2.12)"},
    {"12.2.x-photon-scala2.12", "12.2 LTS Photon (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"12.2.x-scala2.12", "12.2 LTS (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"13.0.x-cpu-ml-scala2.12", "13.0 ML (includes Apache Spark 3.4.0, Scala 2.12)"},
    {"13.0.x-gpu-ml-scala2.12", "13.0 ML (includes Apache Spark 3.4.0, GPU, Scala 2.12)"},
    {"13.0.x-photon-scala2.12", "13.0 Photon (includes Apache Spark 3.4.0, Scala 2.12)"},
    {"13.0.x-scala2.12", "13.0 (includes Apache Spark 3.4.0, Scala 2.12)"},
    {"15.4.x-scala2.12", "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)"},
    {"16.4.x-scala2.12", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)"},
    {"16.4.x-scala2.13", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.13)"},
    {"17.1.x-scala2.13", "17.1 (includes Apache Spark 4.0.0, Scala 2.13)"},
    {"17.3.x-scala2.13", "17.3 LTS (includes Apache Spark 4.0.0, Scala 2.13)"},
    {"apache-spark-2.4.x-esr-scala2.11",
     "Light 2.4 Extended Support (includes Apache Spark 2.4, Scala 2.11)"},
    {"apache-spark-2.4.x-scala2.11", "Light 2.4 (includes Apache Spark 2.4, Scala 2.11)"}};

constexpr node_type_row node_types[] = {{"Standard_DS3_v2", "General Purpose", 14'336, 4, 0},
                                        {"Standard_DS4_v2", "General Purpose", 28'672, 8, 0},
                                        {"Standard_DS5_v2", "General Purpose", 57'344, 16, 0},
                                        {"Standard_D4s_v3", "General Purpose", 16'384, 4, 0},
                                        {"Standard_D8s_v3", "General Purpose", 32'768, 8, 0},
                                        {"Standard_D16s_v3", "General Purpose", 65'536, 16, 0},
                                        {"Standard_D32s_v3", "General Purpose", 131'072, 32, 0},
                                        {"Standard_D64s_v3", "General Purpose", 262'144, 64, 0},
                                        {"Standard_DS12_v2", "Memory Optimized", 28'672, 4, 0},
                                        {"Standard_DS13_v2", "Memory Optimized", 57'344, 8, 0},
                                        {"Standard_DS14_v2", "Memory Optimized", 114'688, 16, 0},
                                        {"Standard_E4s_v3", "Memory Optimized", 32'768, 4, 0},
                                        {"Standard_E8s_v3", "Memory Optimized", 65'536, 8, 0},
                                        {"Standard_L8s_v2", "Storage Optimized", 65'536, 8, 0},
                                        {"Standard_L16s_v2", "Storage Optimized", 131'072, 16, 0},
                                        {"Standard_F4s", "Compute Optimized", 8'192, 4, 0},
                                        {"Standard_F8s", "Compute Optimized", 16'384, 8, 0},
                                        {"Standard_F16s", "Compute Optimized", 32'768, 16, 0},
                                        {"Standard_NC6s_v3", "GPU Accelerated", 114'688, 6, 1},
                                        {"Standard_NC12s_v3", "GPU Accelerated", 229'376, 12, 2},
                                        {"Standard_NC24s_v3", "GPU Accelerated", 458'752, 24, 4}};

constexpr std::string_view zone_names[] = {"1", "2", "3"};

}  // namespace

std::span<spark_version_row const> spark_version_rows() noexcept { return spark_versions; }
std::span<node_type_row const> node_type_rows() noexcept { return node_types; }
std::span<std::string_view const> zones() noexcept { return zone_names; }

node_type_row const* find_node_type(std::string_view id) noexcept {
  auto const* const at = std::find_if(std::begin(node_types), std::end(node_types),
                                      [id](auto const& t) { return t.id == id; });
  return at == std::end(node_types) ? nullptr : at;
}

}  // namespace kiln::emulation
