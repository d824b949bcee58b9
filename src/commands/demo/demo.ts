/** `codexuse demo`: the whole product against a simulated OpenAI, on this machine alone. */
import { readProfiles } from "../../operations/read-profiles.ts";
import { answer, defineLeaf } from "../command.ts";
import type { CommandIo } from "../command-io.ts";
import { EXIT_DONE, EXIT_FAILED } from "../exit-codes.ts";
import { renderProfiles } from "../profile-table.ts";
import { paintWith, plainText } from "../terminal-text.ts";
import { openPretendWorld, type PretendWorld } from "./pretend-world.ts";
import { type Scene, tellStory } from "./tell-story.ts";

function sceneText(scene: Scene, number: number, io: CommandIo): string {
  const paint = paintWith(io.stdout.colours);
  const mark = scene.ok ? paint("green", "✔") : paint("red", "✘");
  const served = scene.profile === null ? "nobody served" : `served by ${paint("cyan", scene.profile)}`;
  return `${mark} ${number}. ${scene.title}\n     ${served}, status ${scene.status}: ${plainText(scene.text)}\n`;
}

/** Plays the story; each scene is shown when it ends, unless one document is to hold them all. */
async function play(world: PretendWorld, io: CommandIo, silent: boolean): Promise<Scene[]> {
  const scenes: Scene[] = [];
  for await (const scene of tellStory(world)) {
    scenes.push(scene);
    if (!silent) await io.stdout.write(sceneText(scene, scenes.length, io));
  }
  return scenes;
}

async function inviteToTry(world: PretendWorld, io: CommandIo): Promise<void> {
  const words = [
    "Try it yourself; this key and these accounts are pretend and end with the demo:",
    "",
    `  curl ${world.running.baseUrl}/responses \\`,
    `    -H 'Authorization: Bearer ${world.key}' -H 'Content-Type: application/json' \\`,
    `    -d '{"model":"gpt-5.5","input":"Hello!"}'`,
    "",
  ];
  await io.stdout.write(`${words.join("\n")}\n`);
  io.tell("info", "Stop with Ctrl-C.");
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
    const world = await openPretendWorld(io);
    try {
      if (!json) await io.stdout.write("Three pretend accounts behind one URL. Nothing leaves this machine.\n\n");
      const scenes = await play(world, io, json);
      const profiles = readProfiles(world.desk);
      if (!json) await io.stdout.write(`\n${renderProfiles(profiles, io)}\n\n`);
      if (!json && args.once !== true) {
        await inviteToTry(world, io);
        await stopped.promise;
      }
      const ok = scenes.every((scene) => scene.ok);
      return { ...answer({ ok, scenes, profiles }, ""), exitCode: ok ? EXIT_DONE : EXIT_FAILED };
    } finally {
      ignore();
      await world.close();
    }
  },
});
