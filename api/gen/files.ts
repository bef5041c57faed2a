/* eslint-disable */
import type { DescFile } from "@bufbuild/protobuf";
import { file_ai_stigmer_agentic_agent_v1_api } from "./ai/stigmer/agentic/agent/v1/api_pb.ts";
import { file_ai_stigmer_agentic_agent_v1_command } from "./ai/stigmer/agentic/agent/v1/command_pb.ts";
import { file_ai_stigmer_agentic_agent_v1_io } from "./ai/stigmer/agentic/agent/v1/io_pb.ts";
import { file_ai_stigmer_agentic_agent_v1_query } from "./ai/stigmer/agentic/agent/v1/query_pb.ts";
import { file_ai_stigmer_agentic_agent_v1_spec } from "./ai/stigmer/agentic/agent/v1/spec_pb.ts";
import { file_ai_stigmer_agentic_agent_v1_status } from "./ai/stigmer/agentic/agent/v1/status_pb.ts";
import { file_ai_stigmer_agentic_agentinstance_v1_api } from "./ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import { file_ai_stigmer_agentic_agentinstance_v1_command } from "./ai/stigmer/agentic/agentinstance/v1/command_pb.ts";
import { file_ai_stigmer_agentic_agentinstance_v1_io } from "./ai/stigmer/agentic/agentinstance/v1/io_pb.ts";
import { file_ai_stigmer_agentic_agentinstance_v1_query } from "./ai/stigmer/agentic/agentinstance/v1/query_pb.ts";
import { file_ai_stigmer_agentic_agentinstance_v1_spec } from "./ai/stigmer/agentic/agentinstance/v1/spec_pb.ts";
import { file_ai_stigmer_agentic_environment_v1_api } from "./ai/stigmer/agentic/environment/v1/api_pb.ts";
import { file_ai_stigmer_agentic_environment_v1_command } from "./ai/stigmer/agentic/environment/v1/command_pb.ts";
import { file_ai_stigmer_agentic_environment_v1_io } from "./ai/stigmer/agentic/environment/v1/io_pb.ts";
import { file_ai_stigmer_agentic_environment_v1_query } from "./ai/stigmer/agentic/environment/v1/query_pb.ts";
import { file_ai_stigmer_agentic_environment_v1_spec } from "./ai/stigmer/agentic/environment/v1/spec_pb.ts";
import { file_ai_stigmer_agentic_executioncontext_v1_api } from "./ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { file_ai_stigmer_agentic_executioncontext_v1_command } from "./ai/stigmer/agentic/executioncontext/v1/command_pb.ts";
import { file_ai_stigmer_agentic_executioncontext_v1_io } from "./ai/stigmer/agentic/executioncontext/v1/io_pb.ts";
import { file_ai_stigmer_agentic_executioncontext_v1_query } from "./ai/stigmer/agentic/executioncontext/v1/query_pb.ts";
import { file_ai_stigmer_agentic_executioncontext_v1_spec } from "./ai/stigmer/agentic/executioncontext/v1/spec_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_api } from "./ai/stigmer/agentic/workflow/v1/api_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_command } from "./ai/stigmer/agentic/workflow/v1/command_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_io } from "./ai/stigmer/agentic/workflow/v1/io_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_query } from "./ai/stigmer/agentic/workflow/v1/query_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_serverless_validation } from "./ai/stigmer/agentic/workflow/v1/serverless/validation_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_spec } from "./ai/stigmer/agentic/workflow/v1/spec_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_status } from "./ai/stigmer/agentic/workflow/v1/status_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_agent_call } from "./ai/stigmer/agentic/workflow/v1/tasks/agent_call_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_call_activity } from "./ai/stigmer/agentic/workflow/v1/tasks/call_activity_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_for } from "./ai/stigmer/agentic/workflow/v1/tasks/for_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_fork } from "./ai/stigmer/agentic/workflow/v1/tasks/fork_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_grpc_call } from "./ai/stigmer/agentic/workflow/v1/tasks/grpc_call_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_http_call } from "./ai/stigmer/agentic/workflow/v1/tasks/http_call_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_listen } from "./ai/stigmer/agentic/workflow/v1/tasks/listen_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_raise } from "./ai/stigmer/agentic/workflow/v1/tasks/raise_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_run } from "./ai/stigmer/agentic/workflow/v1/tasks/run_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_set } from "./ai/stigmer/agentic/workflow/v1/tasks/set_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_switch } from "./ai/stigmer/agentic/workflow/v1/tasks/switch_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_try } from "./ai/stigmer/agentic/workflow/v1/tasks/try_pb.ts";
import { file_ai_stigmer_agentic_workflow_v1_tasks_wait } from "./ai/stigmer/agentic/workflow/v1/tasks/wait_pb.ts";
import { file_ai_stigmer_agentic_workflowexecution_v1_api } from "./ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import { file_ai_stigmer_agentic_workflowexecution_v1_command } from "./ai/stigmer/agentic/workflowexecution/v1/command_pb.ts";
import { file_ai_stigmer_agentic_workflowexecution_v1_enum } from "./ai/stigmer/agentic/workflowexecution/v1/enum_pb.ts";
import { file_ai_stigmer_agentic_workflowexecution_v1_io } from "./ai/stigmer/agentic/workflowexecution/v1/io_pb.ts";
import { file_ai_stigmer_agentic_workflowexecution_v1_query } from "./ai/stigmer/agentic/workflowexecution/v1/query_pb.ts";
import { file_ai_stigmer_agentic_workflowexecution_v1_spec } from "./ai/stigmer/agentic/workflowexecution/v1/spec_pb.ts";
import { file_ai_stigmer_agentic_workflowinstance_v1_api } from "./ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { file_ai_stigmer_agentic_workflowinstance_v1_command } from "./ai/stigmer/agentic/workflowinstance/v1/command_pb.ts";
import { file_ai_stigmer_agentic_workflowinstance_v1_io } from "./ai/stigmer/agentic/workflowinstance/v1/io_pb.ts";
import { file_ai_stigmer_agentic_workflowinstance_v1_query } from "./ai/stigmer/agentic/workflowinstance/v1/query_pb.ts";
import { file_ai_stigmer_agentic_workflowinstance_v1_spec } from "./ai/stigmer/agentic/workflowinstance/v1/spec_pb.ts";
import { file_ai_stigmer_commons_apiresource_apiresourcekind_api_resource_group } from "./ai/stigmer/commons/apiresource/apiresourcekind/api_resource_group_pb.ts";
import { file_ai_stigmer_commons_apiresource_apiresourcekind_api_resource_kind } from "./ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { file_ai_stigmer_commons_apiresource_enum } from "./ai/stigmer/commons/apiresource/enum_pb.ts";
import { file_ai_stigmer_commons_apiresource_field_options } from "./ai/stigmer/commons/apiresource/field_options_pb.ts";
import { file_ai_stigmer_commons_apiresource_io } from "./ai/stigmer/commons/apiresource/io_pb.ts";
import { file_ai_stigmer_commons_apiresource_metadata } from "./ai/stigmer/commons/apiresource/metadata_pb.ts";
import { file_ai_stigmer_commons_apiresource_rpc_service_options } from "./ai/stigmer/commons/apiresource/rpc_service_options_pb.ts";
import { file_ai_stigmer_commons_apiresource_status } from "./ai/stigmer/commons/apiresource/status_pb.ts";
import { file_ai_stigmer_commons_rpc_pagination } from "./ai/stigmer/commons/rpc/pagination_pb.ts";
import { file_ai_stigmer_iam_iampolicy_v1_rpcauthorization_iam_permission } from "./ai/stigmer/iam/iampolicy/v1/rpcauthorization/iam_permission_pb.ts";
import { file_ai_stigmer_iam_iampolicy_v1_rpcauthorization_io } from "./ai/stigmer/iam/iampolicy/v1/rpcauthorization/io_pb.ts";
import { file_ai_stigmer_iam_iampolicy_v1_rpcauthorization_method_options } from "./ai/stigmer/iam/iampolicy/v1/rpcauthorization/method_options_pb.ts";
import { file_ai_stigmer_orchestration_run_v1_run } from "./ai/stigmer/orchestration/run/v1/run_pb.ts";
import { file_ai_stigmer_orchestration_v1_agent_instance } from "./ai/stigmer/orchestration/v1/agent_instance_pb.ts";
import { file_ai_stigmer_orchestration_v1_agent } from "./ai/stigmer/orchestration/v1/agent_pb.ts";
import { file_ai_stigmer_orchestration_v1_environment } from "./ai/stigmer/orchestration/v1/environment_pb.ts";
import { file_ai_stigmer_orchestration_v1_event } from "./ai/stigmer/orchestration/v1/event_pb.ts";
import { file_ai_stigmer_orchestration_v1_server } from "./ai/stigmer/orchestration/v1/server_pb.ts";
import { file_ai_stigmer_orchestration_v1_workflow_execution } from "./ai/stigmer/orchestration/v1/workflow_execution_pb.ts";
import { file_ai_stigmer_orchestration_v1_workflow_instance } from "./ai/stigmer/orchestration/v1/workflow_instance_pb.ts";
import { file_ai_stigmer_orchestration_v1_workflow } from "./ai/stigmer/orchestration/v1/workflow_pb.ts";
import { file_google_rpc_error_details } from "./google/rpc/error_details_pb.ts";
import { file_grpc_health_v1_health } from "./grpc/health/v1/health_pb.ts";
import { file_grpc_reflection_v1_reflection } from "./grpc/reflection/v1/reflection_pb.ts";
import { file_grpc_reflection_v1alpha_reflection } from "./grpc/reflection/v1alpha/reflection_pb.ts";

