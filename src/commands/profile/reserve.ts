/** `codexuse profile reserve`. */
import { OperationError } from "../../operations/operation.ts";
import { reserveHeadroom } from "../../operations/reserve-headroom.ts";
import { changeAnswer } from "../change-text.ts";
import { defineLeaf } from "../command.ts";
import { plainText } from "../terminal-text.ts";

function parsePercent(text: string): number {
  const percent = /^\d{1,3}(\.\d+)?%?$/.test(text) ? Number.parseFloat(text) : Number.NaN;
  if (percent >= 0 && percent <= 100) return percent;
  throw new OperationError("usage", "<percent> is a number from 0 to 100.");
}

export const reserve = defineLeaf({
  name: "reserve",
  description: reserveHeadroom.summary,
  examples: ["codexuse profile reserve work 20"],
  args: {
    name: { type: "positional", required: true, description: "Name of the profile" },
    percent: { type: "positional", required: true, description: "Share that the pool leaves alone, 0 to 100" },
  },
  async run(args, io) {
    const percent = parsePercent(args.percent);
    const change = await reserveHeadroom.run(await io.doors.openDesk(io.env), { name: args.name, percent });
    return changeAnswer(change, `Reserve of ${plainText(change.after.name)}`, (side) => `${side.reserve_percent}%`);
  },
});
