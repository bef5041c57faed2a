import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type DescField, type DescMessage, type DescMethod, getOption } from "@bufbuild/protobuf";
import { ApiResourceKindSchema } from "@stigmer/api/gen/ai/stigmer/commons/apiresource/apiresourcekind/api_resource_kind_pb.ts";
import { ApiResourceIamPermissionSchema } from "@stigmer/api/gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/iam_permission_pb.ts";
import { config, is_skip_authorization } from "@stigmer/api/gen/ai/stigmer/iam/iampolicy/v1/rpcauthorization/method_options_pb.ts";
import { files } from "@stigmer/api/gen/files.ts";
import { services } from "@stigmer/api/services.ts";
import { fieldType } from "@stigmer/api/wire/wire-shape.ts";
