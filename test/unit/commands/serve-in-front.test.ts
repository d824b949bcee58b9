import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import type { RunningRuntime } from "../../../src/app.ts";
import { serveInFront } from "../../../src/commands/serve-in-front.ts";
import { RUNTIME_VARIABLES } from "../../../src/daemon/launch-runtime.ts";
import { pidFilePath } from "../../../src/daemon/pid-file.ts";
import { OperationError } from "../../../src/operations/operation.ts";
import { aDesk, type TestDesk } from "../../support/a-desk.ts";
import { aCommandIo, type CliOptions, type TestIo } from "../../support/run-cli.ts";
import { useTempHome } from "../../support/temp-home.ts";

interface Scene {
  readonly desk: TestDesk;
  readonly io: TestIo;
  readonly stops: string[];
  readonly served: Promise<void>;
  readonly serving: Promise<void>;
}

/** Serves with a pretended runtime; `stop` says how it ends. */
function serve(options: { stop?: () => Promise<void>; io?: CliOptions; port?: number | null } = {}): Scene {
  const desk = aDesk({ home: useTempHome() });
  const stops: string[] = [];
  const running: RunningRuntime = {
    runtime: "daemon",
    port: 4321,
    baseUrl: "http://127.0.0.1:4321/v1",
    startedAtMs: 0,
    inFlight: () => 0,
    stop: (reason) => {
      stops.push(reason);
      return options.stop?.() ?? Promise.resolve();
    },
  };
  const io = aCommandIo({ desk, startRuntime: () => Promise.resolve(running), ...options.io });
  const { promise: serving, resolve } = Promise.withResolvers<void>();
  const served = serveInFront(io, desk, {
    runtime: "daemon",
    port: options.port === undefined ? 0 : options.port,
    onServing: () => {
      resolve();
      return Promise.resolve();
    },
  });
  return { desk, io, stops, served, serving };
}

describe("serving in front", () => {
  test("holds the pid file while it serves and stops at the first signal", async () => {
    const { desk, io, stops, served, serving } = serve();
    await serving;
    expect(readFileSync(pidFilePath(desk.home, "daemon"), "utf8")).toBe(`${io.pid}\n`);
    io.signal("SIGTERM");
    await served;
    expect(stops).toEqual(["SIGTERM"]);
    expect(existsSync(pidFilePath(desk.home, "daemon"))).toBe(false);
    expect([io.readiness.count, io.exits]).toEqual([1, []]);
  });

  test("ends at once with the second signal", async () => {
    const { desk, io, serving } = serve({ stop: () => Promise.withResolvers<void>().promise });
    await serving;
    await Bun.sleep(0);
    io.signal("SIGINT");
    io.signal("SIGINT");
    expect(io.exits).toEqual([130]);
    expect(existsSync(pidFilePath(desk.home, "daemon"))).toBe(false);
  });

  test("lets no second runtime of the home begin", async () => {
    const first = serve();
    await first.serving;
    const second = serveInFront({ ...first.io, pid: first.io.pid + 1 }, first.desk, {
      runtime: "daemon",
      port: 0,
      onServing: () => Promise.resolve(),
    });
    expect(second).rejects.toMatchObject({ reason: "conflict", hint: "Stop it first: codexuse daemon stop" });
    await second.catch(() => undefined);
    first.io.signal("SIGTERM");
    await first.served;
  });

  test("leaves no trace when it cannot start", async () => {
    const startRuntime = () => Promise.reject(new OperationError("conflict", "taken"));
    const { desk, served, io } = serve({ io: { startRuntime }, port: 1 });
    expect(served).rejects.toMatchObject({
      reason: "conflict",
      message: expect.stringContaining("Port 1 is taken by"),
    });
    await served.catch(() => undefined);
    expect(existsSync(pidFilePath(desk.home, "daemon"))).toBe(false);
    expect([desk.daemonStore.port(), io.readiness.count]).toEqual([null, 0]);
  });

  test("starts the program anew with what the engine reads from the environment, once", () => {
    const envs: unknown[] = [];
    const stop = new Error("replaced");
    const reexec = (env: unknown): never => {
      envs.push(env);
      throw stop;
    };
    const desk = aDesk({ home: useTempHome() });
    const options = { runtime: "daemon", port: 0, onServing: () => Promise.resolve() } as const;
    expect(serveInFront({ ...aCommandIo({ desk, env: { A: "1" } }), reexec }, desk, options)).rejects.toBe(stop);
    expect(envs).toEqual([{ A: "1", ...RUNTIME_VARIABLES }]);
    const set = { BUN_CONFIG_MAX_HTTP_REQUESTS: "7" };
    expect(serveInFront({ ...aCommandIo({ desk, env: set }), reexec }, desk, options)).rejects.toMatchObject({
      reason: "failed",
    });
  });
});
