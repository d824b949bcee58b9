/** What became of a sign-in that was read from a file: what `import` and `link` answer in common. */
import { type Static, Type } from "typebox";
import type { SaveRefusal, SaveResult } from "../accounts/save-login.ts";
import type { ImportDesk } from "../accounts/save-profile.ts";
import { type Desk, OperationError, type OperationErrorCode } from "./operation.ts";
import { nullable } from "./shapes.ts";

export const SavedProfile = Type.Object({
  path: Type.String(),
  outcome: Type.Enum(["added", "updated", "unchanged"]),
  name: Type.String(),
  email: nullable(Type.String()),
  plan: nullable(Type.String()),
  duplicate_of: nullable(Type.String()),
  notes: Type.Array(Type.Object({ code: Type.String(), text: Type.String() })),
});
export type SavedProfile = Static<typeof SavedProfile>;

type Refused = Extract<SaveResult, { kind: "refused" }>;

const REASONS: Partial<Record<SaveRefusal, OperationErrorCode>> = {
  "not-found": "not-found",
  "name-invalid": "usage",
  "name-taken": "conflict",
  "token-refused": "sign-in-needed",
};

/** The rooms below work on the parts of a desk. */
export function importDesk(desk: Desk): ImportDesk {
  return {
    settings: desk.settings(),
    wire: { upstream: desk.upstream(), clock: desk.clock },
    endpoints: desk.endpoints,
    rng: desk.rng,
  };
}

export function savedProfile(path: string, result: Exclude<SaveResult, Refused>): SavedProfile {
  const { profile } = result;
  return {
    path,
    outcome: result.kind,
    name: profile.name,
    email: profile.email,
    plan: profile.plan,
    duplicate_of: result.duplicateOf,
    notes: result.notes.map((note) => ({ ...note })),
  };
}

export function refusalError(path: string, result: Refused): OperationError {
  return new OperationError(REASONS[result.code] ?? "failed", `${path}: ${result.reason}`, result.hint);
}
