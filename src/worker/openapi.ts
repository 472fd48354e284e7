import { type ConversionConfig, type JsonSchema, toJsonSchema, toJsonSchemaDefs } from "@valibot/to-json-schema";
import type { Context } from "hono";
import type * as v from "valibot";
import packageJson from "../../package.json" with { type: "json" };
import { ERRORS, ErrorBody, type ErrorCode } from "../protocol/errors.ts";
import * as http from "../protocol/http.ts";
import { IceServer } from "../protocol/ice.ts";
import * as offers from "../protocol/offer.ts";
import { PatchParameters, SenderReport, StreamParameters } from "../protocol/stream.ts";
import { errorsOf } from "./openapi/errors.ts";
import { type Bodies, OPERATIONS, type Operation } from "./openapi/operations.ts";

/** Schemas with a name of their own in the document. */
const NAMED = {
  CreateSession: http.CreateSession,
  CreatedSession: http.CreatedSession,
  RotateLinks: http.RotateLinks,
  SessionStatus: http.SessionStatus,
  SessionSummary: http.SessionSummary,
  SessionList: http.SessionList,
  IceReply: http.IceReply,
  IceServer,
  PostOffer: offers.PostOffer,
  PostedAnswer: offers.PostedAnswer,
  SenderReport,
  StreamParameters,
  PatchParameters,
  Error: ErrorBody,
};

const conversion: ConversionConfig = {
  target: "draft-2020-12",
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
  // What is read as one URL or a list of them is always written as a list.
  ignoreActions: ["transform"],
  overrideSchema: ({ valibotSchema, jsonSchema }) =>
    valibotSchema === (IceServer.entries.urls.pipe[0] as unknown) ? (jsonSchema.anyOf?.[0] as JsonSchema) : undefined,
};

let built: object | undefined;

/** `GET /api/openapi.json`, made of the schemas that requests are checked with, when it is first asked for. */
export function getOpenApi(c: Context): Response {
  built ??= openApiDocument();
  return c.json(built);
}

/** OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0). */
export function openApiDocument(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const [name, operation] of Object.entries(OPERATIONS)) {
    const [method = "", route = ""] = name.split(" ");
    const path = route.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [method.toLowerCase()]: describe(operation, path, errorsOf(route, operation)) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Sightline edge", version: packageJson.version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer" } },
      schemas: toJsonSchemaDefs(NAMED, conversion),
    },
  };
}

function describe(operation: Operation, path: string, errors: ErrorCode[]): object {
  const { summary, token, query, headers = {}, body, replies } = operation;
  const parameters = [
    ...Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => parameter("path", name ?? "", { type: "string" })),
    ...Object.entries(query?.entries ?? {}).map(([name, schema]) => parameter("query", name, schemaOf(schema))),
    ...Object.entries(headers).map(([name, description]) => ({
      ...parameter("header", name, { type: "string" }),
      description,
    })),
  ];
  return {
    summary,
    ...(token ? { description: `Takes a bearer token: ${token}.`, security: [{ bearer: [] }] } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: contentOf(body) } } : {}),
    responses: { ...Object.fromEntries(Object.entries(replies).map(replyOf)), ...errorReplies(errors) },
  };
}

function parameter(place: "path" | "query" | "header", name: string, schema: object): object {
  return { in: place, name, required: place === "path", schema };
}

function replyOf([status, { description, body, headers = [] }]: [string, Operation["replies"][number]]): [
  string,
  object,
] {
  const described = Object.fromEntries(headers.map((name) => [name, { schema: { type: "string" } }]));
  return [
    status,
    {
      description,
      ...(headers.length > 0 ? { headers: described } : {}),
      ...(body ? { content: contentOf(body) } : {}),
    },
  ];
}

/** Errors of one status stand together. */
function errorReplies(errors: ErrorCode[]): Record<number, object> {
  const statuses = new Set(errors.map((code) => ERRORS[code].status));
  const reply = (status: number) => {
    const meant = errors.filter((code) => ERRORS[code].status === status);
    return {
      description: meant.map((code) => `\`${code}\`: ${ERRORS[code].message}`).join("\n\n"),
      content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
    };
  };
  return Object.fromEntries([...statuses].map((status) => [status, reply(status)]));
}

function contentOf(bodies: Bodies): object {
  const schema = (body: v.GenericSchema | null) => (body ? schemaOf(body) : { type: "string" });
  return Object.fromEntries(Object.entries(bodies).map(([type, body]) => [type, { schema: schema(body) }]));
}

/** By name when it has one. */
function schemaOf(schema: v.GenericSchema): object {
  const name = Object.entries(NAMED).find(([, named]) => (named as unknown) === schema)?.[0];
  if (name) return { $ref: `#/components/schemas/${name}` };
  const { $schema: _dialect, $defs: _named, ...inline } = toJsonSchema(schema, { ...conversion, definitions: NAMED });
  return inline;
}
