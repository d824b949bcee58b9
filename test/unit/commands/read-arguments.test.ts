import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Arguments } from "../../../src/commands/command.ts";
import { readArguments } from "../../../src/commands/read-arguments.ts";
import { OperationError } from "../../../src/operations/operation.ts";

const ARGS: Arguments = {
  name: { type: "positional", required: true, description: "A name" },
  mode: { type: "positional", required: false, options: ["fast", "slow"], description: "A mode" },
  runtime: { type: "enum", options: ["desktop", "daemon"], default: "desktop", description: "A runtime" },
  port: { type: "string", description: "A port" },
  lines: { type: "string", alias: "n", default: "50", description: "A count" },
  follow: { type: "boolean", alias: "f", description: "A switch" },
  open: { type: "boolean", default: true, description: "A switch that is on" },
  inner: { type: "string", hidden: true, description: "Only for our own processes" },
};
const MANY: Arguments = { name: { type: "positional", required: true, repeats: true, description: "Names" } };
const MUST: Arguments = { model: { type: "string", required: true, description: "A model" } };

const accepted: readonly (readonly [words: string, read: string, args?: Arguments])[] = [
  ["bob", "-- bob"],
  ["bob fast", "-- bob fast"],
  ["--port=1 bob", "--port=1 -- bob"],
  ["--port 1 bob", "--port=1 -- bob"],
  ["bob --port 1", "--port=1 -- bob"],
  ["bob --runtime daemon", "--runtime=daemon -- bob"],
  ["bob -f", "--follow -- bob"],
  ["bob -fn 5", "--follow --lines=5 -- bob"],
  ["bob -n5", "--lines=5 -- bob"],
  ["bob --port=-1", "--port=-1 -- bob"],
  ["bob --port -", "--port=- -- bob"],
  ["bob --no-open", "--no-open -- bob"],
  ["bob --open", "--open -- bob"],
  ["bob --open=false", "--no-open -- bob"],
  ["bob --no-open=false", "--open -- bob"],
  ["bob --no-follow", "--no-follow -- bob"],
  ["bob --inner=x", "--inner=x -- bob"],
  ["-- --bob", "-- --bob"],
  ["-- bob fast", "-- bob fast"],
  ["--port=a=b bob", "--port=a=b -- bob"],
  ["a b c", "-- a b c", MANY],
  ["--model=x", "--model=x --", MUST],
];

const refused: readonly (readonly [words: string, message: string, hint: string | null, args?: Arguments])[] = [
  ["", "Missing <name>.", null],
  ["bob --prot=1", "Unknown option --prot.", "Did you mean --port?"],
  ["bob --prot 1", "Unknown option --prot.", "Did you mean --port?"],
  ["bob --innr=1", "Unknown option --innr.", null],
  ["bob --hepl", "Unknown option --hepl.", "Did you mean --help?"],
  ["bob --no-opn", "Unknown option --no-opn.", "Did you mean --no-open?"],
  ["bob --no-port", "Unknown option --no-port.", null],
  ["bob -x", "Unknown option -x.", null],
  ["bob --port", "Option --port needs a value.", null],
  ["bob --port=", "Option --port needs a value.", null],
  ["bob --port --follow", "Option --port needs a value.", null],
  ["bob -n", "Option --lines needs a value.", null],
  ["bob --follow=maybe", "Option --follow takes no value.", null],
  ["bob --runtime=deamon", "--runtime is one of desktop, daemon.", "Did you mean daemon?"],
  ["bob fsat", "<mode> is one of fast, slow.", "Did you mean fast?"],
  ["bob fast more", 'Unexpected word "more".', "This command takes 2 besides options."],
  ["", "Missing <name>.", null, MANY],
  ["", "Missing --model.", null, MUST],
  ["x --model=y", 'Unexpected word "x".', "This command takes no words besides options.", MUST],
];

function refusalOf(words: readonly string[], args: Arguments): OperationError {
  try {
    readArguments(args, words);
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

const split = (line: string) => line.split(" ").filter((word) => word !== "");

describe("readArguments", () => {
  for (const [words, read, args = ARGS] of accepted) {
    test(`reads "${words}"`, () => {
      expect(readArguments(args, split(words)).join(" ")).toBe(read);
    });
  }

  for (const [words, message, hint, args = ARGS] of refused) {
    test(`refuses "${words}": ${message}`, () => {
      const refusal = refusalOf(split(words), args);
      expect([refusal.reason, refusal.message, refusal.hint]).toEqual(["usage", message, hint]);
    });
  }

  test("refuses an empty word", () => {
    expect(refusalOf([""], ARGS).message).toBe("<name> must not be empty.");
  });

  test("either refuses or keeps every word that is no flag, whatever is typed", () => {
    const word = fc.oneof(fc.string(), fc.constantFrom("--port", "--", "-f", "--open", "-", "--name=x", "fast", "-n"));
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        try {
          const read = readArguments(MANY, words);
          return read[0] === "--" && read.slice(1).every((one) => words.includes(one));
        } catch (error) {
          return error instanceof OperationError && error.reason === "usage";
        }
      }),
    );
  });
});
