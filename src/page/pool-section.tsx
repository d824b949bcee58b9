/** Is the pool on, where is it, and who serves it? */
import { spanText } from "../commands/spans.ts";
import type { PageDaemon, PageSnapshot } from "../operations/page-wire.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icon.tsx";
import { useNow } from "./now.tsx";
import { firstSteps, poolStanding, turnsOfDay } from "./pool-words.ts";
import { countOf } from "./profile-words.ts";
import { Section } from "./section.tsx";
import { Switch } from "./switch.tsx";
import { useChange } from "./use-change.ts";

function FirstSteps({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const steps = firstSteps(snapshot);
  const done = steps.filter((step) => step.isDone).length;
  if (done === steps.length) return null;
  const next = steps.findIndex((step) => !step.isDone);
  return (
    <section class="steps" aria-label="First steps">
      <p class="steps-title">
        Set up <span class="quiet">{`${done} of ${steps.length} done`}</span>
      </p>
      <ol>
        {steps.map((step, index) => (
          <li key={step.title} class={step.isDone ? "done" : index === next ? "next" : ""}>
            <a href={`#${step.section}`} aria-current={index === next ? "step" : undefined}>
              <span class="step-mark" aria-hidden="true">
                {step.isDone ? <Icon name="check" /> : index + 1}
              </span>
              {step.title}
              {step.isDone ? <span class="for-readers"> (done)</span> : null}
            </a>
          </li>
        ))}
      </ol>
    </section>
  );
}

function DaemonFact({ daemon }: { readonly daemon: PageDaemon }) {
  const { running, port, uptime_s: uptime, keys, sessions } = daemon;
  return (
    <div class="fact">
      <dt>Daemon</dt>
      <dd>
        <span class={`dot ${running ? "good" : "quiet"}`} aria-hidden="true" />
        {running ? `Running on ${port}` : "Not running"}
      </dd>
      <dd class="quiet">
        {running ? (
          [
            uptime === null ? null : `up ${spanText(uptime * 1_000)}`,
            countOf(sessions, "session"),
            countOf(keys, "key"),
          ]
            .filter((part) => part !== null)
            .join(" · ")
        ) : (
          <code>codexuse daemon start</code>
        )}
      </dd>
    </div>
  );
}

function Facts({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { pool, daemon } = snapshot;
  const nowMs = useNow();
  const selected = pool.profiles.filter((profile) => profile.selected).length;
  const running = pool.profiles.reduce(
    (sum, profile) => sum + (profile.duplicate_of === null ? (profile.in_flight ?? 0) : 0),
    0,
  );
  return (
    <dl class="facts">
      <div class="fact">
        <dt>In the pool</dt>
        <dd>
          {selected} <span class="quiet">of {pool.profiles.length} profiles</span>
        </dd>
        <dd class="quiet">{running === 0 ? "no turn runs now" : countOf(running, "turn runs now", "turns run now")}</dd>
      </div>
      <div class="fact">
        <dt>Turns in 24 h</dt>
        <dd>{turnsOfDay(snapshot, nowMs)}</dd>
        <dd class="quiet">{countOf(pool.sessions, "session")} kept</dd>
      </div>
      <div class="fact">
        <dt>{pool.runtime === "desktop" ? "Desktop" : "This runtime"}</dt>
        <dd>
          <span class="dot good" aria-hidden="true" />
          Running on {pool.port}
        </dd>
        <dd class="quiet">serves this page</dd>
      </div>
      <DaemonFact daemon={daemon} />
    </dl>
  );
}

export function PoolSection({ snapshot }: { readonly snapshot: PageSnapshot }) {
  const { pool } = snapshot;
  const standing = poolStanding(snapshot);
  const { isRunning, run } = useChange();
  const flip = (isOn: boolean) =>
    run(isOn ? "account-pool.enable" : "account-pool.disable", {}, isOn ? "The pool is on." : "The pool is off.");
  return (
    <Section id="pool">
      <div class="card pool">
        <div class="pool-state">
          <Switch label="Pool" isOn={pool.enabled} isBusy={isRunning} onChange={flip} isLarge />
          <div>
            <p class="standing">
              <span class={`dot ${standing.tone}`} aria-hidden="true" />
              {standing.text}
            </p>
            <p class="quiet">
              One local, OpenAI-compatible API over the accounts below. It listens on this machine only.
            </p>
          </div>
        </div>
        <div class="address">
          <span class="address-label">Base URL</span>
          <code class="address-text">{pool.base_url}</code>
          <CopyButton text={pool.base_url} what="base URL" />
        </div>
        <Facts snapshot={snapshot} />
        <FirstSteps snapshot={snapshot} />
      </div>
    </Section>
  );
}
