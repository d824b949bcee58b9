/** `codexuse demo`: the whole product against a simulated OpenAI, on this machine alone. */
import { readProfiles } from "../../operations/read-profiles.ts";
import { answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT_DONE, EXIT_FAILED } from "../exit-codes.ts";
import { renderProfiles } from "../profile-table.ts";
import { paintWith, plainText } from "../terminal-text.ts";
import { openPretendWorld, type PretendWorld } from "./pretend-world.ts";
import { type Attempted, type Scene, type Stage, tellStory } from "./tell-story.ts";

const SILENT_STAGE: Stage = { begin: async () => undefined, hear: () => undefined, end: async () => undefined };

function whyWords({ profile, outcome, words }: Attempted): string {
  return `why: ${profile} ${outcome === "served" ? words : `did not serve: ${words}`}`;
}

/** Writes the story as it happens: the title, who answers, and the words as they arrive. */
function openStage(io: CommandIo): Stage {
  const paint = paintWith(io.stdout.colours);
  let number = 0;
  let isSpeaking = false;
  let writing = Promise.resolve();
  const write = (text: string) => {
    writing = writing.then(() => io.stdout.write(text));
  };
  const speak = (piece: string, profile: string | null) => {
    if (!isSpeaking) write(`   ${paint("cyan", plainText(profile ?? "nobody"))}  `);
    isSpeaking = true;
    write(plainText(piece));
  };
  return {
    async begin(title) {
      number += 1;
      isSpeaking = false;
      write(`${number}. ${title}\n`);
      await writing;
    },
    hear: speak,
    async end({ ok, status, why }) {
      const code = status === 200 ? "" : paint("dim", ` (${status})`);
      write(`${code} ${ok ? paint("green", "✔") : paint("red", `✘ status ${status}`)}\n`);
      for (const attempt of why) write(`   ${paint("dim", plainText(whyWords(attempt)))}\n`);
      write("\n");
      await writing;
    },
  };
}

/** Where it serves and how to ask it; nothing of it outlives the demo. */
function invitation(world: PretendWorld, io: CommandIo): string {
  const paint = paintWith(io.stdout.colours);
  const words = [
    paint("bold", "codexuse demo: three pretend accounts behind one URL. Nothing leaves this machine."),
    "",
    `  base URL  ${world.running.baseUrl}`,
    `  key       ${world.key}`,
    "",
    `  curl ${world.running.baseUrl}/responses \\`,
    `    -H 'Authorization: Bearer ${world.key}' \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '{"model":"gpt-5.5","input":"Hello!"}'`,
    "",
  ];
  return `${words.join("\n")}\n`;
}

async function play(world: PretendWorld, io: CommandIo): Promise<Scene[]> {
  await io.stdout.write(invitation(world, io));
  const scenes = await tellStory(world, openStage(io));
  await io.stdout.write(`${renderProfiles(readProfiles(world.desk), io)}\n\n`);
  return scenes;
}

async function serveOn(io: CommandIo, stopped: Promise<void>): Promise<void> {
  io.tell("info", "It serves on: try the curl line above. Key and accounts end with the demo. Stop with Ctrl-C.");
  await stopped;
}

export const demo = defineLeaf({
  name: "demo",
  description: "Show the pool at work with pretend accounts, on this machine alone",
  examples: ["codexuse demo", "codexuse demo --once"],
  args: { once: { type: "boolean", description: "End after the story instead of serving on; implied by --json" } },
  async run(args, io) {
    const json = args.json === true;
    // Heard from the beginning: a Ctrl-C in the middle must not leave the pretend home behind.
    const stopped = Promise.withResolvers<void>();
    const ignore = io.onStopSignal(() => stopped.resolve());
    const world = await openPretendWorld(io, json ? 0 : READING_PACE_MS);
    try {
      const scenes = json ? await tellStory(world, SILENT_STAGE) : await play(world, io);
      const ok = scenes.every((scene) => scene.ok);
      if (!json && args.once !== true && ok) await serveOn(io, stopped.promise);
      return {
        ...answer({ ok, scenes, profiles: readProfiles(world.desk) }, ""),
        exitCode: ok ? EXIT_DONE : EXIT_FAILED,
      };
    } finally {
      ignore();
      await world.close();
    }
  },
});

/** Between two pieces of an answer, so that streaming can be seen. */
const READING_PACE_MS = 15;
