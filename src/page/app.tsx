/** The whole page: what it shows before it knows anything, to strangers, and to the owner. */

import type { PageSnapshot } from "../operations/page-wire.ts";
import { ConnectSection } from "./connect-section.tsx";
import { Contents } from "./contents.tsx";
import { GetIn } from "./get-in.tsx";
import { HeadroomSection } from "./headroom-section.tsx";
import { KeysSection } from "./keys-section.tsx";
import { LinkState } from "./link-state.tsx";
import { ModelsSection } from "./models-section.tsx";
import { Notices } from "./notices.tsx";
import { Ago, Now } from "./now.tsx";
import { PoolSection } from "./pool-section.tsx";
import { ProfilesSection } from "./profiles-section.tsx";
import { RoutingSection } from "./routing-section.tsx";
import { SessionsSection } from "./sessions-section.tsx";
import { ThemeSwitch } from "./theme.tsx";
import { TurnsSection } from "./turns-section.tsx";
import { useSnapshot, type View } from "./use-snapshot.ts";

function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" />
      <path d="M9 11h14M9 16h10M9 21h6" />
    </svg>
  );
}

function TopBar({ view }: { readonly view: View }) {
  return (
    <header class="top">
      <div class="top-inner">
        <p class="brand">
          <Mark /> <span>codexuse</span> <span class="crumb">Settings</span>
        </p>
        <LinkState link={view.link} />
        <ThemeSwitch />
      </div>
    </header>
  );
}

function Sections({ snapshot }: { readonly snapshot: PageSnapshot }) {
  return (
    <>
      <PoolSection snapshot={snapshot} />
      <ProfilesSection snapshot={snapshot} />
      <HeadroomSection snapshot={snapshot} />
      <RoutingSection pool={snapshot.pool} />
      <KeysSection snapshot={snapshot} />
      <ConnectSection pool={snapshot.pool} />
      <SessionsSection snapshot={snapshot} />
      <TurnsSection snapshot={snapshot} />
      <ModelsSection snapshot={snapshot} />
    </>
  );
}

/** The shape of what is about to come. */
function Loading() {
  return (
    <div class="loading" role="status">
      <span class="for-readers">Loading the pool …</span>
      {[140, 260, 220].map((height) => (
        <div key={height} class="card ghost" style={{ height: `${height}px` }} aria-hidden="true" />
      ))}
    </div>
  );
}

interface OfflineProps {
  readonly isCrowded: boolean;
  readonly snapshot: PageSnapshot | null;
}

function Offline({ isCrowded, snapshot }: OfflineProps) {
  if (isCrowded) return <div class="banner bad">This page is open too often. Close one of its other tabs.</div>;
  return (
    <div class="banner bad">
      <span>
        The desktop runtime does not answer.{" "}
        {snapshot === null ? null : (
          <>
            What you see is from <Ago at={snapshot.at} />.{" "}
          </>
        )}
        If it was stopped, start it again: <code>codexuse desktop</code>
      </span>
    </div>
  );
}

function Body({ view: { link, snapshot } }: { readonly view: View }) {
  if (link.kind === "signed-out") return <GetIn />;
  return (
    <>
      {link.kind === "offline" ? <Offline isCrowded={link.isCrowded} snapshot={snapshot} /> : null}
      {snapshot === null ? <Loading /> : <Sections snapshot={snapshot} />}
    </>
  );
}

export function App() {
  const view = useSnapshot();
  const isInside = view.snapshot !== null;
  return (
    <Now>
      <Notices>
        <a class="skip" href="#main">
          Skip to the pool
        </a>
        <TopBar view={view} />
        <div class={`layout ${isInside ? "inside" : ""}`}>
          {isInside ? <Contents /> : null}
          <main id="main" tabIndex={-1}>
            <h1>Accounts Pool</h1>
            <Body view={view} />
          </main>
        </div>
      </Notices>
    </Now>
  );
}
