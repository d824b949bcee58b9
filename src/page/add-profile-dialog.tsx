/** Signs in: with a browser, with a code on another device, or with an API key. */
import { useEffect, useState } from "preact/hooks";
import type { PageProfile, PageSignIn } from "../operations/page-wire.ts";
import { Dialog } from "./dialog.tsx";
import { SignInForm, type Wish } from "./sign-in-form.tsx";
import { type Flow, SignInProgress } from "./sign-in-progress.tsx";
import { useChange } from "./use-change.ts";

/** A profile of its own, the same profile once more, or the sign-in that waits already. */
export type Beginning =
  | { readonly kind: "new" }
  | { readonly kind: "again"; readonly name: string }
  | { readonly kind: "resume" };

interface AddProfileDialogProps {
  readonly begin: Beginning;
  readonly profiles: readonly PageProfile[];
  readonly signIn: PageSignIn | null;
  readonly onClose: () => void;
}

function titleOf(begin: Beginning): string {
  return begin.kind === "again" ? `Sign in again as ${begin.name}` : "Add a profile";
}

export function AddProfileDialog({ begin, profiles, signIn, onClose }: AddProfileDialogProps) {
  const [flow, setFlow] = useState<Flow | null>(begin.kind === "resume" ? signIn : null);
  const { isRunning, run } = useChange();
  const news = flow !== null && signIn?.flow === flow.flow ? signIn : null;
  const isWaiting = flow !== null && (news === null || news.state === "waiting");

  const close = () => {
    if (flow !== null && isWaiting) void run("cancel-sign-in", { flow: flow.flow }, null);
    onClose();
  };
  const start = async ({ method, name, secret }: Wish) => {
    if (method !== "api-key") {
      const begun = await run("sign-in", { mode: method, name }, null);
      if (begun !== null) setFlow({ ...begun, mode: method });
      return;
    }
    const input = { name: name ?? "", method, secret, timeout_s: null };
    const saved =
      begin.kind === "again"
        ? await run("profile.refresh", input, `${input.name} is signed in again.`)
        : await run("profile.add", { ...input, proxy: null }, `${input.name} was saved.`);
    if (saved !== null) onClose();
  };
  // A sign-in that ended because of another page is nothing to wait for.
  useEffect(() => {
    if (begin.kind === "resume" && signIn === null) onClose();
  }, [begin, signIn, onClose]);

  const fixedName = begin.kind === "again" ? begin.name : null;
  return (
    <Dialog title={titleOf(begin)} onClose={close}>
      {flow === null ? (
        <SignInForm fixedName={fixedName} isRunning={isRunning} onStart={(wish) => void start(wish)} onClose={close} />
      ) : (
        <SignInProgress
          flow={flow}
          news={news}
          profiles={profiles}
          onRetry={begin.kind === "resume" ? null : () => setFlow(null)}
          onClose={close}
        />
      )}
    </Dialog>
  );
}
