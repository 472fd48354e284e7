import { describe, expect, it } from "vitest";
import { app } from "../../src/worker/app.ts";
import { openApiDocument } from "../../src/worker/openapi.ts";
import { call } from "./support/api.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, { properties?: Record<string, object>; required?: string[] }> };
}

interface Operation {
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

const document = openApiDocument() as Document;

describe("the OpenAPI document", () => {
  it("is served as JSON", async () => {
    const response = await call("GET", "/api/openapi.json");
    expect(response.headers.get("Content-Type")).toContain("application/json");
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(document)));
    expect(document.openapi).toBe("3.1.0");
  });

  it("has every route of the API, and no other", () => {
    const routes = app.routes
      .filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const documented = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual([...new Set(routes)].sort());
  });

  it("names every parameter of a path", () => {
    for (const [path, operations] of Object.entries(document.paths)) {
      const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      for (const { parameters = [] } of Object.values(operations)) {
        expect(parameters.filter((each) => each.in === "path").map(({ name }) => name)).toEqual(names);
      }
    }
  });

  it("says what the schemas say", () => {
    const { schemas } = document.components;
    expect(schemas.CreateSession?.required).toEqual(["senderToken", "viewerTokenHash", "operatorTokenHash"]);
    expect(schemas.CreateSession?.properties?.maxViewers).toMatchObject({ type: "integer", minimum: 1, maximum: 1000 });
    expect(schemas.IceServer?.properties?.urls).toMatchObject({ type: "array" });
    expect(document.paths["/api/sessions"]?.post?.requestBody?.content["application/json"]?.schema).toEqual({
      $ref: "#/components/schemas/CreateSession",
    });
  });

  it("refers to nothing that it does not hold", () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g);
    for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name ?? "");
    expect(JSON.stringify(document)).not.toContain("$defs");
  });

  it("groups errors by status, each with its sentence", () => {
    const responses = document.paths["/api/sessions"]?.post?.responses ?? {};
    expect(Object.keys(responses)).toEqual(["200", "201", "400", "401", "403", "409", "410", "413", "429"]);
    expect(JSON.stringify(responses[409])).toContain("session-exists");
  });
});
