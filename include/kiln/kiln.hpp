#pragma once

/// Everything but the emulator.
#include <kiln/azure.hpp>
#include <kiln/budget.hpp>
#include <kiln/bytes.hpp>
#include <kiln/config.hpp>
#include <kiln/credentials.hpp>
#include <kiln/document.hpp>
#include <kiln/endpoint.hpp>
#include <kiln/error.hpp>
#include <kiln/fields.hpp>
#include <kiln/log.hpp>
#include <kiln/open_enum.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
#include <kiln/result.hpp>
#include <kiln/runtime.hpp>
#include <kiln/runtime_version.hpp>
#include <kiln/secret.hpp>
#include <kiln/services/dbfs.hpp>
#include <kiln/services/mlflow.hpp>
#include <kiln/services/model_registry.hpp>
#include <kiln/stats.hpp>
#include <kiln/timestamp.hpp>
#include <kiln/transfer.hpp>
#include <kiln/wait.hpp>
#include <kiln/workspace.hpp>
