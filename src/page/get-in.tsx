/** What a browser without a session sees: how to get one, and nothing of the pool. */
import { CopyButton } from "./copy-button.tsx";

const COMMAND = "codexuse desktop";

export function GetIn() {
  return (
    <section class="card get-in" aria-labelledby="get-in-title">
      <h2 id="get-in-title">This browser is not signed in</h2>
      <p>
        The page belongs to whoever owns the accounts. Open it from a terminal of this machine; that opens it here with
        a link that works once.
      </p>
      <div class="secret">
        <code>{COMMAND}</code>
        <CopyButton text={COMMAND} what="command" isPrimary />
      </div>
      <p class="quiet">No data of the pool is on this page until then.</p>
    </section>
  );
}
