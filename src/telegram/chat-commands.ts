/**
 * What may a paired chat ask for? Readings of the operations: there is nothing that only a chat can do, and making a key,
 * which would have to be shown, is not among it. One small function a command.
 */
import { addPoolProfiles } from "../operations/add-pool-profiles.ts";
import { disablePool } from "../operations/disable-pool.ts";
import { enablePool } from "../operations/enable-pool.ts";
import { explainTurn } from "../operations/explain-turn.ts";
import { listProfiles } from "../operations/list-profiles.ts";
import { listSessions } from "../operations/list-sessions.ts";
import { type Desk, OperationError } from "../operations/operation.ts";
import type { ProfileView } from "../operations/profile-view.ts";
import { removePoolProfiles } from "../operations/remove-pool-profiles.ts";
import { routePool } from "../operations/route-pool.ts";
import { showPoolStatus } from "../operations/show-pool-status.ts";
import { type RemoteChat, ROUTINGS } from "../ports.ts";
import { profileLines, sessionLines, statusLines, turnLines } from "./chat-text.ts";
import { nameBehind, profileTag } from "./profile-tag.ts";
import { parseQuietHours, quietText } from "./quiet-hours.ts";
import { type Button, inPairs, type Reply, reply } from "./reply.ts";

export interface ChatContext {
  readonly desk: Desk;
  readonly chat: RemoteChat;
  saveChat(chat: RemoteChat): void;
  /** The chat may not talk to us any longer. */
  unpair(): void;
  /** Begins a sign-in that is finished elsewhere; what comes of it is told later. */
  signIn(profile: string): Reply;
}

export interface ChatCommand {
  readonly name: string;
  /** For the list that Telegram shows. */
  readonly description: string;
  run(context: ChatContext, argument: string): Reply | Promise<Reply>;
}

const RUNTIME = "daemon";
const STATUS: Button = { text: "Status", command: "/status" };
const PROFILES: Button = { text: "Profiles", command: "/profiles" };
const SESSIONS: Button = { text: "Sessions", command: "/sessions" };

async function readPool(context: ChatContext): Promise<readonly ProfileView[]> {
  return (await listProfiles.run(context.desk, {})).profiles;
}

async function showStatus(context: ChatContext): Promise<Reply> {
  const status = await showPoolStatus.run(context.desk, { runtime: RUNTIME, port: null });
  const toggle = status.enabled
    ? { text: "Switch off", command: "/disable" }
    : { text: "Switch on", command: "/enable" };
  return reply(statusLines(status, context.desk.clock.now()), [
    [{ text: "Refresh", command: "/status" }, toggle],
    [PROFILES, SESSIONS],
  ]);
}

function profileButton(view: ProfileView): Button {
  const tag = profileTag(view.name);
  if (view.state === "needs-sign-in") return { text: `Sign in ${view.name}`, command: `/signin ${tag}` };
  return view.selected
    ? { text: `Pause ${view.name}`, command: `/pause ${tag}` }
    : { text: `Resume ${view.name}`, command: `/resume ${tag}` };
}

async function showProfiles(context: ChatContext): Promise<Reply> {
  const profiles = await readPool(context);
  return reply(profileLines(profiles, context.desk.clock.now()), [...inPairs(profiles.map(profileButton)), [STATUS]]);
}

async function showSessions(context: ChatContext): Promise<Reply> {
  const { sessions } = await listSessions.run(context.desk, { runtime: RUNTIME });
  const [last] = sessions;
  const explain = last === undefined ? [] : [{ text: "Explain the last", command: `/explain ${last.id}` }];
  return reply(sessionLines(sessions, context.desk.clock.now()), [[STATUS, ...explain]]);
}

interface Change {
  readonly changed: boolean;
  readonly untouched: string;
  readonly hint: string | null;
}

function changeReply(text: string, change: Change, buttons: readonly Button[]): Reply {
  const lines = [change.changed ? text : `${text} (it was so before)`, ...(change.changed ? [change.untouched] : [])];
  return reply([...lines, ...(change.hint === null ? [] : [change.hint])], [buttons]);
}

async function enable(context: ChatContext): Promise<Reply> {
  return changeReply("Pool: on", await enablePool.run(context.desk, {}), [STATUS]);
}

async function disable(context: ChatContext): Promise<Reply> {
  const again = { text: "Switch on again", command: "/enable" };
  return changeReply("Pool: off. Every request is refused.", await disablePool.run(context.desk, {}), [again, STATUS]);
}

async function findName(context: ChatContext, argument: string): Promise<string> {
  if (argument === "") throw new OperationError("usage", "Which profile?", "See /profiles");
  const names = (await readPool(context)).map((view) => view.name);
  const name = nameBehind(argument, names);
  if (name === null) throw new OperationError("not-found", "That profile is not there any more.", "See /profiles");
  return name;
}

async function pause(context: ChatContext, argument: string): Promise<Reply> {
  const name = await findName(context, argument);
  const change = await removePoolProfiles.run(context.desk, { profiles: [name] });
  const resume = { text: `Resume ${name}`, command: `/resume ${profileTag(name)}` };
  return changeReply(`${name}: out of the pool`, change, [resume, STATUS]);
}

