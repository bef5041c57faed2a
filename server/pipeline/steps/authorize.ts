import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { ApiResourceIamPermissionSchema } from "@stigmer/api/gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/iam_permission_pb.ts";
import {
  config,
  is_public,
  is_skip_authorization,
} from "@stigmer/api/gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/method_options_pb.ts";
import type { Principal } from "../call-context.ts";
import { ApiError } from "../../errors/api-error.ts";
import { type Step, step } from "../step.ts";

/** What a method declares in its proto: a permission, that any known caller may call it, that anybody may; or nothing, which means nobody. */
export type DeclaredPermission =
  | { readonly kind: "permission"; readonly permission: string; readonly message: string }
  | { readonly kind: "known" }
  | { readonly kind: "public" }
  | { readonly kind: "undeclared" };

const declared = new Map<DescMethod, DeclaredPermission>();

/** Reads what a method declares, once. */
export function declaredPermission(method: DescMethod): DeclaredPermission {
  let permission = declared.get(method);
  if (permission === undefined) {
    permission = readDeclaration(method);
    declared.set(method, permission);
  }
  return permission;
}

/** Refuses a caller without the permission the method declares in its proto; a method that declares nothing is denied to everybody. */
export const authorize: Step<object, { readonly principal: Principal }> = step(
  "Authorize",
  [],
  (_context, { call }) => {
    authorizeCall(call.method, call.principal);
    return { principal: call.principal };
  },
);

/** The check of `authorize`, for streams. For now there is one local user, who may do what is declared at all, and the server itself. */
export function authorizeCall(method: DescMethod, principal: Principal): void {
  const permission = declaredPermission(method);
  if (permission.kind === "public") return;
  if (permission.kind === "undeclared")
    throw new ApiError(
      "PERMISSION_DENIED",
      `Cannot call ${method.parent.typeName}/${method.name}: it declares no permission`,
    );
  if (principal.id === "")
    throw new ApiError(
      "CALLER_UNKNOWN",
      `Cannot call ${method.parent.typeName}/${method.name}: the caller is not known`,
    );
}

function readDeclaration(method: DescMethod): DeclaredPermission {
  if (getOption(method, is_public)) return { kind: "public" };
  if (hasOption(method, config)) {
    const { permission, errorMsg } = getOption(method, config);
    return {
      kind: "permission",
      permission: ApiResourceIamPermissionSchema.value[permission]?.name ?? "",
      message: errorMsg,
    };
  }
  return getOption(method, is_skip_authorization) ? { kind: "known" } : { kind: "undeclared" };
}
