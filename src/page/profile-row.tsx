/** One profile: who it is, how it stands, what is left of its account, and what can be done with it. */
import type { PageProfile, PageWindow } from "../operations/page-wire.ts";
import { Icon } from "./icon.tsx";
import { Until } from "./now.tsx";
import { countOf, leftPercent, reasonText, roomTone, STATE_WORDS, windowName } from "./profile-words.ts";
import { ReserveField } from "./reserve-field.tsx";
import { Switch } from "./switch.tsx";
import { useChange } from "./use-change.ts";

interface ProfileRowProps {
  readonly profile: PageProfile;
  readonly colour: number;
  readonly onSignIn: () => void;
  readonly onRename: () => void;
  readonly onRemove: () => void;
}

function Identity({ profile, colour }: { readonly profile: PageProfile; readonly colour: number }) {
  const { name, email, plan, kind, ownership, link_path: path, duplicate_of: twin, other_seats: seats } = profile;
  return (
    <div class="identity">
      <p class="profile-name">
        <span class={`swatch series-${colour}`} aria-hidden="true" />
        <strong>{name}</strong>
        <span class="badge">{kind === "api-key" ? "API key" : (plan ?? "ChatGPT")}</span>
        {ownership === "linked" ? (
          <span class="badge" title={path ?? undefined}>
            linked
          </span>
        ) : null}
      </p>
      {email === null ? null : (
        <p class="quiet clip" title={email}>
          {email}
        </p>
      )}
      {twin === null ? null : <p class="note warn">Same account as {twin}: one headroom</p>}
      {seats.length === 0 ? null : <p class="note">Shares a workspace with {seats.join(", ")}</p>}
      {profile.proxy === null ? null : <p class="note clip">Goes through {profile.proxy}</p>}
    </div>
  );
}

function StateCell({ profile, onSignIn }: { readonly profile: PageProfile; readonly onSignIn: () => void }) {
  const { state, state_reason: reason, cooldown, in_flight: inFlight } = profile;
  const { label, tone } = STATE_WORDS[state];
  return (
    <div class="state">
      <span class={`chip ${tone}`}>{label}</span>
      {state === "cooling" && cooldown !== null ? (
        <p class="quiet">
          {reasonText(cooldown.reason)}
          {cooldown.until === null ? null : (
            <>
              , back <Until at={cooldown.until} />
            </>
          )}
        </p>
      ) : null}
      {state !== "cooling" && reason !== null ? <p class="quiet">{reasonText(reason)}</p> : null}
      {inFlight !== null && inFlight > 0 ? <p class="quiet">{countOf(inFlight, "turn runs", "turns run")}</p> : null}
      {state === "needs-sign-in" && profile.ownership === "owned" ? (
        <button type="button" class="button small" onClick={onSignIn}>
          Sign in again<span class="for-readers"> as {profile.name}</span>
        </button>
      ) : null}
    </div>
  );
}

function WindowBar({ window, isFresh }: { readonly window: PageWindow; readonly isFresh: boolean }) {
  const left = leftPercent(window);
  return (
    <li class={`window ${isFresh ? "" : "stale"}`}>
      <p class="window-head">
        <span class="window-name">{windowName(window)}</span>
        <span class="window-left">
          {left}% <span class="quiet">left</span>
        </span>
      </p>
      <div class="bar" aria-hidden="true">
        <div class={`fill ${roomTone(left)}`} style={{ width: `${left}%` }} />
      </div>
      {window.resets_at === null ? null : (
        <p class="window-reset quiet">
          <Icon name="refresh" />
          <span class="for-readers">resets </span>
          <Until at={window.resets_at} />
        </p>
      )}
    </li>
  );
}

function Windows({ profile }: { readonly profile: PageProfile }) {
  const { windows, kind, usage } = profile;
  if (kind === "api-key") return <p class="windows quiet">Billed by use, so there is no window to run out of.</p>;
  if (windows.length === 0) return <p class="windows quiet">Nothing is known of its windows yet.</p>;
  return (
    <ul class="windows" aria-label={`Windows of ${profile.name}`}>
      {windows.map((window) => (
        <WindowBar key={`${window.limit} ${window.minutes}`} window={window} isFresh={usage.fresh} />
      ))}
    </ul>
  );
}

export function ProfileRow({ profile, colour, onSignIn, onRename, onRemove }: ProfileRowProps) {
  const { name, selected } = profile;
  const { isRunning, run } = useChange();
  const select = (isOn: boolean) =>
    run(
      isOn ? "account-pool.profiles.add" : "account-pool.profiles.remove",
      { profiles: [name] },
      isOn ? `${name} is in the pool.` : `${name} is out of the pool.`,
    );
  return (
    <li class={`profile ${selected ? "" : "unselected"}`}>
      <Switch label={`${name} in the pool`} isOn={selected} isBusy={isRunning} onChange={select} />
      <Identity profile={profile} colour={colour} />
      <StateCell profile={profile} onSignIn={onSignIn} />
      <Windows profile={profile} />
      <ReserveField name={name} percent={profile.reserve_percent} />
      <div class="row-actions">
        <button type="button" class="icon-button" aria-label={`Rename ${name}`} title="Rename" onClick={onRename}>
          <Icon name="edit" />
        </button>
        <button type="button" class="icon-button" aria-label={`Remove ${name}`} title="Remove" onClick={onRemove}>
          <Icon name="trash" />
        </button>
      </div>
    </li>
  );
}
