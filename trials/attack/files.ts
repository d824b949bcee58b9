/** Files that are not what they seem: links in the home, and whatever somebody offers as a sign-in. */
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { askMany } from "../support/ask-many.ts";
import { DaemonEnded, startDaemon } from "../support/daemon.ts";
import { openTrialHome } from "../support/trial-home.ts";
import { Breaches, type Trial } from "../trial.ts";

const VICTIM = "what was there before\n";
const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
const ANSWER_MS_MAX = 20_000;
const CANARY = "canary-of-a-file";

interface Plant {
  readonly name: string;
  /** Makes the trouble; `victim` is a file outside of the home that must stay as it is. */
  readonly plant: (home: string, victim: string) => void;
  /** Whether it can serve all the same. */
  readonly serves: boolean;
}

function replaceByLink(path: string, target: string): void {
  rmSync(path, { force: true });
  symlinkSync(target, path);
}

const PLANTS: readonly Plant[] = [
  {
    name: "daemon.pid is a link",
    plant: (home, victim) => replaceByLink(join(home, "daemon.pid"), victim),
    serves: true,
  },
  {
    name: "daemon.pid is a loop",
    plant: (home) => replaceByLink(join(home, "daemon.pid"), join(home, "daemon.pid")),
    serves: false,
  },
  { name: "daemon.pid is a folder", plant: (home) => mkdirSync(join(home, "daemon.pid")), serves: false },
  {
    name: "settings.sqlite is a link to some file",
    plant: (home, victim) => replaceByLink(join(home, "settings.sqlite"), victim),
    serves: false,
  },
  {
    name: "settings.sqlite is a loop",
    plant: (home) => replaceByLink(join(home, "settings.sqlite"), join(home, "settings.sqlite")),
    serves: false,
  },
  {
    name: "daemon.sqlite is a folder",
    plant: (home) => {
      rmSync(join(home, "daemon.sqlite"));
      mkdirSync(join(home, "daemon.sqlite"));
    },
    serves: false,
  },
  {
    name: "master.key is a link to some file",
    plant: (home, victim) => replaceByLink(join(home, "master.key"), victim),
    serves: false,
  },
  {
    name: "master.key is a link to nothing",
    plant: (home) => replaceByLink(join(home, "master.key"), join(home, "nothing")),
    serves: false,
  },
  { name: "master.key is empty", plant: (home) => writeFileSync(join(home, "master.key"), ""), serves: false },
];

async function tryPlant(plant: Plant, breaches: Breaches): Promise<void> {
  const home = await openTrialHome({ accounts: 1 });
  const victim = join(home.path, "..", "victim");
  try {
    writeFileSync(victim, VICTIM, { mode: 0o600 });
    plant.plant(home.path, victim);
    const started = await startDaemon(home).catch((error: unknown) => error);
    if (started instanceof DaemonEnded) {
      breaches.expect(!plant.serves, `${plant.name}: it ended: ${started.said.slice(0, 300)}`);
      breaches.expect(
        !/\n\s+at /.test(started.said),
        `${plant.name}: it ended with a stack: ${started.said.slice(0, 600)}`,
      );
    } else if (started instanceof Error) breaches.add(`${plant.name}: ${started.message}`);
    else if (typeof started === "object" && started !== null && "port" in started && "stop" in started) {
      const daemon = started as Awaited<ReturnType<typeof startDaemon>>;
      const asked = await askMany(daemon.port, home.key, "x", 2, 1);
      if (plant.serves) breaches.expect(asked.served === 2, `${plant.name}: ${asked.refusals[0]}`);
      await daemon.stop();
    }
    breaches.expect(readFileSync(victim, "utf8") === VICTIM, `${plant.name}: a file outside of the home was changed`);
  } finally {
    await home.remove();
  }
}