/** Every file of the API. */
export const files: readonly DescFile[] = [
  file_ai_stigmer_agentic_agent_v1_api,
  file_ai_stigmer_agentic_agent_v1_command,
  file_ai_stigmer_agentic_agent_v1_io,
  file_ai_stigmer_agentic_agent_v1_query,
  file_ai_stigmer_agentic_agent_v1_spec,
  file_ai_stigmer_agentic_agent_v1_status,
  file_ai_stigmer_agentic_agentinstance_v1_api,
  file_ai_stigmer_agentic_agentinstance_v1_command,
  file_ai_stigmer_agentic_agentinstance_v1_io,
  file_ai_stigmer_agentic_agentinstance_v1_query,
  file_ai_stigmer_agentic_agentinstance_v1_spec,
  file_ai_stigmer_agentic_environment_v1_api,
  file_ai_stigmer_agentic_environment_v1_command,
  file_ai_stigmer_agentic_environment_v1_io,
  file_ai_stigmer_agentic_environment_v1_query,
  file_ai_stigmer_agentic_environment_v1_spec,
  file_ai_stigmer_agentic_executioncontext_v1_api,
  file_ai_stigmer_agentic_executioncontext_v1_command,
  file_ai_stigmer_agentic_executioncontext_v1_io,
  file_ai_stigmer_agentic_executioncontext_v1_query,
  file_ai_stigmer_agentic_executioncontext_v1_spec,
  file_ai_stigmer_agentic_workflow_v1_api,
  file_ai_stigmer_agentic_workflow_v1_command,
  file_ai_stigmer_agentic_workflow_v1_io,
  file_ai_stigmer_agentic_workflow_v1_query,
  file_ai_stigmer_agentic_workflow_v1_serverless_validation,
  file_ai_stigmer_agentic_workflow_v1_spec,
  file_ai_stigmer_agentic_workflow_v1_status,
  file_ai_stigmer_agentic_workflow_v1_tasks_agent_call,
  file_ai_stigmer_agentic_workflow_v1_tasks_call_activity,
  file_ai_stigmer_agentic_workflow_v1_tasks_for,
  file_ai_stigmer_agentic_workflow_v1_tasks_fork,
  file_ai_stigmer_agentic_workflow_v1_tasks_grpc_call,
  file_ai_stigmer_agentic_workflow_v1_tasks_http_call,
  file_ai_stigmer_agentic_workflow_v1_tasks_listen,
  file_ai_stigmer_agentic_workflow_v1_tasks_raise,
  file_ai_stigmer_agentic_workflow_v1_tasks_run,
  file_ai_stigmer_agentic_workflow_v1_tasks_set,
  file_ai_stigmer_agentic_workflow_v1_tasks_switch,
  file_ai_stigmer_agentic_workflow_v1_tasks_try,
  file_ai_stigmer_agentic_workflow_v1_tasks_wait,
  file_ai_stigmer_agentic_workflowexecution_v1_api,
  file_ai_stigmer_agentic_workflowexecution_v1_command,
  file_ai_stigmer_agentic_workflowexecution_v1_enum,
  file_ai_stigmer_agentic_workflowexecution_v1_io,
  file_ai_stigmer_agentic_workflowexecution_v1_query,
  file_ai_stigmer_agentic_workflowexecution_v1_spec,
  file_ai_stigmer_agentic_workflowinstance_v1_api,
  file_ai_stigmer_agentic_workflowinstance_v1_command,
  file_ai_stigmer_agentic_workflowinstance_v1_io,
  file_ai_stigmer_agentic_workflowinstance_v1_query,
  file_ai_stigmer_agentic_workflowinstance_v1_spec,
  file_ai_stigmer_commons_apiresource_apiresourcekind_api_resource_group,
  file_ai_stigmer_commons_apiresource_apiresourcekind_api_resource_kind,
  file_ai_stigmer_commons_apiresource_enum,
  file_ai_stigmer_commons_apiresource_field_options,
  file_ai_stigmer_commons_apiresource_io,
  file_ai_stigmer_commons_apiresource_metadata,
  file_ai_stigmer_commons_apiresource_rpc_service_options,
  file_ai_stigmer_commons_apiresource_status,
  file_ai_stigmer_commons_rpc_pagination,
  file_ai_stigmer_iam_iampolicy_v1_rpcauthorization_iam_permission,
  file_ai_stigmer_iam_iampolicy_v1_rpcauthorization_io,
  file_ai_stigmer_iam_iampolicy_v1_rpcauthorization_method_options,
  file_ai_stigmer_orchestration_run_v1_run,
  file_ai_stigmer_orchestration_v1_agent_instance,
  file_ai_stigmer_orchestration_v1_agent,
  file_ai_stigmer_orchestration_v1_environment,
  file_ai_stigmer_orchestration_v1_event,
  file_ai_stigmer_orchestration_v1_server,
  file_ai_stigmer_orchestration_v1_workflow_execution,
  file_ai_stigmer_orchestration_v1_workflow_instance,
  file_ai_stigmer_orchestration_v1_workflow,
  file_google_rpc_error_details,
  file_grpc_health_v1_health,
  file_grpc_reflection_v1_reflection,
  file_grpc_reflection_v1alpha_reflection,
];
