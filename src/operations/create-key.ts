/** Makes an API key of one runtime. The key is in the answer and nowhere else, ever. */
import { randomBytes } from "node:crypto";
import { Type } from "typebox";
import { type Desk, defineOperation, OperationError } from "./operation.ts";
import { createBase62, createPoolKey, hashPoolKey } from "./pool-key.ts";
import { baseUrlOf } from "./runtime-address.ts";
import { nullable, RuntimeName } from "./shapes.ts";

const ID_LENGTH = 10;
const NAME_LENGTH_MAX = 80;

/** Trimmed; a name of its own when none was given. */
function keyNameOf(desk: Desk, runtime: "desktop" | "daemon", wanted: string | null): string {
  const name = (wanted ?? "").trim();
  if (/\p{Cc}/u.test(name)) throw new OperationError("usage", "A key's name must not hold control characters.");
  if (name.length > NAME_LENGTH_MAX) {
    throw new OperationError("usage", `A key's name has at most ${NAME_LENGTH_MAX} characters.`);
  }
  return name === "" ? `key ${desk.runtime(runtime).keys().length + 1}` : name;
}

export const createKey = defineOperation({
  name: "account-pool.keys.create",
  summary: "Create an API key of one runtime",
  input: Type.Object({ runtime: RuntimeName, name: nullable(Type.String()) }),
  output: Type.Object({
    id: Type.String(),
    name: Type.String(),
    runtime: RuntimeName,
    key: Type.String(),
    base_url: Type.String(),
  }),
  changes: true,
  async run(desk, input) {
    const name = keyNameOf(desk, input.runtime, input.name);
    const key = createPoolKey(randomBytes);
    const id = `key_${createBase62(ID_LENGTH, randomBytes)}`;
    desk.runtime(input.runtime).addKey({
      id,
      name,
      hash: hashPoolKey(key),
      last4: key.slice(-4),
      createdAtMs: desk.clock.now(),
      lastUsedAtMs: null,
      revokedAtMs: null,
    });
    const { port } = await desk.presence(input.runtime, null);
    return { id, name, runtime: input.runtime, key, base_url: baseUrlOf(port) };
  },
});
