/**
 * Question: how does a sign-in with a device code go?
 * Owns the user code, the polls that stay pending, and the code pair handed out at the end.
 * Must not issue tokens: the exchange at the token endpoint does.
 */
import { jsonAnswer } from "./json-answer.ts";
import { challengeOf, openSignInCode, whoSignsIn } from "./oauth.ts";
import { drawHex, drawSecret } from "./rng.ts";
import type { Call, World } from "./world.ts";

export const DEVICE_REDIRECT_URI = "https://auth.openai.com/deviceauth/callback";
const LIFETIME_MS = 15 * 60_000;

/** Answers `POST …/deviceauth/usercode`. */
export function answerDeviceCode(world: World): Response {
  const { device } = world.settings;
  if (!device.enabled) return jsonAnswer(404, { error: "not_found" });
  const deviceAuthId = `deviceauth_${drawHex(world.rng, 32)}`;
  const userCode = `${drawHex(world.rng, 4)}-${drawHex(world.rng, 5)}`.toUpperCase();
  world.deviceCodes.set(deviceAuthId, { userCode, pollsLeft: device.pendingPolls });
  return jsonAnswer(200, {
    device_auth_id: deviceAuthId,
    user_code: userCode,
    interval: String(device.intervalSeconds),
    expires_at: new Date(world.clock.now() + LIFETIME_MS).toISOString(),
  });
}

/** Answers `POST …/deviceauth/token`: pending for as many polls as set, then a code with its verifier. */
export function answerDeviceToken(world: World, call: Call): Response {
  const deviceAuthId = call.body["device_auth_id"];
  const opened = typeof deviceAuthId === "string" ? world.deviceCodes.get(deviceAuthId) : undefined;
  const account = whoSignsIn(world);
  if (typeof deviceAuthId !== "string" || opened === undefined || opened.userCode !== call.body["user_code"]) {
    return jsonAnswer(400, { error: { message: "Unknown device code.", code: "invalid_request" } });
  }
  if (opened.pollsLeft > 0 || account === null) {
    opened.pollsLeft -= 1;
    const code = "deviceauth_authorization_pending";
    return jsonAnswer(world.settings.device.pendingStatus, { error: { message: "Authorization is pending.", code } });
  }
  world.deviceCodes.delete(deviceAuthId);
  const verifier = drawSecret(world.rng, 64);
  const challenge = challengeOf(verifier);
  const code = openSignInCode(world, account.name, challenge, DEVICE_REDIRECT_URI);
  return jsonAnswer(200, { authorization_code: code, code_challenge: challenge, code_verifier: verifier });
}
