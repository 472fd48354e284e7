import type * as v from "valibot";

/** The parts of a valibot schema that its notation is made of. */
interface Shape {
  type: string;
  wrapped?: Shape;
  item?: Shape;
  literal?: unknown;
  options?: readonly unknown[];
  entries?: Record<string, Shape>;
  pipe?: readonly { type: string; requirement?: unknown }[];
}

export type Names = ReadonlyMap<unknown, string>;

/** Each field of an object schema as `name` or `name?`, with what it may hold. */
export function fieldsOf(schema: v.GenericSchema, names: Names): [field: string, value: string][] {
  const { entries } = schema as unknown as Shape;
  if (!entries) throw new Error("Only an object has fields.");
  return Object.entries(entries).map(([name, entry]) =>
    entry.type === "optional" ? [`${name}?`, notation(entry.wrapped, names)] : [name, notation(entry, names)],
  );
}

/** What a schema accepts, as the wire document writes it; `skipName` spells out a schema that has a name. */
export function notation(schema: unknown, names: Names, skipName = false): string {
  const shape = schema as Shape;
  // What is only read differently is the same on the wire.
  const name = names.get(has(shape, "transform") ? shape.pipe?.[0] : schema);
  if (name !== undefined && !skipName) return name;
  switch (shape.type) {
    case "nullable": {
      const inner = notation(shape.wrapped, names);
      return `${inner}${inner.includes(",") ? "," : ""} or null`;
    }
    case "literal":
      return JSON.stringify(shape.literal);
    case "picklist":
      return (shape.options ?? []).map((option) => JSON.stringify(option)).join(" or ");
    case "boolean":
      return "boolean";
    case "object":
      return `{${fieldsOf(schema as v.GenericSchema, names)
        .map(([field, value]) => `${field}: ${value}`)
        .join(", ")}}`;
    case "array":
      return `list of ${notation(shape.item, names)}${bounds(shape, "_length", " entries")}`;
    case "union":
      return `${shape.options?.map((option) => notation(option, names)).join(" or ")}${bounds(shape, "_length", " entries")}`;
    case "number":
      return `${has(shape, "integer") ? "integer" : "number"}${bounds(shape, "_value")}${multiple(shape)}`;
    case "string":
      return pattern(shape) ?? `text${bounds(shape, "_length", " characters")}`;
    default:
      throw new Error(`The wire document has no notation for the schema type "${shape.type}".`);
  }
}

function requirement({ pipe = [] }: Shape, type: string): unknown {
  return pipe.find((action) => action.type === type)?.requirement;
}

function has({ pipe = [] }: Shape, type: string): boolean {
  return pipe.some((action) => action.type === type);
}

function bounds(shape: Shape, suffix: "_length" | "_value", unit = ""): string {
  const min = requirement(shape, `min${suffix}`);
  const max = requirement(shape, `max${suffix}`);
  if (min === undefined && max === undefined) return "";
  if (min === undefined) return `, at most ${max}${unit}`;
  return max === undefined ? `, at least ${min}${unit}` : `, ${min} to ${max}${unit}`;
}

function multiple(shape: Shape): string {
  const step = requirement(shape, "multiple_of");
  return step === undefined ? "" : `, a multiple of ${step}`;
}

function pattern(shape: Shape): string | undefined {
  const regex = requirement(shape, "regex");
  if (!(regex instanceof RegExp)) return undefined;
  const length = bounds(shape, "_length", " characters");
  return `\`${regex.source.replace(/^\^|\$$/g, "")}\`${length}`;
}