async function resume(context: ChatContext, argument: string): Promise<Reply> {
  const name = await findName(context, argument);
  const change = await addPoolProfiles.run(context.desk, { profiles: [name] });
  const again = { text: `Pause ${name}`, command: `/pause ${profileTag(name)}` };
  return changeReply(`${name}: in the pool`, change, [again, STATUS]);
}

async function route(context: ChatContext, argument: string): Promise<Reply> {
  const routing = ROUTINGS.find((known) => known === argument);
  if (argument !== "" && routing === undefined) {
    throw new OperationError("usage", `Routing is one of ${ROUTINGS.join(", ")}.`);
  }
  const change = await routePool.run(context.desk, { routing: routing ?? null });
  const others = ROUTINGS.filter((known) => known !== change.after.routing);
  const buttons = others.map((known) => ({ text: `Use ${known}`, command: `/routing ${known}` }));
  if (routing === undefined) return reply([`Routing: ${change.after.routing}`], [buttons]);
  return changeReply(`Routing: ${change.after.routing}`, change, [...buttons, STATUS]);
}

/** Without an id: the last turn there was. */
async function explain(context: ChatContext, argument: string): Promise<Reply> {
  const [last] = (await listSessions.run(context.desk, { runtime: RUNTIME })).sessions;
  const id = argument === "" ? last?.id : argument;
  if (id === undefined) throw new OperationError("not-found", "There was no turn yet.");
  const { turn } = await explainTurn.run(context.desk, { runtime: RUNTIME, id });
  return reply(turnLines(turn, context.desk.clock.now()), [[STATUS, SESSIONS]]);
}

function setQuiet(context: ChatContext, argument: string): Reply {
  const { chat } = context;
  if (argument === "") {
    return reply([
      chat.quiet === null ? "No quiet hours." : `Quiet ${quietText(chat.quiet)}.`,
      "Set: /quiet 22:00-07:00, or /quiet off",
    ]);
  }
  const quiet = argument === "off" ? null : parseQuietHours(argument);
  if (argument !== "off" && quiet === null) throw new OperationError("usage", "Quiet hours look like 22:00-07:00.");
  context.saveChat({ ...chat, quiet });
  return reply([quiet === null ? "Quiet hours: none" : `Quiet hours: ${quietText(quiet)}, by the daemon's clock`]);
}

async function signIn(context: ChatContext, argument: string): Promise<Reply> {
  return context.signIn(await findName(context, argument));
}

function unpair(context: ChatContext): Reply {
  context.unpair();
  return reply(["This chat is not paired any more. To pair it again, look at: codexuse daemon status"]);
}

export const CHAT_COMMANDS: readonly ChatCommand[] = [
  { name: "status", description: "How the pool stands", run: showStatus },
  { name: "profiles", description: "Every profile, to pause or resume", run: showProfiles },
  { name: "sessions", description: "The latest sessions", run: showSessions },
  { name: "enable", description: "Switch the pool on", run: enable },
  { name: "disable", description: "Switch the pool off", run: disable },
  { name: "pause", description: "Take a profile out of the pool", run: pause },
  { name: "resume", description: "Put a profile into the pool", run: resume },
  { name: "routing", description: "Show or set least-used or round-robin", run: route },
  { name: "explain", description: "Why the last turn went where it went", run: explain },
  { name: "signin", description: "Sign in again for a profile", run: signIn },
  { name: "quiet", description: "Hours without alerts, such as 22:00-07:00", run: setQuiet },
  { name: "unpair", description: "Let this chat control nothing any more", run: unpair },
  { name: "help", description: "What this bot understands", run: () => helpReply() },
];

function helpReply(): Reply {
  const lines = CHAT_COMMANDS.map(({ name, description }) => `/${name} – ${description}`);
  return reply([...lines, "", "Keys are made at the machine only."], [[STATUS, PROFILES]]);
}

/** `/pause work` taken apart; a bot's name behind the command is left out. Null for what is no command. */
export function readCommand(text: string): { readonly name: string; readonly argument: string } | null {
  const match = /^\/([a-z_]+)(?:@\w+)?(?:\s+([\s\S]*))?$/i.exec(text.trim());
  if (match === null) return null;
  return { name: match[1]?.toLowerCase() ?? "", argument: match[2]?.trim() ?? "" };
}

/** What a paired chat is answered, errors of its own making included. */
export async function answerChat(context: ChatContext, text: string): Promise<Reply> {
  const read = readCommand(text);
  const command = CHAT_COMMANDS.find(
    ({ name }) => name === read?.name || (read?.name === "start" && name === "status"),
  );
  if (read === null || command === undefined) return reply(["That is nothing I know. See /help"], [[STATUS]]);
  try {
    return await command.run(context, read.argument);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return reply([error.message, ...(error.hint === null ? [] : [error.hint])], [[STATUS]]);
  }
}
