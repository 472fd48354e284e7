import * as v from "valibot";
import { ErrorBody } from "../../../src/protocol/errors.ts";
import { errorsOf } from "../../../src/worker/openapi/errors.ts";
import { OPERATIONS } from "../../../src/worker/openapi/operations.ts";

/**
 * Passes a response on.
 * @throws Error when it refuses a call of the API with a code that the OpenAPI document does not have for that call
 */
export async function documented(method: string, path: string, response: Response): Promise<Response> {
  const route = Object.keys(OPERATIONS).find((name) => fits(name, method, path));
  const operation = route === undefined ? undefined : OPERATIONS[route];
  if (response.status < 400 || response.status === 500 || !route || !operation) return response;
  if (method === "HEAD") return response;
  const { code } = v.parse(ErrorBody, await response.clone().json()).error;
  if (errorsOf(route, operation).some((known) => known === code)) return response;
  throw new Error(`${route} is answered with ${code}, which its description does not say`);
}

function fits(name: string, method: string, path: string): boolean {
  const [itsMethod, route = ""] = name.split(" ");
  return method === itsMethod && new RegExp(`^${route.replace(/:\w+/g, "[^/]+")}(\\?|$)`).test(path);
}
