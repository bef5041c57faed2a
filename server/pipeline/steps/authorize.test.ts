import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { services } from "@stigmer/api/services.ts";
import { expect, test } from "vitest";
import { authorizeCall, declaredPermission } from "./authorize.ts";

const methods: readonly DescMethod[] = Object.values(services)
  .flatMap((group) => Object.values(group) as readonly DescService[])
  .flatMap(({ methods: all }) => all);

test.each(methods.map((method) => [`${method.parent.typeName}/${method.name}`, method] as const))(
  "%s declares who may call it",
  (_name, method) => {
    expect(declaredPermission(method).kind).not.toBe("undeclared");
    expect(() => authorizeCall(method, { kind: "system", id: "system" })).not.toThrow();
    expect(() => authorizeCall(method, { kind: "user", id: "ada" })).not.toThrow();
  },
);

test("a method that declares nothing is denied to everybody", () => {
  const [known] = methods as [DescMethod];
  const bare = { ...known, proto: { ...known.proto, options: undefined } } as unknown as DescMethod;
  expect(() => authorizeCall(bare, { kind: "system", id: "system" })).toThrow("it declares no permission");
});

test("a caller nobody knows is not let in", () => {
  const [known] = methods as [DescMethod];
  expect(() => authorizeCall(known, { kind: "user", id: "" })).toThrow("the caller is not known");
});