export const homeFilesTrial: Trial = {
  name: "links in the home",
  async run({ short }) {
    const breaches = new Breaches();
    const plants = short ? PLANTS.slice(0, 1) : PLANTS;
    for (const plant of plants) await tryPlant(plant, breaches);
    return {
      name: "links in the home",
      tried: `${plants.length} files of the home replaced by links, loops, folders and nothing`,
      found: "serves, or ends with a message; no file outside was changed",
      breaches: breaches.list(),
    };
  },
};

type MakeFile = (folder: string) => string;

function aFile(name: string, content: string | Uint8Array): MakeFile {
  return (folder) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
}

const SIGN_INS: readonly (readonly [string, MakeFile])[] = [
  ["/dev/zero", () => "/dev/zero"],
  ["/dev/stdin", () => "/dev/stdin"],
  ["/proc/self/mem", () => "/proc/self/mem"],
  [
    "a pipe",
    (folder) => {
      Bun.spawnSync(["mkfifo", join(folder, "pipe")]);
      return join(folder, "pipe");
    },
  ],
  [
    "a loop of links",
    (folder) => {
      symlinkSync(join(folder, "loop"), join(folder, "loop"));
      return join(folder, "loop");
    },
  ],
  [
    "a link to nothing",
    (folder) => {
      symlinkSync(join(folder, "nothing"), join(folder, "dangling"));
      return join(folder, "dangling");
    },
  ],
  [
    "an empty folder",
    (folder) => {
      mkdirSync(join(folder, "empty"));
      return join(folder, "empty");
    },
  ],
  [
    "a closed folder",
    (folder) => {
      mkdirSync(join(folder, "closed"));
      chmodSync(join(folder, "closed"), 0);
      return join(folder, "closed");
    },
  ],
  ["64 MiB", aFile("large.json", new Uint8Array(64 * 1024 * 1024))],
  ["nothing", aFile("empty.json", "")],
  [
    "noise",
    aFile(
      "noise.json",
      Uint8Array.from({ length: 5_000 }, (_, at) => (at * 37) % 256),
    ),
  ],
  ["deep lists", aFile("deep.json", "[".repeat(500_000))],
  [
    "a token with a line break",
    aFile("break.json", JSON.stringify({ auth_mode: "apikey", OPENAI_API_KEY: `${CANARY}\r\nX-A: b` })),
  ],
  [
    "tokens of the wrong kind",
    aFile(
      "kinds.json",
      JSON.stringify({ auth_mode: "chatgpt", tokens: { access_token: { a: CANARY }, refresh_token: [CANARY] } }),
    ),
  ],
  ["prototype keys", aFile("proto.json", `{"__proto__":{"OPENAI_API_KEY":"${CANARY}"},"auth_mode":"apikey"}`)],
];

export const signInFilesTrial: Trial = {
  name: "hostile auth.json",
  async run({ short }) {
    const breaches = new Breaches();
    const home = await openTrialHome({ accounts: 1 });
    const folder = join(home.path, "..", "offered");
    mkdirSync(folder);
    try {
      const rows = short ? SIGN_INS.filter((_, at) => at % 5 === 3) : SIGN_INS;
      for (const [name, make] of rows) {
        const words = [process.execPath, MAIN, "profile", "import", make(folder), "--name=offered"];
        const run = Bun.spawnSync(words, { env: { ...home.env }, stdin: "ignore", timeout: ANSWER_MS_MAX });
        const said = run.stdout.toString() + run.stderr.toString();
        breaches.expect(
          run.exitCode !== null && run.exitCode > 0,
          `${name}: exit code ${run.exitCode}: ${said.slice(0, 300)}`,
        );
        breaches.expect(
          !/\n\s+at /.test(said) && !said.includes(CANARY),
          `${name}: it says too much: ${said.slice(0, 500)}`,
        );
      }
      return {
        name: "hostile auth.json",
        tried: `${rows.length} files, devices, pipes, loops and folders offered to import`,
        found: "all refused with a message that repeats nothing of them",
        breaches: breaches.list(),
      };
    } finally {
      await home.remove();
    }
  },
};
