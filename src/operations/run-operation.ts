/** The one door to an operation for whoever has unchecked input: a command line, a page, a chat. */
import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";
import { type Desk, type Operation, OperationError, type Person } from "./operation.ts";

/** Throws `usage` when the input has not the operation's shape; never repeats a value, which may be a secret. */
export async function runOperation<Input extends TSchema, Output extends TSchema>(
  operation: Operation<Input, Output>,
  desk: Desk,
  input: unknown,
  person?: Person,
): Promise<Static<Output>> {
  if (!Value.Check(operation.input, input)) throw new OperationError("usage", describeMismatch(operation.input, input));
  return await operation.run(desk, input, person);
}

function describeMismatch(schema: TSchema, input: unknown): string {
  const [first] = Value.Errors(schema, input);
  if (first === undefined) return "The input does not have the expected form.";
  const field = first.instancePath
    .split("/")
    .filter((part) => part !== "")
    .join(".");
  return field === "" ? `The input ${first.message}.` : `"${field}" ${first.message}.`;
}
