/** `GET /healthz` and `GET /readyz`: who answers here, and can it serve? No key needed, nothing told but that. */
import process from "node:process";
import type { Serving } from "../serving.ts";

export function getHealth(serving: Serving): Response {
  const { version, runtime } = serving;
  return Response.json({ status: "ok", version, runtime, pid: process.pid });
}

export function getReady(serving: Serving): Response {
  const { version, runtime } = serving;
  const isReady = serving.isReady();
  return Response.json({ status: isReady ? "ready" : "not-ready", version, runtime }, { status: isReady ? 200 : 503 });
}
