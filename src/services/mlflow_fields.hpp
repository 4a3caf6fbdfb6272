#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/mlflow.hpp>

// The JSON form of every MLflow tracking struct, for the service and for the tests that hold it to
// the structs.
namespace kiln::mlflow {

void fields(auto& io, tag& v) {
  io("key", v.key);
  io("value", v.value);
}
void fields(auto& io, param& v) {
  io("key", v.key);
  io("value", v.value);
}
void fields(auto& io, metric& v) {
  io("key", v.key);
  io("value", v.value);
  io("timestamp", v.timestamp);
  io("step", v.step);
  io("model_id", v.model_id);
  io("dataset_name", v.dataset_name);
  io("dataset_digest", v.dataset_digest);
  io("run_id", v.run_id);
}
void fields(auto& io, uc_trace_location& v) {
  io("catalog", v.catalog);
  io("schema", v.schema);
  io("table_prefix", v.table_prefix);
  io("effective_table_prefix", v.effective_table_prefix);
}
void fields(auto& io, trace_location& v) { io("uc_trace_location", v.uc_trace_location); }
void fields(auto& io, experiment& v) {
  io("experiment_id", v.experiment_id);
  io("name", v.name);
  io("artifact_location", v.artifact_location);
  io("lifecycle_stage", v.lifecycle_stage);
  io("creation_time", v.creation_time);
  io("last_update_time", v.last_update_time);
  io("tags", v.tags);
  io("trace_location", v.trace_location);
}
void fields(auto& io, run_info& v) {
  io("run_id", v.run_id);
  io("run_uuid", v.run_uuid);
  io("run_name", v.run_name);
  io("experiment_id", v.experiment_id);
  io("user_id", v.user_id);
  io("status", v.status);
  io("start_time", v.start_time);
  io("end_time", v.end_time);
  io("artifact_uri", v.artifact_uri);
  io("lifecycle_stage", v.lifecycle_stage);
}
void fields(auto& io, run_data& v) {
  io("metrics", v.metrics);
  io("params", v.params);
  io("tags", v.tags);
}
void fields(auto& io, dataset& v) {
  io("name", v.name);
  io("digest", v.digest);
  io("source_type", v.source_type);
  io("source", v.source);
  io("schema", v.schema);
  io("profile", v.profile);
}
void fields(auto& io, dataset_input& v) {
  io("tags", v.tags);
  io("dataset", v.dataset);
}
void fields(auto& io, model_input& v) { io("model_id", v.model_id); }
void fields(auto& io, run_inputs& v) {
  io("dataset_inputs", v.dataset_inputs);
  io("model_inputs", v.model_inputs);
}
void fields(auto& io, run& v) {
  io("info", v.info);
  io("data", v.data);
  io("inputs", v.inputs);
}
void fields(auto& io, file_info& v) {
  io("path", v.path);
  io("is_dir", v.is_dir);
  io("file_size", v.file_size);
}

void fields(auto& io, create_experiment::response& v) { io("experiment_id", v.experiment_id); }
void fields(auto& io, uc_trace_location_view& v) {
  io("catalog", v.catalog);
  io("schema", v.schema);
  io("table_prefix", v.table_prefix);
  io("effective_table_prefix", v.effective_table_prefix);
}
void fields(auto& io, trace_location_view& v) { io("uc_trace_location", v.uc_trace_location); }
void fields(auto& io, create_experiment& v) {
  io("name", v.name);
  io("artifact_location", v.artifact_location);
  io("tags", v.tags);
  io("trace_location", v.trace_location);
}
void fields(auto& io, delete_experiment& v) { io("experiment_id", v.experiment_id); }
void fields(auto& io, get_by_name& v) { io("experiment_name", v.experiment_name); }
void fields(auto& io, get_by_name::response& v) { io("experiment", v.experiment); }
void fields(auto& io, get_experiment& v) { io("experiment_id", v.experiment_id); }
void fields(auto& io, get_experiment::response& v) { io("experiment", v.experiment); }
void fields(auto& io, list_experiments& v) {
  io("max_results", v.max_results);
  io("page_token", v.page_token);
  io("view_type", v.view_type);
}
void fields(auto& io, list_experiments::response& v) {
  io("experiments", v.experiments);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, restore_experiment& v) { io("experiment_id", v.experiment_id); }
void fields(auto& io, search_experiments& v) {
  io("filter", v.filter);
  io("max_results", v.max_results);
  io("order_by", v.order_by);
  io("page_token", v.page_token);
  io("view_type", v.view_type);
}
void fields(auto& io, search_experiments::response& v) {
  io("experiments", v.experiments);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, set_experiment_tag& v) {
  io("experiment_id", v.experiment_id);
  io("key", v.key);
  io("value", v.value);
}
void fields(auto& io, update_experiment& v) {
  io("experiment_id", v.experiment_id);
  io("new_name", v.new_name);
}

void fields(auto& io, create_run& v) {
  io("experiment_id", v.experiment_id);
  io("run_name", v.run_name);
  io("start_time", v.start_time);
  io("tags", v.tags);
  io("user_id", v.user_id);
}
void fields(auto& io, create_run::response& v) { io("run", v.run); }
void fields(auto& io, delete_run& v) { io("run_id", v.run_id); }
void fields(auto& io, get_run& v) {
  io("run_id", v.run_id);
  io("run_uuid", v.run_uuid);
}
void fields(auto& io, get_run::response& v) { io("run", v.run); }
void fields(auto& io, restore_run& v) { io("run_id", v.run_id); }
void fields(auto& io, search_runs& v) {
  io("experiment_ids", v.experiment_ids);
  io("filter", v.filter);
  io("max_results", v.max_results);
  io("order_by", v.order_by);
  io("page_token", v.page_token);
  io("run_view_type", v.run_view_type);
}
void fields(auto& io, search_runs::response& v) {
  io("runs", v.runs);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, update_run& v) {
  io("run_id", v.run_id);
  io("status", v.status);
  io("end_time", v.end_time);
  io("run_name", v.run_name);
  io("run_uuid", v.run_uuid);
}
void fields(auto& io, update_run::response& v) { io("run_info", v.run_info); }

void fields(auto& io, delete_tag& v) {
  io("run_id", v.run_id);
  io("key", v.key);
}
void fields(auto& io, get_history& v) {
  io("run_id", v.run_id);
  io("metric_key", v.metric_key);
  io("max_results", v.max_results);
  io("page_token", v.page_token);
  io("run_uuid", v.run_uuid);
}
void fields(auto& io, get_history::response& v) {
  io("metrics", v.metrics);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, list_artifacts& v) {
  io("run_id", v.run_id);
  io("path", v.path);
  io("page_token", v.page_token);
  io("run_uuid", v.run_uuid);
}
void fields(auto& io, list_artifacts::response& v) {
  io("root_uri", v.root_uri);
  io("files", v.files);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, log_batch& v) {
  io("run_id", v.run_id);
  io("metrics", v.metrics);
  io("params", v.params);
  io("tags", v.tags);
}
void fields(auto& io, log_metric& v) {
  io("run_id", v.run_id);
  io("key", v.key);
  io("value", v.value);
  io("timestamp", v.timestamp);
  io("step", v.step);
  io("model_id", v.model_id);
  io("dataset_name", v.dataset_name);
  io("dataset_digest", v.dataset_digest);
  io("run_uuid", v.run_uuid);
}
void fields(auto& io, log_model& v) {
  io("run_id", v.run_id);
  io("model_json", v.model_json);
}
void fields(auto& io, log_param& v) {
  io("run_id", v.run_id);
  io("key", v.key);
  io("value", v.value);
  io("run_uuid", v.run_uuid);
}
void fields(auto& io, set_tag& v) {
  io("run_id", v.run_id);
  io("key", v.key);
  io("value", v.value);
  io("run_uuid", v.run_uuid);
}

}  // namespace kiln::mlflow
