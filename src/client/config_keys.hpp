#pragma once

#include <array>
#include <cstddef>
#include <string_view>

// The settings of the official tools, as they name them.
namespace kiln {

struct config_key {
  std::string_view name;
  std::array<std::string_view, 2> variables{};  ///< Of the environment; the first one set counts.
  std::string_view family{};  ///< Of credentials; "": none. Two families exclude each other.
  bool is_secret = false;
  bool ignored = false;      ///< Known, but without meaning here.
  std::string_view alias{};  ///< Another spelling in profiles.
};

inline constexpr std::array<config_key, 41> config_keys{{
    {"host", {"DATABRICKS_HOST"}},
    {"account_id", {"DATABRICKS_ACCOUNT_ID"}},
    {"workspace_id", {"DATABRICKS_WORKSPACE_ID"}},
    {"profile", {"DATABRICKS_CONFIG_PROFILE"}},
    {"config_file", {"DATABRICKS_CONFIG_FILE"}},
    {"auth_type", {"DATABRICKS_AUTH_TYPE"}},
    {"token", {"DATABRICKS_TOKEN", "DATABRICKS_AAD_TOKEN"}, "pat", true},
    {"username", {"DATABRICKS_USERNAME"}, "basic"},
    {"password", {"DATABRICKS_PASSWORD"}, "basic", true},
    {"client_id", {"DATABRICKS_CLIENT_ID"}, "oauth"},
    {"client_secret", {"DATABRICKS_CLIENT_SECRET"}, "oauth", true},
    {"oidc_token_env", {"DATABRICKS_OIDC_TOKEN_ENV"}, "env-oidc"},
    {"oidc_token_filepath",
     {"DATABRICKS_OIDC_TOKEN_FILEPATH", "DATABRICKS_OIDC_TOKEN_FILE"},
     "file-oidc",
     false,
     false,
     "databricks_id_token_filepath"},
    {"metadata_service_url", {"DATABRICKS_METADATA_SERVICE_URL"}, "metadata-service", true},
    {"azure_workspace_resource_id", {"DATABRICKS_AZURE_RESOURCE_ID"}, "azure"},
    {"azure_use_msi", {"ARM_USE_MSI"}, "azure"},
    {"azure_client_id", {"ARM_CLIENT_ID"}, "azure"},
    {"azure_client_secret", {"ARM_CLIENT_SECRET"}, "azure", true},
    {"azure_client_certificate_path", {"ARM_CLIENT_CERTIFICATE_PATH"}, "azure"},
    {"azure_client_certificate_password", {"ARM_CLIENT_CERTIFICATE_PASSWORD"}, "azure", true},
    {"azure_tenant_id", {"ARM_TENANT_ID"}, "azure"},
    {"azure_environment", {"ARM_ENVIRONMENT"}},
    {"discovery_url", {"DATABRICKS_DISCOVERY_URL"}},
    {"rate_limit", {"DATABRICKS_RATE_LIMIT"}},
    {"http_timeout_seconds"},
    {"retry_timeout_seconds"},
    {"cluster_id", {"DATABRICKS_CLUSTER_ID"}, {}, false, true},
    {"warehouse_id", {"DATABRICKS_WAREHOUSE_ID"}, {}, false, true},
    {"serverless_compute_id", {"DATABRICKS_SERVERLESS_COMPUTE_ID"}, {}, false, true},
    {"databricks_cli_path", {"DATABRICKS_CLI_PATH"}, {}, false, true},
    {"debug_truncate_bytes", {"DATABRICKS_DEBUG_TRUNCATE_BYTES"}, {}, false, true},
    {"debug_headers", {"DATABRICKS_DEBUG_HEADERS"}, {}, false, true},
    {"skip_verify", {}, {}, false, true},
    {"insecure", {"DATABRICKS_INSECURE"}, {}, false, true},
    {"jobs-api-version", {"DATABRICKS_JOBS_API_VERSION"}, {}, false, true},
    {"refresh_token", {"DATABRICKS_REFRESH_TOKEN"}, {}, true, true},
    {"google_service_account", {"DATABRICKS_GOOGLE_SERVICE_ACCOUNT"}, "google"},
    {"google_credentials", {"GOOGLE_CREDENTIALS"}, "google", true},
    {"azure_authority_host", {"AZURE_AUTHORITY_HOST"}},
    {"azure_metadata_host", {"AZURE_POD_IDENTITY_AUTHORITY_HOST"}},
    {"azure_resource_manager"},
}};

}  // namespace kiln
