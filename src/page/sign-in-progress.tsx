/** Where does the owner have to go to sign in, and what came of it? */
import { useEffect, useRef } from "preact/hooks";
import type { PageProfile, PageSignIn, PageSignInMode } from "../operations/page-wire.ts";
import { CopyButton } from "./copy-button.tsx";
import { Icon } from "./icon.tsx";
import { Until } from "./now.tsx";
import { useChange } from "./use-change.ts";

export interface Flow {
  readonly flow: string;
  readonly mode: PageSignInMode;
  readonly url: string;
  readonly user_code: string | null;
}

interface SignInProgressProps {
  readonly flow: Flow;
  /** What the runtime says of it; null until it has said something. */
  readonly news: PageSignIn | null;
  readonly profiles: readonly PageProfile[];
  /** Null where there is no way back to the form. */
  readonly onRetry: (() => void) | null;
  readonly onClose: () => void;
}

/** Only what is a web address may be led to. */
export function isWebAddress(url: string): boolean {
  return URL.canParse(url) && ["https:", "http:"].includes(new URL(url).protocol);
}

function Waiting({ flow, news, onClose }: Pick<SignInProgressProps, "flow" | "news" | "onClose">) {
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => link.current?.focus(), []);
  return (
    <>
      <div class="dialog-body">
        {flow.user_code === null ? (
          <p>Sign in on OpenAI's page. This dialog follows along.</p>
        ) : (
          <>
            <p>Open the page on any device and type this code:</p>
            <p class="user-code">
              <code>{flow.user_code}</code>
              <CopyButton text={flow.user_code} what="code" />
            </p>
          </>
        )}
        <p>
          {isWebAddress(flow.url) ? (
            <a ref={link} class="button primary" href={flow.url} target="_blank" rel="noopener noreferrer">
              <Icon name="external" /> Open the sign-in page
            </a>
          ) : null}
        </p>
        <p class="waiting" role="status">
          <span class="spinner" aria-hidden="true" /> Waiting for you to sign in
          {news === null || news.expires_at === null ? null : (
            <span class="quiet">
              , until it expires <Until at={news.expires_at} />
            </span>
          )}
        </p>
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Cancel the sign-in
        </button>
      </footer>
    </>
  );
}

function Done({
  news,
  profiles,
  onClose,
}: {
  readonly news: PageSignIn;
  readonly profiles: readonly PageProfile[];
  readonly onClose: () => void;
}) {
  const { isRunning, run } = useChange();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const profile = profiles.find((entry) => entry.name === news.name);
  const isOutside = profile !== undefined && !profile.selected;
  const select = async () => {
    if (news.name === null) return;
    const title = `${news.name} is in the pool.`;
    if ((await run("account-pool.profiles.add", { profiles: [news.name] }, title)) !== null) onClose();
  };
  return (
    <>
      <div class="dialog-body">
        <p class="outcome good" role="status">
          <Icon name="check" />
          <span>{news.message ?? "You are signed in."}</span>
        </p>
      </div>
      <footer class="dialog-foot">
        <button ref={isOutside ? null : first} type="button" class="button" onClick={onClose}>
          {isOutside ? "Later" : "Close"}
        </button>
        {isOutside ? (
          <button ref={first} type="button" class="button primary" disabled={isRunning} onClick={() => void select()}>
            Put it in the pool
          </button>
        ) : null}
      </footer>
    </>
  );
}

export function SignInProgress({ flow, news, profiles, onRetry, onClose }: SignInProgressProps) {
  switch (news?.state) {
    case undefined:
    case "waiting":
      return <Waiting flow={flow} news={news} onClose={onClose} />;
    case "done":
      return <Done news={news} profiles={profiles} onClose={onClose} />;
    case "failed":
    case "cancelled":
      return (
        <>
          <div class="dialog-body">
            <p class="outcome bad" role="alert">
              <Icon name="alert" />
              <span>{news.message ?? "The sign-in did not succeed."}</span>
            </p>
          </div>
          <footer class="dialog-foot">
            <button type="button" class="button" onClick={onClose}>
              Close
            </button>
            {onRetry === null ? null : (
              <button type="button" class="button primary" onClick={onRetry}>
                Try again
              </button>
            )}
          </footer>
        </>
      );
  }
}
