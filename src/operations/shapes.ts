/** Pieces that the inputs and outputs of many operations share. */
import { type TSchema, Type } from "typebox";
import { RUNTIMES } from "../ports.ts";

export const RuntimeName = Type.Enum([...RUNTIMES]);

/** The runtime whose keys, sessions and turns are meant. */
export const RuntimeInput = Type.Object({ runtime: RuntimeName });

export const NoInput = Type.Object({});

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

/** What every change answers: how it was, how it is, and what stays as it is in spite of it. */
export function changeOf<Schema extends TSchema>(schema: Schema) {
  return Type.Object({
    changed: Type.Boolean(),
    before: schema,
    after: schema,
    untouched: Type.String(),
    hint: nullable(Type.String()),
  });
}

/** RFC 3339 in UTC. */
export const WireTime = Type.String();

export function wireTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function wireTimeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : wireTime(atMs);
}
