/**
 * Where does a request go upstream, who can take it, and how long may that take? One row a route: the loop and its stages
 * read these facts and know no route by name.
 */
import { LIMITS } from "../limits.ts";
import { type Refusal, refuse, refuseRequest } from "../protocol/refusal.ts";
import type { Fit } from "../protocol/upstream-body.ts";
import type { Needs } from "./rules/candidate.ts";

export interface Route {
  /** Behind an account's base URL. */
  readonly path: string;
  readonly kinds: Needs["kinds"];
  /** What a client is told when no account of the pool is of these kinds; null where every account is. */
  readonly unfit: Refusal | null;
  readonly fit: Fit;
  /** Whether the model must be one that the pool publishes; any other name is upstream's to judge. */
  readonly isPublished: boolean;
  /** Whether every account answers in one piece. */
  readonly isWhole: boolean;
  /** How long the head of an answer in one piece may take. */
  readonly wholeMs: number;
}

const BOTH: Needs["kinds"] = ["chatgpt", "api-key"];

const NO_KEY = refuse(
  404,
  "invalid_request_error",
  "unknown_route",
  "Only accounts with an OpenAI API key offer this route, and the pool has none.",
);
const NO_CHATGPT = refuse(
  404,
  "invalid_request_error",
  "unknown_route",
  "Only ChatGPT accounts offer this route, and the pool has none.",
);
const NO_FORMS = refuseRequest(
  "unsupported_content_type",
  "Forms are taken by accounts with an OpenAI API key, and the pool has none. Send the image in JSON.",
);
const NO_TEMPLATES = refuseRequest(
  "unsupported_parameter",
  "Prompt templates are kept by accounts with an OpenAI API key, and the pool has none. Send the text as 'instructions' and 'input'.",
  "prompt",
);

const TURN: Route = {
  path: "/responses",
  kinds: BOTH,
  unfit: null,
  fit: "turn",
  isPublished: true,
  isWhole: false,
  wholeMs: LIMITS.upstreamWholeMs,
};

const WHOLE: Route = { ...TURN, isWhole: true };

export const ROUTES = {
  turn: TURN,
  /** A turn whose prompt lies at upstream. */
  templateTurn: { ...TURN, kinds: ["api-key"], unfit: NO_TEMPLATES },
  compact: { ...WHOLE, path: "/responses/compact", fit: "items" },
  inputTokens: {
    ...WHOLE,
    path: "/responses/input_tokens",
    fit: "items",
    kinds: ["api-key"],
    unfit: NO_KEY,
    wholeMs: LIMITS.upstreamHeadMs,
  },
  imageGenerations: { ...WHOLE, path: "/images/generations", fit: "model", isPublished: false },
  imageEdits: { ...WHOLE, path: "/images/edits", fit: "model", isPublished: false },
  /** The same with a form for a body. */
  imageEditForm: {
    ...WHOLE,
    path: "/images/edits",
    fit: "model",
    isPublished: false,
    kinds: ["api-key"],
    unfit: NO_FORMS,
  },
  embeddings: {
    ...WHOLE,
    path: "/embeddings",
    fit: "model",
    isPublished: false,
    kinds: ["api-key"],
    unfit: NO_KEY,
    wholeMs: LIMITS.upstreamHeadMs,
  },
  search: {
    ...WHOLE,
    path: "/alpha/search",
    fit: "model",
    kinds: ["chatgpt"],
    unfit: NO_CHATGPT,
    wholeMs: LIMITS.upstreamHeadMs,
  },
} as const satisfies Readonly<Record<string, Route>>;
