/** What may the page do? The operations that need no terminal, and the two of a sign-in; nothing else has a name here. */
import type { TSchema } from "typebox";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { OPERATIONS } from "../../operations/list.ts";
import { type Desk, type Operation, OperationError } from "../../operations/operation.ts";
import type { PageSignIns } from "../../operations/page-sign-in.ts";
import { runOperation } from "../../operations/run-operation.ts";
import { nullable } from "../../operations/shapes.ts";

const BY_NAME: ReadonlyMap<string, Operation<TSchema, TSchema>> = new Map(
  OPERATIONS.filter((operation) => operation.terminalOnly !== true).map((operation) => [operation.name, operation]),
);

const SignInInput = Type.Object({
  mode: Type.Enum(["browser", "device"]),
  name: Type.Optional(nullable(Type.String({ minLength: 1 }))),
});
const CancelInput = Type.Object({ flow: Type.String({ minLength: 1 }) });

async function beginSignIn(signIns: PageSignIns, input: unknown): Promise<unknown> {
  if (!Value.Check(SignInInput, input))
    throw new OperationError("usage", "A sign-in needs a mode and may have a name.");
  const { flow, url, user_code } = await signIns.begin(input.mode, input.name ?? null);
  return { flow, url, user_code };
}

async function cancelSignIn(signIns: PageSignIns, input: unknown): Promise<unknown> {
  if (!Value.Check(CancelInput, input)) throw new OperationError("usage", "Which sign-in is to be cancelled?");
  const { flow, state } = await signIns.cancel(input.flow);
  return { flow, state };
}

/** Answers what the operation answers. Throws its `OperationError`, or `not-found` for a name that is none. */
export async function runPageOperation(
  desk: Desk,
  signIns: PageSignIns,
  name: string,
  input: unknown,
): Promise<unknown> {
  if (name === "sign-in") return await beginSignIn(signIns, input);
  if (name === "cancel-sign-in") return await cancelSignIn(signIns, input);
  const operation = BY_NAME.get(name);
  if (operation === undefined) throw new OperationError("not-found", "There is no such operation on the page.");
  return await runOperation(operation, desk, input);
}
