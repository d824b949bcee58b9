/** What became of a sign-in: what all operations that save one answer in common. */
import { type Static, Type } from "typebox";
import type { ImportDesk } from "../accounts/save-profile.ts";
import type { SaveRefusal, SaveResult } from "../accounts/save-result.ts";
import { type Desk, OperationError, type OperationErrorCode } from "./operation.ts";
import { nullable } from "./shapes.ts";

const FIELDS = {
  outcome: Type.Enum(["added", "updated", "unchanged"]),
  name: Type.String(),
  email: nullable(Type.String()),
  plan: nullable(Type.String()),
  duplicate_of: nullable(Type.String()),
  notes: Type.Array(Type.Object({ code: Type.String(), text: Type.String() })),
};

export const SavedSignIn = Type.Object(FIELDS);
export type SavedSignIn = Static<typeof SavedSignIn>;

/** The same from a file. */
export const SavedProfile = Type.Object({ path: Type.String(), ...FIELDS });
export type SavedProfile = Static<typeof SavedProfile>;

type Refused = Extract<SaveResult, { kind: "refused" }>;

const REASONS: Partial<Record<SaveRefusal, OperationErrorCode>> = {
  "not-found": "not-found",
  "name-invalid": "usage",
  "name-taken": "conflict",
  "token-refused": "sign-in-needed",
  "other-account": "conflict",
  "other-kind": "usage",
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
  return { path, ...savedSignIn(result) };
}

export function savedSignIn(result: Exclude<SaveResult, Refused>): SavedSignIn {
  const { profile } = result;
  return {
    outcome: result.kind,
    name: profile.name,
    email: profile.email,
    plan: profile.plan,
    duplicate_of: result.duplicateOf,
    notes: result.notes.map((note) => ({ ...note })),
  };
}

/** `path` null where the sign-in came from no file. */
export function refusalError(path: string | null, result: Refused): OperationError {
  const message = path === null ? result.reason : `${path}: ${result.reason}`;
  return new OperationError(REASONS[result.code] ?? "failed", message, result.hint);
}
