/** Asks the demo's own API for one answer, as any client would, and hands its words on as they arrive. */
import { type ClientRequest, type IncomingMessage, request } from "node:http";

export interface PoolReply {
  readonly status: number;
  /** Which profile served; null when none did. */
  readonly profile: string | null;
  /** Id of the turn; null when there was none. */
  readonly turn: string | null;
  /** What the model said, or the error's message. */
  readonly text: string;
}

export interface PoolQuestion {
  readonly port: number;
  readonly key: string;
  readonly conversation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

type Hear = (piece: string, profile: string | null) => void;

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textField(value: unknown, ...path: readonly string[]): string {
  const found = path.reduce<unknown>((inner, name) => field(inner, name), value);
  return typeof found === "string" ? found : "";
}

/** The words in one line of a stream; empty for every other kind of line. Pure. */
function readDelta(line: string): string {
  if (!line.startsWith("data: ")) return "";
  const event: unknown = JSON.parse(line.slice("data: ".length));
  return textField(event, "type") === "response.output_text.delta" ? textField(event, "delta") : "";
}

/** The message of an error body, in whichever of upstream's two forms. Pure. */
function readErrorText(body: string): string {
  const answer: unknown = JSON.parse(body);
  return textField(answer, "error", "message") || textField(answer, "detail");
}

function profileOf(answer: IncomingMessage): string | null {
  const profile = answer.headers["x-codexuse-profile"];
  return typeof profile === "string" ? decodeURIComponent(profile) : null;
}

/** Collects an answer's words line by line; an error comes as one piece. */
function listen(answer: IncomingMessage, hear: Hear): Promise<PoolReply> {
  const { promise, resolve, reject } = Promise.withResolvers<PoolReply>();
  const [status, profile] = [answer.statusCode ?? 0, profileOf(answer)];
  const turn = answer.headers["x-codexuse-turn"];
  let [body, read, text] = ["", 0, ""];
  const take = (piece: string) => {
    if (piece === "") return;
    text += piece;
    hear(piece, profile);
  };
  answer.setEncoding("utf8");
  answer.on("data", (chunk: string) => {
    body += chunk;
    for (let end = body.indexOf("\n", read); status === 200 && end !== -1; end = body.indexOf("\n", read)) {
      take(readDelta(body.slice(read, end)));
      read = end + 1;
    }
  });
  answer.on("error", reject);
  answer.on("end", () => {
    if (status !== 200) take(readErrorText(body));
    resolve({ status, profile, turn: typeof turn === "string" ? turn : null, text });
  });
  return promise;
}

/** Rejects when the connection breaks. */
export function askPool({ port, key, conversation, body }: PoolQuestion, hear: Hear): Promise<PoolReply> {
  const { promise, resolve, reject } = Promise.withResolvers<PoolReply>();
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "session-id": conversation };
  const path = "/v1/responses";
  const call: ClientRequest = request({ host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
    listen(answer, hear).then(resolve, reject);
  });
  call.on("error", reject);
  call.end(JSON.stringify(body));
  return promise;
}
