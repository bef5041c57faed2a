import { create } from "@bufbuild/protobuf";
import { type Workflow, WorkflowSchema } from "@stigmer/api/gen/ai/stigmer/agentic/workflow/v1/api_pb.ts";
import {
  type WorkflowExecution,
  WorkflowExecutionSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowexecution/v1/api_pb.ts";
import {
  type WorkflowInstance,
  WorkflowInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/workflowinstance/v1/api_pb.ts";
import { type Environment, EnvironmentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/environment/v1/api_pb.ts";
import {
  type AgentInstance,
  AgentInstanceSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/agentinstance/v1/api_pb.ts";
import {
  type ExecutionContext,
  ExecutionContextSchema,
} from "@stigmer/api/gen/ai/stigmer/agentic/executioncontext/v1/api_pb.ts";
import { type Agent, AgentSchema } from "@stigmer/api/gen/ai/stigmer/agentic/agent/v1/api_pb.ts";
import { ApiResourceOwnerScope } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/enum_pb.ts";

const API_VERSION = "agentic.stigmer.ai/v1";
const { organization } = ApiResourceOwnerScope;

/** A definition that ends at once with `{greeting}`. */
export function helloDefinition(version = "1.0.0", greeting = "hello", name = "hello"): string {
  return `document: {dsl: 1.0.0, namespace: test, name: ${name}, version: ${version}}
do:
  - greet:
      set: {greeting: ${greeting}}
`;
}

/** A definition that waits for an event that nobody sends. */
export function listeningDefinition(name = "listening"): string {
  return `document: {dsl: 1.0.0, namespace: test, name: ${name}, version: 1.0.0}
do:
  - hear:
      listen: {to: {one: {with: {type: test.never}}}}
`;
}

/** A workflow given as a definition. */
export function workflow(name: string, definition = helloDefinition(), org = "local"): Workflow {
  return create(WorkflowSchema, {
    apiVersion: API_VERSION,
    kind: "Workflow",
    metadata: { name, org, ownerScope: organization },
    spec: { description: `The workflow ${name}`, definition },
  });
}

/** An instance of a workflow. */
export function instance(name: string, workflowId: string, org = "local"): WorkflowInstance {
  return create(WorkflowInstanceSchema, {
    apiVersion: API_VERSION,
    kind: "WorkflowInstance",
    metadata: { name, org, ownerScope: organization },
    spec: { workflowId },
  });
}

/** A run of a workflow through its default instance. */
export function execution(workflowId: string, name = "", org = "local"): WorkflowExecution {
  return create(WorkflowExecutionSchema, {
    apiVersion: API_VERSION,
    kind: "WorkflowExecution",
    metadata: { name, org, ownerScope: organization },
    spec: { workflowId },
  });
}

/** An environment with plain and secret variables. */
export function environment(
  name: string,
  plain: { readonly [name: string]: string },
  secret: { readonly [name: string]: string } = {},
  org = "local",
): Environment {
  const data = [
    ...Object.entries(plain).map(([key, value]) => [key, { value, isSecret: false }] as const),
    ...Object.entries(secret).map(([key, value]) => [key, { value, isSecret: true }] as const),
  ];
  return create(EnvironmentSchema, {
    apiVersion: API_VERSION,
    kind: "Environment",
    metadata: { name, org, ownerScope: organization },
    spec: { data: Object.fromEntries(data) },
  });
}

/** An agent. */
export function agent(name: string, org = "local", instructions = "Help the people who ask."): Agent {
  return create(AgentSchema, {
    apiVersion: API_VERSION,
    kind: "Agent",
    metadata: { name, org, ownerScope: organization },
    spec: { instructions },
  });
}

/** The context of a run, with one secret. */
export function context(name: string): ExecutionContext {
  return create(ExecutionContextSchema, {
    apiVersion: API_VERSION,
    kind: "ExecutionContext",
    metadata: { name },
    spec: { executionId: "wex-1", data: { A: { value: "1", isSecret: true } } },
  });
}

/** An instance of an agent. */
export function agentInstance(name: string, agentId: string, org = "local"): AgentInstance {
  return create(AgentInstanceSchema, {
    apiVersion: API_VERSION,
    kind: "AgentInstance",
    metadata: { name, org, ownerScope: organization },
    spec: { agentId },
  });
}
